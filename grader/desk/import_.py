"""`grader import FILE`: what was written in a page of the book comes into the workspace."""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import book, edit, stub, submission
from grader.book import Chapter, chapters
from grader.desk import exchange, texts
from grader.desk.exchange import counted, listed
from grader.desk.texts import Unfit
from grader.problems import BROKEN, FAILED, PASSED, Fault, Misuse
from grader.screen import paragraph, width, wrapped
from grader.submission import MAX_SIZE, Obstacle, label_of, saved_as


@dataclass
class Step:
    """What became of one chapter: the names of its exercises, and sentences."""

    chapter: Chapter
    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # sentences: what was not put in, and why
    kept: Path | None = None
    is_broken: bool = False

    @property
    def changed(self) -> list[str]:
        return self.new + self.replaced


def run(options: argparse.Namespace) -> int:
    """Bring in every exercise of the file, then say what was done."""
    book.workspace()  # where there is none, nothing is read
    path = Path(options.file)
    found, known = exchange.read(path), {chapter.slug: chapter for chapter in chapters()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a source from elsewhere
        steps = [bring(known[slug], found[slug]) for slug in known if found.get(slug)]
    for step in steps:
        tell(step)
    if strange := [slug for slug in found if slug not in known]:
        paragraph(f"This book has no chapter {listed(strange)}.")
    changed = [step for step in steps if step.changed]
    is_whole = not strange and not any(step.left for step in steps)
    if changed:
        number = counted(sum(len(step.changed) for step in steps), "exercise")
        print(f"\n{number} came in.  Next: grader check {changed[0].chapter.name}")
    elif is_whole:
        same = any(step.same for step in steps)
        paragraph(f"What {path} holds is here already." if same else f"{path} holds no exercise.")
        print("\nNext: grader check")
    else:
        print("\nNothing was changed.")
    return BROKEN if any(step.is_broken for step in steps) else PASSED if is_whole else FAILED


def tell(step: Step) -> None:
    """Print what became of a chapter."""
    said = [f"Written in: {', '.join(step.new)}."] if step.new else []
    said += [f"Replaced: {', '.join(step.replaced)}."] if step.replaced else []
    if step.kept:
        said.append(f"The file as it was is kept in {label_of(step.kept)}.")
    said += [f"The same already: {', '.join(step.same)}."] if step.same and step.changed else []
    said += [f"Empty in what you import: {', '.join(step.empty)}."] if step.empty else []
    said += step.left
    if said:
        print(label_of(step.chapter.exercise))
    for sentence in said:
        print("\n".join(wrapped(sentence, 4, width())))


def bring(chapter: Chapter, found: Mapping[str, Any]) -> Step:
    """Bring the exercises of one chapter into its file, and return what was done."""
    step, label = Step(chapter), label_of(chapter.exercise)
    holes = [hole.name for hole in stub.holes(chapter.source)]
    if strange := [name for name in found if name not in holes]:
        step.left.append(f"The chapter has no exercise {listed(strange)}.")
    try:
        data, source = as_it_is(chapter)
        made = source
        for name in (name for name in holes if name in found):
            try:
                made = with_one(step, made, name, found[name], data)
            except (Unfit, Misuse) as error:
                step.left.append(f"{name} was left as it is: {str(error).rstrip('.')}.")
            except RecursionError:
                step.left.append(f"{name} was left as it is: its text is nested too deeply.")
        if made != source:
            if step.replaced or loses(source, made, stub.derive(chapter.source)):
                step.kept = edit.keep_aside(chapter.exercise)
            edit.write(chapter.exercise, saved_as(data, made, label))
    except (Obstacle, Fault) as problem:
        step.new, step.replaced, step.kept = [], [], None
        step.left.append(f"It was left as it is: {problem.sentence}")
        step.is_broken = isinstance(problem, Fault)
    return step


def as_it_is(chapter: Chapter) -> tuple[bytes, str]:
    """Return a chapter's file and its text, the empty exercise where there is none.

    Raises
    ------
    Obstacle
        If it cannot be read, or is no Python.
    """
    label = label_of(chapter.exercise)
    try:
        data = chapter.exercise.read_bytes()
    except FileNotFoundError:
        return b"", stub.derive(chapter.source)
    except OSError as error:
        raise Obstacle(f"{label} cannot be read: {error.strerror}.") from None
    source = submission.made(data, label).source
    must_compile(source, label)
    return data, source


def with_one(step: Step, source: str, name: str, told: Any, data: bytes) -> str:
    """Return a source with one exercise put in, and note what was done."""
    given, label = stub.derive(step.chapter.source), label_of(step.chapter.exercise)
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        raise Unfit("what stands for it in the file is no text")
    text = texts.read(told["text"], name)
    blank = texts.taken(given, name, given)[0]
    if not text or texts.is_empty(text, blank):
        step.empty.append(name)
        return source
    mine = texts.taken(source, name, given)[0]
    made = source if mine.rstrip() == text.rstrip() else texts.put(source, name, text, given)
    if made == source:
        step.same.append(name)
        return source
    if len(saved_as(data, made, label)) > MAX_SIZE:
        raise Unfit(f"with it {label} would be larger than {MAX_SIZE >> 10} KB")
    try:
        must_compile(made, "the file with it")
    except Obstacle as obstacle:
        raise Unfit(obstacle.sentence) from None
    (step.new if texts.is_empty(mine, blank) else step.replaced).append(name)
    return made


def must_compile(source: str, label: str) -> None:
    """Raise Obstacle if Python would not take a source; nothing of it is run."""
    submission.parse(source, label)
    try:
        compile(source, label, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise submission.unparsable(error, source, label) from None
    except (RecursionError, MemoryError, ValueError):
        raise Obstacle(f"{label} is nested too deeply to be read.") from None


def loses(before: str, after: str, given: str) -> bool:
    """Return whether a line is gone that the learner wrote."""
    first, last, books = (Counter(stub.lines_of(source)) for source in (before, after, given))
    return any(line.strip() for line in first - books - last)
