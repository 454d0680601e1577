"""The explain tasks of a chapter: what is shown of each, and what is right."""

from __future__ import annotations

import ast
import difflib
import hashlib
import textwrap
from dataclasses import dataclass
from functools import cached_property

from grader import stub
from grader.book import Chapter
from grader.problems import Fault
from grader.reference import Reference
from grader.scenario import Explain, Mistake

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Task:
    """One explain task: a function of the chapter with one of its known mistakes."""

    chapter: Chapter
    explain: Explain
    mistake: Mistake
    broken: str  # the source of the whole module

    @property
    def name(self) -> str:
        """Its table in the answer file."""
        return self.explain.name

    @property
    def hole(self) -> str:
        """The function that is shown."""
        return self.mistake.in_

    @cached_property
    def listing(self) -> list[str]:
        """The broken function as it is shown; its lines count from 1."""
        return shown(self.broken, self.hole)

    @cached_property
    def wrong_lines(self) -> set[int]:
        """The lines that the right function does not have."""
        right = shown(self.chapter.source, self.hole)
        edits = difflib.SequenceMatcher(None, right, self.listing, autojunk=False).get_opcodes()
        return {j + 1 for tag, _, _, low, high in edits if tag != "equal" for j in range(low, high)}

    @cached_property
    def causes(self) -> dict[str, str]:
        """The causes to choose from by their letters, in an order that stays."""

        def place(cause: str) -> bytes:
            return hashlib.sha256(f"{self.chapter.slug} {self.name} {cause}".encode()).digest()

        every = sorted([self.explain.why, *self.explain.causes], key=place)
        return dict(zip(LETTERS, every, strict=False))

    @property
    def lesson(self) -> str:
        """What is told once all three answers are right."""
        return f"This is how it looks when {self.mistake.why}. {self.mistake.lesson}".strip()


def tasks(chapter: Chapter) -> list[Task]:
    """Return the explain tasks of a chapter, in order.

    Raises
    ------
    Fault
        If one names a mistake that is not there, or more than one.
    """
    reference = Reference(chapter)
    found = []
    for explain in getattr(reference.module, "EXPLAIN", []):
        planted = [mistake for mistake in reference.mistakes if mistake.why == explain.why]
        if len(planted) != 1:
            raise Fault(
                f"The explain task {explain.name} of {chapter.slug} names a mistake that stands "
                f"{len(planted)} times in MISTAKES, not once: {explain.why!r}."
            )
        found.append(Task(chapter, explain, planted[0], reference.mutant(planted[0])))
    return found


def shown(source: str, name: str) -> list[str]:
    """Return a function with a hole, without its docstring, marker and hints."""
    node = stub.definitions(stub.parsed(source))[name]
    hole = next(hole for hole in stub.holes(source) if hole.name == name)
    left_out = set(range(hole.marker, stub.answer_line(source, hole) + 1))
    if ast.get_docstring(node) is not None:
        left_out |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    every = list(enumerate(stub.lines_of(source), 1))[hole.start - 1 : hole.end]
    lines: list[str] = []
    for number, line in every:
        after_header = lines and lines[-1].rstrip().endswith(":")
        if number not in left_out and (line.strip() or not after_header):
            lines.append(line)
    return textwrap.dedent("".join(lines)).rstrip().splitlines()
