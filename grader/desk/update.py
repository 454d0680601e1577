"""`grader update`: new and changed chapters come into a workspace; nothing of theirs goes."""

from __future__ import annotations

import argparse
import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from grader import book, edit, stub
from grader.book import MARK, Chapter, chapters
from grader.desk.init import ABOUT, given, note_given, version
from grader.desk.merge import Unmergeable, can_be_read, merge
from grader.problems import FAILED, PASSED, Misuse
from grader.screen import width, wrapped
from grader.submission import Obstacle, label_of, parse, saved_as, text

NEW, CHANGED, GONE, LEFT = "new", "changed", "no chapter any more", "left as it is"
VERSION = re.compile(rb'^book = "[^"\r\n]*"', re.MULTILINE)


@dataclass
class Step:
    """What became of one file, and what there is to say about it."""

    label: str
    what: str
    said: list[str] = field(default_factory=list)
    chapter: Chapter | None = None


def run(options: argparse.Namespace) -> int:
    """Bring the workspace up to date, then say what was done."""
    folder = book.workspace()
    if folder == book.ROOT:
        raise Misuse(
            "This is the book itself, no workspace: git brings new chapters here.", "git pull"
        )
    steps = [*filter(None, map(bring, chapters())), *gone(folder), *mark(folder)]
    for step in steps:
        print(f"{step.label}  {step.what}")
        for sentence in step.said:
            print("\n".join(wrapped(sentence, 4, width())))
    print("\n" * bool(steps), end="")
    left = [step for step in steps if step.what == LEFT]
    brought = [s.chapter for s in steps if s.chapter and s.what in (NEW, CHANGED)]
    if left:
        print(f"{left[0].label} still waits.  Next: mend it, then grader update")
    elif brought:
        print(f"The rest is as it was.  Next: grader check {brought[0].name}")
    else:
        print("Everything here is up to date.  Next: grader check")
    return FAILED if left else PASSED


def bring(chapter: Chapter) -> Step | None:
    """Bring one exercise up to date; return what was done, None for nothing."""
    folder, path, label = book.workspace(), chapter.exercise, label_of(chapter.exercise)
    base, fresh = as_given(folder, chapter), stub.derive(chapter.source)

    def written(data: bytes, source: str, what: str, said: list[str]) -> Step:
        edit.write(path, saved_as(data, source, label))
        note_given(folder, chapter)
        return Step(label, what, said, chapter)

    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return written(b"", fresh, NEW, [])
    except OSError as error:
        return Step(label, LEFT, [f"It cannot be read: {error.strerror}."])
    if base == fresh:
        return None
    try:
        mine = text(data, label)
        parse(mine, label)
        if mine == base or not mine.strip():  # nothing in it is theirs
            return written(data, fresh, CHANGED, [])
        merged = merge(mine, base, fresh)
        content = saved_as(data, merged.text, label)
    except (Obstacle, Misuse) as problem:
        return Step(label, LEFT, [problem.sentence])
    except Unmergeable:
        said = f"Yours and the book's cannot be brought together: grader reset {chapter.slug}"
        return Step(label, LEFT, [f"{said} gives you the book's, and keeps yours."])
    if content == data:
        note_given(folder, chapter)
        return None
    copy = label_of(edit.keep_aside(path))
    kept = f"What you wrote is in it; the file as it was is kept in {copy}."
    return written(data, merged.text, CHANGED, [kept, *merged.said])


def as_given(folder: Path, chapter: Chapter) -> str | None:
    """Return the exercise as it was given, None where that is not known."""
    try:
        base = (given(folder) / f"{chapter.slug}.py").read_text(encoding="utf-8")
        stub.holes(base)
    except (OSError, ValueError, SyntaxError):
        return None
    return base


def gone(folder: Path) -> list[Step]:
    """Return which exercises were given once and are of no chapter now; said once."""
    slugs = {chapter.slug for chapter in chapters()}
    steps = []
    for path in sorted(given(folder).glob("*.py")):
        if path.stem in slugs:
            continue
        exercise = folder / "exercises" / path.name
        if exercise.exists():
            said = ["The book has no chapter of that name now. The file is yours to keep."]
            if new := successor(path):
                said.append(f"Its exercises are in {label_of(new.exercise)} now.")
            steps.append(Step(label_of(exercise), GONE, said))
        with contextlib.suppress(OSError):  # then it is said again
            path.unlink()
    return steps


def successor(path: Path) -> Chapter | None:
    """Return the chapter that has most exercises of one that is gone, if it has half."""
    source = path.read_text(encoding="utf-8", errors="replace")
    if not can_be_read(source):
        return None
    old = set(stub.definitions(stub.parsed(source)))

    def shared(chapter: Chapter) -> float:
        names = [hole.name for hole in stub.holes(chapter.source)]
        return sum(name in old for name in names) / max(len(names), 1)

    best = max(chapters(), key=shared)
    return best if shared(best) >= 0.5 else None


def mark(folder: Path) -> list[Step]:
    """Note the book's version in the workspace's mark; mend it where it is damaged."""
    path = folder / MARK
    try:
        data = path.read_bytes()
    except OSError as error:
        return [Step(MARK, LEFT, [f"It cannot be read: {error.strerror}."])]
    line = f'book = "{version()}"'
    if VERSION.search(data):
        new = VERSION.sub(line.encode(), data, count=1)
        if new != data:
            edit.write(path, new)
        return []
    copy = label_of(edit.keep_aside(path))
    edit.write(path, f"{ABOUT}{line}\n")
    return [Step(MARK, "mended", [f"It was damaged; what it held is kept in {copy}."])]
