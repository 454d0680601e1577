"""`grader tour`: twenty seconds of the real thing, in a folder that is gone afterwards."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from grader import book, edit, screen, stub
from grader.__main__ import main
from grader.book import Chapter
from grader.problems import FAILED, PASSED, Fault, Misuse

CHAPTER = "logistic_regression"
BEFORE, AFTER = 1.2, 3.8  # seconds of rest around each command, where somebody looks on


def run(options: argparse.Namespace) -> int:
    """Show a chapter untouched, a typical first attempt, a hint, and the right answer."""
    chapter = book.chapter_or_misuse(CHAPTER)
    hole = stub.holes(chapter.source)[0].name
    with workspace():
        from grader.reference import Reference

        reference = Reference(chapter)
        mistake = next(m for m in reference.mistakes if m.in_ == hole)
        for words, source, command in (
            (
                "A chapter has functions for you to fill in; none is yet:",
                "",
                ["check", chapter.name],
            ),
            (f"So you fill in {hole}:", reference.mutant(mistake), ["check", hole]),
            ("If you do not see it, ask for a hint:", "", ["hint", hole]),
            ("And try again:", chapter.source, ["check", hole]),
        ):
            print("\n".join(["", *screen.wrapped(words, 0, screen.width()), ""]))
            if source:
                print(fill(chapter, source))
            code = show(command)
            if code not in (PASSED, FAILED):
                return code
    words, step = "Your own exercises are untouched.", f"grader check {book.chapters()[0].name}"
    try:
        book.workspace()
    except Misuse as misuse:  # there are none yet
        words, step = "That was it.", misuse.next_step
    line = f"\n{words}  Next: {step}"
    print(line if len(line) <= screen.width() else f"\n{words}\nNext: {step}")
    return PASSED


@contextlib.contextmanager
def workspace() -> Iterator[None]:
    """Be in a workspace with every exercise empty; nothing of it is left afterwards."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="ground-up-", ignore_cleanup_errors=True)
    except OSError as error:
        raise Fault(f"No folder for the tour can be made: {error.strerror}.") from None
    with folder as path, contextlib.chdir(path):
        Path(path, book.MARK).touch()
        for chapter in book.chapters():
            edit.write(chapter.exercise, stub.derive(chapter.source))
        yield


def fill(chapter: Chapter, source: str) -> str:
    """Write the answer that a source has in its first hole into the exercise; return it."""
    empty, answer = stub.derive(chapter.source), stub.answer(source, stub.holes(source)[0])
    edit.write(chapter.exercise, stub.with_answer(empty, stub.holes(empty)[0], answer))
    return answer


def show(command: list[str]) -> int:
    """Run a command as if it had been typed, and leave time to read; return its exit code."""
    rest(BEFORE)
    print(screen.style_of(sys.stdout)("bold", f"$ grader {' '.join(command)}"), flush=True)
    code = main(command)
    rest(AFTER)
    return code


def rest(seconds: float) -> None:
    """Wait, where somebody looks on."""
    sys.stdout.flush()
    if sys.stdout.isatty():
        time.sleep(seconds)
