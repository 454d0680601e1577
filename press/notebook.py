"""Make the notebook of a chapter, to be read and run without the page."""

from __future__ import annotations

import html
import re
import textwrap

import nbformat

from grader import stub
from press.manuscript import FENCE, Cell, Manuscript
from press.page import SECTION, SLUG_LINK, outside, plain_hints
from press.runs import Outputs

FIRST = """\
# The book that belongs to this notebook, wherever the notebook lies.
import os
import sys

from grader.book import ROOT

os.chdir(ROOT)
sys.path.insert(0, str(ROOT))

import press.style

press.style.apply()"""
COMMAND = re.compile(r"^```console\n(grader .*)\n```$", re.M)
FOLDED = re.compile(r'^\?\?\? \w+ "(?P<title>[^"\n]*)"\n\n(?P<body>(?:    .*\n|\n)+)', re.M)


def folded(match: re.Match[str]) -> str:
    """Return an admonition as the HTML that notebooks fold."""
    title = re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(match["title"], quote=False))
    body = textwrap.dedent(match["body"]).strip()
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n\n"


def with_hints(manuscript: Manuscript, text: str) -> str:
    """Put the hints of each exercise below its command."""
    holes = {hole.name: hole for hole in stub.holes(manuscript.chapter.source)}

    def put(match: re.Match[str]) -> str:
        hole = holes.get(match["name"])
        if hole is None:
            return match[0]
        hints = "".join(
            f'??? hint "Hint {i}"\n\n    {hint}\n\n'
            for i, hint in enumerate(plain_hints(manuscript.chapter, hole), 1)
        )
        return match[0].replace("??? success", f"{hints}??? success", 1)

    return SECTION.sub(put, text)


def markdown_cells(manuscript: Manuscript, text: str) -> list[nbformat.NotebookNode]:
    """Return prose as cells: its commands can be run."""
    text = with_hints(manuscript, text + "\n")
    text = outside(FENCE, text, lambda part: SLUG_LINK.sub(r"](\g<slug>.ipynb\g<anchor>)", part))
    text = FOLDED.sub(folded, text).replace("```python .noeval", "```python")
    cells = []
    for i, part in enumerate(COMMAND.split(text)):
        if i % 2:
            cells.append(nbformat.v4.new_code_cell(f"!{part}"))
        elif part.strip():
            cells.append(nbformat.v4.new_markdown_cell(part.strip()))
    return cells


def notebook(manuscript: Manuscript, outputs: Outputs) -> nbformat.NotebookNode:
    """Return a chapter as a notebook with its outputs."""
    runs = iter(outputs)
    cells = [nbformat.v4.new_code_cell(FIRST)]
    for piece in manuscript.pieces:
        if isinstance(piece, Cell):
            cell = nbformat.v4.new_code_cell(piece.source, outputs=next(runs))
            if piece.has("hide") or piece.has("fold"):
                cell.metadata["jupyter"] = {"source_hidden": True}
            if piece.has("predict"):
                cell.metadata["jupyter"] = {"outputs_hidden": True}
            if piece.has("raises"):
                cell.metadata["tags"] = ["raises-exception"]
            if "caption" in piece.options:
                caption = nbformat.v4.new_markdown_cell(f"*{piece.options['caption']}*")
                cells += [cell, caption]
            else:
                cells.append(cell)
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
