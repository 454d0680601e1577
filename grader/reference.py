"""What the reference answers: computed once, then kept until something changes."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from grader import book, codec, outline, scenario, subject
from grader.book import Chapter
from grader.problems import Fault
from grader.stub import answer, changing, holes, with_answer


class Reference:
    """A chapter's checks and what its reference answers to them, from one seed.

    The answers are `kept` in the workspace for next time.
    """

    def __init__(self, chapter: Chapter, seed: int = 0, kept: bool = True) -> None:
        self.chapter = chapter
        self.seed = seed
        self.is_kept = kept
        self.holes = [hole.name for hole in holes(chapter.source)]
        label = f"grader/checks/{chapter.checks.name}"
        source = chapter.checks.read_text(encoding="utf-8")
        self.module = scenario.load_checks(source, label, chapter.slug)
        self.checks = {check.id: check for check in scenario.checks_in(self.module)}
        self.mistakes: list[scenario.Mistake] = getattr(self.module, "MISTAKES", [])
        self.may_change = changing(chapter.source)
        self._kept: dict[str, Any] | None = None
        self._known: dict[str, Any] = {}
        self._mutants: dict[scenario.Mistake, str] = {}
        self._mistaken: dict[tuple[str, scenario.Mistake], dict[str, Any]] = {}

    def inputs(self, check: scenario.Check) -> tuple[dict[str, Any], Any]:
        """Return a check's inputs, made anew, and what only we may know."""
        return scenario.draw(check, outline.key_of(self.seed, check.id))

    def known(self, check: scenario.Check) -> Any:
        """Return what the comparator of a check alone may know."""
        if check.id not in self._known:
            self._known[check.id] = self.inputs(check)[1] if check.given else None
        return self._known[check.id]

    def run(self, check: scenario.Check, source: str) -> dict[str, Any]:
        """Run one check in this process on a module of ours."""
        label = f"reference of {self.chapter.slug}"

        def load() -> types.ModuleType:
            return subject.load(source, label, f"reference_{self.chapter.slug}")

        with on_shelf(self.chapter), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a known mistake's are not the learner's
            outcome = scenario.run(check, load, self.inputs(check)[0], self.holes, label)
        if "KeyboardInterrupt" in outcome.get("names", []):  # the person's: nothing here raises it
            raise KeyboardInterrupt
        return outcome

    def outcome(self, check: scenario.Check) -> dict[str, Any]:
        """Return the outcome of one check on the reference."""
        if self._kept is None:
            self._kept = (self._read() or self._compute()) if self.is_kept else {}
        if check.id not in self._kept:
            self._kept[check.id] = self._right(check)
        outcome: dict[str, Any] = self._kept[check.id]
        return outcome

    def mutant(self, mistake: scenario.Mistake) -> str:
        """Return the reference with one mistake put into its hole.

        Raises
        ------
        Fault
            If the text to replace is not there exactly once.
        """
        source = self.chapter.source
        hole = next((h for h in holes(source) if h.name == mistake.in_), None)
        inside = answer(source, hole) if hole else ""
        if hole is None or inside.count(mistake.old) != 1:
            raise Fault(
                f"The mistake {mistake.why!r} is out of step with {self.chapter.slug}: its "
                f"old text stands {inside.count(mistake.old)} times in {mistake.in_}, not once."
            )
        return with_answer(source, hole, inside.replace(mistake.old, mistake.new))

    def mistaken(self, check: scenario.Check, mistake: scenario.Mistake) -> dict[str, Any]:
        """Return the outcome of one check on the reference with one mistake, kept for next time."""
        key = check.id, mistake
        if key not in self._mistaken:
            if mistake not in self._mutants:
                self._mutants[mistake] = self.mutant(mistake)
            self._mistaken[key] = self.run(check, self._mutants[mistake])
        return self._mistaken[key]

    def _compute(self) -> dict[str, Any]:
        outcomes = {check.id: self._right(check) for check in self.checks.values()}
        self._write(outcomes)
        return outcomes

    def _right(self, check: scenario.Check) -> Any:
        """Return the outcome of one check on the reference, run now."""
        outcome = self.run(check, self.chapter.source)
        if outcome["end"] != "returned" and not hasattr(check.expect, "wants_error"):
            raise Fault(
                f"The reference itself fails the check {check.id} of {self.chapter.name}: "
                f"{outcome.get('names', [outcome['end']])[0]}: {outcome.get('message', '')}"
            )
        return codec.decode(codec.encode(outcome))

    @property
    def _path(self) -> Path:
        return book.state() / "cache" / f"{self.chapter.slug}-{self.seed}"

    def key(self) -> bytes:
        """Return a digest of everything the answers depend on."""
        digest = hashlib.sha256()
        for path in (*book.stands_on(self.chapter), self.chapter.checks):
            digest.update(path.name.encode() + path.read_bytes())
        for module in (scenario, subject, codec):
            digest.update(Path(str(module.__file__)).read_bytes())
        digest.update(f"{np.__version__} {platform.python_version()} {platform.machine()}".encode())
        return digest.digest()

    def _read(self) -> dict[str, Any] | None:
        try:
            data = self._path.read_bytes()
            if data[:32] != self.key():
                return None
            kept = codec.decode(data[32:])
        except (OSError, codec.Refused):
            return None
        return kept if isinstance(kept, dict) and kept.keys() == self.checks.keys() else None

    def _write(self, outcomes: dict[str, Any]) -> None:
        fresh = self._path.with_suffix(f".{os.getpid()}")
        try:
            data = self.key() + codec.encode(outcomes)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(data)
            os.replace(fresh, self._path)
        except (OSError, codec.TooLarge):  # it is computed again next time
            with suppress(OSError):
                fresh.unlink()


@contextmanager
def on_shelf(chapter: Chapter, own: Mapping[str, Sequence[str]] | None = None) -> Iterator[None]:
    """Let code loaded here import the modules that an exercise of this chapter may.

    Where some are the learner's `own`, ours are set aside meanwhile.
    """
    modules = {name: str(path) for name, path in book.earlier_modules(chapter).items()}
    shelf = subject.Shelf(modules, own)
    ours = take_out("solutions") if own else {}
    sys.meta_path.insert(0, shelf)
    try:
        yield
    finally:
        sys.meta_path.remove(shelf)
        if own:
            take_out("solutions")
        sys.modules.update(ours)


def take_out(package: str) -> dict[str, types.ModuleType]:
    """Forget that a package was imported, and return what it was."""
    names = [name for name in sys.modules if name.partition(".")[0] == package]
    return {name: sys.modules.pop(name) for name in names}
