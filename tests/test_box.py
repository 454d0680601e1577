"""The boxes of the exercises, in a browser: what a reader types, clicks and loses (nothing).

Most of it is about the page alone, and a stand-in answers for the grader at
once (stand_in.js); what is about Python itself is asked of the real one.
"""

import json
import re
from pathlib import Path

import pytest

for needed in ("jupytext", "mkdocs", "playwright"):
    pytest.importorskip(needed)

from book_tools import reference_of, texts_of
from browsers import CHROMIUM, SIZES, Quiet, faults_in, served, watched

from grader import stub
from grader.book import chapters, find_chapter
from grader.told import check_part
from press.page import slug_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

FIRST = chapters()[0]
HOLES = [hole.name for hole in stub.holes(FIRST.source)]
PAGE = f"chapters/{slug_of(FIRST)}/"
WRONG = {
    "state": "wrong",
    "sentence": "every feature gets mean 0 and standard deviation 1, whatever its unit",
    "given": [["X", "array (20, 4) float64"]],
    "where": "row [11]",
    "yours": "[0.8033  -1.008  -0.8795   0.8691]" * 3,
    "wanted": "[0.3635   2.198  -0.5084  -1.766 ]",
    "remark": "largest difference 3.21 at [11, 1]; 80 of 80 differ",
    "diagnosis": ["one mean and one spread are taken over the whole table"],
    "notes": ["A note."],
    "printed": "a line that was printed, and goes on and on and on and on " * 3,
}
VERDICT = f'<ul class="checks">{check_part(WRONG)}</ul>'
STAND_IN = (
    (Path(__file__).parent / "stand_in.js")
    .read_text("utf-8")
    .replace('"VERDICT"', json.dumps(VERDICT))
    .encode()
)
# what the page asks of workers is written down
HEARD = """
    window.asked = []
    window.workers = 0
    window.Worker = class extends Worker {
        constructor(...given) {
            super(...given)
            workers += String(given[0]).includes("exercises") ? 1 : 0
        }
        postMessage(...given) {
            if (given[0]?.asked) asked.push(given[0].asked)
            super.postMessage(...given)
        }
    }
"""


GO = "new BroadcastChannel('go').postMessage('')"  # lets a stand-in go on that waits


class Site(Quiet):
    """The site with a stand-in for the grader's worker."""

    def do_GET(self):  # noqa: N802
        if not self.path.partition("?")[0].endswith("/exercises/worker.mjs"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(STAND_IN)))
        self.end_headers()
        self.wfile.write(STAND_IN)


@pytest.fixture(scope="module")
def pretended(site):
    with served(site, Site) as here:
        yield here


def question(tab):
    return tab.locator("dialog[open]")


class Box:
    """One exercise, as a reader has it before them."""

    def __init__(self, tab, hole, slug=FIRST.slug):
        self.tab, self.hole = tab, hole
        self.place = tab.locator(f'[data-exercise="{slug}.{hole}"]')
        self.editor = self.place.locator(".cm-content")
        self.said = self.place.locator(".box-said")
        self.notice = self.place.locator(".box-notice")
        self.key = f"ground-up.box.{slug}.{hole}"

    def show(self):
        self.place.scroll_into_view_if_needed()
        self.editor.wait_for()
        return self

    def type(self, text):
        """Type at the end of what is there, key by key."""
        self.editor.click()
        self.tab.keyboard.press("Control+End")
        self.tab.keyboard.type(text)

    def button(self, name):
        return self.place.locator(".box-bar").first.get_by_role("button", name=name)

    def press(self, name):
        self.button(name).click()

    def agree(self, name):
        question(self.tab).get_by_role("button", name=name).click()

    def says(self, text, seconds=60):
        self.said.filter(has_text=text).wait_for(timeout=seconds * 1000)

    def check(self, says="checks pass", seconds=60):
        self.press("Check")
        self.says(says, seconds)

    @property
    def text(self):
        return "\n".join(self.place.locator(".cm-line").all_text_contents())

    @property
    def kept(self):
        return json.loads(self.tab.evaluate("key => localStorage.getItem(key)", self.key))


def turn(tab, way, chapter):
    """Turn the page, which is no new visit."""
    tab.wait_for_load_state("networkidle")  # it knows the pages that it can turn to
    tab.evaluate("window.isSameVisit = true")
    tab.locator(f".md-footer__link--{way}").click()
    tab.locator("h1", has_text=chapter.heading).wait_for()
    assert tab.evaluate("window.isSameVisit")


@pytest.fixture
def reader(browser, pretended):
    """Give a tab with the first chapter open; whatever goes wrong in it fails the test."""
    context = browser.new_context(viewport=SIZES["wide"], accept_downloads=True)
    yield (opened := another_tab(context, pretended))
    assert not opened.seen, opened.seen
    context.close()


def another_tab(context, address, page=PAGE):
    tab = context.new_page()
    tab.add_init_script(HEARD)
    tab.seen = watched(tab, address)
    tab.goto(address + page)
    return tab


@pytest.fixture
def box(reader):
    return Box(reader, HOLES[0]).show()


# ---------------------------------------------------------------- what is typed


def test_nothing_of_python_is_fetched_and_no_worker_made_before_a_check(reader, pretended):
    asked = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.reload()
    for hole in HOLES:
        Box(reader, hole).show()
    assert reader.evaluate("workers") == 0
    assert f"{pretended}assets/exercises/editor.mjs" in asked
    assert not [url for url in asked if re.search(r"assets/python-|worker\.mjs|\.zip", url)]
    Box(reader, HOLES[0]).check()
    assert reader.evaluate("workers") == 1


def test_the_size_is_said_before_anything_is_loaded(box):
    size = box.place.locator(".box-size", has_text="once")
    size.wait_for()
    assert re.fullmatch(r"The first check brings Python: \d+ MB, once\.", size.inner_text())


def test_what_is_typed_outlives_a_reload_in_the_middle_of_it(reader, box):
    box.type("\n# one two three")
    reader.reload()
    assert Box(reader, HOLES[0]).show().text.endswith("# one two three")
    assert box.kept["text"].endswith("# one two three")


def test_what_is_as_it_was_given_is_not_kept_as_written(reader, box):
    box.type("x")
    assert box.kept["text"]
    reader.keyboard.press("Backspace")
    assert box.kept["text"] == ""


def test_tab_indents_and_escape_lets_it_go(reader, box):
    box.type("\nif True:\nx")
    line = box.text.splitlines()[-1]
    reader.keyboard.press("Tab")
    assert box.text.splitlines()[-1] == f"    {line}"
    reader.keyboard.press("Shift+Tab")
    assert box.text.splitlines()[-1] == line
    reader.keyboard.press("Escape")
    reader.keyboard.press("Tab")
    assert box.button("Check").evaluate("b => b === document.activeElement")
    described = box.editor.get_attribute("aria-describedby")
    assert "Escape, then Tab" in reader.locator(f'[id="{described}"]').text_content()
    assert box.editor.get_attribute("aria-label") == f"Your {HOLES[0]}"


def test_undo_takes_back(reader, box):
    before = box.text
    box.type("a")
    reader.keyboard.press("Control+z")
    assert box.text == before


def test_keys_alone_are_enough(reader, box):
    """From the editor to a check, a hint, the answer, a reset and back, without a mouse."""
    box.editor.focus()
    reader.keyboard.press("Control+End")
    reader.keyboard.type("\n# right")
    reader.keyboard.press("Control+Enter")
    box.says("All 2 checks pass.")
    reader.keyboard.press("Escape")
    for name in ("Check", "Hint", "Answer", "Reset"):
        reader.keyboard.press("Tab")
        assert box.button(name).evaluate("b => b === document.activeElement"), name
    reader.keyboard.press("Enter")
    question(reader).wait_for()
    reader.keyboard.press("Escape")
    assert box.button("Reset").evaluate("b => b === document.activeElement")
    assert "# right" in box.text
    reader.keyboard.press("Shift+Tab")
    reader.keyboard.press("Enter")
    reader.keyboard.press("Shift+Tab")  # from "No", which is the safe one, to "Show it"
    reader.keyboard.press("Enter")
    assert box.place.locator("details.success details.success pre").is_visible()


# ---------------------------------------------------------------- two tabs


def test_a_box_takes_what_another_tab_wrote(reader, box, pretended):
    other = Box(another_tab(reader.context, pretended), HOLES[0]).show()
    box.type("\n# from the first")
    other.editor.get_by_text("# from the first").wait_for()
    other.type("\n# from the second")
    box.editor.get_by_text("# from the second").wait_for()
    assert box.text == other.text
    assert [line.strip() for line in box.text.splitlines()[-2:]] == [
        "# from the first",
        "# from the second",
    ]
    assert not box.notice.inner_text() and not other.notice.inner_text()


WROTE = """([key, text, later]) => {
    // as another tab does, of which this one has not heard yet
    const entry = JSON.parse(localStorage.getItem(key))
    const theirs = JSON.stringify({...entry, text, edits: entry.edits + later})
    localStorage.setItem(key, theirs)
    return theirs
}"""
HEARS = """([key, newValue]) => dispatchEvent(new StorageEvent("storage", {key, newValue}))"""


@pytest.mark.parametrize("choice", ["Take the other", "Keep this one"])
def test_where_two_tabs_wrote_at_once_the_reader_chooses_and_nothing_is_lost(reader, box, choice):
    box.type("\n# mine")
    reader.evaluate(WROTE, [box.key, "# theirs", 1])
    box.type("!")
    box.notice.get_by_text("Another tab changed this text at the same time").wait_for()
    mine = box.text
    assert mine.endswith("# mine!")
    box.notice.get_by_role("button", name=choice).click()
    now, other = ("# theirs", mine) if choice.startswith("Take") else (mine, "# theirs")
    assert box.text == now == box.kept["text"]
    assert other in [each["text"] for each in box.kept["kept"]]
    assert not box.notice.inner_text()
    reader.reload()
    assert Box(reader, HOLES[0]).show().text == now


def test_a_text_that_comes_too_late_does_not_overwrite(reader, box):
    """Both wrote, and each hears of the other's afterwards: both texts are kept in both tabs."""
    box.type("\n# mine")
    theirs = json.dumps({"text": "# theirs", "passed": "", "kept": [], "edits": 1})
    reader.evaluate(HEARS, [box.key, theirs])
    box.notice.get_by_role("button", name="Take the other").wait_for()
    assert box.text.endswith("# mine")
    kept = [each["text"] for each in box.kept["kept"]]
    assert "# theirs" in kept and box.text in kept
    # the other reader decided, in the other tab
    decided = {"text": "# theirs, further", "passed": "", "kept": box.kept["kept"], "edits": 99}
    reader.evaluate(HEARS, [box.key, json.dumps(decided)])
    assert box.text == "# theirs, further"
    assert not box.notice.inner_text()


# ---------------------------------------------------------------- reset, hints, the answer


def test_a_reset_asks_and_what_was_written_can_be_had_back(reader, box):
    given = box.text
    box.type("\n# first")
    first = box.text
    box.press("Reset")
    box.agree("No")
    assert box.text == first
    box.press("Reset")
    box.agree("Reset")
    assert box.text == given
    box.type("\n# second")
    second = box.text
    box.press("Earlier texts (1)")
    shown = question(reader)
    assert shown.locator("pre").inner_text().strip() == first
    box.agree("Put it back")
    assert box.text == first
    box.press("Earlier texts (2)")
    assert second in shown.locator("pre").all_inner_texts()
    box.agree("Close")
    assert box.text == first
    reader.reload()
    assert Box(reader, HOLES[0]).show().text == first


def test_hints_come_one_by_one(reader, box):
    hints = box.place.locator("details.hint")
    assert hints.count() == 3 and not hints.first.is_visible()
    for number in (1, 2, 3):
        box.press(f"Hint {number} of 3")
        assert [hints.nth(i).is_visible() for i in range(3)] == [i < number for i in range(3)]
        assert hints.nth(number - 1).get_attribute("open") is not None
        box.says(f"Hint {number} of 3 is open")
    box.press("No more hints")
    box.says("That was the last hint.")


def test_the_answer_asks_before_it_is_shown(box):
    code = box.place.locator("details.success details.success pre")
    box.press("Answer")
    box.agree("No")
    assert not code.is_visible()
    box.press("Answer")
    box.agree("Show it")
    assert code.is_visible()


# ---------------------------------------------------------------- checking


def test_a_verdict_is_shown_and_what_passed_is_kept_and_marked(reader, box):
    box.type("\n# wrong")
    box.check("0 of 2 checks pass.")
    assert box.place.locator(".box-verdict .checks").is_visible()
    assert not box.kept["passed"]
    box.type(" # right")
    text = box.text
    box.check("All 2 checks pass.")
    assert box.kept["passed"] == text
    assert box.place.locator(".mark input").is_checked()
    chapter = reader.locator(".md-nav--primary a.md-nav__link--active .tally").first
    assert f"1 of {len(HOLES)}" in chapter.inner_text()
    for hole in HOLES[1:]:
        reader.locator(f'[data-exercise="{FIRST.slug}.{hole}"] .mark input').check()
    assert chapter.inner_text().startswith("✓")
    assert reader.locator('.md-nav__link[href$="#standardize"] .tally').count() == 1
    for hole in HOLES:
        reader.locator(f'[data-exercise="{FIRST.slug}.{hole}"] .mark input').uncheck()
    assert reader.locator(".md-nav .tally").count() == 0


def test_all_that_is_written_in_the_chapter_goes_along_and_nothing_else(reader, box):
    box.type("\n# one")
    second = Box(reader, HOLES[1]).show()
    second.type("\n# two")
    second.check()
    (asked,) = reader.evaluate("asked")
    assert asked["chapter"] == FIRST.slug and asked["hole"] == HOLES[1] and asked["own"] is None
    assert asked["texts"] == {HOLES[0]: box.text, HOLES[1]: second.text}


def test_a_fault_is_marked_at_its_line_until_that_line_is_changed(reader, box):
    box.type("\n# marked")
    box.check()
    fault = box.place.locator(".cm-fault")
    assert fault.inner_text().strip() == box.text.splitlines()[1].strip()
    assert box.place.locator(".cm-said").inner_text() == "NameError: is not defined"
    box.type("\n# elsewhere")
    assert fault.count() == 1
    fault.click()
    reader.keyboard.type("x")
    assert fault.count() == 0 and box.place.locator(".cm-said").count() == 0


def test_one_worker_serves_the_whole_visit(reader, box):
    """A page may be turned while Python is at work: the answer is there on return."""
    box.type("\n# waits # right")
    text = box.text
    box.press("Check")
    box.says("Checking.")
    turn(reader, "next", chapters()[1])
    other = Box(reader, stub.holes(chapters()[1].source)[0].name, chapters()[1].slug).show()
    other.press("Check")
    other.says("The check before it is not over yet")
    reader.evaluate(GO)
    other.says("0 of 2 checks pass.")
    assert box.kept["passed"] == text
    turn(reader, "prev", FIRST)
    box.says("All 2 checks pass.")
    assert box.show().text == text
    second = Box(reader, HOLES[1]).show()
    second.check()
    assert reader.evaluate("workers") == 1


def test_stop_ends_a_check_and_the_next_one_runs(reader, box):
    box.type("\n# waits")
    box.press("Check")
    box.says("Checking.")
    box.press("Stop")
    box.says("Stopped. Nothing you wrote is lost.")
    box.type("")
    for _ in "# waits":
        reader.keyboard.press("Backspace")
    box.type("# right")
    box.check("All 2 checks pass.")
    assert reader.evaluate("workers") == 2


def test_two_clicks_in_a_row_are_no_stop(reader, box):
    box.type("\n# waits")
    box.button("Check").dblclick()
    box.says("Checking.")
    reader.evaluate(GO)
    box.says("0 of 2 checks pass.")


def test_a_check_that_cannot_be_interrupted_is_ended_with_its_worker(reader, box):
    box.type("\n# loops")
    box.check("told that a check was late")
    assert reader.evaluate("workers") == 2


@pytest.mark.parametrize("what, check", [("dies", "a check"), ("breaks", "no check")])
def test_a_worker_that_breaks_down_is_replaced_and_told_so(reader, box, what, check):
    """It may break over a check, or before the next one over what was left behind."""
    box.type(f"\n# {what}")
    box.check(f"told that {check} was died")
    assert reader.evaluate("workers") == 2


def test_where_python_cannot_work_the_command_is_shown(reader, box):
    box.type("\n# fails")
    box.check("Python cannot go on here: no WebAssembly")
    assert box.place.locator("p.terminal").is_visible()


def test_an_editor_that_cannot_be_fetched_is_asked_for_again(browser, pretended):
    context = browser.new_context()
    tab = context.new_page()
    tab.route("**/editor.mjs*", lambda route: route.abort())
    tab.goto(pretended + PAGE)
    box = Box(tab, HOLES[0])
    box.place.scroll_into_view_if_needed()
    box.says("The editor could not be fetched: is the connection there? Check tries again.")
    assert box.place.locator(".stub").is_visible()
    tab.unroute("**/editor.mjs*")
    box.check()
    box.show().type("\n# here")
    context.close()


# ---------------------------------------------------------------- keeping


def test_a_browser_that_keeps_nothing_is_told_of_once_and_the_text_outlives_the_page(
    browser, pretended
):
    context = browser.new_context()
    tab = context.new_page()
    tab.add_init_script("Storage.prototype.setItem = () => { throw new Error('it is full') }")
    tab.goto(pretended + PAGE)
    box = Box(tab, HOLES[0]).show()
    box.type("\n# one")
    box.notice.get_by_text("This browser keeps nothing for this page").wait_for()
    turn(tab, "next", chapters()[1])
    turn(tab, "prev", FIRST)
    assert box.show().text.endswith("# one")
    second = Box(tab, HOLES[1]).show()
    second.type("\n# two")
    assert not second.notice.inner_text()
    context.close()


def saved(tab, path):
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save it as a file").click()
    assert download.value.suggested_filename == "ground-up.json"
    download.value.save_as(path)
    return json.loads(path.read_text("utf-8"))


def taken(tab, path):
    """Take a file in; return what is said of it."""
    with tab.expect_file_chooser() as chooser:
        tab.get_by_role("button", name="Take a file in").click()
    chooser.value.set_files(path)
    said = tab.locator(".box-foot .box-said:not(:empty)")
    said.wait_for()
    return said.inner_text()


def test_what_is_written_goes_out_as_a_file_and_into_another_browser(
    reader, box, browser, pretended, tmp_path
):
    box.type("\n# right")
    box.check("All 2 checks pass.")
    second = Box(reader, HOLES[1]).show()
    second.type("\n# two")
    path = tmp_path / "ground-up.json"
    found = saved(reader, path)
    assert found == {
        "ground-up": 1,
        "exercises": {
            FIRST.slug: {
                HOLES[0]: {"text": box.text, "passed": True},
                HOLES[1]: {"text": second.text, "passed": False},
            }
        },
    }
    context = browser.new_context()
    tab = another_tab(context, pretended)
    here = Box(tab, HOLES[1]).show()
    here.type("\n# another two")
    mine = here.text
    said = taken(tab, path)
    assert said == "2 exercises taken. 1 differed here: yours are kept, under Earlier texts."
    assert here.text == second.text
    assert mine in [each["text"] for each in here.kept["kept"]]
    first = Box(tab, HOLES[0]).show()
    assert first.text == box.text and first.place.locator(".mark input").is_checked()
    assert saved(tab, tmp_path / "again.json") == found
    context.close()


@pytest.mark.parametrize(
    "content, says",
    [
        ("no JSON", "This file is not one of this book's."),
        ('{"ground-up": 2, "exercises": {}}', "This file is not one of this book's."),
        ('{"ground-up": 1, "exercises": {"arrays": {"a": {"text": 1}}}}', "This file is not one"),
        (" " * 2_000_001, "This file is too long to be one of this book's."),
        (
            '{"ground-up": 1, "exercises": {"__proto__": {"a": {"text": "", "passed": true}}}}',
            "0 exercises taken. 1 left out, which this edition does not have.",
        ),
    ],
)
def test_a_file_that_is_none_of_ours_changes_nothing(reader, tmp_path, content, says):
    path = tmp_path / "ground-up.json"
    path.write_text(content, encoding="utf-8")
    assert taken(reader, path).startswith(says)
    assert reader.evaluate("Object.keys(localStorage).filter(k => k.includes('box'))") == []


def test_own_chapters_are_sent_when_all_of_one_has_passed(reader, box):
    toggle = reader.get_by_label("my own earlier chapters underneath")
    second = chapters()[1]
    wholly = {hole.name: f"# {hole.name}" for hole in stub.holes(second.source)}
    for hole, text in wholly.items():
        entry = {"text": "", "passed": text, "kept": [], "edits": 1}
        key = f"ground-up.box.{second.slug}.{hole}"
        reader.evaluate("([k, v]) => localStorage.setItem(k, v)", [key, json.dumps(entry)])
    toggle.check()
    reader.locator(".box-foot .box-said", has_text="1 so far").wait_for()
    reader.reload()
    assert toggle.is_checked()
    box.show().check()
    assert reader.evaluate("asked.at(-1).own") == {second.slug: wholly}
    assert box.place.get_by_text(f"underneath: {second.slug}").is_visible()
    toggle.uncheck()
    box.check()
    reader.wait_for_function("asked.at(-1).own === null")


# ---------------------------------------------------------------- how it looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_a_box_with_a_verdict_is_sound(browser, pretended, scheme, size):
    """No serious fault for anybody, not wider than the window, with all that can be open."""
    context = browser.new_context(color_scheme=scheme, viewport=SIZES[size])
    tab = another_tab(context, pretended)
    box = Box(tab, HOLES[0]).show()
    box.type("\n# marked")
    box.check()
    assert box.place.locator(".box-verdict pre").is_visible()
    box.press("Hint 1 of 3")
    box.type("\n# to keep")
    assert not [*tab.seen, *faults_in(tab)]
    box.press("Reset")
    box.agree("Reset")
    box.press("Earlier texts")
    question(tab).wait_for()
    assert not [*tab.seen, *faults_in(tab)]
    context.close()


def test_without_javascript_the_command_and_the_folded_answer_are_there(browser, pretended):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(pretended + PAGE)
    exercise = tab.locator(f'[data-exercise="{FIRST.slug}.{HOLES[0]}"]')
    assert exercise.locator("p.terminal").is_visible()
    assert exercise.locator(".stub").is_visible()
    assert exercise.locator("details.hint > summary").first.is_visible()
    assert exercise.locator("details.success > summary").first.is_visible()
    context.close()


# ---------------------------------------------------------------- Python itself

PYTHON_COMES = 120  # seconds, at most


class Breaks(Quiet):
    """Sends half of Python's code and hangs up, as long as it is told to."""

    is_broken = True

    def do_GET(self):  # noqa: N802
        path = Path(self.translate_path(self.path))
        if path.suffix != ".wasm" or not Breaks.is_broken:
            super().do_GET()
            return
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/wasm")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True


def test_a_connection_that_breaks_while_python_loads_costs_nothing(browser, site):
    Breaks.is_broken = True
    context = browser.new_context()
    with served(site, Breaks) as address:
        tab = context.new_page()
        tab.goto(address + PAGE)
        box = Box(tab, HOLES[0]).show()
        box.type("\n# here")
        box.check("The connection was lost. Nothing you wrote is lost; Check tries again.")
        assert box.text.endswith("# here") and box.kept["text"] == box.text
        assert box.place.locator("progress").is_hidden()
        Breaks.is_broken = False
        box.check("Not yet", PYTHON_COMES)
        context.close()


@pytest.fixture(scope="module")
def visit(browser, address):
    """Give a tab in which Python is there."""
    context = browser.new_context()
    tab = another_tab(context, address)
    box = Box(tab, HOLES[0]).show()
    box.press("Check")
    box.says(re.compile(r"Python comes first: 1\d MB, once\."))
    box.says("Not yet", PYTHON_COMES)
    yield tab
    assert not tab.seen, tab.seen
    context.close()


@pytest.fixture
def real(visit):
    """Give a box that is as the book gives it, with the real grader behind it."""
    box = Box(visit, HOLES[0]).show()
    if visit.evaluate("key => localStorage.getItem(key)", box.key) and box.kept["text"]:
        box.press("Reset")
        box.agree("Reset")
    return box


def write(box, *lines):
    """Write something in the place of the line that raises."""
    box.type("")
    for key in ("Shift+Home", "Shift+Home", "Delete"):
        box.tab.keyboard.press(key)
    for number, line in enumerate(lines):
        box.tab.keyboard.type("\n" * bool(number))
        box.tab.keyboard.press("Shift+Home")  # what the editor has indented
        box.tab.keyboard.insert_text(f"    {line}")


def test_python_says_what_is_wrong_and_what_is_right(real):
    write(real, "return (X - train.mean()) / train.std()")
    real.check("0 of 5 checks pass.")
    told = real.place.locator(".box-verdict").inner_text()
    assert "This is how it looks when one mean and one spread are taken" in told
    assert "yours" in told and "wanted" in told
    real.press("Reset")
    real.agree("Reset")
    answer = real.place.locator("details.success details.success pre code").text_content()
    write(real, *answer.rstrip().splitlines())
    real.check("All 5 checks pass.")
    assert real.kept["passed"] == real.text
    assert real.place.locator(".mark input").is_checked()


def test_a_text_that_does_not_parse_is_marked_at_its_line(real):
    write(real, "return (X - train.mean(")
    real.check("was never closed")
    assert real.place.locator(".cm-fault").inner_text().strip() == "return (X - train.mean("
    assert "was never closed" in real.place.locator(".cm-said").inner_text()


def test_a_print_of_100_megabytes_is_cut(real):
    write(real, 'print("x" * 100_000_000)', "return X")
    real.check("0 of 5 checks pass.")
    assert "printed" in real.place.locator(".box-verdict").inner_text()
    assert len(real.place.locator(".box-verdict").inner_html()) < 100_000


def test_a_loop_without_an_end_is_told_with_its_line(real):
    write(real, "while True:", "    pass")
    workers = real.tab.evaluate("workers")
    real.check("0 of 5 checks pass.")
    told = real.place.locator(".box-verdict").inner_text()
    assert re.search(r"line 3[34]", told), told
    assert real.tab.evaluate("workers") == workers


def test_a_loop_that_cannot_be_interrupted_ends_with_its_worker(real):
    write(real, "while True:", "    try:", "        while True: pass", "    except BaseException:")
    real.tab.keyboard.insert_text(" pass")
    workers = real.tab.evaluate("workers")
    real.press("Check")
    real.says("It takes too long and cannot be interrupted", PYTHON_COMES)
    real.says("0 of 5 checks pass.", PYTHON_COMES)
    assert real.tab.evaluate("workers") == workers + 1
    assert "stopped after 9 s" in real.place.locator(".box-verdict").inner_text()
    real.press("Reset")
    real.agree("Reset")
    real.check("Not yet")


def test_a_function_that_calls_itself_too_often_is_told_of_and_python_goes_on(browser, address):
    """What it leaves behind, a long chain, is more than a browser can free in one go."""
    chapter, hole = find_chapter("autograd"), "topological_order"
    reference = reference_of(chapter)
    (mistake,) = (each for each in reference.mistakes if "calls itself" in each.why)
    text = texts_of(reference.mutant(mistake), chapter)[hole]
    context = browser.new_context()
    tab = another_tab(context, address, f"chapters/{slug_of(chapter)}/")
    box = Box(tab, hole, chapter.slug)
    entry = json.dumps({"text": text, "edits": 1})
    tab.evaluate("([key, entry]) => localStorage.setItem(key, entry)", [box.key, entry])
    tab.reload()
    box.show().check("3 of 4 checks pass.", PYTHON_COMES)
    assert mistake.why in box.place.locator(".box-verdict").inner_text()
    for _ in range(2):
        box.check("3 of 4 checks pass.")
    assert tab.evaluate("workers") == 1 and not tab.seen, tab.seen
    context.close()
