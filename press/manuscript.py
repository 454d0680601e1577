"""Read a chapter: its front matter, its prose and its cells.

A fence in `python` is a cell, executed from top to bottom. Words after it:

    .noeval    shown and never run
    hide       run and not shown (its output is)
    fold       shown folded: code that only draws
    predict    the output and the paragraph below it are folded: a guess comes first
    raises     is meant to fail
    timed      speaks of the clock: nobody expects the same output twice
    caption="…" alt="…"    of the figure that the cell draws

The line `<<explain>>` becomes the chapter's explain tasks, which stand with its checks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import jupytext
import yaml

from grader.book import Chapter, chapters
from grader.problems import Problem
from press.explain import ORDER, explained
from press.stop import Stop
from press.weave import Unknown, weave

FRONT = re.compile(r"\A---\n(.*?)^---\n", re.M | re.S)
KEYS = {"part": str, "level": int, "minutes": int}
OPTIONS = {"hide", "fold", "predict", "raises", "timed", "caption", "alt"}
FENCE = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
NO_PROSE = re.compile(r"^( *)```.*?^\1```$|\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", re.M | re.S)
LINK = re.compile(r"\[[^]\n]*\]\(([^)\s]*)\)")
TAG = re.compile(r"\\tag\{([^}]*)\}")


@dataclass(frozen=True)
class Cell:
    """A piece of code that is run, and the line of the chapter it begins on."""

    source: str
    options: dict[str, str | None]
    line: int
    answer: str = ""  # what stands below a prediction and would give it away

    def has(self, option: str) -> bool:
        """Say whether the fence names this option."""
        return option in self.options


@dataclass(frozen=True)
class Text:
    """Markdown between two cells."""

    source: str
    line: int


@dataclass(frozen=True)
class Manuscript:
    """A chapter as it is written, with the book's code woven in."""

    chapter: Chapter

    def stop(self, line: int, reason: str) -> Stop:
        """Return the error that stops the press at a line of this chapter."""
        return Stop(self.chapter.prose, line, reason)

    @cached_property
    def raw(self) -> str:
        """The file as it is."""
        return self.chapter.prose.read_text(encoding="utf-8")

    @cached_property
    def front(self) -> dict[str, Any]:
        """Part, level and minutes."""
        match = FRONT.match(self.raw)
        if match is None:
            raise self.stop(1, "a page begins with its front matter between two lines ---")
        try:
            front = yaml.safe_load(match[1])
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 2
            reason = getattr(error, "problem", None) or "this is not YAML"
            raise self.stop(line, f"the front matter: {reason}") from None
        for key, kind in KEYS.items():
            if not isinstance(front, dict) or not isinstance(front.get(key), kind):
                raise self.stop(1, f"the front matter lacks `{key}:`, {kind.__name__}")
        if front["level"] not in (1, 2, 3):
            raise self.stop(1, f"`level:` is 1, 2 or 3, not {front['level']}")
        return dict(front)

    @cached_property
    def title(self) -> str:
        """The first heading."""
        match = re.search(r"^# (.+)$", self.raw, re.M)
        if match is None:
            raise self.stop(1, "the page has no title: a line `# Like this`")
        return match[1]

    @cached_property
    def woven(self) -> str:
        """The file with the book's code in it."""
        try:
            woven = weave(self.raw)
        except Unknown as unknown:
            raise self.stop(unknown.args[1], unknown.args[0]) from None
        if (place := ORDER.search(woven)) is None:
            return woven
        try:
            return woven.replace(place[0], explained(self.chapter))
        except Problem as problem:
            line = self.raw.split("\n").index("<<explain>>") + 1
            raise self.stop(line, problem.sentence) from None

    @cached_property
    def pieces(self) -> list[Cell | Text]:
        """Prose and cells in the order they stand in."""
        woven = self.woven
        self.look_for_mistakes()
        found: list[Cell | Text] = []
        at, line = 0, 1
        for cell in jupytext.reads(woven, fmt="md").cells:
            if cell.cell_type == "raw":
                continue
            begin = self.raw.find(cell.source.split("\n<<")[0][:60], at)
            if begin >= 0:  # woven code is not in the file: then the line above it will do
                line, at = self.raw[:begin].count("\n") + 1, begin + 1
            if cell.cell_type == "code":
                options = {k: v for k, v in cell.metadata.items() if k != "jupyter"}
                if odd := options.keys() - OPTIONS:
                    raise self.stop(line - 1, f"a fence knows no option `{odd.pop()}`")
                found.append(Cell(cell.source, options, line))
            elif found and isinstance(found[-1], Cell) and found[-1].has("predict"):
                answer, _, rest = cell.source.partition("\n\n")
                found[-1] = replace(found[-1], answer=answer)
                found.append(Text(rest, line))
            else:
                found.append(Text(cell.source, line))
        return found

    @cached_property
    def cells(self) -> list[Cell]:
        """The code that is run."""
        return [piece for piece in self.pieces if isinstance(piece, Cell)]

    @cached_property
    def tags(self) -> list[str]:
        """The numbers of the equations."""
        return TAG.findall(self.raw)

    def look_for_mistakes(self) -> None:
        """Raise Stop for a link that leads nowhere or a number out of place."""
        slugs = {c.slug for c in chapters()}
        text = FENCE.sub(lambda m: "\n" * m[0].count("\n"), self.raw)
        for match in LINK.finditer(text):
            target = match[1].partition("#")[0]
            if target and not target.startswith(("https://", "http://")) and target not in slugs:
                raise self.stop(
                    text[: match.start()].count("\n") + 1,
                    f"there is no chapter `{target}`: a link names a slug, like "
                    f"`({self.chapter.slug})` or `({self.chapter.slug}#anchor)`",
                )
        own = f"{self.chapter.number}."
        for match in TAG.finditer(self.raw):
            if not match[1].startswith(own):
                line = self.raw[: match.start()].count("\n") + 1
                raise self.stop(line, f"\\tag{{{match[1]}}}: here equations begin with {own}")
        prose = NO_PROSE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), self.raw)
        captions = len(re.findall(r"^```python .*\bcaption=", self.raw, re.M))
        figures = [f"{own}{i}" for i in range(1, captions + 1)]
        for pattern, known in ((r"\((%s\d+)\)", self.tags), (r"\b[Ff]igure (%s\d+)", figures)):
            for match in re.finditer(pattern % re.escape(own), prose):
                if match[1] not in known:
                    line = prose[: match.start()].count("\n") + 1
                    raise self.stop(line, f"nothing on this page has the number {match[0]}")
