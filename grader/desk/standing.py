"""Where a learner stands: what the events of a workspace amount to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from grader import stub, submission
from grader.book import Chapter, chapters
from grader.desk.progress import Event, fingerprint, latest
from grader.submission import Obstacle
from grader.verdict import DONE, NOT_YET

TRYING = ("check", "hunt", "explain", "predict", "sprint")  # what makes a day count


@dataclass
class Exercise:
    """One hole: how its last attempt ended, and what was asked for."""

    name: str
    state: str = ""  # nothing where it was not tried, or is empty again
    source: str = ""  # the fingerprint of the attempt
    attempt: int = -1  # the place of the attempt among the events
    is_changed: bool = False  # the code is another than that of the attempt
    is_due: bool = False
    hints: int = 0
    most_hints: int = 0
    due: datetime | None = None

    @property
    def is_done(self) -> bool:
        return self.state == DONE


@dataclass
class Standing:
    """One chapter, with its exercises."""

    chapter: Chapter
    exercises: list[Exercise]

    @property
    def done(self) -> int:
        return sum(exercise.is_done for exercise in self.exercises)

    @property
    def tried(self) -> int:
        return sum(bool(exercise.state) for exercise in self.exercises)

    @property
    def hints(self) -> int:
        return sum(exercise.hints for exercise in self.exercises)

    @property
    def due(self) -> list[Exercise]:
        return [exercise for exercise in self.exercises if exercise.is_due]

    @property
    def is_done(self) -> bool:
        return bool(self.exercises) and self.done == len(self.exercises)

    @property
    def states(self) -> dict[str, str]:
        return {exercise.name: exercise.state or NOT_YET for exercise in self.exercises}


def standings(events: Sequence[Event], now: datetime) -> list[Standing]:
    """Return where the learner stands in each chapter of the book."""
    found: list[Standing] = []
    by_key: dict[str, Exercise] = {}
    for chapter in chapters():
        exercises = [
            Exercise(hole.name, most_hints=len(stub.hints(chapter.source, hole)))
            for hole in stub.holes(chapter.source)
        ]
        by_key |= {f"{chapter.slug}.{exercise.name}": exercise for exercise in exercises}
        found.append(Standing(chapter, exercises))
    for place, event in enumerate(events):
        if event.key in by_key:
            add(by_key[event.key], event, place)
    for standing in found:
        look_for_changes(standing)
        for exercise in standing.exercises:
            exercise.is_due = exercise.due is not None and exercise.due <= now
    return found


def begun() -> dict[str, bool]:
    """Return whether it is done for each chapter that is begun, by its slug.

    For `grader list`: from the last attempts alone, with nothing parsed.
    """
    last: dict[str, list[str]] = {}
    for event in latest("check", "reset"):
        last.setdefault(event.chapter, []).append(str(event.about.get("state", "")))
    found = {}
    for chapter in chapters():
        states = [state for state in last.get(chapter.slug, []) if state not in ("", NOT_YET)]
        if states:
            holes = sum("# your turn" in line for line in chapter.source.splitlines())
            found[chapter.slug] = states.count(DONE) == holes
    return found


def add(exercise: Exercise, event: Event, place: int) -> None:
    """Let an exercise know what happened next."""
    if event.kind == "check":
        state = str(event.about.get("state", NOT_YET))
        exercise.state = "" if state == NOT_YET else state
        exercise.source, exercise.attempt = str(event.about.get("source", "")), place
    elif event.kind == "reset":
        exercise.state, exercise.source = "", ""
    elif event.kind == "hint":
        exercise.hints = min(exercise.hints + 1, exercise.most_hints)
    elif event.kind == "sprint":
        exercise.due = moment(event.about.get("due"))


def moment(text: Any) -> datetime | None:
    """Return the time that a text gives, if it gives one."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        time = datetime.fromisoformat(text)
        return time if time.tzinfo else time.astimezone()
    return None


def look_for_changes(standing: Standing) -> None:
    """Mark the exercises whose code is not that of their last attempt."""
    if not standing.tried:
        return
    try:
        file = submission.read(standing.chapter.exercise, standing.chapter)
    except Obstacle:
        file = submission.Submission("", "", {})
    for exercise in standing.exercises:
        now = fingerprint(file.text_of(exercise.name))
        exercise.is_changed = bool(exercise.state) and now != exercise.source


def parts(found: Iterable[Standing]) -> dict[str, list[Standing]]:
    """Return the chapters by the part of the book they belong to."""
    grouped: dict[str, list[Standing]] = {}
    for standing in found:
        grouped.setdefault(standing.chapter.part, []).append(standing)
    return grouped


def streak(events: Iterable[Event], today: date) -> tuple[int, bool]:
    """Return how many days in a row something was tried, and whether today is one.

    A day is that of the clock on the wall when it happened; one that the clock
    says is still to come does not count, and does not break the row.
    """
    days = {event.time.date() for event in events if event.kind in TRYING}
    day = today if today in days else today - timedelta(days=1)
    length = 0
    while day in days:
        length, day = length + 1, day - timedelta(days=1)
    return length, today in days


def next_step(found: Sequence[Standing]) -> str:
    """Return the next command to type."""
    from grader import screen

    if any(standing.due for standing in found):
        return "grader sprint"
    every = [exercise for standing in found for exercise in standing.exercises]
    if changed := [exercise for exercise in every if exercise.is_changed]:
        return f"grader check {max(changed, key=lambda exercise: exercise.attempt).name}"
    left = [standing for standing in found if not standing.is_done]
    if not left:
        return "grader hunt"
    last = max(left, key=lambda s: max((e.attempt for e in s.exercises), default=-1))
    wrong = [e.attempt for e in last.exercises if e.state and not e.is_done]
    mended = [e.attempt for e in last.exercises if e.is_done]
    if not last.tried or (wrong and max(mended, default=-1) > max(wrong)):
        return f"grader check {last.chapter.name}"  # it may be right by what was mended since
    return screen.next_step(last.chapter, last.states, None)
