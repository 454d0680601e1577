"""What a reader typed into the boxes of a chapter, as the one file that the grader checks."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from grader import stub
from grader.book import Chapter
from grader.margin import indented
from grader.submission import Obstacle, Submission, made, parse

LABEL = "your code"

Place = tuple[str, int]  # the exercise of a box, and the line in it, from 1


@dataclass
class Written:
    """A chapter's file, and which line of which box each of its lines is."""

    file: Submission
    places: list[Place | None]  # None: what is given

    def place(self, line: int) -> Place | None:
        """Return where the reader has a line of the file, None if it is the book's."""
        return self.places[line - 1] if 0 < line <= len(self.places) else None


def text_of(hole: str, typed: str) -> Submission:
    """Return what is in one box, or raise Obstacle with what is in the way."""
    is_moved_in = typed.lstrip("\n").startswith((" ", "\t"))
    text = textwrap.dedent(typed) if is_moved_in else typed
    return made(text.rstrip().encode(errors="surrogatepass") + b"\n", hole)


def written(chapter: Chapter, texts: Mapping[str, str]) -> Written:
    """Return the exercise with what was typed in place of its functions.

    A text that cannot be read leaves its exercise empty, so that one box
    never hides another.
    """
    fresh = stub.derive(chapter.source)
    functions = stub.definitions(stub.parsed(fresh))
    lines: list[tuple[str, Place | None]] = [(line, None) for line in stub.lines_of(fresh)]
    for hole in reversed(stub.holes(chapter.source)):
        node = functions[hole.name]
        start, end = stub.first_line(node) - 1, node.end_lineno
        try:
            source = text_of(hole.name, texts[hole.name]).source
        except (Obstacle, KeyError):
            source = textwrap.dedent("".join(line for line, _ in lines[start:end]))
        moved = indented(stub.lines_of(source), " " * node.col_offset)
        lines[start:end] = [(line, (hole.name, number)) for number, line in enumerate(moved, 1)]
    source = "".join(line for line, _ in lines)
    return Written(Submission(LABEL, source, parse(source, LABEL)), [place for _, place in lines])
