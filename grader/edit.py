"""Commands that write files: reset, sync, new. What was there is always kept."""

from __future__ import annotations

import contextlib
import os
import re
from codecs import BOM_UTF8
from datetime import datetime
from pathlib import Path

from grader import book, stub
from grader.book import Chapter, chapters
from grader.problems import Fault, Misuse
from grader.submission import Obstacle, label_of, parse, saved_as, text

SLUG = re.compile(r"(?:(\d+)-)?([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)")


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, or raise Fault."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.replace(fresh, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise Fault(f"{label_of(path)} cannot be written: {error.strerror}.") from None


def keep_aside(path: Path) -> Path:
    """Copy a file into .grader/kept under the date, and return the copy."""
    stamp = datetime.now().strftime("%Y-%m-%d %H.%M.%S")
    folder = book.state() / "kept"
    copy = folder / f"{path.stem} {stamp}{path.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data, number = path.read_bytes(), 1
        while True:
            try:
                with copy.open("xb") as file:
                    file.write(data)
                return copy
            except FileExistsError:  # twice in a second
                number += 1
                copy = folder / f"{path.stem} {stamp} ({number}){path.suffix}"
            except OSError:
                copy.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Fault(
            f"Nothing was changed: no copy of {label_of(path)} can be kept in "
            f"{label_of(folder)} ({error.strerror})."
        ) from None


def reset(chapter: Chapter, hole: str | None) -> list[str]:
    """Put the empty hole, or the whole empty exercise, back; theirs is kept.

    Returns
    -------
    sentences : list of str
        What was done, for the person.
    """
    path, fresh = chapter.exercise, stub.derive(chapter.source)
    label = label_of(path)
    if not path.exists():
        write(path, fresh)
        note_reset(chapter, None)
        return [f"{label} was not there; it is back, empty."]
    data = path.read_bytes()
    content = saved_as(data, fresh, label) if hole is None else with_hole_emptied(chapter, hole)
    if data == content:
        return [f"{label} is as it should be: nothing to reset."]
    copy = keep_aside(path)
    write(path, content)
    note_reset(chapter, hole)
    what = "All of it" if hole is None else hole
    return [f"{what} is empty again in {label}.", f"What you had is kept in {label_of(copy)}."]


def note_reset(chapter: Chapter, hole: str | None) -> None:
    """Note which exercises are empty again."""
    from grader.desk import progress

    emptied = [hole] if hole else [each.name for each in stub.holes(chapter.source)]
    progress.note_each("reset", chapter.slug, {name: {} for name in emptied})


def with_hole_emptied(chapter: Chapter, name: str) -> bytes:
    """Return the learner's file with one function as the exercise has it."""
    label = label_of(chapter.exercise)
    whole = f"grader reset {chapter.slug}"
    data = chapter.exercise.read_bytes()
    try:
        source = text(data, label)
        mine = parse(source, label).get(name)
    except Obstacle as obstacle:
        raise Misuse(
            f"{obstacle.sentence} One function cannot be found in it; all can be reset.", whole
        ) from None
    if mine is None:
        raise Misuse(f"{label} does not define {name}; the whole file can be reset.", whole)
    fresh = stub.derive(chapter.source)
    theirs = stub.definitions(stub.parsed(fresh))[name]
    lines, fresh_lines = stub.lines_of(source), stub.lines_of(fresh)
    body = fresh_lines[stub.first_line(theirs) - 1 : theirs.end_lineno]
    lines[stub.first_line(mine) - 1 : mine.end_lineno] = body
    return saved_as(data, "".join(lines), label)


def is_untouched(chapter: Chapter) -> bool:
    """Return whether every exercise in the file is still an empty hole."""
    try:
        source = text(chapter.exercise.read_bytes(), label_of(chapter.exercise))
        functions = parse(source, "")
    except Obstacle:
        return False
    lines = stub.lines_of(source)
    # by the reference's names: a marker can have been deleted
    there = [functions[h.name] for h in stub.holes(chapter.source) if h.name in functions]
    return all(stub.EMPTY.fullmatch(lines[(node.end_lineno or 1) - 1]) for node in there)


def out_of_step() -> list[Chapter]:
    """Return the chapters whose exercise is not the reference with holes."""
    return [c for c in chapters() if not is_as_derived(c.exercise, c)]


def is_as_derived(path: Path, chapter: Chapter) -> bool:
    """Return whether a file is the empty exercise, in the way of Windows, too."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return (
        data.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n") == stub.derive(chapter.source).encode()
    )


def sync() -> tuple[list[str], bool]:
    """Write every exercise from its reference, but for those somebody has filled.

    Returns
    -------
    sentences : list of str
    all_in_step : bool
    """
    book.must_be_the_book("sync")
    said, all_in_step = [], True
    for chapter in out_of_step():
        label = label_of(chapter.exercise)
        if chapter.exercise.exists() and not is_untouched(chapter):
            said.append(f"{label} is filled in, so it was left as it is.")
            said.append(f"To empty it (yours is kept): grader reset {chapter.slug}")
            all_in_step = False
        else:
            if chapter.exercise.exists():  # who wrote beside the holes loses nothing either
                said.append(f"What was there is kept in {label_of(keep_aside(chapter.exercise))}.")
            write(chapter.exercise, stub.derive(chapter.source))
            said.append(f"{label} is written.")
    return said or ["Every exercise is in step with its reference."], all_in_step


def new(name: str) -> list[str]:
    """Write the five files of a new chapter, and its exercise; return what was done."""
    book.must_be_the_book("new")
    match = SLUG.fullmatch(name)
    if not match:
        raise Misuse(
            f"{name!r} is no name for a chapter: use small letters, digits and hyphens, with "
            "the number in front if it is not the next one: 08-neighbours."
        )
    used = {chapter.number: chapter for chapter in chapters()}
    number = int(match[1]) if match[1] else max(used, default=-1) + 1
    slug = match[2].replace("-", "_")
    if number in used:
        raise Misuse(f"Chapter {number} is {used[number].slug} already.", "grader list")
    if slug in book.SHARED:
        raise Misuse(f"{slug} is the name of a module that all chapters share.")
    chapter = Chapter(number, slug)
    there = [label_of(part) for part in chapter.parts if part.exists()]
    if there:
        raise Misuse(f"Nothing was written: {' and '.join(there)} is there already.")
    from grader.templates import TEMPLATES

    said = []
    for part, template in zip(chapter.parts, TEMPLATES, strict=False):
        filled = template.replace("SLUG", slug).replace("TITLE", slug.replace("_", " "))
        write(part, filled.replace("Title", slug.replace("_", " ").capitalize()))
        said.append(f"wrote {label_of(part)}")
    chapters.cache_clear()
    write(chapter.exercise, stub.derive(chapter.source))
    said.append(f"wrote {label_of(chapter.exercise)}, derived from the reference")
    return said
