"""The family tree of the book: what builds on what, by the imports, and its map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from grader import stub
from grader.book import Chapter, chapters

BOX, HIGH, GAP = 150, 40, 20  # CSS pixels
ROW, HEADING = 100, 26
A_ROW = 4  # boxes
SAG = 24  # of a line between two boxes of one row

Place = tuple[int, int]


def builds_on(chapter: Chapter) -> list[Chapter]:
    """Return the chapters whose code this one imports."""
    modules = stub.imports(chapter.source)
    return [c for c in chapters() if f"solutions.{c.slug}" in modules]


def leads_to(chapter: Chapter) -> list[Chapter]:
    """Return the chapters that import this one's code."""
    return [c for c in chapters() if chapter in builds_on(c)]


@dataclass
class Map:
    """Where the boxes of some chapters stand, a row or more for each part."""

    places: dict[str, Place] = field(default_factory=dict)  # by slug
    rows: list[tuple[str, int]] = field(default_factory=list)  # each part, and where its name is
    lines: list[str] = field(default_factory=list)  # paths of SVG, one for each import
    width: int = 0
    height: int = 0


def drawn(shown: Sequence[Chapter], a_row: int = A_ROW) -> Map:
    """Return the map of some chapters in reading order."""
    made = Map(width=a_row * (BOX + GAP) - GAP)
    y, part, column = HEADING, None, 0
    for chapter in shown:
        if chapter.part != part:
            y += ROW if made.rows else 0
            part, column = chapter.part, 0
            made.rows.append((part, y - HEADING))
        elif column == a_row:
            y, column = y + HIGH + GAP, 0
        made.places[chapter.slug] = column * (BOX + GAP), y
        column += 1
    made.height = y + HIGH + GAP
    made.lines = [
        curve(made.places[earlier.slug], made.places[chapter.slug])
        for chapter in shown
        for earlier in builds_on(chapter)
        if earlier.slug in made.places
    ]
    return made


def curve(begin: Place, end: Place) -> str:
    """Return the line from one box down to another, or below both where they are side by side."""
    x1, y1, x2, y2 = begin[0] + BOX // 2, begin[1] + HIGH, end[0] + BOX // 2, end[1]
    if y2 < y1:
        return f"M {x1} {y1} C {x1} {y1 + SAG} {x2} {y1 + SAG} {x2} {y1}"
    middle = (y1 + y2) // 2
    return f"M {x1} {y1} C {x1} {middle} {x2} {middle} {x2} {y2}"
