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
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader import book, edit, stub, submission
from grader.book import Chapter, chapters
from grader.find import hole_names
from grader.submission import Obstacle, Submission, label_of
from grader.verdict import BAD, CRASHED, DONE, NOT_YET, TOO_SLOW, Verdict, state_of

if TYPE_CHECKING:
    from grader.reference import Reference
    from grader.runner import Apart, Runner

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


class Blame:
    """Finds out whether checks fail because of what is underneath, and of what there."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.tried: dict[tuple[tuple[str, ...], ...], Apart] = {}  # by what was underneath

    def close(self) -> None:
        """End what was started."""
        for runner in self.tried.values():
            runner.close()

    def explain(self, hole: str, verdicts: list[Verdict]) -> None:
        """Say of each failed check of an exercise if the fault lies underneath."""
        failed = {verdict.check for verdict in verdicts if verdict.state in BAD}
        cured = self.passing(hole, failed, []) if failed else set()
        if not cured:
            return
        is_slow = any(v.state == TOO_SLOW for v in verdicts if v.check in cured)
        seen = [(f["file"], f["function"]) for v in verdicts for f in v.frames if "file" in f]
        guilty, sentence = self.fault(
            "passes", lambda way: cured <= self.passing(hole, cured, way), seen, is_slow
        )
        for verdict in verdicts:
            if verdict.check in cured:
                verdict.diagnosis, verdict.blames = [], [layer.label for layer in guilty]
                verdict.notes = [] if verdict.error or verdict.wanted else verdict.notes[:1]
                verdict.notes += [sentence] if sentence else []
                sentence = ""  # once is enough

    def explain_obstacle(self, obstacle: Obstacle) -> None:
        """Say of a file that cannot be loaded if the fault lies underneath."""
        if self.loads([]):
            guilty, sentence = self.fault("loads", self.loads)
            obstacle.sentence += f" {sentence}"
            obstacle.next_step = (
                f"mend {guilty[0].label}, then grader check {guilty[0].chapter.name}"
            )

    def fault(
        self,
        verb: str,
        cures: Callable[[list[Layer]], bool],
        seen: Collection[tuple[str, str]] = (),
        is_slow: bool = False,
    ) -> tuple[list[Layer], str]:
        """Return which layers are at fault, and a sentence that says so.

        `cures` says whether things go well with other layers underneath. What
        was `seen` to fail, (file, function), is tried first; where each try
        may run to its limit, of the functions nothing else is.
        """
        guilty, place = self.runner.beneath, ""
        for one in sorted(guilty, key=lambda one: all(one.label != file for file, _ in seen)):
            if len(guilty) == 1 or cures([other for other in guilty if other is not one]):
                names = [name for file, name in seen if (file, name) == (one.label, name)]
                suspects = [n for n in one.yours if n in names or not is_slow]
                suspects.sort(key=lambda name: name not in names)
                guilty, place = [one], self.place(one, suspects, cures)
                break
        books, files = (
            " and ".join(names)
            for names in zip(*((layer.chapter.slug, layer.label) for layer in guilty), strict=True)
        )
        return guilty, f"It {verb} on the book's {books}: the fault is in your {files}{place}."

    def place(self, one: Layer, suspects: list[str], cures: Callable[[list[Layer]], bool]) -> str:
        """Return which exercise of a layer is at fault, in words; nothing if no single one is."""
        for exercise in suspects:
            made = graft(one.chapter, one.file, [name for name in one.yours if name != exercise])
            if made and cures([made if o is one else o for o in self.runner.beneath]):
                return f", in {exercise}, though that passes its own checks"
        return ""

    def passing(self, hole: str, checks: Collection[str], way: list[Layer]) -> set[str]:
        """Return which of some checks of an exercise pass with other layers underneath."""
        runner = self.on(way)
        try:
            found = plainly(runner, hole, checks)
        except Obstacle:
            return set()
        return {verdict.check for verdict in found if verdict.state == DONE}

    def loads(self, way: list[Layer]) -> bool:
        """Return whether the exercise can be loaded with other layers underneath."""
        try:
            self.on(way).outcomes("", [])
        except Obstacle:
            return False
        return True

    def on(self, way: list[Layer]) -> Apart:
        """Return a runner with other layers underneath, begun."""
        from grader.runner import Apart

        key = tuple((layer.chapter.slug, *layer.yours) for layer in way)
        if key not in self.tried:
            runner = self.tried[key] = Apart(self.runner.chapter, self.runner.seed, [])
            runner.submission, runner.beneath = self.runner.submission, way
            runner.reference = self.runner.reference
            runner.start()
        return self.tried[key]
