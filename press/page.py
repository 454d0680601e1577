"""Make the page of a chapter: plain Markdown that any site engine can take."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from grader import stub
from grader.book import Chapter
from grader.family import builds_on, leads_to
from press.manuscript import FENCE, NO_PROSE, Cell, Manuscript
from press.runs import Outputs
from press.weave import shown

LEVELS = {1: "a first step", 2: "in stride", 3: "a climb"}
EQUATION = re.compile(
    r"^\$\$(?P<maths>(?:(?!\$\$).)*?)\s*\\tag\{(?P<number>[\d.]+)\}(?P<end>.*?)\$\$$", re.M | re.S
)
SECTION = re.compile(r"^### `(?P<name>[\w.]+)`\n(?P<body>.*?)(?=^##|\Z)", re.M | re.S)
ANSWER = re.compile(r'^\?\?\? success "[^"\n]*"\n\n(?P<body>(?:    .*\n|\n)+)', re.M)
HEADING = re.compile(r"^(?:#|\?\?\? |!!! ).*$", re.M)
TERM = re.compile(r"\*\*(?P<term>[^*\n]+)\*\*(?!\{)")
CODE = re.compile(r"(?<![\[`])`(?P<name>[A-Za-z_][\w.]*)`(?!`)")
SLUG_LINK = re.compile(r"\]\((?P<slug>[a-z_0-9]+)(?P<anchor>#[\w.-]+)?\)")


def slug_of(chapter: Chapter) -> str:
    """Return the chapter's name in an address: no number, so that none goes stale."""
    return chapter.slug.replace("_", "-")


def anchor(term: str) -> str:
    """Return a term as it stands in an address; a function may have the same name."""
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def outside(pattern: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Change the parts of a text that the pattern does not match."""
    found, at = [], 0
    for match in pattern.finditer(text):
        found += [change(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join([*found, change(text[at:])])


def indented(text: str) -> str:
    """Return a text four columns further in, as the body of something folded."""
    return textwrap.indent(text, "    ")


def addresses(chapter: Chapter) -> dict[str, str]:
    """Return where each function a chapter can name is described, from the chapter's page."""
    found: dict[str, str] = {}
    for other in [*builds_on(chapter), chapter]:
        public = [n for n in stub.definitions(stub.parsed(other.source)) if "._" not in f".{n}"]
        mine = other is chapter
        used = public if mine else [n for n in public if f"    {n},\n" in chapter.source]
        page = f"../api/{slug_of(other)}.md#solutions.{other.slug}"
        found |= {name: f"{page}.{name}" for name in used}
    return found


def stub_fence(chapter: Chapter, hole: stub.Hole) -> str:
    """Return the fence in which a page shows what is to be written: nothing else is in it."""
    return f"```python .noeval\n{shown(chapter.slug, hole.name)}\n```"


def look_for_exercises(manuscript: Manuscript) -> None:
    """Raise Stop where a hole of the chapter has no section on the page that shows its stub."""
    chapter = manuscript.chapter
    sections = {match["name"]: match["body"] for match in SECTION.finditer(manuscript.woven)}
    for hole in stub.holes(chapter.source):
        if hole.name not in sections:
            line = manuscript.raw.count("\n", 0, manuscript.raw.find("\n## Your turn\n") + 1) + 1
            raise manuscript.stop(line, f"no exercise is headed ### `{hole.name}`")
        if stub_fence(chapter, hole) not in sections[hole.name]:
            line = manuscript.raw.split("\n").index(f"### `{hole.name}`") + 1
            wanted = f"<<{chapter.slug}.{hole.name}>>"
            raise manuscript.stop(line, f"the exercise shows no stub: a fence with {wanted} alone")


def hints_of(chapter: Chapter, hole: stub.Hole) -> str:
    """Return the hints of a hole, each folded; as code, for they are written for a terminal."""
    return "".join(
        f'??? hint "Hint {i}"\n\n    `` {hint} ``\n\n'
        for i, hint in enumerate(stub.hints(chapter.source, hole), 1)
    )


class Page:
    """The Markdown of one chapter."""

    def __init__(self, manuscript: Manuscript, outputs: Outputs) -> None:
        self.manuscript = manuscript
        self.chapter = manuscript.chapter
        self.outputs = outputs
        self.figures: dict[str, tuple[str, str]] = {}  # place in the page: (svg, alt)
        self.links = addresses(self.chapter)
        self.holes = {hole.name: hole for hole in stub.holes(self.chapter.source)}

    def markdown(self) -> str:
        """Return the whole page."""
        runs = iter(self.outputs)
        parts = [
            self.cell(piece, next(runs)) if isinstance(piece, Cell) else piece.source
            for piece in self.manuscript.pieces
        ]
        text = "\n\n".join(parts) + "\n"
        text = SECTION.sub(self.exercise, text)
        text = outside(FENCE, text, self.prose)
        text = re.sub(r"^( *)```python \.noeval", r"\1```python", text, flags=re.M)
        text = re.sub(r"^( *)```console", r"\1``` { .sh .command }", text, flags=re.M)
        head, _, rest = text.partition(f"# {self.manuscript.title}\n")
        return f"---\ntitle: {self.manuscript.title}\n---\n{head}{self.heading()}{rest}"

    def heading(self) -> str:
        """Return the title and the quiet lines around it."""
        front, chapter = self.manuscript.front, self.chapter
        facts = [LEVELS[front["level"]], f"{front['minutes']} minutes"]
        for words, others in (("builds on", builds_on(chapter)), ("leads to", leads_to(chapter))):
            if others:
                named = ", ".join(f"[{Manuscript(c).title}]({slug_of(c)}.md)" for c in others)
                facts.append(f"{words} {named}")
        return (
            f'<p class="part">{front["part"]} · chapter {chapter.number}</p>\n\n'
            f"# {self.manuscript.title}\n\n"
            f'<div class="about" markdown>\n{" · ".join(facts)}\n{{ .facts }}\n\n'
            f"[as a notebook](../notebooks/{chapter.slug}.ipynb){{ download }} · "
            f"[all its functions](../api/{slug_of(chapter)}.md) · "
            f"`grader check {chapter.name}`\n</div>\n"
        )

    def prose(self, text: str) -> str:
        """Number the equations, and link what a text speaks of, but for its headings."""

        def link(part: str) -> str:
            return self.names(outside(NO_PROSE, part, self.references))

        return EQUATION.sub(self.equation, outside(HEADING, text, link))

    def equation(self, match: re.Match[str]) -> str:
        """Return an equation with its number beside it."""
        maths, number = match["maths"] + match["end"], match["number"]
        return (
            f'<div class="equation" id="{self.place(number)}" markdown>\n\n$${maths}$$\n\n'
            f'<a class="number" href="#{self.place(number)}">({number})</a>\n\n</div>'
        )

    def place(self, number: str) -> str:
        """Return the anchor of an equation; it does not know the chapter's number."""
        return f"equation-{number.partition('.')[2]}"

    def references(self, text: str) -> str:
        """Link chapters and equations, and mark the terms that are introduced."""
        text = SLUG_LINK.sub(
            lambda m: f"]({m['slug'].replace('_', '-')}.md{m['anchor'] or ''})", text
        )
        for number in self.manuscript.tags:
            text = text.replace(f"({number})", f"[({number})](#{self.place(number)})")
        text = re.sub(rf"\b[Ff]igure {self.chapter.number}\.(\d+)", r"[\g<0>](#figure-\1)", text)
        return TERM.sub(lambda m: f"**{m['term']}**{{ #{anchor(m['term'])} .term }}", text)

    def names(self, text: str) -> str:
        """Link the functions that are named to their description."""

        def link(match: re.Match[str]) -> str:
            address = self.links.get(match["name"])
            return f"[{match[0]}]({address})" if address else match[0]

        maths = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$|<[^>\n]*>|\]\([^)\n]*\)", re.S)
        return outside(maths, text, lambda part: CODE.sub(link, part))

    def exercise(self, match: re.Match[str]) -> str:
        """Return the box of one exercise: with its hints, and its answer asked for twice."""
        hole = self.holes.get(match["name"])
        if hole is None:
            return match[0]
        hints = hints_of(self.chapter, hole)

        def answer(found: re.Match[str]) -> str:
            return (
                f'{hints}??? success "The answer"\n\n'
                "    An answer read before an attempt is soon forgotten.\n\n"
                f'    ??? success "I have tried; show it"\n\n{indented(found["body"])}'
            )

        points = f"{hole.points} point{'s' if hole.points > 1 else ''}"
        fence, command = stub_fence(self.chapter, hole), f"grader check {hole.name}"
        marked = fence.replace("```python .noeval", "``` { .python .stub }", 1)
        body = match["body"].replace(fence, marked, 1)
        body = body.replace(f"```console\n{command}\n```", self.terminal(command), 1)
        return (
            f'<div class="exercise" data-exercise="{self.chapter.slug}.{hole.name}" markdown>\n\n'
            f"### `{hole.name}`\n\n"
            f'<p class="facts">{hole.level} · {points}</p>\n\n'
            f"{ANSWER.sub(answer, body)}\n</div>\n\n"
        )

    def terminal(self, command: str) -> str:
        """Return what to do where the page itself cannot check: with no script, or from a disk."""
        return (
            '<p class="terminal" markdown>In a terminal, with [the book on your machine]'
            f"(../learners.md): write it in `exercises/{self.chapter.slug}.py`, then "
            f"type `{command}`.</p>"
        )

    def cell(self, cell: Cell, outputs: Sequence[dict[str, Any]]) -> str:
        """Return a cell and what came out of it."""
        code = "" if cell.has("hide") else f"``` {{ .python .cell }}\n{cell.source}\n```"
        shown = "\n\n".join(self.output(cell, output) for output in outputs)
        if cell.has("fold"):
            code, shown = shown, f'??? code "The code that drew this"\n\n{indented(code)}'
        if cell.has("predict"):
            title = "Your guess first; then unfold what it prints"
            shown = (
                f"```console\ngrader predict {self.chapter.name}\n```\n\n"
                f'??? predict "{title}"\n\n' + indented(f"{shown}\n\n{cell.answer}")
            )
        return "\n\n".join(part for part in (code, shown) if part)

    def output(self, cell: Cell, output: dict[str, Any]) -> str:
        """Return one output: a figure with its caption, or text."""
        svg = output.get("data", {}).get("image/svg+xml")
        if svg is None:
            kind, text = ".output", output.get("text") or output.get("data", {}).get("text/plain")
            if output["output_type"] == "error":
                kind, text = ".output .error", f"{output['ename']}: {output['evalue']}"
            return f"``` {{ .text {kind} }}\n{text.rstrip()}\n```"
        place = f"figure-{len(self.figures) + 1}"
        self.figures[place] = svg, html.escape(str(cell.options["alt"]))
        number = f"Figure&nbsp;{self.chapter.number}.{len(self.figures)}"
        return (
            f'<figure class="plot" id="{place}" markdown>\n'
            f'<div data-figure="{self.chapter.slug}/{place}"></div>\n'
            f'<figcaption markdown="span"><b>{number}</b> {cell.options["caption"]}</figcaption>\n'
            "</figure>"
        )
