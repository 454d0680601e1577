"""The learner's own earlier chapters underneath: theirs where they pass, else the book's.

What passes is what `grader check` says of each of them, on the book's chapters
below it. A chapter of which some exercises pass is the learner's file with the
book's functions in place of the others, if that passes as a whole.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader import book, edit, stub, submission
from grader.book import Chapter, chapters
from grader.find import hole_names
from grader.submission import Obstacle, Submission, label_of
from grader.verdict import CRASHED, DONE, NOT_YET, TOO_SLOW, Verdict, state_of

if TYPE_CHECKING:
    from grader.reference import Reference
    from grader.runner import Runner

KEPT_FILES = 2  # the learner's, and what was made of it


@dataclass
class Layer:
    """One earlier chapter as it is put underneath."""

    chapter: Chapter
    yours: list[str] = field(default_factory=list)  # the exercises that are the learner's
    why: str = ""  # why not all of them are
    file: Submission = field(default_factory=lambda: Submission("", "", {}))
    lines: list[int] = field(default_factory=list)  # the learner's own numbers, 0: the book's

    @property
    def label(self) -> str:
        return label_of(self.chapter.exercise)

    @property
    def module(self) -> str:
        return f"solutions.{self.chapter.slug}"

    @property
    def source(self) -> str:
        """What is loaded under the name of the reference."""
        return self.file.source

    @property
    def exercises(self) -> list[str]:
        """All the exercises of the chapter."""
        return hole_names(self.chapter)

    def line_of_theirs(self, line: int) -> int:
        """Return where the learner has a line of what is loaded, 0 if it is the book's."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else 0

    def as_dict(self) -> dict[str, Any]:
        """Return it for machines."""
        books = [name for name in self.exercises if name not in self.yours]
        found = {"chapter": self.chapter.slug, "file": self.label}
        return found | {"yours": self.yours, "book": books, "why": self.why}


def imported(source: str) -> set[str]:
    """Return every module that a source imports, wherever it does."""
    found = set()
    for node in ast.walk(stub.parsed(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def builds_on(sources: Iterable[str], before: Iterable[Chapter]) -> list[Chapter]:
    """Return the chapters that some sources import, directly or through them, in order.

    Of each both the reference and the learner's file are asked.
    """
    known = {f"solutions.{chapter.slug}": chapter for chapter in before}
    found: dict[str, Chapter] = {}
    todo = list(sources)
    while todo:
        for name in imported(todo.pop()) & known.keys() - found.keys():
            found[name] = known[name]
            todo += [known[name].source, theirs(known[name])]
    return sorted(found.values(), key=lambda chapter: chapter.number)


def theirs(chapter: Chapter) -> str:
    """Return the learner's file, nothing where it cannot be read."""
    try:
        return submission.read(chapter.exercise, chapter).source
    except Obstacle:
        return ""


def layers(chapter: Chapter) -> list[Layer]:
    """Return what is underneath a chapter, in the order of the book."""
    before = [c for c in chapters() if c.number < chapter.number]
    return [layer(c) for c in builds_on([chapter.source, theirs(chapter)], before)]


def layer(chapter: Chapter) -> Layer:
    """Return one chapter with as much of the learner's as passes."""
    try:
        file, found = standing(chapter)
    except Obstacle:
        return Layer(chapter, why="it cannot be loaded")
    yours = [hole for hole, state in found.items() if state == DONE]
    if set(found.values()) == {NOT_YET}:
        return Layer(chapter, why="not begun")
    if len(yours) == len(found):
        lines = len(stub.lines_of(file.source))
        return Layer(chapter, yours, "", file, list(range(1, lines + 1)))
    share = f"{len(yours)} of {len(found)} pass"
    made = graft(chapter, file, yours) if yours else None
    if made and passes(made):
        made.why = share
        return made
    return Layer(chapter, why=share + ", but not beside the book's" * bool(yours))


def standing(chapter: Chapter) -> tuple[Submission, dict[str, str]]:
    """Return the learner's file and the state of each exercise in it, checked now.

    Raises
    ------
    Obstacle
        If it cannot be loaded.
    """
    file = submission.read(chapter.exercise, chapter)
    if edit.is_untouched(chapter):
        return file, dict.fromkeys(hole_names(chapter), NOT_YET)
    return file, states(chapter, file)


def graft(chapter: Chapter, file: Submission, yours: Collection[str]) -> Layer | None:
    """Return the learner's file with the book's function in place of each other exercise.

    So what they wrote beside their own comes along. None if it is no program then.
    """
    lines, books = list(enumerate(stub.lines_of(file.source), 1)), stub.lines_of(chapter.source)
    places = []
    for hole in stub.holes(chapter.source):
        node = file.functions.get(hole.name)
        if hole.name not in yours and node is not None:
            places.append((stub.first_line(node) - 1, node.end_lineno, hole))
    for start, end, hole in sorted(places, key=lambda place: place[0], reverse=True):
        lines[start:end] = [(0, line) for line in books[hole.start - 1 : hole.end]]
    source = "".join(text for _, text in lines)
    try:
        made = Submission(file.label, source, submission.parse(source, file.label))
    except Obstacle:
        return None
    return Layer(chapter, list(yours), "", made, [number for number, _ in lines])


def passes(layer: Layer) -> bool:
    """Return whether every exercise of a layer passes."""
    try:
        return set(states(layer.chapter, layer.file).values()) == {DONE}
    except Obstacle:
        return False


def states(chapter: Chapter, file: Submission) -> dict[str, str]:
    """Return the state of each exercise in a file, as `grader check` has it.

    Raises
    ------
    Obstacle
        If the file cannot be loaded.
    """
    from grader.reference import Reference
    from grader.runner import Apart

    reference, kept = Reference(chapter), read(chapter)
    key = key_of(reference, file)
    if kept.get(key, {}).keys() == set(reference.holes):
        return {hole: kept[key][hole] for hole in reference.holes}
    with Apart(chapter) as runner:
        runner.submission, runner.reference = file, reference
        runner.start()
        found = {hole: state_of(plainly(runner, hole)) for hole in runner.holes}
    if not {CRASHED, TOO_SLOW} & set(found.values()):  # those perhaps not so the next time
        write(chapter, dict(list(kept.items())[1 - KEPT_FILES :]) | {key: found})
    return found


def key_of(reference: Reference, file: Submission) -> str:
    """Return a hash of everything that the states of a file depend on."""
    from grader import compare, judge

    digest = hashlib.sha256(reference.key())
    for text in (file.source, inspect.getsource(compare), inspect.getsource(judge)):
        digest.update(text.encode())
    return digest.hexdigest()


def plainly(runner: Runner, hole: str, only: Collection[str] | None = None) -> list[Verdict]:
    """Return the verdicts on one exercise without what would help to mend it."""
    outcomes = runner.outcomes(hole, only)
    return [runner.marking.verdict(id, runner.holes[hole], o) for id, o in outcomes.items()]


def read(chapter: Chapter) -> dict[str, dict[str, str]]:
    """Return what was found in a chapter's files before, by their hashes."""
    try:
        kept = json.loads((book.state() / "cache" / f"own-{chapter.slug}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    is_ours = isinstance(kept, dict) and all(isinstance(found, dict) for found in kept.values())
    return kept if is_ours else {}


def write(chapter: Chapter, kept: dict[str, dict[str, str]]) -> None:
    """Keep what was found; where that cannot be, it is found again next time."""
    path = book.state() / "cache" / f"own-{chapter.slug}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        os.replace(fresh, path)
    except OSError:
        pass


def told(beneath: list[Layer]) -> str:
    """Return what is underneath, in a sentence or two."""
    if not beneath:
        return "It builds on no other chapter: nothing is underneath."
    every = sum(len(layer.exercises) for layer in beneath)
    yours = sum(len(layer.yours) for layer in beneath)
    whole = ", ".join(layer.chapter.slug for layer in beneath if not layer.why)
    books = ", ".join(
        f"{'the rest of ' * bool(layer.yours)}{layer.chapter.slug} ({layer.why})"
        for layer in beneath
        if layer.why
    )
    count = f"{yours} of {every} exercises are" if yours else f"none of {every} exercises is"
    first = f"Underneath, {count} yours{f': {whole}' if whole else ''}."
    return f"{first} The book's: {books}." if books else first
