"""Draw the map of the book: a row for each part, a line for each import."""

from __future__ import annotations

import html
from collections.abc import Sequence

from press.manuscript import Manuscript
from press.page import builds_on, slug_of

WIDTH, BOX, HIGH, ROW, LEFT = 720, 150, 40, 96, 10
A_ROW = 4  # boxes


def drawn(manuscripts: Sequence[Manuscript]) -> str:
    """Return the map as SVG; its boxes link to the chapters."""
    places: dict[str, tuple[float, float]] = {}
    shapes: list[str] = []
    y, part, column = 30.0, None, 0
    for manuscript in manuscripts:
        if manuscript.front["part"] != part:
            y += ROW if part else 0
            part, column = manuscript.front["part"], 0
            shapes.append(
                f'<text class="row" x="{LEFT}" y="{y - 10:.0f}">{html.escape(part)}</text>'
            )
        elif column == A_ROW:
            y, column = y + ROW - 30, 0
        places[manuscript.chapter.slug] = LEFT + column * (BOX + 28), y
        column += 1
    for manuscript in manuscripts:
        x, top = places[manuscript.chapter.slug]
        for earlier in builds_on(manuscript.chapter):
            from_x, from_y = places[earlier.slug]
            begin, end, below = from_x + BOX / 2, x + BOX / 2, from_y + HIGH
            middle = (below + top) / 2
            curve = f"M {begin} {below} C {begin} {middle} {end} {middle} {end} {top}"
            shapes.append(f'<path class="edge" d="{curve}"/>')
    for manuscript in manuscripts:
        x, top = places[manuscript.chapter.slug]
        title = html.escape(manuscript.title)
        shapes.append(
            f'<a href="chapter:{slug_of(manuscript.chapter)}"><rect x="{x:.0f}" y="{top:.0f}" '
            f'width="{BOX}" height="{HIGH}" rx="4"/><text x="{x + BOX / 2:.0f}" y="{top + 25:.0f}" '
            f'text-anchor="middle">{manuscript.chapter.number} · {title}</text></a>'
        )
    height = y + HIGH + 10
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" xmlns="http://www.w3.org/2000/svg">{"".join(shapes)}</svg>'
