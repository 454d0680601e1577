"""The command `grader audit`: how strict and how fair the checks are, in a table."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader import book, screen, systems
from grader.audit.scores import Figures, HoleFigures, keep, kept_in, percent, told
from grader.book import Chapter, chapter_or_misuse, chapters
from grader.edit import write
from grader.problems import FAILED, PASSED, Misuse
from grader.submission import label_of
from grader.verdict import DONE, WRONG

if TYPE_CHECKING:
    from grader.audit.mutants import Mutant
    from grader.audit.strictness import Strictness

WIDE = 80  # columns that the table needs
COLOUR = re.compile(r"\x1b\[\d+m")
HEADS = ("mistakes", "idle", "mutants", "rejected", "different", "accepted")
WORDS = {
    "mistakes": "known mistakes: refused of all",
    "idle": "answers that do nothing, such as return 0: refused of all",
    "rejected": "of all mutants, those that are as good as the answer among them",
    "different": "of the mutants that are not listed as being as good",
    "accepted": "whether the reference and the second solution are, under 50 seeds",
}

TO_DO = """\
A survivor wants a check that refuses it, or, where it is as good as the answer, a place \
with the reason in tests/survivors/{slug}.toml. To see one pass, put the reference with \
that line into exercises/{slug}.py: grader check {slug}. Then: grader reset {slug}."""


def run(options: argparse.Namespace) -> int:
    """Audit some chapters or all, keep the figures, and say what is missing."""
    if not book.IS_CLONE:
        raise Misuse(
            "grader audit holds the checks against the book's own tests, which an installed "
            "grader does not have: it works in a clone of the repository."
        )
    asked = [chapter_or_misuse(name) for name in options.names] or list(chapters())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: processes, not threads
    page, began = Page(HEADS if len(asked) > 1 else HEADS[:-1]), time.perf_counter()
    page.begin()
    found: list[str] = []
    figures: dict[str, Figures] = {}
    for chapter in asked:
        figures[chapter.slug], missing = examined(chapter, page)
        found += missing
    page.end(found)
    if options.json:
        every = {chapter.slug: told(chapter, figures[chapter.slug]) for chapter in asked}
        write(Path(options.json).absolute(), json.dumps(every, indent=1) + "\n")
    where = label_of(kept_in(asked[0]) if len(asked) == 1 else kept_in(asked[0]).parent)
    page.say(f"{time.perf_counter() - began:.0f} s; the figures are kept in {where}.")
    return FAILED if found else PASSED


def examined(chapter: Chapter, page: Page) -> tuple[Figures, list[str]]:
    """Audit a chapter, keep its figures, print its rows; return the lines on what is missing."""
    from grader.audit.strictness import Strictness

    audit = Strictness(chapter)
    for done in audit.run():
        page.progress(f"{chapter.title}: {done:,} of {len(audit.trials):,}")
    page.progress("")
    figures = audit.figures()
    keep(chapter, figures)
    missing = page.findings(audit)
    if page.heads != HEADS:
        for hole, part in figures.holes.items():
            page.row(hole, part)
    page.row(f"{page.style.sign(WRONG if missing else DONE)} {chapter.title}", figures)
    return figures, missing


class Page:
    """What a person sees of it: a table, then what is not as it should be."""

    def __init__(self, heads: Sequence[str]) -> None:
        self.heads = heads
        self.style, self.columns = screen.style_of(sys.stdout), screen.width()
        self.room = [max(8, len(head) + 2) for head in heads]

    def say(self, text: str, first: str = "") -> None:
        """Print a paragraph."""
        print("\n".join(screen.wrapped(text, 0, self.columns, first)))

    def progress(self, text: str) -> None:
        """Say how far it is, where a person looks on."""
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)

    def begin(self) -> None:
        """Print the head of the table."""
        if not systems.has("fork"):
            self.say("This system cannot fork: all in one process, one after the other.")
        if self.columns >= WIDE:
            print(self.style("dim", f"{self.right(self.heads):>{self.columns}}"))

    def right(self, cells: Sequence[str]) -> str:
        """Return the cells of a line as they stand at its right end."""
        return "".join(f"{cell:>{room}}" for cell, room in zip(cells, self.room, strict=False))

    def row(self, name: str, figures: Figures | HoleFigures) -> None:
        """Print a line of the table; where it is narrow, its cells in words below the name."""
        mistakes, idle = figures.share("mistakes"), figures.share("idle")
        cells = (
            f"{mistakes.refused}/{mistakes.all}",
            f"{idle.refused}/{idle.all}",
            f"{figures.share('mutants').all:,}",
            percent(figures.rejected),
            percent(figures.rejected_of_different),
            "no" if getattr(figures, "right_refused", 0) else "yes",
        )
        if self.columns < WIDE:
            pairs = zip(self.heads, cells, strict=False)
            told = ", ".join(f"{head} {cell}" for head, cell in pairs)
            print("\n".join([name, *screen.wrapped(told, 4, self.columns)]), flush=True)
        else:
            right = self.right(cells)
            space = self.columns - len(COLOUR.sub("", name)) - len(right)
            print(name + " " * space + right, flush=True)

    def end(self, found: list[str]) -> None:
        """Print what the columns say, and what is missing."""
        print()
        for head in self.heads:
            if head in WORDS:
                lines = screen.wrapped(WORDS[head], 0, self.columns, f"{head:<10} ")
                print(self.style("dim", "\n".join(lines)))
        print("\n" + "".join(f"{line}\n" for line in found), end="")

    def findings(self, audit: Strictness) -> list[str]:
        """Return the lines that say what is not as it should be."""
        lines, survivors = [], []
        for found in audit.findings():
            if isinstance(found, str):
                lines += self.wrong(found)
            else:
                survivors += self.difference(audit.chapter, found)
        if survivors:
            to_do = TO_DO.format(slug=audit.chapter.slug)
            lines += [*survivors, *screen.wrapped(to_do, 0, self.columns)]
        return lines

    def wrong(self, text: str) -> list[str]:
        """Return a paragraph behind the sign of what is wrong."""
        return screen.wrapped(text, 0, self.columns, self.style.sign(WRONG) + " ")

    def difference(self, chapter: Chapter, mutant: Mutant) -> list[str]:
        """Return a mutant that nothing refuses as the change of a line, whole: it may be copied."""
        label = label_of(chapter.solution)
        return [
            *self.wrong(f"{mutant.hole}: nothing refuses this, {label}, line {mutant.line}:"),
            self.style("red", f"    - {mutant.before}"),
            self.style("green", f"    + {mutant.after}"),
        ]
