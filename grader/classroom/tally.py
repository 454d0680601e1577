"""A class counted, learner by learner: what is kept does not grow with their number."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from grader.classroom.people import Learner
from grader.verdict import BAD, CRASHED, TOO_SLOW

NOTHING = "Nothing was handed in"  # how the problem begins of who handed in nothing
MOST_ENDS = 100  # of the crashes, how many are listed

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Marked:
    """What marking gave for one learner and chapter."""

    learner: Learner
    record: Record


Source = Callable[[], Iterable[Marked]]  # a new iterator each time; a learner's stand together


@dataclass
class Task:
    """How the class did in one exercise."""

    level: str
    states: Counter[str] = field(default_factory=Counter)


@dataclass
class Example:
    """How often something was seen, and where first."""

    learner: Learner
    verdict: Mapping[str, Any]
    times: int = 0


@dataclass
class Figures:
    """One figure of each submission, and whose was the largest."""

    values: array[float] = field(default_factory=lambda: array("d"))
    worst: Learner | None = None
    largest: float = -1.0

    def add(self, value: float, learner: Learner) -> None:
        self.values.append(value)
        if value > self.largest:
            self.largest, self.worst = value, learner

    def part(self, share: float) -> float:
        """Return the smallest value that this share of all do not exceed."""
        ordered = sorted(self.values)
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def by_learner(marked: Iterable[Marked]) -> Iterator[tuple[Learner, list[Record]]]:
    """Yield each learner with all their records, which stand together."""
    for _, group in groupby(marked, key=lambda m: m.learner.key):
        found = list(group)
        yield found[0].learner, [m.record for m in found]


def is_missing(record: Record) -> bool:
    """Return whether nothing was handed in."""
    return str(record["problem"]).startswith(NOTHING)


def points(records: Iterable[Record]) -> tuple[int, int] | None:
    """Return the points of a learner and how many there are, None if nothing was marked."""
    records = list(records)
    if all(record["problem"] for record in records):
        return None
    return sum(r["points"] for r in records), sum(r["of"] for r in records)


@dataclass
class Tally:
    """What the class report and the gradebooks have to know of all."""

    learners: int = 0
    handed_in: int = 0  # submissions that were marked
    missing: int = 0
    unmarked: int = 0  # handed in, but there was no one file to mark
    obstacles: int = 0  # marked, but the file as a whole could not be checked
    copied: int = 0  # marks of an identical file
    points: Counter[int] = field(default_factory=Counter)  # learners with so many
    of: dict[str, int] = field(default_factory=dict)  # points by chapter
    tasks: dict[tuple[str, str], Task] = field(default_factory=dict)
    checks: dict[tuple[str, str, str], Example] = field(default_factory=dict)
    mistakes: dict[tuple[str, str, str], Example] = field(default_factory=dict)
    ends: dict[str, list[tuple[Learner, str, str, str]]] = field(
        default_factory=lambda: {CRASHED: [], TOO_SLOW: []}
    )
    seconds: Figures = field(default_factory=Figures)
    cpu: Figures = field(default_factory=Figures)
    memory: Figures = field(default_factory=Figures)
    columns: list[str] = field(default_factory=list)  # of the roster

    @classmethod
    def of_all(cls, marked: Iterable[Marked]) -> Tally:
        """Count a whole class."""
        tally = cls()
        for learner, records in by_learner(marked):
            tally.add(learner, records)
        return tally

    def add(self, learner: Learner, records: list[Record]) -> None:
        """Count one learner."""
        self.learners += 1
        self.columns = self.columns or list(learner.row)
        if mark := points(records):
            self.points[mark[0]] += 1
        for record in records:
            self.of[record["chapter"]] = max(self.of.get(record["chapter"], 0), record["of"])
            if is_missing(record):
                self.missing += 1
            elif record["problem"]:
                self.unmarked += 1
            else:
                self.handed_in += 1
                self.copied += bool(record["same_as"])
                self.obstacles += bool(record["obstacle"])
                self._add_marked(learner, record)

    def _add_marked(self, learner: Learner, record: Record) -> None:
        chapter = record["chapter"]
        if not record["same_as"]:  # what was copied has used nothing
            for figures, name in (
                (self.seconds, "seconds"),
                (self.cpu, "cpu"),
                (self.memory, "memory"),
            ):
                figures.add(record[name], learner)
        for exercise in record["exercises"]:
            name, state = exercise["name"], exercise["state"]
            task = self.tasks.setdefault((chapter, name), Task(exercise["level"]))
            task.states[state] += 1
            task.states["all"] += 1
            seen: set[str] = set()
            for verdict in exercise["checks"]:
                if verdict["state"] in BAD:
                    key = (chapter, name, verdict["check"])
                    self.checks.setdefault(key, Example(learner, verdict)).times += 1
                for why in verdict.get("diagnosis", []):
                    example = self.mistakes.setdefault(
                        (chapter, name, why), Example(learner, verdict)
                    )
                    example.times += why not in seen  # several checks show one mistake
                    seen.add(why)
                end = self.ends.get(verdict["state"])
                if end is not None and state == verdict["state"] and len(end) < MOST_ENDS:
                    one = (learner, chapter, name, verdict.get("error", ""))
                    if not end or end[-1][:3] != one[:3]:
                        end.append(one)

    def ended(self, state: str) -> int:
        """Return how many exercises ended in a state."""
        return sum(task.states[state] for task in self.tasks.values())
