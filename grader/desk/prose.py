"""What can be read of a chapter's prose without the press."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from grader.book import Chapter
from grader.problems import Misuse

CELL = re.compile(r"^```python(?P<options>[^\n]*)\n(?P<source>.*?)\n```$", re.M | re.S)
HEADING = re.compile(r"^##+ (.*)$", re.M)
SIGNS = {"sum": "Σ", "times": "×", "cdot": "·", "le": "≤", "ge": "≥", "hat": "", "dots": "…"}


@dataclass(frozen=True)
class Prediction:
    """The cell of a chapter that asks before it answers, and the words around it."""

    section: str
    question: str
    source: str
    explanation: str


def prediction(chapter: Chapter) -> Prediction:
    """Return the cell marked `predict`, or raise Misuse where there is none."""
    text = chapter.prose.read_text(encoding="utf-8")
    for cell in CELL.finditer(text):
        if "predict" in options_of(cell["options"]):
            break
    else:
        raise Misuse(f"{chapter.name} has no cell to predict yet.", f"grader check {chapter.name}")
    before, after = text[: cell.start()].strip(), text[cell.end() :].strip()
    headings = HEADING.findall(before)
    return Prediction(
        plain(headings[-1]) if headings else chapter.title,
        plain(before.rpartition("\n\n")[2]),
        cell["source"],
        plain(after.partition("\n\n")[0]),
    )


def options_of(text: str) -> set[str]:
    """Return the words after a fence, without its captions."""
    return set(re.sub(r'"[^"]*"', "", text).split())


def plain(paragraph: str) -> str:
    """Return a paragraph of Markdown as words for a terminal."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", paragraph.replace("**", ""))
    text = re.sub(r"\$([^$]*)\$", lambda m: formula(m[1]), text)
    return " ".join(text.split())


def formula(text: str) -> str:
    """Return a formula as nearly as one line of text can."""

    def sign(match: re.Match[str]) -> str:
        name = match[1]
        try:
            return SIGNS.get(name) or unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}")
        except KeyError:
            return SIGNS.get(name, name)

    text = re.sub(r"\\[,;!]", " ", text)
    return re.sub(r"_\{(\w+)\}", r"_\1", re.sub(r"\\([a-zA-Z]+) ?", sign, text))
