"""Draw the map of the book: a row for each part, a line for each import."""

from __future__ import annotations

from collections.abc import Sequence

from press.manuscript import Manuscript
from press.page import builds_on, slug_of

BOX, HIGH, GAP = 150, 40, 20  # CSS pixels
ROW, HEADING = 100, 26
A_ROW = 4  # boxes


def drawn(manuscripts: Sequence[Manuscript]) -> str:
    """Return the map: boxes that link to the chapters, over the lines between them."""
    places: dict[str, tuple[int, int]] = {}
    labels: list[str] = []
    y, part, column = HEADING, None, 0
    for manuscript in manuscripts:
        if manuscript.front["part"] != part:
            y += ROW if part else 0
            part, column = manuscript.front["part"], 0
            labels.append(f'<span class="row" style="top:{y - HEADING}px">{part}</span>')
        elif column == A_ROW:
            y, column = y + HIGH + GAP, 0
        places[manuscript.chapter.slug] = column * (BOX + GAP), y
        column += 1
    lines = [
        curve(places[earlier.slug], places[manuscript.chapter.slug])
        for manuscript in manuscripts
        for earlier in builds_on(manuscript.chapter)
    ]
    boxes = [
        f"[{m.chapter.number} · {m.title}](chapters/{slug_of(m.chapter)}.md)"
        f'{{ .box style="left:{places[m.chapter.slug][0]}px;top:{places[m.chapter.slug][1]}px" }}'
        for m in manuscripts
    ]
    width, height = A_ROW * (BOX + GAP) - GAP, y + HIGH + 4
    return (
        f'<div class="map" tabindex="0" markdown>\n'
        f'<div class="sheet" style="width:{width}px;height:{height}px" markdown="span">'
        f'<svg aria-hidden="true" width="{width}" height="{height}">{"".join(lines)}</svg>'
        f"{''.join(labels)}{' '.join(boxes)}</div>\n</div>"
    )


def curve(begin: tuple[int, int], end: tuple[int, int]) -> str:
    """Return the line from one box down to another."""
    x1, y1, x2, y2 = begin[0] + BOX // 2, begin[1] + HIGH, end[0] + BOX // 2, end[1]
    middle = (y1 + y2) // 2
    return f'<path d="M {x1} {y1} C {x1} {middle} {x2} {middle} {x2} {y2}"></path>'
