"""How strict each chapter's checks are: the figures, kept with what they depend on."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader import book
from grader.book import ROOT, Chapter
from grader.edit import write
from grader.problems import Misuse
from grader.submission import label_of

BAR = 0.95  # of all mutants, equivalent ones among them
MAKES_THEM = ("changes", "mutants", "trial", "strictness")  # modules of the audit

Change = tuple[str, str, str]  # the hole, its line as it was, and as it is


@dataclass
class Share:
    """How many of some things were refused."""

    all: int = 0
    refused: int = 0

    def count(self, is_refused: bool) -> None:
        """Add one."""
        self.all += 1
        self.refused += is_refused

    def __add__(self, other: Share) -> Share:
        return Share(self.all + other.all, self.refused + other.refused)


class Rates:
    """The two figures that are published of mutants."""

    equivalent: int

    def share(self, name: str) -> Share:
        """Return the share of one kind: mistakes, idle or mutants."""
        raise NotImplementedError

    @property
    def rejected(self) -> float:
        """The share of all mutants, without any excuse."""
        mutants = self.share("mutants")
        return mutants.refused / max(1, mutants.all)

    @property
    def rejected_of_different(self) -> float:
        """The share of the mutants that are not equivalent."""
        mutants = self.share("mutants")
        return mutants.refused / max(1, mutants.all - self.equivalent)


@dataclass
class HoleFigures(Rates):
    """What was tried on the checks of one hole."""

    checks: int = 0
    mistakes: Share = field(default_factory=Share)
    idle: Share = field(default_factory=Share)
    mutants: Share = field(default_factory=Share)
    equivalent: int = 0  # of the mutants that were not refused: listed, with a reason

    def share(self, name: str) -> Share:
        share: Share = getattr(self, name)
        return share


@dataclass
class Figures(Rates):
    """What was tried on the checks of a chapter."""

    holes: dict[str, HoleFigures]
    seeds: int
    float32: int  # checks that ask for single precision
    stub_passes: int  # checks that pass on the empty exercise
    right_refused: int  # times that the reference or the second solution was, over all seeds

    def share(self, name: str) -> Share:
        return sum((hole.share(name) for hole in self.holes.values()), Share())

    @property
    def equivalent(self) -> int:  # type: ignore[override]
        return sum(hole.equivalent for hole in self.holes.values())

    @property
    def checks(self) -> int:
        return sum(hole.checks for hole in self.holes.values())


def percent(share: float) -> str:
    """Return a share as it is printed; all is only said of all."""
    return "100 %" if share == 1 else f"{min(share, 0.999) * 100:.1f} %"


def survivors_of(chapter: Chapter) -> Path:
    """Return the file that lists a chapter's equivalent mutants."""
    return ROOT / "tests" / "survivors" / f"{chapter.slug}.toml"


def kept_in(chapter: Chapter) -> Path:
    """Return where a chapter's figures are kept."""
    return ROOT / "press" / "audit" / f"{chapter.slug}.json"


def listed(chapter: Chapter) -> dict[Change, str]:
    """Return the mutants that are listed as equivalent, and why each is.

    Raises
    ------
    Misuse
        If the list cannot be read.
    """
    path = survivors_of(chapter)
    if not path.exists():
        return {}
    label, found = label_of(path), {}
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])
    except tomllib.TOMLDecodeError as error:
        raise Misuse(f"{label} is not TOML: {error}.") from None
    for number, row in enumerate(rows, 1):
        change = row.get("hole", ""), row.get("before", ""), row.get("after", "")
        if not all((*change, row.get("why"))):
            raise Misuse(f"{label}: survivor {number} needs a hole, a line before, after, and why.")
        if change in found:
            raise Misuse(f"{label}: survivor {number} of {change[0]} is listed twice.")
        found[change] = row["why"]
    return found


def depends_on(chapter: Chapter) -> list[Path]:
    """Return the files that the figures of a chapter depend on."""
    files = [book.PACKAGE / "audit" / f"{name}.py" for name in MAKES_THEM]
    files += [*book.stands_on(chapter), chapter.checks]
    return [*files, *filter(Path.exists, [chapter.other_way, survivors_of(chapter)])]


def digest(chapter: Chapter) -> str:
    """Return the hash of all that the figures of a chapter depend on."""
    total = hashlib.sha256()
    for path in depends_on(chapter):
        text = path.read_text(encoding="utf-8")
        total.update(f"{path.relative_to(ROOT).as_posix()}\n{text}\0".encode())
    return total.hexdigest()[:20]


def keep(chapter: Chapter, figures: Figures) -> None:
    """Write the figures of a chapter."""
    write(kept_in(chapter), json.dumps(told(chapter, figures), indent=1) + "\n")


def told(chapter: Chapter, figures: Figures) -> dict[str, Any]:
    """Return the figures as they are kept."""
    return {"digest": digest(chapter), **asdict(figures)}


def kept(chapter: Chapter) -> Figures | None:
    """Return the figures that are kept; None where they are of another version."""
    try:
        data = json.loads(kept_in(chapter).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if data.pop("digest", "") != digest(chapter):
        return None
    holes = {}
    for name, hole in data["holes"].items():
        shares = {part: Share(**hole[part]) for part in ("mistakes", "idle", "mutants")}
        holes[name] = HoleFigures(**hole | shares)
    return Figures(**data | {"holes": holes})
