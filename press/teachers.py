"""What the teachers' pages take from elsewhere: the recipes, and what marking costs.

The figures are kept in benchmarks/class.json, which benchmarks/class.py
writes; all else on the page of the million follows from them by arithmetic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from math import ceil

from grader.book import ROOT

KEPT = ROOT / "benchmarks" / "class.json"
RECIPES = ROOT / "recipes"
MILLION = 1_000_000
CORES, NIGHT = 16, 10  # of a machine; hours
HOUR = 3_600_000  # milliseconds


@dataclass(frozen=True)
class Cost:
    """What was measured; all but the first two for one submission, on one core.

    Parameters
    ----------
    chapter : str
        The slug.
    submissions : int
        How many were marked.
    cpu_ms, own_ms, report_ms, teacher_ms : float
        Processor time: all of it; what marking takes beside the checks,
        sandbox included; the gradebooks, the pages and the pairs that are
        alike; the share of the one process that hands out, writes down and
        makes these.
    worker_mb, teacher_mb : float
        Memory: of a marking process with its sandbox, and of that one process.
    store_bytes, report_bytes : float
        On the disk: in the run's file, and in all other files.
    sent_bytes, returned_bytes : float
        Over the network to a worker and back.
    own_ms_by_size : dict of str to float
        The grader's own share for classes of so many.
    """

    chapter: str
    submissions: int
    cpu_ms: float
    own_ms: float
    report_ms: float
    teacher_ms: float
    worker_mb: float
    teacher_mb: float
    store_bytes: float
    report_bytes: float
    sent_bytes: float
    returned_bytes: float
    own_ms_by_size: dict[str, float] = field(default_factory=dict)

    @property
    def per_core_hour(self) -> float:
        """Submissions that one core marks in an hour."""
        return HOUR / self.cpu_ms

    @property
    def core_hours(self) -> float:
        """Hours of one core for the million."""
        return MILLION / self.per_core_hour

    @property
    def machines(self) -> int:
        """Machines that do it in a night."""
        return ceil(self.core_hours / (CORES * NIGHT))

    @property
    def most_cores(self) -> int:
        """Cores that one teacher's process keeps busy."""
        return int(self.cpu_ms / self.teacher_ms)

    @property
    def megabits(self) -> float:
        """Megabits a second through the teacher's network if it takes a night."""
        moved = MILLION * (self.sent_bytes + self.returned_bytes)
        return moved * 8 / 1e6 / (NIGHT * 3600)


def cost() -> Cost:
    """Return the figures that are kept."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    return Cost(**{part.name: kept[part.name] for part in fields(Cost)})


def measured() -> str:
    """Return what was measured, as a table."""
    c = cost()
    sizes = "; ".join(f"{int(n):,}: {ms:.1f} ms" for n, ms in c.own_ms_by_size.items())
    rows = [
        ("processor time", f"{c.cpu_ms:.0f} ms"),
        ("of that marking beside the checks, sandbox included", f"{c.own_ms:.1f} ms"),
        ("the same in classes of different size", sizes),
        ("of that gradebooks, pages and pairs that are alike", f"{c.report_ms:.1f} ms"),
        ("of that in the one process that writes down", f"{c.teacher_ms:.1f} ms"),
        ("in the run's file", f"{c.store_bytes / 1e3:.1f} kB"),
        ("in gradebooks and pages", f"{c.report_bytes / 1e3:.1f} kB"),
        ("over the network, there and back", f"{(c.sent_bytes + c.returned_bytes) / 1e3:.1f} kB"),
        ("memory of a marking process, whatever their number", f"{c.worker_mb:.0f} MB"),
        ("memory of the process that writes down", f"{c.teacher_mb:.0f} MB"),
    ]
    name = c.chapter.replace("_", " ")
    return table(f"one of {c.submissions:,} submissions of {name}", "measured", rows)


def million() -> str:
    """Return what follows for a million, as a table."""
    c = cost()
    rows = [
        ("marked by one core in an hour", f"{c.per_core_hour:,.0f}"),
        ("hours of one core", f"{c.core_hours:,.0f}"),
        (f"hours of one machine with {CORES} cores", f"{c.core_hours / CORES:,.1f}"),
        (f"such machines, for one night of {NIGHT} hours", f"{c.machines}"),
        ("memory of each", f"{CORES * c.worker_mb / 1e3:.1f} GB"),
        ("the runs' files", f"{MILLION * c.store_bytes / 1e9:.1f} GB"),
        ("gradebooks and pages", f"{MILLION * c.report_bytes / 1e9:.1f} GB"),
        ("over the network", f"{MILLION * (c.sent_bytes + c.returned_bytes) / 1e9:.1f} GB"),
        ("the same in a night", f"{c.megabits:.1f} Mbit a second"),
        ("cores that one run keeps busy, at most", f"{c.most_cores}"),
    ]
    return table("a million submissions", "needed", rows)


def table(head: str, of: str, rows: list[tuple[str, str]]) -> str:
    """Return a table of two columns in Markdown."""
    lines = [(head, of), ("---", "---:"), *rows]
    return "\n".join(f"| {name} | {value} |" for name, value in lines)


def recipe(name: str) -> str:
    """Return a file of the recipes, to be copied from the page."""
    text = (RECIPES / name).read_text(encoding="utf-8")
    kind = "yaml" if name.endswith(".yml") else "bash"
    return f"```{kind}\n{text}```"
