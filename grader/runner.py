"""Check one chapter: in a worker process, or here for a debugger.

Both give the same: `verdicts(hole)`, the verdicts on one exercise.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from grader import book, codec, outline, process, stub, submission, systems
from grader.book import ROOT, SHARED, Chapter, earlier_modules
from grader.launch import launch
from grader.outcome import PARTS, is_outcome
from grader.problems import Fault
from grader.process import Reply
from grader.submission import Obstacle
from grader.verdict import DONE, NOT_YET, Verdict, state_of
from grader.wire import IMPORT, MEMORY

if TYPE_CHECKING:
    from grader.desk.blame import Blame
    from grader.desk.own import Layer
    from grader.marking import Marking
    from grader.reference import Reference

IMPORT_LIMIT = 5.0
MOST_AT_ONCE = 4  # children side by side
MOST_RESTARTS = 5  # where we cannot fork, each crash costs one
MAX_TEXT, MAX_LINE, MOST_TOLD = 1000, 1 << 20, 20  # of what an outcome says in words
MOST_FRAMES = 3
MAX_NOTE = 1 << 16
WHERE = re.compile(rb'File "([^"\n]{1,200})", line (\d{1,7}) in ')


class Runner:
    """What both ways share: the chapter, the file, and the marking of outcomes."""

    sandbox = ""  # how the learner's code was shut in, for the report

    def __init__(self, chapter: Chapter, seed: int = 0) -> None:
        self.chapter = chapter
        self.seed = seed
        self.holes = {hole.name: hole for hole in stub.holes(chapter.source)}
        self.source = chapter.checks.read_text(encoding="utf-8")
        self.sketches = outline.sketches(self.source)
        self.beneath: list[Layer] = []  # the learner's own earlier chapters
        self._done: dict[str, list[Verdict]] = {}

    @cached_property
    def submission(self) -> submission.Submission:
        """The learner's file; raises Obstacle if it cannot be read."""
        return submission.read(self.chapter.exercise, self.chapter)

    @cached_property
    def reference(self) -> Reference:
        """The reference; asked for only when there is something to compare."""
        from grader.reference import Reference

        return Reference(self.chapter, self.seed)

    @cached_property
    def marking(self) -> Marking:
        from grader.marking import Marking

        return Marking(self.reference, self.submission, self.beneath)

    @cached_property
    def blame(self) -> Blame:
        from grader.desk.blame import Blame

        return Blame(self)

    @property
    def own(self) -> dict[str, list[str]]:
        """The modules that are the learner's own: name to label and source."""
        return {layer.module: [layer.label, layer.source] for layer in self.beneath}

    @property
    def states(self) -> dict[str, str]:
        """The state of each exercise checked so far."""
        return {hole: state_of(verdicts) for hole, verdicts in self._done.items()}

    def put_own_beneath(self) -> list[Layer]:
        """Put the learner's own earlier chapters underneath; return what is there."""
        from grader.desk.own import layers

        every = layers(self.chapter)
        self.beneath = [layer for layer in every if layer.yours]
        return every

    def verdicts(self, hole: str) -> list[Verdict]:
        """Return the verdicts on one exercise, in the order of its checks.

        Raises
        ------
        Obstacle
            If the file as a whole cannot be checked.
        """
        if hole not in self._done:
            try:
                outcomes = self.outcomes(hole)
            except Obstacle as obstacle:
                if self.beneath:
                    self.blame.explain_obstacle(obstacle)
                raise
            if all(o["end"] == "empty" and o["hole"] == hole for o in outcomes.values()):
                self._done[hole] = [
                    Verdict(s.id, hole, s.sentence, NOT_YET, printed=outcomes[s.id]["printed"])
                    for s in self.sketches
                    if s.hole == hole
                ]
            else:
                self._done[hole] = self.marking.mark(self.holes[hole], outcomes)
                if state_of(self._done[hole]) != DONE and self._check_used(outcomes):
                    self._done[hole] = self.marking.mark(self.holes[hole], outcomes)
                if self.beneath:
                    self.blame.explain(hole, self._done[hole])
        return self._done[hole]

    def on(self, way: list[Layer]) -> Runner:
        """Return a runner of the same file with other layers underneath, begun."""
        runner = Apart(self.chapter, self.seed, [])
        runner.submission, runner.beneath, runner.reference = self.submission, way, self.reference
        runner.start()
        return runner

    def _check_used(self, outcomes: dict[str, Any]) -> bool:
        """Check the exercises that one has called: the fault may be theirs."""
        used = {name for outcome in outcomes.values() for name in outcome.get("used", [])}
        unknown = [name for name in self.holes if name in used and name not in self._done]
        for name in unknown:
            self.verdicts(name)
        return bool(unknown)

    def outcomes(self, hole: str, only: Collection[str] | None = None) -> dict[str, Any]:
        """Return what happened in each check of one exercise, or in some of them."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what was started."""
        if "blame" in vars(self):
            self.blame.close()


class Here(Runner):
    """Runs everything in this process, with no limits: for a debugger."""

    sandbox = "none (--debug)"

    def outcomes(self, hole: str, only: Collection[str] | None = None) -> dict[str, Any]:
        from grader import scenario, subject
        from grader.reference import on_shelf

        reference, file = self.reference, self.submission

        def load() -> Any:
            return subject.load(file.source, file.label, f"exercises.{self.chapter.slug}")

        outcomes = {}
        with on_shelf(self.chapter, self.own):
            for check in reference.checks.values():
                if check.hole == hole and (only is None or check.id in only):
                    outcome = scenario.run(
                        check,
                        load,
                        reference.inputs(check)[0],
                        self.holes,
                        file.label,
                        reference.may_change,
                        [layer.label for layer in self.beneath],
                    )
                    if {"KeyboardInterrupt", "BdbQuit"} & set(outcome.get("names", [])):
                        raise KeyboardInterrupt  # the person's, who looks on
                    # through the pipe and back, so that both ways see the same
                    outcomes[check.id] = codec.decode(codec.encode(outcome)) | {"printed": ""}
        return outcomes


class Apart(Runner):
    """Runs the learner's code in a worker process and decodes what comes back."""

    traces = False  # whether the calls are recorded, in place of results

    def __init__(
        self,
        chapter: Chapter,
        seed: int = 0,
        holes: list[str] | None = None,
        worker: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self.workspace = book.workspace()  # first: where there is none, nothing is begun
        super().__init__(chapter, seed)
        self.process = worker or launch()
        self.channel = process.Channel(self.process)
        self.scratch = tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True)
        self.fork = systems.has("fork")
        self.sandbox = ""
        self.pending: list[str] = []
        self.replies: dict[str, Reply] = {}
        self.begun = False  # where we cannot fork: the first pending check runs now
        self.restarts = 0
        self.by_id = {sketch.id: sketch for sketch in self.sketches}
        self.want(list(self.holes) if holes is None else holes)
        self.is_prepared = False

    def want(self, holes: list[str]) -> None:
        """Choose the exercises whose checks are asked for at the start."""
        self.wanted = [sketch for sketch in self.sketches if sketch.hole in holes]

    def prepare(self) -> None:
        """Send the job: all that can be done before there is a file to check."""
        self.channel.send(self._job())
        self.is_prepared = True

    def start(self) -> None:
        """Send the file and every request that needs nothing of ours."""
        if not self.is_prepared:
            self.prepare()
        self.channel.send(self._file())
        self._request(IMPORT)
        self.ask()

    def ask(self) -> None:
        """Request every check that is wanted and was not requested yet."""
        # What is given we draw ourselves, after the rest is on its way; a worker that
        # cannot read while it runs a check is only sent it when it is idle.
        for sketch in sorted(self.wanted, key=lambda sketch: sketch.is_given):
            is_new = sketch.id not in self.replies and sketch.id not in self.pending
            if is_new and (self.fork or not sketch.is_given):
                self._request(sketch.id)

    def _job(self) -> bytes:
        modules = {name: str(path) for name, path in earlier_modules(self.chapter).items()}
        parts = [p for p in ("resource", "landlock", "seccomp") if self.fork and systems.has(p)]
        readable: list[str] = []
        if "landlock" in parts:
            from grader import confine

            readable = confine.readable(confine.needed(), [book.OURS, self.workspace])
        data = str(ROOT / "bookdata")
        job = job_of(self.chapter, self.source)
        if self.beneath:  # where nothing is shut in, none of theirs is loaded, nor what uses it
            shared = {f"solutions.{name}" for name in SHARED}
            job["preload"] = [
                n for n in job["preload"] if n in shared or not n.startswith("solutions.")
            ]
        return codec.encode(
            job
            | {
                "modules": modules,
                "own": self.own,
                "readable": [*readable, *modules.values(), data],
                "scratch": self.scratch.name,
                "parts": parts,
                "fork": self.fork,
                "trace": self.traces,
                "at_once": min(os.cpu_count() or 1, MOST_AT_ONCE),
            }
        )

    def _file(self) -> bytes:
        file = self.submission
        return codec.encode({"exercise": file.source, "label": file.label})

    def _request(self, id: str) -> None:
        hole, limit = IMPORT, IMPORT_LIMIT
        inputs = None
        if id != IMPORT:
            sketch = self.by_id[id]
            hole, limit = sketch.hole, sketch.limit
            if sketch.is_given:
                inputs = self.reference.inputs(self.reference.checks[id])[0]
        key = outline.key_of(self.seed, id) if inputs is None and id != IMPORT else None
        request = {"id": id, "hole": hole, "limit": limit, "key": key, "inputs": inputs}
        self.channel.send(codec.encode(request))
        self.pending.append(id)

    def outcomes(self, hole: str, only: Collection[str] | None = None) -> dict[str, Any]:
        self._import()
        ids = [s.id for s in self.sketches if s.hole == hole and (only is None or s.id in only)]
        for id in ids:
            if id not in self.replies and id not in self.pending:
                while self.pending:  # so that it reads, and large inputs cannot block us
                    self._advance()
                self._request(id)
        return {id: self._outcome(self._reply(id)) for id in ids}

    def _import(self) -> None:
        """Wait until the exercise is loaded; raise Obstacle if it cannot be, or not read."""
        file = self.submission
        outcome = self._outcome(self._reply(IMPORT))
        if outcome["end"] != "returned":
            raise import_obstacle(outcome, file)

    def _outcome(self, reply: Reply) -> dict[str, Any]:
        labels = [self.submission.label, *(layer.label for layer in self.beneath)]
        return outcome_of(reply, *labels)

    def _reply(self, id: str) -> Reply:
        """Return the reply to a request, waiting for it if need be."""
        while id not in self.replies:
            self._advance()
        return self.replies[id]

    def _advance(self) -> None:
        """Take the next frame; whatever it is, the first pending check moves on."""
        id = self.pending[0]
        limit = self.by_id[id].limit if id != IMPORT else IMPORT_LIMIT
        try:
            if self.begun:
                reply = self._receive(limit + process.GRACE)
            else:
                reply = self._receive(limit + process.PATIENCE + process.START_UP)
        except TimeoutError:
            self._restart(Reply(id, "late", self._where()))
            return
        if reply is None:
            if id == IMPORT and not self.begun:
                raise Fault(
                    "The worker process did not start.\n" + self.channel.errors.decode()[-1500:],
                    "grader doctor",
                )
            process.stop(self.process)
            self._restart(Reply(id, "died", signal=max(0, -(self.process.returncode or 0))))
        elif reply.end == "begun" and reply.id == id and not self.fork and not self.begun:
            self.begun = True
        elif reply.end == "begun" or reply.id not in (self.pending if self.fork else [id]):
            self._restart(Reply(id, "unreadable"))
        else:
            self._settle(reply)

    def _receive(self, seconds: float) -> Reply | None:
        return self.channel.receive(seconds)

    def _settle(self, reply: Reply) -> None:
        self.pending.remove(reply.id)
        self.replies[reply.id] = reply
        self.sandbox = self.sandbox or (reply.level if self.fork else "processes")
        self.begun = False

    def _where(self) -> bytes:
        """Return the worker's note of where it was, if it left one."""
        try:
            with open(os.path.join(self.scratch.name, "where"), "rb") as file:
                return file.read(MAX_NOTE)
        except OSError:
            return b""

    def _restart(self, reply: Reply) -> None:
        """Settle the check that ended the worker and go on with a new one."""
        self._settle(reply)
        process.stop(self.process)
        self.restarts += 1
        left, self.pending = self.pending, []
        if reply.id == IMPORT:
            return
        if self.restarts > MOST_RESTARTS + len(self.by_id):
            raise Fault("The worker process keeps ending.", "grader doctor")
        self.process = launch()
        self.channel = process.Channel(self.process)
        self.prepare()
        self.channel.send(self._file())
        for id in left:
            if reply.end == "late" and self.by_id[id].hole == self.by_id[reply.id].hole:
                self.replies[id] = Reply(id, "skipped")
            else:
                self._request(id)

    def close(self) -> None:
        super().close()
        process.stop(self.process)
        process.clear(self.scratch.name)
        self.scratch.cleanup()


def outcome_of(reply: Reply, *labels: str) -> dict[str, Any]:
    """Decode one reply; what cannot be decoded is a crash of theirs."""
    outcome: Any = {"end": reply.end, "signal": reply.signal}
    if reply.end == "late":
        outcome |= where(reply.answer, *labels)
    elif reply.end == "answered":
        try:
            outcome = codec.decode(reply.answer)
        except codec.Refused:
            outcome = None
        if not is_outcome(outcome):
            outcome = {"end": "unreadable"}
        outcome = {k: v if k == "value" else short(v) for k, v in outcome.items() if k in PARTS}
        if outcome["end"] == "raised":
            outcome["frames"] = outcome["frames"][:MOST_FRAMES]
    told: dict[str, Any] = outcome | {"printed": reply.printed.decode(errors="replace")}
    return told


def job_of(chapter: Chapter, checks: str) -> dict[str, Any]:
    """Return what a worker is told of a chapter, wherever it runs."""
    return {
        "slug": chapter.slug,
        "checks": outline.trimmed(checks),
        "holes": [hole.name for hole in stub.holes(chapter.source)],
        "may_change": stub.changing(chapter.source),
        "own": {},
        "preload": stub.imports(chapter.source),
        "memory": MEMORY,
        "trace": False,
    }


def short(part: Any) -> Any:
    """Return what an outcome tells beside its value, cut to what can be printed."""
    if isinstance(part, str):
        return part[:MAX_TEXT].encode(errors="replace").decode()
    if isinstance(part, int):
        return max(0, min(part, MAX_LINE))
    if isinstance(part, list):
        return [short(each) for each in part[:MOST_TOLD]]
    if isinstance(part, dict):
        return {key: short(value) for key, value in part.items()}
    return None


def where(note: bytes, label: str, *beneath: str) -> dict[str, Any]:
    """Return the innermost line of the learner's that a thread dump names."""
    for found, line in WHERE.findall(note[:MAX_NOTE]):
        file = found.decode(errors="replace")
        if file in (label, *beneath):
            return {"line": int(line)} | ({"file": file} if file != label else {})
    return {}


def import_obstacle(outcome: dict[str, Any], file: submission.Submission) -> Obstacle:
    """Return why a file that can be read cannot be loaded."""
    frames = [f for f in outcome.get("frames") or () if "file" not in f] or [{}]
    lines = stub.lines_of(file.source)
    line = outcome.get("line") or frames[-1].get("line")
    if not isinstance(line, int) or line > len(lines):  # whatever they say it was
        line = 0
    at = f" at line {line}" if line else ""
    excerpt = [lines[line - 1].strip()[:100]] if line else []
    if outcome["end"] == "late":
        return Obstacle(
            f"{file.label} was still loading after {IMPORT_LIMIT:g} s{at}: "
            "a loop that does not end, outside any function?",
            line=line,
            excerpt=excerpt,
        )
    if outcome["end"] != "raised":  # died, unreadable
        from grader.marking import death

        return Obstacle(f"{file.label} cannot be loaded: {death(outcome.get('signal', 0))}.")
    names, message = outcome["names"], outcome["message"]
    if "SystemExit" in names:
        sentence = f"{file.label} calls exit() while it is loaded{at}: take that line out."
    elif "ImportError" in names:
        sentence = f"{file.label} imports something that is not here{at}: {message}."
    elif "MemoryError" in names:
        sentence = f"{file.label} asks for more than {MEMORY >> 30} GB while it is loaded{at}."
    else:
        sentence = f"{file.label} cannot be loaded{at}: {names[0]}: {message}"
    return Obstacle(sentence, line=line, excerpt=excerpt)
