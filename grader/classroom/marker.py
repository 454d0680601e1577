"""Mark submissions of one chapter, one after the other: the trusted side.

The checks of a submission are asked of one inmate, one by one. A failure that
nothing explains is asked again: no exercise fails for what another did, as
under `grader check`, where each check has a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from grader import codec, outline, stub
from grader.book import Chapter, earlier_modules
from grader.classroom.memory import Memory
from grader.classroom.pipes import Gone, Pipes
from grader.classroom.sandbox import Sandbox
from grader.problems import Fault
from grader.process import GRACE, Reply
from grader.reference import Reference
from grader.runner import IMPORT_LIMIT, Runner, import_obstacle, job_of
from grader.submission import Obstacle, made
from grader.verdict import BAD, DONE, NOT_YET, TOO_SLOW, Verdict, state_of
from grader.wire import IMPORT

VERSION = 1  # of a record
MOST_SECONDS = 60.0  # for all checks of a submission
OVER = f"the submission had used up its {MOST_SECONDS:g} s"
NOTING = 1.0  # seconds to write down where it was
ROOM = 1 << 20  # bytes of an answer, beyond what the reference's suggests
MOST_STARTS = 3  # of a sandbox that ends by itself during one submission


class Marker:
    """Marks submissions of one chapter, from one seed.

    Parameters
    ----------
    chapter : Chapter
    seed : int
        No submission can know it.
    hidden : sequence of paths
        What no submission may read, besides the book.
    number : int
        Of this marker among those at work.
    only : sequence of str
        The exercises that count; all without any.
    """

    def __init__(
        self,
        chapter: Chapter,
        seed: int,
        hidden: Sequence[Path] = (),
        number: int = 0,
        only: Sequence[str] = (),
    ) -> None:
        self.chapter = chapter
        self.only = only
        self.reference = Reference(chapter, seed, kept=False)
        self.checks = chapter.checks.read_text(encoding="utf-8")
        self.hidden = hidden
        self.number = number
        self.memory = Memory()
        self.requests: dict[tuple[str, bool], bytes] = {}
        self.most: dict[str, int] = {}
        self.sandbox: Sandbox | None = None
        self.starts = 0

    def mark(self, data: bytes) -> dict[str, Any]:
        """Return the record of a submission."""
        began = time.monotonic()
        self.starts = 0
        run = Run(self)
        try:
            run.submission = made(data, f"{self.chapter.slug}.py")
            found = run.all_verdicts()
        except Obstacle as obstacle:
            run.obstacle, found = obstacle, {}
        record = empty_record(self.chapter, self.only)
        for exercise in record["exercises"]:
            verdicts = found.get(exercise["name"], [])
            exercise["state"] = state_of(verdicts)
            exercise["points"] = exercise["of"] * (exercise["state"] == DONE)
            exercise["checks"] = [verdict.as_dict() for verdict in verdicts]
            if not run.obstacle:
                exercise["line"] = run.submission.line_of(exercise["name"])
        return record | {
            "points": sum(exercise["points"] for exercise in record["exercises"]),
            "obstacle": vars(run.obstacle) if run.obstacle else None,
            "sandbox": run.sandbox,
            "seconds": round(time.monotonic() - began, 4),
            "cpu": round(run.cpu, 4),
            "memory": run.memory,
        }

    def request(self, id: str, tells: bool) -> bytes:
        """Return the message that asks for one check, and whether to tell what was given."""
        if (id, tells) not in self.requests:
            if id == IMPORT:
                told = {"hole": IMPORT, "limit": IMPORT_LIMIT, "key": None, "inputs": None}
            else:
                check = self.reference.checks[id]
                inputs = self.reference.inputs(check)[0] if check.given else None
                key = None if check.given else outline.key_of(self.reference.seed, id)
                told = {"hole": check.hole, "limit": check.limit, "key": key, "inputs": inputs}
            self.requests[id, tells] = codec.encode({"id": id, "tells": tells, **told})
        return self.requests[id, tells]

    def most_bytes(self, id: str) -> int:
        """Return how long an answer may be: we hold those of all checks at once."""
        if id not in self.most:
            right = self.reference.outcome(self.reference.checks[id]) if id != IMPORT else None
            self.most[id] = ROOM + 4 * len(codec.encode(right))
        return self.most[id]

    def warden(self) -> Sandbox:
        """Return the sandbox, started where there is none."""
        if self.sandbox is None:
            self.starts += 1
            if self.starts > MOST_STARTS * (2 + len(self.reference.checks)):  # asked thrice at most
                raise Fault("The sandbox keeps ending.", "grader doctor --class")
            job = job_of(self.chapter, self.checks) | {"seconds": MOST_SECONDS}
            modules = earlier_modules(self.chapter)
            self.sandbox = Sandbox(job, modules, self.hidden, self.number, self.reference.seed)
        return self.sandbox

    def close(self) -> None:
        """End what was started."""
        if self.sandbox is not None:
            self.sandbox.close()
            self.sandbox = None


class Inmate:
    """One process of a submission, from its start to its end."""

    def __init__(self, marker: Marker, file: bytes) -> None:
        self.marker = marker
        self.pipes = Pipes()
        self.asked = 0
        self.is_lost = False  # with its sandbox, which may be no fault of its own
        self.began = time.monotonic()
        self.used: dict[str, Any] = {"signal": 0, "cpu": 0.0, "memory": 0}
        marker.warden().fork(self.pipes.theirs)
        self.pipes.handed_over()
        self.file = file

    def ask(self, id: str, limit: float, tells: bool) -> Reply:
        """Return the reply to one request; where it is not an answer, the inmate has ended."""
        deadline = time.monotonic() + limit + GRACE
        try:
            if not self.asked:
                self.pipes.send(self.file, deadline)
            self.asked += 1
            self.pipes.send(self.marker.request(id, tells), deadline)
            reply = self.pipes.receive(deadline)
        except TimeoutError:
            self.marker.warden().note()
            reply = Reply(id, "late", self.pipes.note(time.monotonic() + NOTING))
        except Gone:
            reply = Reply(id, "died")
        except ValueError:
            reply = Reply(id, "unreadable")
        if reply.id != id or reply.end != "answered":
            if reply.end not in ("late", "died"):
                reply = Reply(id, "unreadable")
            self.end()
            reply.signal = self.used["signal"] if reply.end == "died" else 0
        return reply

    def end(self) -> None:
        """End the process; a sandbox that was not left as it was is ended too."""
        if self.pipes is None:
            return
        self.pipes.close()
        self.pipes = None  # type: ignore[assignment]
        sandbox = self.marker.warden()
        try:
            self.used = sandbox.end()
        except (OSError, ValueError):  # the warden itself is gone
            self.is_lost = True
            self.used = {"signal": 9, "cpu": 0.0, "memory": 0, "clean": False}
        if not self.used["clean"]:
            self.marker.close()

    @property
    def is_open(self) -> bool:
        return self.pipes is not None


class Run(Runner):
    """The checks of one submission."""

    def __init__(self, marker: Marker) -> None:
        super().__init__(marker.chapter, marker.reference.seed)
        self.marker = marker
        self.reference = marker.reference
        if marker.only:
            self.holes = {name: hole for name, hole in self.holes.items() if name in marker.only}
            self.sketches = [sketch for sketch in self.sketches if sketch.hole in marker.only]
        self.obstacle: Obstacle | None = None
        self.by_id = {sketch.id: sketch for sketch in self.sketches}
        self.found: dict[str, dict[str, Any]] = {}
        self.inmate: Inmate | None = None
        self.losses = 0
        self.cpu = 0.0
        self.memory = 0
        self.ends = time.monotonic() + MOST_SECONDS

    @cached_property
    def file(self) -> bytes:
        """The message that tells an inmate what it is."""
        return codec.encode({"exercise": self.submission.source, "label": self.submission.label})

    def all_verdicts(self) -> dict[str, list[Verdict]]:
        """Return the verdicts of every exercise; raise Obstacle if there can be none."""
        self.ask_all()
        self.marking.judge = self.marker.memory.judge
        found = {hole: self.verdicts(hole) for hole in self.holes}
        failed = [v for verdicts in found.values() for v in verdicts if self.is_unexplained(v)]
        if failed and self.confirm(failed):
            self._done.clear()
            found = {hole: self.verdicts(hole) for hole in self.holes}
        return found

    def ask_all(self) -> None:
        """Ask for every check; raise Obstacle if the file cannot be loaded."""
        try:
            outcome = self._ask(IMPORT, IMPORT_LIMIT)
            if outcome["end"] != "returned":
                raise import_obstacle(outcome, self.submission)
            late: set[str] = set()  # holes
            for sketch in self.sketches:
                if sketch.hole in late or time.monotonic() > self.ends:
                    why = "" if sketch.hole in late else OVER
                    self.found[sketch.id] = {"end": "skipped", "why": why, "printed": ""}
                    continue
                outcome = self.found[sketch.id] = self._ask(sketch.id, sketch.limit)
                if outcome["end"] == "late":
                    late.add(sketch.hole)
        finally:
            self._end()

    def is_unexplained(self, verdict: Verdict) -> bool:
        """Return whether a failure is neither a known mistake's nor another exercise's.

        Where it is a known mistake's, tell what was given: what the reference was.
        """
        if verdict.state not in BAD or verdict.state == TOO_SLOW:  # again would take as long
            return False
        if verdict.diagnosis:
            outcome = self.reference.outcome(self.reference.checks[verdict.check])
            verdict.given = outcome["given"]
            return False
        used = self.found[verdict.check].get("used", [])
        others = (name for name in used if name != verdict.hole)
        return not any(self.marking.states.get(name) in BAD for name in others)

    def confirm(self, failed: Sequence[Verdict]) -> bool:
        """Ask again what failed unexplained; return whether anything came out otherwise.

        First all of it in the opposite order, by another inmate. What then
        comes out the same owes nothing to its company; the rest is asked of
        an inmate of its own, and that counts.
        """
        unsure = []
        try:
            for verdict in reversed(failed):
                if time.monotonic() > self.ends:
                    continue
                sketch = self.by_id[verdict.check]
                outcome = self._ask(sketch.id, sketch.limit, tells=True)
                if result_of(outcome) != result_of(self.found[sketch.id]) or at_load(outcome):
                    unsure.append(sketch)
                else:
                    verdict.given = outcome.get("given", [])
            for sketch in unsure:
                self._end()
                self.found[sketch.id] = self._ask(sketch.id, sketch.limit, tells=True)
        finally:
            self._end()
        return bool(unsure)

    def _ask(self, id: str, limit: float, tells: bool = False) -> dict[str, Any]:
        """Return the outcome of one check in the inmate at work, a new one where there is none."""
        if self.inmate is None:
            self.inmate = Inmate(self.marker, self.file)
        reply = self.inmate.ask(id, limit, tells)
        if self.inmate.is_lost and self.losses < MOST_STARTS:
            self.losses += 1
            self._end()
            return self._ask(id, limit, tells)
        if not self.inmate.is_open:
            self._end()
        if len(reply.answer) > (most := self.marker.most_bytes(id)):
            return {"end": "too large", "message": f"more than {most >> 20} MB", "printed": ""}
        return self.marker.memory.outcome(reply, self.submission.label)

    def _end(self) -> None:
        """End the inmate and count what it used."""
        if self.inmate is None:
            return
        if self.marker.sandbox:
            self.sandbox = " + ".join(self.marker.sandbox.parts) or "processes"
        self.inmate.end()
        self.cpu += self.inmate.used["cpu"]
        self.memory = max(self.memory, self.inmate.used["memory"])
        self.inmate = None

    def outcomes(self, hole: str, only: Any = None) -> dict[str, Any]:
        return {s.id: self.found[s.id] for s in self.sketches if s.hole == hole}


def at_load(outcome: dict[str, Any]) -> bool:
    """Return whether an error came while the file was loaded: once it may load, and not twice."""
    frames = outcome.get("frames") or [{}]
    return bool(frames[-1].get("function") == "<module>")


def result_of(outcome: dict[str, Any]) -> bytes:
    """Return what an outcome is marked by, as bytes: the same for the same."""
    return codec.encode({k: v for k, v in outcome.items() if k not in ("given", "printed", "key")})


def empty_record(chapter: Chapter, only: Sequence[str], problem: str = "") -> dict[str, Any]:
    """Return the record of a chapter for which nothing was marked yet, or cannot be."""
    holes = [h for h in stub.holes(chapter.source) if not only or h.name in only]
    return {
        "version": VERSION,
        "chapter": chapter.slug,
        "number": chapter.number,
        "points": 0,
        "of": sum(hole.points for hole in holes),
        "obstacle": None,
        "problem": problem,
        "exercises": [
            {
                "name": hole.name,
                "level": hole.level,
                "state": NOT_YET,
                "line": 1,
                "points": 0,
                "of": hole.points,
                "checks": [],
            }
            for hole in holes
        ],
        "sandbox": "",
        "seconds": 0.0,
        "cpu": 0.0,
        "memory": 0,
        "same_as": "",
    }
