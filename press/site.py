"""Put the book together: every page of the site, its order, its figures."""

from __future__ import annotations

import ast
import html
import logging
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.config_options import ExtraScript

from grader import stub
from grader.book import ROOT, chapters
from grader.family import leads_to
from press import assets, exercises, figures, maths, runs
from press.manuscript import FENCE, Manuscript
from press.map import drawn
from press.notebook import notebook
from press.page import LEVELS, TERM, Page, anchor, look_for_exercises, outside, slug_of
from press.stop import Stop
from press.strictness import fair, strict
from press.teachers import measured, million, recipe

PRINTED = ROOT / "build" / "docs"
HOME = ROOT / "chapters" / "index.md"
PAGES = ROOT / "press" / "pages"
THEME = ROOT / "press" / "theme"
BEHIND = ("map", "words", "notation", "sources", "audit")  # the pages behind the chapters
FOR = ("learners", "day", "teachers", "security", "scale", "contributors", "style")
ORDERED = re.compile(r"^<<(\w+)>>$", re.M)
PLACE = re.compile(r'<div data-figure="([^"]+)"></div>')
FONTS = {
    "@fontsource-variable/source-serif-4": "Serif",
    "@fontsource-variable/inter": "Sans",
    "@fontsource-variable/jetbrains-mono": "Mono",
}
LOG = logging.getLogger("mkdocs.hooks.press")
A_SENTENCE = 8  # words; a shorter one needs the one before it to be understood
# for as long as the process lives, so that `mkdocs serve` makes only what is new:
TYPESET: dict[str, str] = {}  # formulas
PRINTS: dict[str, tuple[Any, dict[Path, str], dict[str, tuple[str, str]]]] = {}  # chapters
RENDERED: dict[str, tuple[str, Any, Any]] = {}  # pages, by their Markdown


def put(path: Path, content: str | bytes) -> Path:
    """Write a file if it is not the same already: `mkdocs serve` sends what is new."""
    data = content.encode() if isinstance(content, str) else content
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path


class Site:
    """The book as MkDocs gets it."""

    def __init__(self) -> None:
        self.manuscripts: list[Manuscript] = []
        self.figures: dict[str, tuple[str, str]] = {}
        self.exercises: dict[str, bytes] = {}  # what they need in the page

    def configure(self, config: Any) -> Any:
        """Tell MkDocs where the printed pages are and in which order."""
        chapters.cache_clear()
        self.manuscripts = [Manuscript(chapter) for chapter in chapters()]
        self.assets, missing = assets.available()
        if missing:
            LOG.info(
                "%s: so formulas are MathML, the fonts are those of the reader's system, "
                "and an offline edition would have no search",
                ", ".join(missing),
            )
        PRINTED.mkdir(parents=True, exist_ok=True)
        config.docs_dir = str(PRINTED)
        config.nav = self.order()
        if "polyfills" in config.extra:  # the offline edition would take its shim from a host
            shim = ["assets/iframe-worker/index.js"] if "iframe-worker" in self.assets else []
            config.extra["polyfills"] = shim
            self.exercises, why = {}, ""  # from the file system no browser starts Python
        else:
            self.exercises, why = exercises.assembled()
        if why:
            LOG.info("%s: so a page gives the command that checks an exercise, and no box", why)
        config.extra_css = self.styles()
        config.extra_javascript = ["assets/book.js"]
        if self.exercises:
            box = ExtraScript().run_validation("assets/exercises/box.mjs")  # a module, by its name
            config.extra_javascript.append(box)
        return config

    def order(self) -> list[Any]:
        """Return the pages in their order."""
        parts: dict[str, list[Any]] = {}
        for manuscript in self.manuscripts:
            chapter = manuscript.chapter
            entry = {f"{chapter.number}. {manuscript.title}": f"chapters/{slug_of(chapter)}.md"}
            parts.setdefault(manuscript.front["part"], []).append(entry)
        functions = [{m.title: f"api/{slug_of(m.chapter)}.md"} for m in self.manuscripts]
        return [
            {"Contents": "index.md"},
            *({part: entries} for part, entries in parts.items()),
            {"Behind the chapters": [titled(name) for name in BEHIND] + [{"Functions": functions}]},
            {"How to use it": [titled(name) for name in FOR]},
        ]

    def styles(self) -> list[str]:
        """Return the style sheets that are there."""
        found = ["assets/fonts.css"] if self.fonts() else []
        return [
            *found,
            *(["assets/katex/katex.min.css"] if "katex" in self.assets else []),
            "assets/book.css",
            *(["assets/exercises/box.css"] if self.exercises else []),
        ]

    def fonts_of(self, package: str) -> list[Path]:
        """Return the files of a font, none if it could not be had."""
        folder = self.assets.get(package)
        return sorted((folder / "files").iterdir()) if folder else []

    def fonts(self) -> str:
        """Return the style sheet that names the fonts that could be had."""
        faces = []
        for name, family in FONTS.items():
            for file in self.fonts_of(name):
                italic = "font-style:italic;" if "italic" in file.name else ""
                faces.append(
                    f'@font-face{{font-family:"{family}";{italic}font-weight:100 900;'
                    f'font-display:swap;src:url(fonts/{file.name}) format("woff2")}}'
                )
        return "\n".join(faces)

    def print(self) -> None:
        """Write every page, notebook and asset, and remove what is no longer wanted."""
        began = time.perf_counter()
        results = runs.run_all(self.manuscripts)
        written = set(self.copied())
        for manuscript, (outputs, _) in zip(self.manuscripts, results, strict=True):
            written |= self.chapter(manuscript, outputs)
        for path in (HOME, *(PAGES / f"{name}.md" for name in (*BEHIND, *FOR))):
            written.add(put(PRINTED / path.name, self.computed(path)))
        for picture in PAGES.glob("*.png"):
            written.add(put(PRINTED / picture.name, picture.read_bytes()))
        for path in PRINTED.rglob("*"):
            if path.is_file() and path not in written:
                path.unlink()
        ran = sum(ran for _, ran in results)
        LOG.info(
            "%d chapters printed, the cells of %d run, %.1f s",
            len(results),
            ran,
            time.perf_counter() - began,
        )

    def chapter(self, manuscript: Manuscript, outputs: runs.Outputs) -> set[Path]:
        """Write what belongs to one chapter, made anew if something of it has changed."""
        chapter = manuscript.chapter
        made_of = (manuscript.raw, manuscript.woven, chapter.source, outputs, leads_to(chapter))
        if chapter.slug not in PRINTS or PRINTS[chapter.slug][0] != made_of:
            look_for_exercises(manuscript)
            page = Page(manuscript, outputs)
            name = slug_of(chapter)
            texts = {
                PRINTED / "chapters" / f"{name}.md": page.markdown(),
                PRINTED / "api" / f"{name}.md": functions(manuscript),
                PRINTED / "notebooks" / f"{chapter.slug}.ipynb": nbformat.writes(
                    notebook(manuscript, outputs)
                ),
            }
            drawings = {f"{chapter.slug}/{k}": figure for k, figure in page.figures.items()}
            PRINTS[chapter.slug] = made_of, texts, drawings
        _, texts, drawings = PRINTS[chapter.slug]
        self.figures |= drawings
        return {put(path, text) for path, text in texts.items()}

    def copied(self) -> Iterable[Path]:
        """Write the style, the script and what could be had of others."""
        target = PRINTED / "assets"
        for path in THEME.iterdir():
            yield put(target / path.name, path.read_bytes())
        if faces := self.fonts():
            yield put(target / "fonts.css", faces)
        for name in FONTS:
            for file in self.fonts_of(name):
                yield put(target / "fonts" / file.name, file.read_bytes())
        if "katex" in self.assets:
            katex = self.assets["katex"] / "dist"
            for file in (katex / "katex.min.css", *(katex / "fonts").iterdir()):
                yield put(target / "katex" / file.relative_to(katex), file.read_bytes())
        if "iframe-worker" in self.assets:
            shim = self.assets["iframe-worker"] / "shim" / "index.js"
            yield put(target / "iframe-worker" / "index.js", shim.read_bytes())
        for place, data in self.exercises.items():
            yield put(target / place, data)

    def computed(self, path: Path) -> str:
        """Return a page with what it orders, `<<map>>` and the like, put in."""
        orders: dict[str, Callable[[], str]] = {
            "contents": self.contents,
            "map": lambda: drawn(self.manuscripts),
            "words": self.words,
            "letters": self.letters,
            "sources": self.sources,
            "strict": lambda: strict(self.manuscripts),
            "fair": lambda: fair(self.manuscripts),
            "measured": measured,
            "million": million,
            "setup": lambda: recipe("gradescope/setup.sh"),
            "run_autograder": lambda: recipe("gradescope/run_autograder"),
            "workflow": lambda: recipe("github/marks.yml"),
            "data": lambda: (
                (ROOT / "bookdata" / "SOURCES.md").read_text(encoding="utf-8").partition("\n")[2]
            ),
            "contributing": lambda: (
                (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n")[2]
            ),
        }
        text = path.read_text(encoding="utf-8")

        def put_in(match: re.Match[str]) -> str:
            if match[1] not in orders:
                line = text[: match.start()].count("\n") + 1
                raise Stop(path, line, f"nothing is called <<{match[1]}>>")
            return orders[match[1]]()

        return ORDERED.sub(put_in, text)

    def contents(self) -> str:
        """Return the chapters by part, each with the sentence that its code begins with."""
        lines, part = [], None
        for manuscript in self.manuscripts:
            chapter, front = manuscript.chapter, manuscript.front
            if front["part"] != part:
                part = front["part"]
                lines += ["", f"### {part}", ""]
            lines += [
                f'<div class="entry" data-chapter="{chapter.slug}"'
                f' data-exercises="{len(stub.holes(chapter.source))}" markdown>',
                f'<span class="number">{chapter.number}</span> '
                f"[{manuscript.title}](chapters/{slug_of(chapter)}.md)  ",
                f"{chapter.summary.partition(': ')[2].capitalize() or chapter.summary} "
                f'<span class="facts">{LEVELS[front["level"]]}, {front["minutes"]} minutes</span>',
                "</div>",
            ]
        return "\n".join(lines)

    def words(self) -> str:
        """Return every term with the sentence that introduces it, and every function."""
        found: dict[str, str] = {}
        for manuscript in self.manuscripts:
            page = f"chapters/{slug_of(manuscript.chapter)}.md"
            lines = FENCE.sub("", manuscript.raw).splitlines()
            for before, line in zip(["", *lines], lines, strict=False):
                for match in TERM.finditer(line):
                    short = len(line.split()) < A_SENTENCE and not before.startswith("#")
                    sentence = f"{before if short else ''} {line}".replace("**", "").strip()
                    link = f"[{match['term']}]({page}#{anchor(match['term'])})"
                    found.setdefault(
                        match["term"].lower(),
                        f"{link}\n:   {unlinked(sentence)} *({manuscript.title})*\n",
                    )
        functions: dict[str, str] = {}
        for manuscript in self.manuscripts:
            slug = manuscript.chapter.slug
            for hole in stub.holes(manuscript.chapter.source):
                name = hole.name.split(".")[-1] if hole.name.endswith(".backward") else hole.name
                page = f"api/{slug_of(manuscript.chapter)}.md"
                public = ".".join(hole.name.split(".")[:2]) if name == "backward" else hole.name
                functions.setdefault(
                    f"{hole.name} {slug}",
                    f"- [`{hole.name}`]({page}#solutions.{slug}.{public}) {manuscript.title}",
                )
        listed = "\n".join(functions[name] for name in sorted(functions, key=str.lower))
        return "\n".join(found[t] for t in sorted(found)) + f"\n## What you write\n\n{listed}\n"

    def letters(self) -> str:
        """Return the Throughout block of every chapter."""
        return "\n\n".join(
            f"### [{m.title}](chapters/{slug_of(m.chapter)}.md)\n\n{throughout(m)}"
            for m in self.manuscripts
        )

    def sources(self) -> str:
        """Return what every chapter stands on."""
        found = []
        for manuscript in self.manuscripts:
            text = manuscript.raw.partition("\n## Sources\n")[2].partition("\n## ")[0]
            items = "\n".join(re.findall(r"^- .*$", text, re.M))
            title = f"[{manuscript.title}](chapters/{slug_of(manuscript.chapter)}.md)"
            found.append(f"### {title}\n\n{items}")
        return "\n\n".join(found)

    def typeset(self, pages: Iterable[Any]) -> None:
        """Typeset what formulas are new, and keep them out of the search."""
        wanted: set[str] = set()
        for page in pages:
            wanted.update(maths.formulas(page.content or ""))
            page.content = (page.content or "").replace(
                'class="arithmatex"', 'class="arithmatex" data-search-exclude'
            )
        if new := wanted - TYPESET.keys():
            TYPESET.update(maths.typeset(new, self.assets.get("katex")))

    def known(self, markdown: str, page: Any) -> str:
        """Return nothing to render where this page was rendered before."""
        page.key = markdown
        return "" if markdown in RENDERED else markdown

    def rendered(self, content: str, page: Any, references: Any) -> str:
        """Return the HTML of a page, that of before where it has not changed."""
        if page.key in RENDERED:
            content, page.toc, page.present_anchor_ids = RENDERED[page.key]
            for name in page.present_anchor_ids:  # as rendering it would have done
                references.register_anchor(page, name)
        else:
            RENDERED[page.key] = content, page.toc, page.present_anchor_ids
        return content

    def finish(self, output: str, page: Any) -> str:
        """Put the figures and formulas into a page, in the colours of the page."""

        def figure(match: re.Match[str]) -> str:
            svg, alt = self.figures[html.unescape(match[1])]
            return figures.inline(svg, match[1].replace("/", "-"), alt)

        output = PLACE.sub(figure, output)
        output = output.replace(' class="arithmatex" data-search-exclude', ' class="arithmatex"')
        return maths.put(output, TYPESET)


def titled(name: str) -> dict[str, str]:
    """Return a page of `press/pages/` by its first heading."""
    first = (PAGES / f"{name}.md").read_text(encoding="utf-8").partition("\n")[0]
    return {first.removeprefix("# "): f"{name}.md"}


def throughout(manuscript: Manuscript) -> str:
    """Return the letters of a chapter, as its code gives them."""
    text = ast.get_docstring(stub.parsed(manuscript.chapter.source)) or ""
    letters = text.partition("Throughout: ")[2].partition("\n\n")[0]
    return f"```text\n{letters}\n```"


def functions(manuscript: Manuscript) -> str:
    """Return the page that describes what a chapter defines."""
    chapter = manuscript.chapter
    names = [
        node.name
        for node in stub.parsed(chapter.source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    described = "\n\n".join(f"::: solutions.{chapter.slug}.{name}" for name in names)
    return (
        f"# {manuscript.title}: its functions\n\n{chapter.summary}\n"
        f"To read before: [the chapter](../chapters/{slug_of(chapter)}.md).\n\n"
        f"{throughout(manuscript)}\n\n{described}\n\n"
        f"<!-- of {runs.sha(chapter.source.encode())}: what it describes is not in this text -->\n"
    )


def unlinked(sentence: str) -> str:
    """Return a sentence without its links, for they lead on from where it stood."""
    return outside(
        re.compile(r"`[^`]*`"), sentence, lambda s: re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", s)
    )
