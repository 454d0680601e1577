"""`grader watch`: check again at every save, the exercise that changed first."""

from __future__ import annotations

import argparse
import ast
import contextlib
import signal
import time
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from grader import edit, find, session, submission
from grader.book import Chapter, chapters, workspace
from grader.desk.board import Board
from grader.desk.saves import Saves
from grader.process import Reply, stop
from grader.runner import Apart
from grader.submission import Obstacle, Submission
from grader.verdict import DONE, NOT_YET, WAITS, Verdict, state_of

if TYPE_CHECKING:
    from grader.reference import Reference

GLANCE = 1.0  # seconds after which we look ourselves, whatever was heard
LISTEN = 0.05  # seconds between two looks whether a run is out of date
BREATH = 0.3  # seconds that an editor may take between deleting a file and writing it
QUIET = (DONE, NOT_YET, WAITS)  # states that need no words
RESIZED = ""  # heard in place of a file's name
ENDINGS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]


class Saved(Exception):
    """The file was saved again while its checks ran."""


def run(options: argparse.Namespace) -> int:
    """Watch a chapter, an exercise, or whatever is saved, until Ctrl-C."""
    chapter, holes = find.what(options.name) if options.name else last_saved()
    with endable() as ending, Saves(workspace() / "exercises") as saves:
        if hasattr(signal, "SIGWINCH"):
            signal.signal(signal.SIGWINCH, lambda *_: saves.heard.put(RESIZED))
        desk = Desk(saves, not options.name, options.worker)
        try:
            desk.stay(View(chapter, holes, not options.name))
        except KeyboardInterrupt:
            if ending == [signal.SIGTERM]:
                return 128 + signal.SIGTERM
            raise
        finally:
            desk.clear()


def last_saved() -> tuple[Chapter, list[str]]:
    """Return the chapter whose exercise was begun and saved last, else the first."""
    there = [c for c in chapters() if c.exercise.exists()]
    there.sort(key=lambda c: c.exercise.stat().st_mtime, reverse=True)
    chapter = next((c for c in there if not edit.is_untouched(c)), chapters()[0])
    return chapter, find.hole_names(chapter)


@contextlib.contextmanager
def endable() -> Iterator[list[int]]:
    """Let Ctrl-C and its like end us once: nothing breaks into the tidying up after it."""
    ending: list[int] = []

    def end(number: int, _: Any) -> NoReturn:
        ending.append(number)
        for each in ENDINGS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in ENDINGS}
    try:
        yield ending
    finally:
        if not ending:
            for number, handler in before.items():
                signal.signal(number, handler)


class Desk:
    """What stays warm from save to save: the chapters seen, and the next run."""

    def __init__(self, saves: Saves, follows: bool, worker: Any) -> None:
        self.saves = saves
        self.follows = follows  # whatever chapter is saved
        self.worker = worker  # that was started before us
        self.runner: Interruptible | None = None
        self.views: dict[str, View] = {}
        self.board = Board(saves)

    def stay(self, view: View) -> NoReturn:
        """Check one chapter after the other, as they are saved."""
        self.views[view.chapter.slug] = view
        view.look(self.saves)
        while True:
            with contextlib.suppress(Saved):
                view.check(self.ready(view), self.board)
            self.ready(view)  # it loads NumPy and the checks while nobody waits for it
            view = self.next_save(view)

    def ready(self, view: View) -> Interruptible:
        """Return a run of a chapter's checks that lacks only the file."""
        runner = self.runner
        if runner and (runner.chapter != view.chapter or runner.process.poll() is not None):
            runner.close()
            runner = None
        if runner is None:
            runner = Interruptible(view, self.saves, self.worker)
            self.runner, self.worker = runner, None
            runner.prepare()
        return runner

    def next_save(self, view: View) -> View:
        """Wait until there is something new to check, and return where."""
        ahead, is_idle = view.prepare(), False
        while True:
            self.saves.wait(GLANCE if is_idle else 0.0)
            names, self.saves.names = self.saves.names, set()
            if RESIZED in names and self.board.is_live:
                self.board.draw(view)
            if view.look(self.saves):
                return view
            for chapter in chapters() if self.follows else ():
                if chapter.exercise.name in names and chapter != view.chapter:
                    other = View(chapter, find.hole_names(chapter), True)
                    other = self.views.setdefault(chapter.slug, other)
                    if other.look(self.saves):
                        return other
            is_idle = next(ahead, None) is None

    def clear(self) -> None:
        """End the run that waits for a file, if one does."""
        if self.runner:
            self.runner.close()
        elif self.worker:
            stop(self.worker)


class Interruptible(Apart):
    """Runs the checks of a file until it is saved again."""

    def __init__(self, view: View, saves: Saves, worker: Any) -> None:
        super().__init__(view.chapter, worker=worker)
        self.view = view
        self.saves = saves

    def take(self, file: Submission) -> None:
        """Take the file that is to be checked, and what is known from before."""
        self.submission = file
        if self.view.reference:  # warm, so that nothing holds up the first verdict
            self.reference = self.view.reference
            self.marking.states.update(self.view.states)

    def outcomes(self, hole: str, only: Collection[str] | None = None) -> dict[str, Any]:
        if all(sketch.hole != hole for sketch in self.wanted):  # what was to be first is told
            self.want(self.view.holes)
            self.ask()
        return super().outcomes(hole, only)

    def _receive(self, seconds: float) -> Reply | None:
        end = time.monotonic() + seconds
        while True:
            self.saves.wait(0.0)
            if self.saves.names and self.view.differs():
                raise Saved
            try:
                return super()._receive(min(LISTEN, max(0.0, end - time.monotonic())))
            except TimeoutError:
                if time.monotonic() >= end:
                    raise


class View:
    """One chapter that is watched: its file as we saw it last, and what was found."""

    def __init__(self, chapter: Chapter, holes: list[str], follows: bool) -> None:
        self.chapter, self.holes, self.follows = chapter, holes, follows
        self.data: bytes | None = b""
        self.file: Submission | None = None
        self.obstacle: Obstacle | None = None
        self.parts: dict[str, str] = {}
        self.changed: list[str] = []  # exercises, since they were checked
        self.focus: list[str] = []  # shown in full
        self.found: dict[str, list[Verdict]] = {}
        self.is_first = True  # run of all
        self.reference: Reference | None = None
        self.sandbox = ""

    @property
    def states(self) -> dict[str, str]:
        return {hole: state_of(self.found[hole]) for hole in self.holes if hole in self.found}

    @property
    def is_done(self) -> bool:
        """Whether the whole chapter is."""
        done = [hole for hole, state in self.states.items() if state == DONE]
        return not self.obstacle and done == find.hole_names(self.chapter)

    @property
    def order(self) -> list[str]:
        """The exercises as they are checked: first what changed, or what is looked at."""
        return list(dict.fromkeys(self.changed + self.focus + self.holes))

    def read(self) -> bytes | None:
        """Return what is in the file, None if it is not there."""
        try:
            return self.chapter.exercise.read_bytes()
        except OSError:
            return None

    def differs(self) -> bool:
        """Return whether the file is another than the one we saw last."""
        return self.read() != self.data

    def look(self, saves: Saves) -> bool:
        """Read the file if it is another than before; return whether it was."""
        data = self.read()
        if data == self.data and (data or self.obstacle):
            return False
        end = time.monotonic() + BREATH
        while self.data and not self.read() and time.monotonic() < end:  # half a save
            saves.wait(LISTEN)
        self.data, self.obstacle = self.read(), None
        try:
            self.file = submission.read(self.chapter.exercise, self.chapter)
        except Obstacle as obstacle:
            self.obstacle = obstacle
            return True
        before, self.parts = self.parts, parts(self.file, find.hole_names(self.chapter))
        if before:
            changed = [hole for hole in self.holes if self.parts[hole] != before[hole]]
            self.changed = list(dict.fromkeys(changed + self.changed))
            self.focus = self.changed[:] or self.focus
        return True

    def check(self, runner: Interruptible, board: Board) -> None:
        """Check the file as we saw it last, or say why that cannot be."""
        began = time.monotonic()

        def tell(hole: str, verdicts: list[Verdict]) -> None:
            self.found[hole] = verdicts
            self.changed = [each for each in self.changed if each != hole]
            board.tell(self, hole)

        board.begin(self)
        if self.file and not self.obstacle:
            result, order = session.Result(self.chapter), self.order
            with runner:
                runner.take(self.file)
                runner.want(self.changed or self.focus or self.holes)
                session.run_checks(runner, result, order, tell)
            self.obstacle, self.sandbox = result.obstacle, runner.sandbox
            session.record(result, runner)
        if not self.obstacle and len(self.focus) != 1:  # one is enough
            worst = [h for h in self.focus or self.holes if self.states[h] not in QUIET]
            self.focus = worst[:1]
        board.end(self, time.monotonic() - began)
        self.is_first = self.is_first and bool(self.obstacle)

    def prepare(self) -> Iterator[bool]:
        """Compute, piece by piece, what the next verdicts will be held against."""
        if self.reference is None:
            from grader.reference import Reference

            self.reference = Reference(self.chapter)
        checks = self.reference.checks.values()
        for check in checks:
            self.reference.outcome(check)
            yield True
        for mistake in self.reference.mistakes:
            for check in checks:
                if check.hole == mistake.in_:
                    self.reference.mistaken(check, mistake)
                    yield True


def parts(file: Submission, holes: list[str]) -> dict[str, str]:
    """Return the syntax of each exercise's function, without places."""
    return {
        hole: ast.dump(file.functions[hole]) if hole in file.functions else "" for hole in holes
    }
