"""Every chapter's exercises written and checked in the page, as the terminal checks them.

A reader with a browser goes through the book: the first box of each chapter is
checked untouched, the answers are put into all boxes (the shortest is typed, key
by key, the others are pasted), and one known mistake is made. Each verdict must
be the terminal's on the same source.
"""

import json
import re
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest

for needed in ("jupytext", "mkdocs", "playwright"):
    pytest.importorskip(needed)

from book_tools import grader, reference_of, texts_of
from browsers import chromium, firefox, webkit
from due import A_FIFTH, due, of_the_boxes, of_the_code

from grader import stub
from grader.book import ROOT, chapters
from press.page import slug_of

PYTHON_COMES = 120  # seconds, at most: until the first answer
SECONDS = 60  # until any other
FIRST = chapters()[0]
TABLE = ROOT / "build" / "in_page.md"


# ---------------------------------------------------------------- what the terminal says


def holes(chapter):
    return [hole.name for hole in stub.holes(chapter.source)]


@cache
def mistake_of(chapter):
    """Return the first mistake that shows in what comes out: a browser's NumPy sees no overflow."""
    reference = reference_of(chapter)

    def rests_on_flags(mistake):
        checks = [check for check in reference.checks.values() if check.hole == mistake.in_]
        outcomes = [reference.mistaken(check, mistake) for check in checks]
        return any("FloatingPointError" in outcome.get("names", []) for outcome in outcomes)

    return next(mistake for mistake in reference.mistakes if not rests_on_flags(mistake))


def written(source, chapter):
    """Return the exercise with the answers of a source in all its holes."""
    return stub.derive(source, filled=holes(chapter))


def shortest(chapter):
    """Return the hole whose answer is typed in a moment, and the answer."""
    answers = {hole.name: stub.answer(chapter.source, hole) for hole in stub.holes(chapter.source)}
    hole = min(answers, key=lambda name: len(answers[name]))
    return hole, textwrap.dedent(answers[hole]).rstrip("\n")


def told(checks):
    """Return what must be the same everywhere: how each check ended, and what was recognised."""
    return {check["check"]: (check["state"], check.get("diagnosis", [])) for check in checks}


class Terminal:
    """What `grader check` says in a workspace, asked for one chapter after the other."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "ground-up.toml").write_text("")
        (folder / "exercises").mkdir()

    def verdicts(self, chapter, source, *only):
        """Return what is told of each exercise, or of one."""
        path = self.folder / "exercises" / f"{chapter.slug}.py"
        path.write_text(source, encoding="utf-8")
        names = [f"{chapter.slug}.{hole}" for hole in only] or [chapter.slug]
        run = grader(self.folder, "check", "--json", *names, PYTHONPATH=str(ROOT))
        assert run.stdout, run.stderr
        return {
            exercise["name"]: told(exercise["checks"])
            for exercise in json.loads(run.stdout)["exercises"]
        }

    def on(self, chapter):
        """Return what it says of the three sources that the reader writes."""
        mistake = mistake_of(chapter)
        mutant = reference_of(chapter).mutant(mistake)
        return (
            self.verdicts(chapter, stub.derive(chapter.source), holes(chapter)[0]),
            self.verdicts(chapter, written(chapter.source, chapter)),
            self.verdicts(chapter, written(mutant, chapter), mistake.in_),
        )


@pytest.fixture(scope="module")
def terminal(request, tmp_path_factory):
    """Return what the terminal says of each chapter; it is at work while the browser loads."""
    asked = {
        item.callspec.params.get("chapter", FIRST)
        for item in request.session.items
        if item.module is request.module
    }
    wire = Terminal(tmp_path_factory.mktemp("workspace"))
    with ThreadPoolExecutor(1) as pool:
        coming = {c: pool.submit(wire.on, c) for c in sorted(asked, key=lambda c: c.number)}
        yield lambda chapter: coming[chapter].result()
        pool.shutdown(cancel_futures=True)


# ---------------------------------------------------------------- what the page says

# In the page's own world: what every worker answers is written down.
HEARD = """
    if (window.heard) return
    const script = document.createElement("script")
    script.textContent = `
        window.heard = []
        window.workers = 0
        window.Worker = class extends Worker {
            constructor(...given) {
                super(...given)
                workers += 1
                this.addEventListener("message", ({data}) => {
                    if (data.kind === "answer") heard.push(data.answer)
                })
            }
        }`
    document.head.append(script)
"""


class Reader:
    """Someone who goes through the book in one visit."""

    def __init__(self, visitor, address):
        self.visitor, self.address = visitor, address
        self.has_python = False

    def turn_to(self, chapter):
        """Go to a chapter: over the leaf, if it is the next."""
        self.chapter = chapter
        place = f"chapters/{slug_of(chapter)}/"
        leads = "return document.querySelector('.md-footer__link--next')?.href"
        if (self.visitor.run(leads) or "").endswith(place):
            self.visitor.click(".md-footer__link--next")
        else:
            self.visitor.open(self.address + place)
            self.has_python = False
        self.visitor.wait(f"{self.box(holes(chapter)[0])} button.main", "Check")
        self.visitor.run(HEARD)

    def box(self, hole):
        return f'[data-exercise="{self.chapter.slug}.{hole}"]'

    def editor(self, hole):
        """Go to a box until its editor has come: what comes above moves it away."""
        found = f"{self.box(hole)} .cm-content"
        self.visitor.until(
            lambda: self.visitor.run(LOOK, self.box(hole), found), f"the editor of {hole}", SECONDS
        )
        return found

    def stub(self, hole):
        return self.visitor.run(
            "return document.querySelector(arguments[0]).textContent",
            f"{self.box(hole)} .stub code",
        )

    def kept(self, hole):
        """Return the text that the box keeps."""
        key = f"ground-up.box.{self.chapter.slug}.{hole}"
        return json.loads(self.visitor.run("return localStorage[arguments[0]] ?? null", key))[
            "text"
        ]

    def paste(self, hole, text):
        self.visitor.paste(self.editor(hole), text)
        assert self.kept(hole) == text

    def type(self, hole, text, answer):
        """Type an answer in the place of the last line; the editor's margins become ours."""
        margin = re.search(r"^( *)raise NotImplementedError", self.stub(hole), re.M)[1]
        self.visitor.click(self.editor(hole))
        self.visitor.press("Control+End")
        self.visitor.press("Shift+Home")
        for number, line in enumerate(answer.split("\n")):
            if number:
                self.visitor.press("Enter")
                self.visitor.press("Shift+Home")
                self.visitor.keys(margin)
            self.visitor.keys(line)
        assert self.kept(hole) == text.rstrip("\n")

    def check(self, *asked):
        """Press Check in one box after the other, and return what is told of each."""
        return {hole: told(self.answer(hole)["checks"]) for hole in asked}

    def answer(self, hole):
        """Press Check, and return what the page was told and shows."""
        before = self.visitor.run("return heard.length")
        self.editor(hole)  # what comes moves the button
        self.visitor.click(f"{self.box(hole)} button.main")
        found = self.visitor.until(
            lambda: self.visitor.run(ANSWERED, before, self.box(hole)),
            f"{hole} is checked",
            SECONDS if self.has_python else PYTHON_COMES,
        )
        self.has_python = True
        answer, shown = found
        assert (answer["hole"], answer["state"]) == (hole, shown)
        return answer


LOOK = """
    const [box, editor] = arguments
    document.querySelector(box).scrollIntoView({behavior: "instant"})
    return document.querySelector(editor) && true
"""
# what was heard since, and the state that the box shows, once it is no longer being checked
ANSWERED = """
    const [before, box] = arguments
    const isOver = document.querySelector(`${box} button.main`).textContent === "Check"
    const shown = document.querySelector(`${box} .box`).dataset.state
    return heard.length > before && isOver ? [heard[before], shown] : null
"""
OPEN = {"firefox": firefox, "webkit": webkit}


@pytest.fixture(scope="module")
def reader(request, address):
    name = request.param
    at = chromium(request.getfixturevalue("browser")) if name == "chromium" else OPEN[name]()
    with at as visitor:
        reader = Reader(visitor, address)
        reader.name = name
        yield reader
        assert visitor.elsewhere == []


@pytest.fixture(scope="module")
def table():
    """Return a list of what was compared, which is written down at the end."""
    rows = []
    yield rows
    names = list(dict.fromkeys(name for name, *_ in rows))
    lines = [["chapter", "checks", *names], ["---"] * (2 + len(names))]
    for slug, checks in dict.fromkeys((slug, checks) for _, slug, checks, _ in rows):
        found = {name: what for name, its, _, what in rows if its == slug}
        lines.append([slug, str(checks), *(found.get(name, "") for name in names)])
    TABLE.parent.mkdir(exist_ok=True)
    text = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    TABLE.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "reader, chapter",
    [("chromium", chapter) for chapter in due(of_the_boxes, A_FIFTH)]
    # another browser may count otherwise, but the boxes and the grader are the same
    + [("firefox", chapter) for chapter in due(of_the_code, A_FIFTH)],
    indirect=["reader"],
    ids=lambda value: getattr(value, "slug", value),
)
def test_the_page_says_what_the_terminal_says(reader, chapter, terminal, table):
    compare(reader, chapter, terminal, table)


@pytest.mark.parametrize("reader", ["webkit"], indirect=True)
def test_so_it_does_in_webkit(reader, terminal, table):
    compare(reader, FIRST, terminal, table)


def compare(reader, chapter, terminal, table):
    reader.turn_to(chapter)
    first, mistake = holes(chapter)[0], mistake_of(chapter)
    untouched = reader.check(first)
    assert {state for state, _ in untouched[first].values()} == {"not yet"}
    assert "Not yet" in reader.visitor.text(f"{reader.box(first)} .box-said")

    texts = texts_of(written(chapter.source, chapter), chapter)
    quick, answer = shortest(chapter)
    reader.type(quick, texts[quick], answer)
    for hole in [hole for hole in texts if hole != quick]:
        reader.paste(hole, texts[hole])
    right = reader.check(*texts)
    assert {state for checks in right.values() for state, _ in checks.values()} == {"done"}

    mutant = written(reference_of(chapter).mutant(mistake), chapter)
    reader.paste(mistake.in_, texts_of(mutant, chapter)[mistake.in_])
    wrong = reader.check(mistake.in_)
    said = reader.visitor.text(f"{reader.box(mistake.in_)} .box-verdict")

    here, there = (untouched, right, wrong), terminal(chapter)
    compared = sum(len(checks) for answer in here for checks in answer.values())
    table.append((reader.name, chapter.slug, compared, "equal" if here == there else "NOT equal"))
    assert here == there
    assert f"This is how it looks when {mistake.why}" in said
    assert reader.visitor.run("return workers") == 1
