"""The map of the book: the only module that knows where things are.

The book is what everybody reads: in a clone its own folder, where the grader
was installed from a wheel the folder library/ in it. The workspace is what
one learner writes: a folder that holds ground-up.toml, else the clone.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from grader import place
from grader.problems import Misuse, nearest
from grader.stub import imports, parsed

PACKAGE, IS_CLONE = Path(place.PACKAGE), place.IS_CLONE
OURS = PACKAGE.parent if IS_CLONE else PACKAGE  # all that is no learner's
ROOT = OURS if IS_CLONE else PACKAGE / "library"
MARK = "ground-up.toml"  # makes a folder a workspace
SHARED = ("inputs", "plumbing")  # modules of solutions/ that belong to every chapter

PROSE_NAME = re.compile(r"(\d+)-([a-z0-9-]+)\.md")
PART = re.compile(r"\A---\n(?:\w+:.*\n)*?part:[ \t]*(.+?)[ \t]*\n")
HEADING = re.compile(r"^# (.+)$", re.M)


def workspace() -> Path:
    """Return the folder of the learner's work, the nearest around where we are.

    Raises
    ------
    Misuse
        If there is none, or the folder we are in was removed.
    """
    try:
        here = Path.cwd()
    except FileNotFoundError:
        raise Misuse("The folder you are in was removed.", "cd to one that is there") from None
    for folder in (here, *here.parents):
        is_clone = IS_CLONE and folder == ROOT
        if is_clone or os.path.isfile(folder / MARK):  # closed to us, it holds none
            return folder
    if IS_CLONE:
        return ROOT
    raise Misuse(
        f"{here} is in no workspace: your exercises need a folder of their own.",
        "grader init my-ground-up, then cd my-ground-up",
    )


def state() -> Path:
    """Return where the grader keeps what it knows of the learner; never committed."""
    return workspace() / ".grader"


def must_be_the_book(word: str) -> None:
    """Raise Misuse where a command for authors is not called in a clone of the book."""
    if not IS_CLONE:
        raise Misuse(
            f"grader {word} is for authors: it works in a clone of the book.", "grader --help"
        )
    if workspace() != ROOT:
        raise Misuse(
            f"grader {word} is for authors: it works in the book, and this is a workspace.",
            f"cd {ROOT} && grader {word}",
        )


@dataclass(frozen=True)
class Chapter:
    """One chapter: a number, a slug, and the files that carry the slug."""

    number: int
    slug: str

    @property
    def prose(self) -> Path:
        return ROOT / "chapters" / f"{self.number:02d}-{self.slug.replace('_', '-')}.md"

    @property
    def solution(self) -> Path:
        return ROOT / "solutions" / f"{self.slug}.py"

    @property
    def exercise(self) -> Path:
        return workspace() / "exercises" / f"{self.slug}.py"

    @property
    def checks(self) -> Path:
        return (ROOT / "grader" if IS_CLONE else PACKAGE) / "checks" / f"{self.slug}.py"

    @property
    def explained(self) -> Path:
        """Where the learner answers the explain tasks."""
        return workspace() / "explain" / f"{self.slug}.toml"

    @property
    def run(self) -> Path:
        """What the cells of the prose printed when they were last run."""
        return ROOT / "press" / "runs" / f"{self.slug}.ipynb"

    @property
    def oracle(self) -> Path:
        return ROOT / "tests" / "oracles" / f"test_{self.slug}.py"

    @property
    def other_way(self) -> Path:
        return ROOT / "tests" / "other_ways" / f"{self.slug}.py"

    @property
    def parts(self) -> tuple[Path, ...]:
        """All six files, the derived exercise last."""
        return (
            self.prose,
            self.solution,
            self.checks,
            self.oracle,
            self.other_way,
            self.exercise,
        )

    @cached_property
    def source(self) -> str:
        """The text of the reference."""
        return self.solution.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        """What a person types."""
        return f"chapter-{self.number:02d}"

    @property
    def title(self) -> str:
        """The slug as words; the prose has the same as its heading."""
        return self.slug.replace("_", " ")

    @cached_property
    def prose_text(self) -> str:
        """The text of the chapter."""
        return self.prose.read_text(encoding="utf-8")

    @property
    def part(self) -> str:
        """The part of the book that it belongs to; the front matter says which."""
        match = PART.match(self.prose_text)
        return match[1].strip("\"'") if match else ""

    @property
    def heading(self) -> str:
        """The title as the chapter prints it."""
        match = HEADING.search(self.prose_text)
        return match[1] if match else self.title

    @property
    def summary(self) -> str:
        """The first line of the reference's docstring."""
        lines = (ast.get_docstring(parsed(self.source)) or self.title).splitlines()
        return lines[0]


@lru_cache(maxsize=1)
def chapters() -> tuple[Chapter, ...]:
    """Return every chapter in reading order: the order of the numbers."""
    found = (PROSE_NAME.fullmatch(path.name) for path in (ROOT / "chapters").iterdir())
    return tuple(
        sorted(
            (Chapter(int(m[1]), m[2].replace("-", "_")) for m in found if m),
            key=lambda chapter: chapter.number,
        )
    )


def find_chapter(name: str) -> Chapter | None:
    """Return the chapter meant by `chapter-07`, `7`, `07` or its slug, if any."""
    key = re.sub(r"^chapter[-_ ]?", "", name.lower()).replace("-", "_")
    for chapter in chapters():
        if key == chapter.slug or (key.isdecimal() and int(key) == chapter.number):
            return chapter
    return None


def chapter_or_misuse(name: str) -> Chapter:
    """Return the chapter called `name`, or raise Misuse with the nearest names."""
    if chapter := find_chapter(name):
        return chapter
    known = [c.name for c in chapters()] + [c.slug for c in chapters()]
    raise Misuse(
        f"There is no chapter {name!r}.{nearest(name, known)}",
        "grader list",
    )


def earlier_modules(chapter: Chapter) -> dict[str, Path]:
    """Return what an exercise may import from the book: name to file.

    These are the shared helpers, the data and the chapters before this one;
    never the chapter itself, which would be the answer.
    """
    folder = ROOT / "solutions"
    modules = {
        "solutions": folder / "__init__.py",
        "bookdata": ROOT / "bookdata" / "__init__.py",
    }
    modules |= {f"solutions.{name}": folder / f"{name}.py" for name in SHARED}
    modules |= {f"solutions.{c.slug}": c.solution for c in chapters() if c.number < chapter.number}
    return modules


def stands_on(chapter: Chapter) -> list[Path]:
    """Return the reference and the modules of the book that it imports, and those import."""
    shelf = earlier_modules(chapter)
    todo, found = [chapter.solution], list[Path]()
    while todo:
        path = todo.pop()
        if path not in found:
            found.append(path)
            text = path.read_text(encoding="utf-8")
            todo += [shelf[name] for name in imports(text) if name in shelf]
    return found
