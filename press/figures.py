"""Figures: SVG that serves the light page and the dark one, and the notebook."""

from __future__ import annotations

import base64
import io
import re

from press.style import CYCLE, GUIDE, INK, PAPER

COLOURS = {colour: f"var(--c{i})" for i, colour in enumerate(CYCLE)}
COLOURS |= {GUIDE: "var(--guide)", INK: "currentColor", PAPER: "var(--md-default-bg-color)"}
LONG_NUMBER = re.compile(r"(?<=[\s\"(,-])(\d*\.\d{3,})(?=[\s\")]|$)", re.M)
OWN_NAME = re.compile(r'(\bid="|="#|url\(#)')


def lean(svg: str) -> str:
    """Return a figure without its header, and with its lengths to a hundredth of a point."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = LONG_NUMBER.sub(lambda m: f"{float(m[1]):.2f}".rstrip("0").rstrip("."), svg)
    svg = re.sub(r'(<image [^>]*?) id="[^"]*"', r"\1", svg)  # equal images have equal names
    svg = re.sub(r"base64,\s+", "base64,", svg)
    svg = re.sub(r">\s*\n\s*<", ">\n<", svg)  # no indentation
    return re.sub(r"(?<!>)\s*\n\s*(?!<)", " ", svg).strip() + "\n"  # a path in one line


def small(png: str) -> str:
    """Return a picture, in base64, with no more colours than a figure needs."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(png)))
    packed = io.BytesIO()
    picture.convert("RGB").quantize(64, Image.Quantize.MAXCOVERAGE).save(
        packed, "png", optimize=True
    )
    return base64.b64encode(packed.getvalue()).decode()


def inline(svg: str, name: str, alt: str) -> str:
    """Return a figure to stand within a page: in the page's colours, its ids its own."""
    for colour, variable in COLOURS.items():
        svg = svg.replace(colour, variable)
    svg = OWN_NAME.sub(rf"\1{name}-", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{alt}"', 1)
