"""Make the notebook of a chapter, to be read and run without the page."""

from __future__ import annotations

import html
import re
import textwrap
from typing import Any

import nbformat

from grader import stub
from press.manuscript import FENCE, Cell, Manuscript
from press.page import SECTION, SLUG_LINK, hints_of, outside
from press.runs import Outputs

PREFACE = (
    "*Chapter {number} of Ground Up, to read and run.*\n\n"
    'It needs the book: in its folder type `pip install -e ".[book]"`, and take the Python you '
    "did that with as the kernel here.\n"
    "What you write goes into the file that the next cell names, in any editor, and not into "
    "this notebook: the functions below are only shown."
)
FIRST = """\
# Find the book from wherever this notebook lies, and draw as its pages do.
import os
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # steadier times
os.environ["PATH"] = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]

from grader.book import ROOT

os.chdir(ROOT)
sys.path.insert(0, str(ROOT))

import press.style

press.style.apply()
%load_ext autoreload
%autoreload 2
print("your file:", ROOT / "exercises" / "{slug}.py")"""
COMMAND = re.compile(r"^```run\n(grader .*)\n```$", re.M)
BOX = r'^%s \w+ "(?P<title>[^"\n]*)"\n\n(?P<body>(?:    .*\n|\n)+)'
FOLDED = re.compile(BOX % r"\?\?\?", re.M)
ASIDE = re.compile(BOX % "!!!", re.M)


def folded(match: re.Match[str]) -> str:
    """Return an admonition as the HTML that notebooks fold."""
    title = re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(match["title"], quote=False))
    body = textwrap.dedent(match["body"]).strip()
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n\n"


def aside(match: re.Match[str]) -> str:
    """Return a note for the margin, which a notebook has not, as one within the text."""
    body = textwrap.dedent(match["body"]).strip()
    return textwrap.indent(f"**{match['title']}**\n{body}", "> ") + "\n\n"


def with_hints(manuscript: Manuscript, text: str) -> str:
    """Put the hints of each exercise below its command, which can be run."""
    holes = {hole.name: hole for hole in stub.holes(manuscript.chapter.source)}

    def put(match: re.Match[str]) -> str:
        hole = holes.get(match["name"])
        if hole is None:
            return match[0]
        hints = hints_of(manuscript.chapter, hole)
        text = match[0].replace("```console", "```run")
        return text.replace("??? success", f"{hints}??? success", 1)

    return SECTION.sub(put, text)


def markdown_cells(manuscript: Manuscript, text: str) -> list[nbformat.NotebookNode]:
    """Return prose as cells: its commands can be run."""
    text = with_hints(manuscript, text + "\n")
    text = outside(FENCE, text, lambda part: SLUG_LINK.sub(r"](\g<slug>.ipynb\g<anchor>)", part))
    text = ASIDE.sub(aside, FOLDED.sub(folded, text)).replace("```python .noeval", "```python")
    cells = []
    for i, part in enumerate(COMMAND.split(text)):
        if i % 2:
            cells.append(nbformat.v4.new_code_cell(f"!{part}"))
        elif part.strip():
            cells.append(nbformat.v4.new_markdown_cell(part.strip()))
    return cells


def code_cells(
    cell: Cell, outputs: list[dict[str, Any]], command: str
) -> list[nbformat.NotebookNode]:
    """Return a cell with what belongs below it; the command asks for a guess."""
    guess = cell.has("predict")
    node = nbformat.v4.new_code_cell(cell.source, outputs=[] if guess else outputs)
    if cell.has("hide") or cell.has("fold"):
        node.metadata["jupyter"] = {"source_hidden": True}
    if cell.has("raises"):
        node.metadata["tags"] = ["raises-exception"]
    below = []
    if "caption" in cell.options:
        below.append(f"*{cell.options['caption']}*")
    if guess:
        title = "Your guess first; then run the cell, and unfold this"
        below.append(f"In a terminal, `{command}` asks for your guess and compares it.")
        below.append(f"<details><summary>{title}</summary>\n\n{cell.answer}\n\n</details>")
    return [node, *map(nbformat.v4.new_markdown_cell, below)]


def notebook(manuscript: Manuscript, outputs: Outputs) -> nbformat.NotebookNode:
    """Return a chapter as a notebook with its outputs."""
    runs, chapter = iter(outputs), manuscript.chapter
    cells = [
        nbformat.v4.new_markdown_cell(PREFACE.format(number=chapter.number)),
        nbformat.v4.new_code_cell(FIRST.format(slug=chapter.slug)),
    ]
    for piece in manuscript.pieces:
        if isinstance(piece, Cell):
            cells += code_cells(piece, next(runs), f"grader predict {chapter.name}")
        else:
            cells += markdown_cells(manuscript, piece.source)
    for i, cell in enumerate(cells):
        cell["id"] = f"cell-{i}"  # nbformat draws one: then every build would differ
    return nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
    )
