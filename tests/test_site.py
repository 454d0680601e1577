"""The site in a real browser: every page, light and dark, wide and narrow."""

import gzip
import hashlib
import html.parser
import json
import re
import shutil
import string
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import unquote, urljoin, urlsplit

import pytest

for needed in ("jupytext", "mkdocs", "playwright"):
    pytest.importorskip(needed)

from browsers import CHROMIUM, SIZES, Quiet, faults_in, launched, served, watched
from due import A_TENTH, due, of_the_page

from grader.book import chapters
from press import assets, bundle, exercises, maths
from press import site as printer
from press.page import slug_of
from press.runtime import FOLDER
from press.stop import Stop

SIDE_BY_SIDE = 2  # pages; a browser looks at one on one processor
LOOKS = [(scheme, size) for scheme in ("light", "dark") for size in SIZES]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def pages_of(site):
    return sorted(
        p.relative_to(site).as_posix() for p in site.rglob("*.html") if p.name != "404.html"
    )


def url(page):
    return page.removesuffix("index.html")


# ---------------------------------------------------------------- links


class Links(html.parser.HTMLParser):
    """Collects where a page leads, and the places in it that others can lead to."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.anchors = set(), {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors |= {found[k] for k in ("id", "name") if found.get(k)}
        for key in ("href", "src", "xlink:href"):
            value = found.get(key) or ""
            if value and not value.startswith(("data:", "mailto:")) and tag != "use":
                self.targets.add(value)


@pytest.mark.parametrize("edition", ["site", "offline"])
def test_no_link_is_dead(edition, request):
    folder = request.getfixturevalue(edition)
    read = {page: Links((folder / page).read_text(encoding="utf-8")) for page in pages_of(folder)}
    dead = []
    for page, links in read.items():
        for target in links.targets:
            parts = urlsplit(urljoin(f"http://here/{page}", target))
            if parts.netloc not in ("here", "127.0.0.1:8000"):
                continue
            path = unquote(parts.path).lstrip("/")
            path = f"{path}index.html" if path.endswith("/") or not path else path
            anchor = unquote(parts.fragment)
            if not (folder / path).exists():
                dead.append(f"{page} -> {target}")
            elif path in read and anchor not in read[path].anchors and anchor != "__skip":
                dead.append(f"{page} -> {target} (no such anchor)")
    assert not dead, dead


def test_every_chapter_has_its_page_its_notebook_and_its_functions(site):
    for chapter in chapters():
        assert (site / "chapters" / slug_of(chapter) / "index.html").exists()
        assert (site / "notebooks" / f"{chapter.slug}.ipynb").exists()
        assert (site / "api" / slug_of(chapter) / "index.html").exists()


def test_no_answer_stands_in_the_open(site):
    """An answer is folded twice; the pages of functions have no code at all."""
    for chapter in chapters():
        page = (site / "api" / slug_of(chapter) / "index.html").read_text(encoding="utf-8")
        assert "Source code in" not in page


def test_katex_refuses_what_it_does_not_know():
    with pytest.raises(maths.Formula, match="nosuch"):
        maths.typeset([r"\(\nosuch{x}\)"], assets.fetch("katex"))


# ---------------------------------------------------------------- Python, and the boxes

RUNTIME = 12_000_000  # bytes that a reader fetches at most, before the first check


def test_what_a_first_check_fetches_is_small_and_its_size_is_told(site):
    sizes = {
        path.name: path.stat().st_size
        if path.suffix in (".whl", ".zip")
        else len(gzip.compress(path.read_bytes(), 6))
        for path in (site / "assets" / FOLDER).iterdir()
    }
    assert sizes.keys() > {"pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"}
    folder = site / "assets" / "exercises"
    book = json.loads((folder / "book.json").read_text(encoding="utf-8"))
    fetched = sum(sizes.values()) + (folder / book["core"]).stat().st_size
    assert book["bytes"] == fetched <= RUNTIME


def test_numpy_is_the_wheel_that_pyodide_names(site):
    folder = site / "assets" / FOLDER
    named = json.loads((folder / "pyodide-lock.json").read_text("utf-8"))["packages"]["numpy"]
    wheel = (folder / named["file_name"]).read_bytes()
    assert hashlib.sha256(wheel).hexdigest() == named["sha256"]


def test_the_boxes_fetch_the_editor_and_python_when_they_are_wanted(site):
    scripts = {p.stem: p.read_text("utf-8") for p in (site / "assets/exercises").glob("*.mjs")}
    assert scripts.keys() == {"box", "editor", "worker"}
    assert "cm-content" in scripts["editor"] and "cm-content" not in scripts["box"]
    assert 'import("./editor.mjs")' in scripts["box"]
    assert "pyodide.mjs" in scripts["worker"] and "pyodide.mjs" not in scripts["box"]
    page = (site / "chapters" / slug_of(chapters()[0]) / "index.html").read_text("utf-8")
    assert '<script src="../../assets/exercises/box.mjs" type="module">' in page
    told = (site / "assets" / "exercises" / "licences.txt").read_text("utf-8")
    assert "Marijn Haverbeke" in told and "codemirror 6.0.2\n" in told


def test_the_offline_edition_has_no_python_and_names_the_command(offline):
    assert not list((offline / "assets").glob("python*"))
    assert not (offline / "assets" / "exercises").exists()
    page = (offline / "chapters" / f"{slug_of(chapters()[0])}.html").read_text("utf-8")
    assert "box.mjs" not in page and '<p class="terminal">' in page


def test_a_fault_in_a_script_stops_the_press_with_its_line(site, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "BOX", shutil.copytree(bundle.BOX, tmp_path / "box"))
    path = bundle.BOX / "worker.js"
    text = path.read_text("utf-8")
    path.write_text(f"{text}\nconst = 1\n", encoding="utf-8")
    with pytest.raises(Stop, match=rf"worker\.js:{text.count(chr(10)) + 2}: Expected identifier"):
        exercises.assembled()


def test_what_was_assembled_before_is_not_made_or_written_again(site, tmp_path, monkeypatch):
    first, why = exercises.assembled()
    assert first and not why
    monkeypatch.setattr(bundle, "bundle", None)
    assert exercises.assembled()[0] == first
    paths = [printer.put(tmp_path / name, data) for name, data in first.items()]
    before = [path.stat().st_mtime_ns for path in paths]
    for name, data in first.items():
        printer.put(tmp_path / name, data)
    assert [path.stat().st_mtime_ns for path in paths] == before


# ---------------------------------------------------------------- every page


@pytest.fixture(scope="session")
def of_today(site):
    """Return the pages but for those of chapters that are not due; see due.py."""
    todo = {slug_of(chapter) for chapter in due(of_the_page, A_TENTH)}
    rest = {slug_of(chapter) for chapter in chapters()} - todo
    return [page for page in pages_of(site) if Path(page).parent.name not in rest]


@pytest.mark.parametrize("scheme, size", LOOKS)
def test_every_page_is_sound(address, of_today, scheme, size):
    """No foreign host, no error, nothing raw, nothing too wide, no serious fault for anybody."""
    todo, faults = SimpleQueue(), []
    for page in of_today:
        todo.put(page)

    def look():
        """Look at one page after the other, in a browser that is this thread's."""
        with launched() as browser:
            tab = browser.new_context(color_scheme=scheme, viewport=SIZES[size]).new_page()
            seen = watched(tab, address)
            while not faults:
                try:
                    page = todo.get_nowait()
                except Empty:
                    return
                tab.goto(address + url(page), wait_until="load")
                if found := [*seen, *faults_in(tab)]:
                    faults.append(f"{page}, {scheme}, {size}: {found}")

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for looked in [pool.submit(look) for _ in range(SIDE_BY_SIDE)]:
            looked.result()
    assert not faults, faults
    assert todo.empty()


A_FAULT_EACH = {
    "raw": "<article>what $$ is</article>",
    "wider": "<article><p style='width:3000px'>a</p></article>",
    "color-contrast": "<article><p style='color:#eee;background:#fff'>a b</p></article>",
    "404": "<article><img src='gone.png' alt=''></article>",
    "http://127.0.0.2": "<article><img src='http://127.0.0.2:9/a.png' alt=''></article>",
    "thrown": "<article><script>throw Error('thrown')</script></article>",
}


@pytest.mark.parametrize("says", A_FAULT_EACH)
def test_a_page_with_a_fault_is_not_sound(browser, address, site, says):
    page = site / "a-fault.html"
    head = "<!doctype html><html lang='en'><head><title>a</title></head><body><main><h1>a</h1>"
    page.write_text(f"{head}{A_FAULT_EACH[says]}</main></body></html>", encoding="utf-8")
    context = browser.new_context()
    tab = context.new_page()
    try:
        seen = watched(tab, address)
        tab.goto(f"{address}a-fault.html", wait_until="load")
        assert says in str([*seen, *faults_in(tab)])
    finally:
        page.unlink()
        context.close()


def test_the_pages_of_a_chapter_are_left_out_only_when_it_is_not_due(site, of_today):
    out = set(pages_of(site)) - set(of_today)
    slugs = {slug_of(chapter) for chapter in chapters()} - {
        slug_of(chapter) for chapter in due(of_the_page, A_TENTH)
    }
    assert out == {f"{kind}/{slug}/index.html" for kind in ("chapters", "api") for slug in slugs}


# ---------------------------------------------------------------- what a reader does


def found_by_search(tab, words):
    tab.keyboard.press("s")
    tab.get_by_text("Type to start searching").wait_for()
    tab.keyboard.type(words)
    first = tab.locator(".md-search-result__item a").first
    first.wait_for()
    return tab.locator(".md-search-result__item").all_inner_texts()


def rare_word(chapter):
    """Return the heading of a chapter's last experiment: only that chapter has it."""
    section = chapter.prose.read_text("utf-8").partition("\n## See it break\n")[2]
    return re.findall(r"^### (.*)$", section, re.M)[0].replace("`", "")


def test_search_finds_a_heading_of_each_chapter(tab, address):
    tab.goto(address)
    found_by_search(tab, rare_word(chapters()[0]))
    for chapter in chapters():
        tab.locator(".md-search__input").fill(rare_word(chapter))
        tab.keyboard.press("End")  # it listens for keys
        found = tab.locator(".md-search-result__item", has_text=rare_word(chapter)).first
        found.wait_for(state="attached")


def test_search_answers_whatever_a_word_begins_with(tab, address):
    """Words of letters and digits can get mixed up in the index of lunr: then it refuses some."""
    refused = []
    tab.on("console", lambda m: "Invalid query" in m.text and refused.append(m.text))
    tab.goto(address)
    found_by_search(tab, rare_word(chapters()[0]))
    for letter in string.ascii_lowercase:
        tab.locator(".md-search__input").fill(letter)
        tab.keyboard.press("End")
        first = tab.locator(".md-search-result__item a").first
        first.wait_for(state="attached")
    assert not refused


def test_the_offline_edition_works_from_the_file_system(tab, offline):
    faults = []
    tab.on("console", lambda m: m.type == "error" and faults.append(m.text))
    tab.on("pageerror", lambda e: faults.append(str(e)))
    chapter = chapters()[-1]
    tab.goto((offline / "index.html").as_uri())
    found = found_by_search(tab, rare_word(chapter))
    assert any(rare_word(chapter).lower() in text.lower() for text in found), found
    tab.goto((offline / "chapters" / f"{slug_of(chapter)}.html").as_uri())
    assert tab.locator(".katex").count() > 10
    assert not faults, faults


class Slow(Quiet):
    """Sends pages as over a slow line."""

    def do_GET(self):  # noqa: N802
        time.sleep(0.5 if self.path.endswith("/") else 0)
        super().do_GET()


@pytest.mark.parametrize("line", [Quiet, Slow])
def test_keys_turn_the_page(tab, site, line):
    first = chapters()[0]
    with served(site, line) as address:
        tab.goto(address, wait_until="networkidle")  # it knows the pages that it can turn to
        tab.keyboard.press("n")
        tab.wait_for_url(f"**/chapters/{slug_of(first)}/")
        tab.locator("h1", has_text=first.heading).wait_for()  # it comes after its address
        tab.keyboard.press("p")
        tab.wait_for_url(address)


def test_what_is_done_is_remembered_and_counted(tab, address):
    chapter = chapters()[0]
    page = f"{address}chapters/{slug_of(chapter)}/"
    tab.goto(page)
    first = tab.locator(".exercise .mark input").first
    first.check()
    tab.reload()
    assert tab.locator(".exercise.done").count() == 1 and first.is_checked()
    tab.goto(address)
    entry = tab.locator(f'.entry[data-chapter="{chapter.slug}"]')
    assert "1 of " in entry.inner_text()
    tab.goto(page)
    first.uncheck()
    tab.goto(address)
    assert "1 of " not in entry.inner_text()


def test_the_answer_is_asked_for_twice_where_there_is_no_box(tab, offline):
    tab.goto((offline / "chapters" / f"{slug_of(chapters()[0])}.html").as_uri())
    box = tab.locator(".exercise").first
    code = box.locator("details.success details.success pre")
    assert not code.is_visible()
    box.locator("details.success > summary").first.click()
    assert not code.is_visible()
    box.locator("details.success details.success > summary").click()
    assert code.is_visible()


def test_the_map_leads_to_the_chapters(tab, address):
    tab.goto(f"{address}map/")
    links = tab.locator(".map a")
    assert links.count() == len(chapters())
    links.first.click()
    tab.wait_for_url(f"**/chapters/{slug_of(chapters()[0])}/")


def test_a_figure_serves_the_light_and_the_dark_page(browser, address):
    chapter = chapters()[-1]
    inks = set()
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{address}chapters/{slug_of(chapter)}/")
        label = page.locator("figure.plot svg text").first
        inks.add(label.evaluate("e => getComputedStyle(e).fill"))
        context.close()
    assert len(inks) == 2


def test_a_download_is_a_notebook(site):
    import nbformat

    for path in (Path(site) / "notebooks").glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
