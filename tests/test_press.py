"""The press: what stops it says where and why; what has not changed is not run again."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

nbformat = pytest.importorskip("nbformat")
for needed in ("jupytext", "mkdocs", "latex2mathml", "nbclient"):
    pytest.importorskip(needed)

from book_tools import copy_of_the_book, grader
from browsers import served

from grader import stub
from grader.audit import scores
from grader.book import ROOT, Chapter, chapters
from press import assets, exercises, figures, maths, runs, strictness
from press.manuscript import Cell, Manuscript
from press.notebook import notebook
from press.page import Page, look_for_exercises
from press.site import Site
from press.stop import Stop
from press.weave import Unknown, shown, weave

FRONT = "---\npart: Supervised learning\nlevel: 2\nminutes: 10\n---\n\n# Logistic regression\n\n"


@dataclass(frozen=True)
class Draft(Chapter):
    """A chapter with other prose."""

    path: Path

    @property
    def prose(self):
        return self.path


@pytest.fixture
def written(tmp_path):
    """Return a function that makes a manuscript of a text."""

    def write(text, front=FRONT):
        path = tmp_path / "07-logistic-regression.md"
        path.write_text(front + text, encoding="utf-8")
        return Manuscript(Draft(7, "logistic_regression", path))

    return write


def page_of(manuscript, outputs=()):
    return Page(manuscript, list(outputs)).markdown()


# ---------------------------------------------------------------- weaving


def test_a_definition_with_a_hole_is_shown_as_its_stub():
    text = shown("logistic_regression", "sigmoid")
    assert text.startswith("def sigmoid(z):")
    assert text.endswith('# your turn (warm-up)\n    raise NotImplementedError("sigmoid")')
    assert "hint" not in text


def test_the_answer_is_shown_where_it_is_asked_for():
    text = shown("logistic_regression", "sigmoid", answer=True)
    assert text.startswith("e = np.exp") and "raise" not in text


def test_what_is_woven_keeps_the_indentation_of_its_place():
    text = weave("    ```python\n    <<logistic_regression.log_loss>>\n    ```\n")
    lines = text.splitlines()
    assert lines[1] == "    def log_loss(X, y, w, b, l2=0.0):"
    assert all(line.startswith("    ") or not line for line in lines)


@pytest.mark.parametrize(
    "reference, reason",
    [
        ("<<logistic_regression.sigmoyd>>", "there is no sigmoyd in"),
        ("<<no_such_chapter.fit>>", "there is no solutions/no_such_chapter.py"),
        ("<<logistic_regression.log_loss!>>", "log_loss has no hole"),
    ],
)
def test_an_unknown_name_is_refused_with_its_line(reference, reason):
    with pytest.raises(Unknown, match=re.escape(reason)) as raised:
        weave(f"one\ntwo\n{reference}\n")
    assert raised.value.args[1] == 3


# ------------------------------------------------- what stops the press


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ("```python .noeval\n<<logistic_regression.sigmoyd>>\n```\n", 10, "no sigmoyd"),
        ("One.\n\nSee [this](no_such_chapter).\n", 11, "no chapter `no_such_chapter`"),
        ("One.\n\nBy (7.9) it is so.\n", 11, "has the number (7.9)"),
        ("One.\n\nIn figure 7.2 it is so.\n", 11, "has the number figure 7.2"),
        ("$$x = 1 \\tag{3.1}$$\n", 9, "here equations begin with 7."),
        ('```python capton="A line."\n1 + 1\n```\n', 9, "no option `capton`"),
    ],
)
def test_a_fault_in_the_prose_stops_with_file_line_and_reason(written, text, line, reason):
    with pytest.raises(Stop, match=re.escape(reason)) as raised:
        page_of(written(text), [[]])
    assert f"07-logistic-regression.md:{line}: " in str(raised.value)


@pytest.mark.parametrize(
    "front, line, reason",
    [
        ("# Logistic regression\n", 1, "begins with its front matter"),
        ("---\npart: A: b\nlevel: 2\n---\n", 2, "the front matter: "),
        ("---\npart: A\nlevel: two\nminutes: 5\n---\n", 1, "lacks `level:`, int"),
        ("---\npart: A\nlevel: 4\nminutes: 5\n---\n", 1, "`level:` is 1, 2 or 3, not 4"),
    ],
)
def test_faulty_front_matter_stops_with_its_line(written, front, line, reason):
    with pytest.raises(Stop, match=re.escape(reason)) as raised:
        _ = written("", front).front
    assert f".md:{line}: " in str(raised.value)


FIGURE = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nlines = ax.plot([1, 2])\n"


@pytest.mark.parametrize(
    "text, line, reason",
    [
        ("```python\nx = 1\nprint(x / 0)\n```\n", 11, "ZeroDivisionError: division by zero"),
        ("```python\nimport warnings\nwarnings.warn('odd')\n```\n", 10, "the cell warns"),
        (f"```python\n{FIGURE}```\n", 9, "draws 1 figures"),
        ('```python caption="A line."\n1 + 1\n```\n', 9, "draws 0 figures"),
        (f'```python caption="A line."\n{FIGURE}```\n', 9, "no alt="),
        ("```python raises\n1 + 1\n```\n", 10, "marked `raises` and does not"),
    ],
)
def test_a_fault_in_a_cell_stops_with_its_line(written, text, line, reason):
    with pytest.raises(Stop, match=re.escape(reason)) as raised:
        runs.execute(written(text))
    assert f".md:{line}: " in str(raised.value)


# ---------------------------------------------------------------- runs


def test_cells_share_one_kernel_and_say_what_they_imported(written):
    manuscript = written(
        "```python hide\nimport solutions.logistic_regression as l\n```\n\n"
        "```python\nprint(l.sigmoid(0.0))\n```\n\n```python raises\n[][0]\n```\n"
    )
    outputs, modules = runs.execute(manuscript)
    assert [runs.printed(o) for o in outputs] == ["", "0.5\n", "list index out of range"]
    assert {"solutions/logistic_regression.py", "press/style.py"} <= set(modules)


@pytest.fixture
def kept_here(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "KEPT", tmp_path / "runs")


def test_prose_runs_nothing_and_code_does(written, kept_here):
    cell = "```python\nprint(1 + 1)\n```\n"
    assert runs.run(written(f"One.\n\n{cell}"))[1] is True
    outputs, ran = runs.run(written(f"Another sentence.\n\n{cell}\nAnd more.\n"))
    assert not ran and runs.printed(outputs[0]) == "2\n"
    assert runs.run(written(cell.replace("1 + 1", "2 + 2")))[1] is True


def test_a_changed_module_runs_what_imported_it(written, kept_here, tmp_path):
    manuscript = written("```python\nprint(1 + 1)\n```\n")
    module = ROOT / "solutions" / "inputs.py"
    runs.keep(manuscript, [[]], ["solutions/inputs.py"])
    assert runs.kept(manuscript) == [[]]
    path = runs.path_of(manuscript)
    text = path.read_text(encoding="utf-8")
    digest = runs.sha(module.read_bytes())
    path.write_text(text.replace(digest, runs.sha(b"another")), encoding="utf-8")
    assert runs.kept(manuscript) is None
    path.write_text(text.replace("solutions/inputs.py", "solutions/gone.py"), encoding="utf-8")
    assert runs.kept(manuscript) is None


def test_a_run_is_kept_the_same_twice(written, kept_here):
    manuscript = written(f'```python caption="A line." alt="A line."\n{FIGURE}```\n')
    runs.run(manuscript)
    first = runs.path_of(manuscript).read_bytes()
    runs.path_of(manuscript).unlink()
    runs.run(manuscript)
    assert runs.path_of(manuscript).read_bytes() == first


def test_the_clock_says_what_it_said_until_what_it_times_has_changed(written, kept_here):
    clock = "```python timed\nimport time\nprint(time.perf_counter())\n```\n"
    first, _ = runs.run(written(clock))
    second, ran = runs.run(written(f"{clock}\n```python\nprint(1)\n```\n"))
    assert ran and second[0] == first[0] and runs.printed(second[1]) == "1\n"
    path = runs.path_of(written(clock))
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(runs.digests(["press/style.py"])["press/style.py"], "0"), "utf-8")
    third, ran = runs.run(written(f"{clock}\n```python\nprint(1)\n```\n"))
    assert ran and third[0] != first[0]


# ---------------------------------------------------------------- the page


def test_equations_and_what_refers_to_them():
    page = page_of_chapter("logistic_regression")
    assert '<div class="equation" id="equation-2" markdown>' in page
    assert "From [(7.2)](#equation-2)," in page
    assert "\\tag" not in page


def page_of_chapter(slug):
    chapter = next(c for c in chapters() if c.slug == slug)
    manuscript = Manuscript(chapter)
    return page_of(manuscript, [[] for _ in manuscript.cells])


def test_an_exercise_is_a_box_with_its_hints_and_an_answer_asked_for_twice():
    page = page_of_chapter("logistic_regression")
    box = page.partition('data-exercise="logistic_regression.sigmoid"')[2].partition("</div>")[0]
    assert "warm-up · 1 point" in box
    assert re.findall(r'\?\?\? hint "(.*)"', box) == ["Hint 1", "Hint 2", "Hint 3"]
    answer = box.partition('??? success "The answer"')[2]
    assert '    ??? success "I have tried; show it"' in answer
    before = box.partition("??? success")[0]
    assert "return np.where" in answer and "return np.where" not in before


def test_an_exercise_shows_its_stub_and_the_command_for_a_terminal():
    chapter = next(c for c in chapters() if c.slug == "logistic_regression")
    page = page_of_chapter(chapter.slug)
    boxes = page.split('<div class="exercise" data-exercise="')[1:]
    for hole, box in zip(stub.holes(chapter.source), boxes, strict=True):
        marked = re.findall(r"^``` \{ \.python \.stub \}\n(.*?)\n```$", box, re.M | re.S)
        assert marked == [shown(chapter.slug, hole.name)]
        told = re.findall(r'<p class="terminal" markdown>(.*)</p>', box)
        assert len(told) == 1 and f"`grader check {hole.name}`" in told[0]
        assert "`exercises/logistic_regression.py`" in told[0]
        assert box.count("grader check") == 1, "the command stands there once"


@pytest.mark.parametrize(
    "old, new, line, reason",
    [
        ("### `sigmoid`\n", "### sigmoid\n", "## Your turn", "no exercise is headed ### `sigmoid`"),
        (
            "```python .noeval\n<<logistic_regression.sigmoid>>\n```",
            "```python .noeval\nimport math\n<<logistic_regression.sigmoid>>\n```",
            "### `sigmoid`",
            "a fence with <<logistic_regression.sigmoid>> alone",
        ),
    ],
)
def test_a_page_that_lacks_an_exercise_is_not_printed(written, old, new, line, reason):
    chapter = next(c for c in chapters() if c.slug == "logistic_regression")
    text = chapter.prose.read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    number = text.split("\n").index(line) + 1
    with pytest.raises(Stop, match=rf":{number}: .*{re.escape(reason)}"):
        look_for_exercises(written(text, front=""))


def test_the_exercises_of_every_chapter_are_on_its_page(chapter):
    look_for_exercises(Manuscript(chapter))


def test_a_page_links_terms_and_functions(written):
    page = page_of(written("The **logit** and `sigmoid` and [this](logistic_regression#x).\n"))
    assert "**logit**{ #term-logit .term }" in page
    assert "(../api/logistic-regression.md#solutions.logistic_regression.sigmoid)" in page
    assert "[this](logistic-regression.md#x)" in page


def test_a_figure_is_referred_to_by_its_number(written):
    manuscript = written('See figure 7.1.\n\n```python caption="A line." alt="A"\n1\n```\n')
    svg = [{"output_type": "display_data", "data": {"image/svg+xml": "<svg></svg>"}}]
    page = page_of(manuscript, [svg])
    assert "See [figure 7.1](#figure-1)." in page
    assert 'id="figure-1"' in page and "<b>Figure&nbsp;7.1</b> A line." in page


def test_what_is_folded_or_a_heading_has_no_links(written):
    titles = '### Why `sigmoid`\n\n??? question "What is `sigmoid` in (7.1)?"\n\n    One.\n'
    text = f"$$x = 1. \\tag{{7.1}}$$\n\n{titles}"
    assert titles in page_of(written(text))


def test_what_a_cell_predicts_is_folded(written):
    manuscript = written("```python predict\nprint(1)\n```\n")
    page = page_of(manuscript, [[{"output_type": "stream", "name": "stdout", "text": "1\n"}]])
    assert '??? predict "' in page and "    ``` { .text .output }\n    1\n" in page


def test_hints_are_shown_as_they_are_in_the_terminal():
    chapter = next(c for c in chapters() if c.slug == "logistic_regression")
    shown = re.findall(r'\?\?\? hint "[^"]*"\n\n    `` (.*) ``\n', page_of_chapter(chapter.slug))
    written = [stub.hints(chapter.source, hole) for hole in stub.holes(chapter.source)]
    assert shown == sum(written, [])


def test_a_figure_takes_the_colours_of_the_page():
    svg = '<svg><path id="a" style="stroke: #1f6fb4"/><use xlink:href="#a"/></svg>'
    text = figures.inline(svg, "fig", "A line.")
    assert "var(--c0)" in text and 'aria-label="A line."' in text
    assert 'id="fig-a"' in text and 'href="#fig-a"' in text


# ------------------------------------------------------------ the notebook


def test_the_notebook_holds_the_cells_the_commands_and_no_number_in_its_name():
    chapter = next(c for c in chapters() if c.slug == "logistic_regression")
    manuscript = Manuscript(chapter)
    book = notebook(manuscript, [[] for _ in manuscript.cells])
    sources = [cell.source for cell in book.cells if cell.cell_type == "code"]
    assert "!grader check sigmoid" in sources
    own = [s for s in sources if not s.startswith("!")]
    assert own[1:] == [c.source for c in manuscript.cells]
    assert 'ROOT / "exercises" / "logistic_regression.py"' in own[0]
    assert not any(s.startswith("!grader hint") for s in sources), "running all gives nothing away"
    text = "".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    assert "<summary>Hint 1</summary>" in text and "???" not in text and "<<" not in text
    assert "> **Why *logit***\n> Joseph Berkson" in text and "!!!" not in text
    assert len({cell["id"] for cell in book.cells}) == len(book.cells)


def test_a_notebook_shows_its_figures_where_svg_is_not_trusted(chapter):
    manuscript = Manuscript(chapter)
    book = notebook(manuscript, runs.kept(manuscript))
    shown = [o.data for c in book.cells for o in c.get("outputs", ()) if "data" in o]
    figures = [data for data in shown if "image/svg+xml" in data]
    assert len(figures) >= 4
    for data in figures:
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")


def test_a_guess_comes_before_its_answer(written):
    manuscript = written("Guess.\n\n```python predict\nprint(1)\n```\n\nIt is 1.\n\nSo it is.\n")
    outputs = [[nbformat.v4.new_output("stream", text="1\n")]]
    page = page_of(manuscript, outputs)
    folded = page.partition("??? predict")[2].partition("\n\nSo it is.")[0]
    assert "\n    It is 1." in folded and "\nIt is 1." not in page
    book = notebook(manuscript, outputs)
    assert not next(c for c in book.cells if c.source == "print(1)").outputs
    assert any("<details>" in c.source and "It is 1." in c.source for c in book.cells)


def test_the_explain_tasks_stand_where_the_prose_has_a_place_for_them(written, monkeypatch):
    manuscript = written("One.\n\n<<explain>>\n\n## Aha\n")
    page = page_of(manuscript)
    book = "".join(cell.source for cell in notebook(manuscript, []).cells)
    for text in (page, book):
        task = text.partition("### Explain what is wrong")[2].partition("## Aha")[0]
        assert "grader explain chapter-07" in task and " 3      e = np.exp(z - z.max())" in task
        assert "<<" not in task and "witness" not in task
        assert all(f"\n{letter}) " in task for letter in "abcd")
    monkeypatch.setattr("press.explain.tasks", lambda chapter: [])
    with pytest.raises(Stop, match=r":11: grader/checks/logistic_regression.py has no EXPLAIN"):
        page_of(written("One.\n\n<<explain>>\n"))


def test_below_a_prediction_stands_the_command_that_asks_for_it(written):
    manuscript = written("```python predict\nprint(1)\n```\n\nIt is 1.\n")
    outputs = [[nbformat.v4.new_output("stream", text="1\n")]]
    before = page_of(manuscript, outputs).partition("??? predict")[0]
    assert "``` { .sh .command }\ngrader predict chapter-07\n```" in before
    cells = [c for c in notebook(manuscript, outputs).cells if "grader predict" in c.source]
    assert [c.cell_type for c in cells] == ["markdown"], "run, it would wait for a guess"


# ------------------------------------------------------------ formulas, assets


FORMULAS = [r"\(\sigma(z)\)", r"\[\frac{1}{n} \sum_{i=1}^{n} x_i\]"]


def test_formulas_without_npm_are_mathml():
    made = maths.typeset(FORMULAS, None)
    assert all(text.startswith("<math") for text in made.values())
    page = '<div class="arithmatex">\\[\\frac{1}{n} \\sum_{i=1}^{n} x_i\\]</div>'
    assert maths.put(page, made).startswith('<div class="maths" tabindex="0"><math')


@pytest.mark.parametrize("formula", [r"\(\left(x\)", r"\(\nosuch{x}\)"])
def test_a_formula_that_cannot_be_typeset_is_named(formula):
    with pytest.raises(maths.Formula, match=re.escape(formula)):
        maths.typeset([formula], None)


def test_an_archive_with_another_hash_is_thrown_away(tmp_path):
    archive = tmp_path / "katex.tgz"
    archive.write_bytes(b"not what was pinned")
    with pytest.raises(assets.Missing, match="has not the hash that is pinned"):
        assets.unpack("katex", archive, tmp_path / "files")
    assert not (tmp_path / "files").exists()


def test_without_npm_nothing_is_fetched_and_the_reason_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CACHE", tmp_path)
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    with pytest.raises(assets.Missing, match="npm is not installed"):
        assets.fetch("katex")


WHEEL = "numpy-9.9.9-cp399-cp399-wasm32.whl"


@pytest.fixture
def pyodide(tmp_path, monkeypatch):
    """Return a folder of Pyodide whose lock names a wheel of two words."""
    monkeypatch.setattr(assets, "CACHE", tmp_path / "assets")
    for variable in (assets.NUMPY_FILE, assets.NUMPY_URL):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(assets.fetching, "download", unwanted)
    folder = assets.CACHE / "pyodide"
    folder.mkdir(parents=True)
    numpy = {"file_name": WHEEL, "sha256": hashlib.sha256(b"the wheel").hexdigest()}
    lock = json.dumps({"packages": {"numpy": numpy}})
    (folder / "pyodide-lock.json").write_text(lock, encoding="utf-8")
    return folder


def unwanted(*_):
    raise AssertionError("nothing is to be fetched")


def test_numpy_is_taken_from_the_file_that_a_publisher_gives(pyodide, tmp_path, monkeypatch):
    given = tmp_path / "given.whl"
    given.write_bytes(b"the wheel")
    monkeypatch.setenv(assets.NUMPY_FILE, str(given))
    monkeypatch.setenv(assets.NUMPY_URL, "http://127.0.0.1:9/")
    assert assets.numpy(pyodide).read_bytes() == b"the wheel"
    given.unlink()
    assert assets.numpy(pyodide).name == WHEEL, "it is kept"


def test_numpy_is_taken_from_the_address_that_a_publisher_sets(pyodide, tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / WHEEL).write_bytes(b"the wheel")
    with served(folder) as address:
        monkeypatch.setenv(assets.NUMPY_URL, address)
        assert assets.numpy(pyodide).read_bytes() == b"the wheel"


def test_numpy_is_taken_out_of_a_pinned_wheel_and_the_rest_thrown_away(pyodide, monkeypatch):
    def download(pin, place, tick):
        assert (pin.name, pin.version) == ("open-webui", "0.12.4") and len(pin.sha256) == 64
        with zipfile.ZipFile(place / "whole.whl", "w") as archive:
            archive.writestr(f"open_webui/frontend/pyodide/{WHEEL}", b"the wheel")
            archive.writestr("open_webui/more.py", b"x")
        return place / "whole.whl"

    monkeypatch.setattr(assets.fetching, "download", download)
    assert assets.numpy(pyodide).read_bytes() == b"the wheel"
    assert {path.name for path in assets.CACHE.iterdir()} == {"pyodide", WHEEL}


def test_a_wheel_kept_here_with_another_hash_is_had_again(pyodide, tmp_path, monkeypatch):
    (assets.CACHE / WHEEL).write_bytes(b"of another version")
    given = tmp_path / "given.whl"
    given.write_bytes(b"the wheel")
    monkeypatch.setenv(assets.NUMPY_FILE, str(given))
    assert assets.numpy(pyodide).read_bytes() == b"the wheel"


def no_wheel(*_):
    raise assets.fetching.Failed("pip found open-webui 0.12.4 nowhere: is there a network?")


@pytest.mark.parametrize(
    "variable, value, reason",
    [
        (assets.NUMPY_FILE, "gone.whl", "GROUND_UP_NUMPY names gone.whl: No such file"),
        (assets.NUMPY_FILE, __file__, f"test_press.py is not the {WHEEL} that Pyodide names"),
        (assets.NUMPY_URL, "http://127.0.0.1:9", f"leads to http://127.0.0.1:9/{WHEEL}: "),
        (assets.NUMPY_URL, "no address", "GROUND_UP_NUMPY_URL leads to no address/"),
        (None, None, "pip found open-webui 0.12.4 nowhere"),
    ],
)
def test_numpy_that_is_not_to_be_had_is_missed_with_the_reason(
    pyodide, monkeypatch, variable, value, reason
):
    monkeypatch.setattr(assets.fetching, "download", no_wheel)
    if variable:
        monkeypatch.setenv(variable, value)
    with pytest.raises(assets.Missing, match=re.escape(reason)):
        assets.numpy(pyodide)
    assert not (assets.CACHE / WHEEL).exists()


def test_without_what_exercises_take_the_site_has_no_box_and_says_why(monkeypatch, caplog):
    reason = "pyodide 314.0.4 has not the hash that is pinned"
    monkeypatch.setattr(assets, "fetch_all", missed(reason))
    monkeypatch.setattr(assets, "available", lambda: ({}, []))
    assets.for_exercises.cache_clear()
    try:
        with caplog.at_level("INFO"):
            config = Site().configure(SimpleNamespace(extra={}))
    finally:
        assets.for_exercises.cache_clear()
    assert config.extra_javascript == ["assets/book.js"]
    assert not any("exercises" in sheet for sheet in config.extra_css)
    assert f"{reason}: so a page gives the command that checks an exercise" in caplog.text


def missed(reason):
    def miss(*_):
        raise assets.Missing(reason)

    return miss


def test_without_node_nothing_is_bundled(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CACHE", tmp_path)
    monkeypatch.setattr(assets, "for_exercises", lambda: ({}, ""))
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    assert exercises.assembled() == ({}, "node is not installed")


def test_the_offline_edition_takes_nothing_for_exercises(monkeypatch):
    monkeypatch.setattr(assets, "available", lambda: ({}, []))
    monkeypatch.setattr(assets, "for_exercises", unwanted)
    config = Site().configure(SimpleNamespace(extra={"polyfills": []}))
    assert config.extra_javascript == ["assets/book.js"]


def test_every_package_is_pinned_with_a_hash():
    for name, package in assets.PACKAGES.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"]), name
        assert package["integrity"].startswith("sha512-"), name


# ------------------------------------------------------------ the whole, by MkDocs


def printable(root):
    """Return a copy of the book that can be printed."""
    copy_of_the_book(root)
    for folder in ("benchmarks", "press", "recipes"):
        shutil.copytree(ROOT / folder, root / folder)
    for name in ("mkdocs.yml", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return printable(tmp_path_factory.mktemp("book"))


def with_three_chapters(root):
    """Return a copy of the book with three chapters more; the second stands on the first."""
    printable(root)
    for number, slug in enumerate(("first", "second", "third"), 97):
        made = grader(root, "new", f"{number}-{slug}")
        assert made.returncode == 0, made.stderr
    path = root / "solutions" / "second.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nfrom", "\nimport solutions.first\nfrom", 1), encoding="utf-8")
    return root


NO_NPM = {"NO_MKDOCS_2_WARNING": "1", "PATH": str(Path(sys.executable).parent)}


def build(root):
    """Print a copy of the book, with nothing fetched for it."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=root,
        env=os.environ | NO_NPM | {"GIT_CEILING_DIRECTORIES": str(root)},
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_without_npm_the_book_is_printed_and_says_what_it_lacks(book):
    built = build(book)
    assert built.returncode == 0, built.stderr
    assert "npm is not installed: so formulas are MathML" in built.stderr
    assert "npm is not installed: so a page gives the command" in built.stderr
    assert "the cells of 0 run" in built.stderr, "the kept runs hold"
    page = (book / "build/site/chapters/logistic-regression/index.html").read_text("utf-8")
    assert "<math" in page and "arithmatex" not in page and "<svg role=" in page
    assert "assets/exercises" not in page and '<p class="terminal">' in page


def test_a_fault_stops_mkdocs_too(book):
    path = next((book / "chapters").glob("*-logistic-regression.md"))
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text + "\n[gone](no_such_chapter)\n", encoding="utf-8")
        built = build(book)
    finally:
        path.write_text(text, encoding="utf-8")
    assert built.returncode == 1
    line = text.count("\n") + 2
    assert f"chapters/{path.name}:{line}: there is no chapter `no_such_chapter`" in built.stderr


def test_editing_a_reference_runs_just_its_dependants(tmp_path):
    """A comment in one chapter's code makes only the chapters that import it run."""
    book = with_three_chapters(tmp_path)
    built = build(book)
    assert built.returncode == 0, built.stderr
    assert "the cells of 3 run" in built.stderr, "the kept runs of the others hold"
    before = {p.stem: p.read_bytes() for p in (book / "press" / "runs").iterdir()}
    assert {"first", "second", "third"} < before.keys()
    module = book / "solutions" / "first.py"
    module.write_text(module.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    built = build(book)
    assert built.returncode == 0, built.stderr
    after = {p.stem: p.read_bytes() for p in (book / "press" / "runs").iterdir()}
    assert {slug for slug in after if after[slug] != before[slug]} == {"first", "second"}
    assert "the cells of 2 run" in built.stderr


TWICE = """
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config

def pages():
    config = load_config("mkdocs.yml")
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    site = Path("build/site")
    return {p.as_posix(): p.read_text("utf-8") for p in site.rglob("index.html")}

before = pages()
for name, old, new in [
    ("chapters/97-first.md", "on real data.", "on real numbers."),
    ("solutions/first.py", "Return twice every", "Return two times every"),
    ("chapters/99-third.md", "Begin with", "Start with"),
]:
    path = Path(name)
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
after = pages()
print(*sorted(name for name in after if after[name] != before[name]))
"""


def test_a_second_printing_shows_what_has_changed_and_nothing_else(tmp_path):
    """As `mkdocs serve` does it: in one process, which remembers."""
    ran = subprocess.run(
        [sys.executable, "-c", TWICE],
        cwd=with_three_chapters(tmp_path),
        env=os.environ | NO_NPM,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr
    changed = {
        name.removeprefix("build/site/").removesuffix("/index.html") for name in ran.stdout.split()
    }
    edited = {"api/first", "chapters/first", "chapters/third"}
    assert changed == edited, "the second was run again, and prints the same"


def test_the_cells_of_a_manuscript_know_their_lines():
    for chapter in chapters():
        manuscript = Manuscript(chapter)
        lines = manuscript.raw.splitlines()
        for cell in manuscript.cells:
            assert isinstance(cell, Cell)
            assert lines[cell.line - 1] == cell.source.splitlines()[0], cell.line


# ---------------------------------------------------------------- read without YAML


@pytest.mark.parametrize(
    "front",
    [
        FRONT,
        FRONT.replace("part: Supervised learning\n", "").replace(
            "minutes: 10\n", 'minutes: 10\npart:  "Making and acting" \n'
        ),
    ],
)
def test_the_grader_reads_part_and_title_as_the_press_does(written, front):
    manuscript = written("prose", front)
    assert manuscript.chapter.part == manuscript.front["part"] != ""
    assert manuscript.chapter.heading == manuscript.title


def test_the_grader_knows_the_part_of_every_chapter(chapter):
    assert chapter.part == Manuscript(chapter).front["part"]


def test_no_figure_of_another_version_is_printed(monkeypatch):
    chapter = chapters()[0]
    manuscript = Manuscript(chapter)
    hole = scores.HoleFigures(3, scores.Share(2, 2), scores.Share(7, 7), scores.Share(50, 49), 1)
    figures = scores.Figures({"f": hole}, 50, 1, 0, 0)
    monkeypatch.setattr(strictness, "kept", lambda chapter: figures)
    link = f"| [{manuscript.title}](chapters/{chapter.slug}.md) |"
    assert strictness.strict([manuscript]).splitlines()[2:] == [
        f"{link} 2 of 2 | 7 of 7 | 50 | 98.0 % | 100 % |"
    ]
    assert strictness.fair([manuscript]).splitlines()[2:] == [
        f"{link} 3 | 1 | accepted, 50 seeds |"
    ]
    monkeypatch.setattr(strictness, "kept", lambda chapter: None)
    assert strictness.strict([manuscript]).splitlines()[2:] == [f"{link} changed since |"]
