"""Put the map of the book on a page: boxes that link to the chapters, over their lines."""

from __future__ import annotations

from collections.abc import Sequence

from grader import family
from press.manuscript import Manuscript
from press.page import slug_of


def drawn(manuscripts: Sequence[Manuscript]) -> str:
    """Return the map: boxes that link to the chapters, over the lines between them."""
    map_ = family.drawn([manuscript.chapter for manuscript in manuscripts])
    labels = [f'<span class="row" style="top:{y}px">{part}</span>' for part, y in map_.rows]
    lines = [f'<path d="{line}"></path>' for line in map_.lines]
    boxes = [
        f"[{m.chapter.number} · {m.title}](chapters/{slug_of(m.chapter)}.md)"
        f'{{ .box style="left:{map_.places[m.chapter.slug][0]}px;'
        f'top:{map_.places[m.chapter.slug][1]}px" }}'
        for m in manuscripts
    ]
    return (
        f'<div class="map" tabindex="0" markdown>\n'
        f'<div class="sheet" style="width:{map_.width}px;height:{map_.height}px" markdown="span">'
        f'<svg aria-hidden="true" width="{map_.width}" height="{map_.height}">'
        f"{''.join(lines)}</svg>{''.join(labels)}{' '.join(boxes)}</div>\n</div>"
    )
