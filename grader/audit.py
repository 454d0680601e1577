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
from grader.book import Chapter, chapter_or_misuse, chapters
from grader.edit import write
from grader.problems import FAILED, PASSED, Misuse
from grader.scores import Figures, HoleFigures, keep, kept_in, percent, told
from grader.submission import label_of
from grader.verdict import DONE, WRONG

if TYPE_CHECKING:
    from grader.mutants import Mutant
    from grader.strictness import Strictness

WIDE = 80  # columns that the table needs
HEADS = ("mistakes", "idle", "mutants", "rejected", "different", "accepted")
WORDS = """\
mistakes, idle  known mistakes and bodies that do nothing: refused of all
rejected        the share of all mutants that is rejected
different       the same without the mutants that are listed as equivalent
accepted        the reference and the second solution, under 50 seeds"""

TO_DO = """\
A survivor wants a check that refuses it, or, where it is no worse than the reference, a \
place with the reason in tests/survivors/{slug}.toml. To see one pass: cp \
solutions/{slug}.py exercises/, change the line there, grader check {slug}."""


def run(options: argparse.Namespace) -> int:
    """Audit one chapter or all, keep the figures, and say what is missing."""
    if not book.IS_CLONE:
        raise Misuse(
            "grader audit holds the checks against the book's own tests, which an installed "
            "grader does not have: it works in a clone of the repository."
        )
    asked = [chapter_or_misuse(options.name)] if options.name else list(chapters())
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: processes, not threads
    from grader.strictness import Strictness

    style, columns, began = screen.style_of(sys.stdout), screen.width(), time.perf_counter()
    if not systems.has("fork"):
        print("This system cannot fork: all in one process, one after the other.\n")
    found: dict[str, list[str]] = {}
    figures: dict[str, Figures] = {}
    heads = HEADS if len(asked) > 1 else HEADS[:-1]
    if columns >= WIDE:
        print(style("dim", line("", heads, columns)))
    for chapter in asked:
        audit = Strictness(chapter)
        for done in audit.run():
            tell(f"{chapter.title}: {done:,} of {len(audit.trials):,}")
        tell("")
        figures[chapter.slug] = audit.figures()
        keep(chapter, figures[chapter.slug])
        found[chapter.slug] = findings(audit, style, columns)
        if len(asked) == 1:
            for hole, part in figures[chapter.slug].holes.items():
                print(line(hole, cells(part)[: len(heads)], columns))
        is_right = not found[chapter.slug]
        name = f"{style.sign(DONE if is_right else WRONG)} {chapter.title}"
        print(line(name, cells(figures[chapter.slug])[: len(heads)], columns), flush=True)
    print("\n" + style("dim", WORDS))
    for lines in found.values():
        print("".join(f"{text}\n" for text in lines), end="")
    if options.json:
        every = {c.slug: told(c, figures[c.slug]) for c in asked}
        write(Path(options.json).absolute(), json.dumps(every, indent=1) + "\n")
    where = label_of(kept_in(asked[0]) if len(asked) == 1 else kept_in(asked[0]).parent)
    print(f"{time.perf_counter() - began:.0f} s; the figures are kept in {where}.")
    return FAILED if any(found.values()) else PASSED


def tell(text: str) -> None:
    """Say how far it is, where a person looks on."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)


def line(name: str, cells: Sequence[str], columns: int) -> str:
    """Return a line of the table; where it is narrow, the cells in words below the name."""
    if columns < WIDE:
        told = ", ".join(f"{head} {cell}" for head, cell in zip(HEADS, cells, strict=False))
        return "\n".join([name, *screen.wrapped(told, 4, columns)])
    wide = [max(8, len(head) + 2) for head in HEADS]
    right = "".join(f"{cell:>{room}}" for cell, room in zip(cells, wide, strict=False))
    return name + " " * (columns - len(re.sub(r"\x1b\[\d+m", "", name)) - len(right)) + right


def cells(figures: Figures | HoleFigures) -> tuple[str, ...]:
    """Return what the table says of a chapter, or of one exercise."""
    mistakes, idle, mutants = (
        figures.share("mistakes"),
        figures.share("idle"),
        figures.share("mutants"),
    )
    return (
        f"{mistakes.refused}/{mistakes.all}",
        f"{idle.refused}/{idle.all}",
        f"{mutants.all:,}",
        percent(figures.rejected),
        percent(figures.rejected_of_different),
        "no" if getattr(figures, "right_refused", 0) else "yes",
    )


def findings(audit: Strictness, style: screen.Style, columns: int) -> list[str]:
    """Return the lines that say what is not as it should be."""
    lines, survivors = [], []
    for found in audit.findings():
        if isinstance(found, str):
            lines += screen.wrapped(found, 0, columns, style.sign(WRONG) + " ")
        else:
            survivors += difference(audit.chapter, found, style, columns)
    if survivors:
        slug = audit.chapter.slug
        lines += [*survivors, *screen.wrapped(TO_DO.format(slug=slug), 0, columns)]
    return lines


def difference(chapter: Chapter, mutant: Mutant, style: screen.Style, columns: int) -> list[str]:
    """Return a mutant that nothing refuses as the change of a line, whole: it may be copied."""
    label = label_of(chapter.solution)
    said = f"{mutant.hole}: nothing refuses this, {label}, line {mutant.line}:"
    return [
        *screen.wrapped(said, 0, columns, style.sign(WRONG) + " "),
        style("red", f"    - {mutant.before}"),
        style("green", f"    + {mutant.after}"),
    ]
