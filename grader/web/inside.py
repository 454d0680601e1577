"""Check one chapter inside this process: for a page, where there is no other."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Collection, Iterator
from typing import Any, Protocol

import numpy as np

from grader import scenario, stub, subject
from grader.desk.own import Layer
from grader.job import Cut, crossing, loaded
from grader.process import Reply
from grader.reference import Reference, on_shelf
from grader.runner import IMPORT_LIMIT, Runner, import_obstacle, outcome_of
from grader.submission import Obstacle, Submission
from grader.web.boxes import Written
from grader.web.clock import Overtime, limited
from grader.wire import IMPORT

SLOWER = 3  # times the limits of a terminal: what a browser may take, or a telephone
BROKE_DOWN = "Python in this page broke down over it: a recursion without an end?"


class Clock(Protocol):
    """The page, as far as it looks at the time."""

    def begun(self, check: str, limit: float) -> None:
        """Hear that a check runs from now on, and how many seconds it may."""

    def ended(self) -> None:
        """Hear that it does no more."""


class Inside(Runner):
    """Runs the reader's code beside the grader; what hangs or breaks down, the page ends.

    Then it asks again with `ended`: the check that ran, and "late" or "died".
    """

    sandbox = "this browser"

    def __init__(
        self,
        reference: Reference,
        written: Written,
        clock: Clock,
        ended: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(reference.chapter, reference.seed)
        self.reference, self.submission = reference, written.file
        self.written, self.clock, self.ended = written, clock, ended
        self.is_loaded = False

    def on(self, way: list[Layer]) -> Runner:
        runner = Inside(self.reference, self.written, self.clock)
        runner.beneath = way
        return runner

    def outcomes(self, hole: str, only: Collection[str] | None = None) -> dict[str, Any]:
        self.import_once()
        found: dict[str, Any] = {}
        for check in self.reference.checks.values():
            if check.hole == hole and (only is None or check.id in only):
                is_late = any(outcome["end"] == "late" for outcome in found.values())
                known = skipped() if is_late else self.known(check)
                found[check.id] = known or self.run(check)
        return found

    def known(self, check: scenario.Check) -> dict[str, Any] | None:
        """Return the outcome of a check as far as the page has told it."""
        if self.ended is None:
            return None
        id, end = self.ended
        if id != check.id:
            return skipped("another check of this exercise broke Python down" * (end == "died"))
        how = {"limit": SLOWER * check.limit} if end == "late" else {"why": BROKE_DOWN}
        return {"end": end, "printed": ""} | how

    def _check_used(self, outcomes: dict[str, Any]) -> bool:
        return self.ended is None and super()._check_used(outcomes)

    def import_once(self) -> None:
        """Load the code a first time, or raise Obstacle where that fails."""
        if self.is_loaded or (self.ended and self.ended[0] != IMPORT):
            return
        outcome: dict[str, Any] = {"end": self.ended[1]} if self.ended else {}
        if not outcome:
            self.clock.begun(IMPORT, IMPORT_LIMIT)
            labels = self.submission.label, [layer.label for layer in self.beneath]
            outcome = self.shut_in(IMPORT_LIMIT, lambda: loaded(self.load, *labels))
        if outcome["end"] != "returned":
            raise self.obstacle(outcome)
        self.is_loaded = True

    def obstacle(self, outcome: dict[str, Any]) -> Obstacle:
        """Return why the code cannot be loaded, in the lines of the box where it fails."""
        frames = [f for f in outcome.get("frames") or () if "file" not in f]
        line = outcome.get("line") or (frames[-1]["line"] if frames else 0)
        place = self.written.place(line or 0)
        if place is None:
            return import_obstacle(outcome, self.submission)
        hole, number = place
        text = "\n" * (number - 1) + stub.lines_of(self.submission.source)[line - 1]
        box = Submission(hole, text, {})
        return import_obstacle(outcome | {"line": number, "frames": []}, box)

    def run(self, check: scenario.Check) -> dict[str, Any]:
        """Return what happens in one check."""
        limit = SLOWER * check.limit
        self.clock.begun(check.id, limit)

        def ran() -> dict[str, Any]:
            return scenario.run(
                check,
                self.load,
                self.reference.inputs(check)[0],
                self.holes,
                self.submission.label,
                self.reference.may_change,
                [layer.label for layer in self.beneath],
            )

        return self.shut_in(limit, ran)

    def load(self) -> Any:
        """Load the code: a new module each time."""
        file = self.submission
        return subject.load(file.source, file.label, f"exercises.{self.chapter.slug}")

    def shut_in(self, limit: float, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the outcome of some work as it would come from a worker."""
        labels = [self.submission.label, *(layer.label for layer in self.beneath)]
        printed: list[bytes] = []
        subject.bound.forget()  # the reader's code ran here
        with on_shelf(self.chapter, self.own), as_it_was(Cut(printed.append)):
            try:
                with limited(limit) as alarm:
                    outcome = work()
            except Overtime:  # it rang where nobody looks: between two calls of theirs
                outcome = {}
            finally:
                self.clock.ended()
        if alarm.rang:
            last = (outcome.get("frames") or [{}])[-1]
            place = {key: last[key] for key in ("line", "file") if key in last}
            said = b"".join(printed).decode(errors="replace")
            return {"end": "late", "limit": limit, "printed": said} | place
        reply = Reply("", "answered", crossing(outcome), b"".join(printed))
        return outcome_of(reply, *labels)


def skipped(why: str = "") -> dict[str, Any]:
    """Return the outcome of a check that was not run since another one had to be ended."""
    return {"end": "skipped", "why": why, "printed": ""}


@contextlib.contextmanager
def as_it_was(printed: Any) -> Iterator[None]:
    """Take what is printed, and put back what the reader's code may have set."""
    limit = sys.getrecursionlimit()
    with (
        np.errstate(),
        np.printoptions(),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)
