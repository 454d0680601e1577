"""What the cells of a chapter print is kept, still holds, and is where its numbers come from."""

import re
from concurrent.futures import ThreadPoolExecutor
from platform import python_version

import pytest

for needed in ("jupytext", "matplotlib", "nbclient"):
    pytest.importorskip(needed)

from book_tools import differences, run_notebook
from due import A_FIFTH, due, of_the_run

from grader import stub
from grader.book import chapters
from press import runs
from press.manuscript import FRONT, NO_PROSE, Manuscript
from press.notebook import notebook

FENCE = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?![\w])")
YEAR = range(1500, 2100)
SMALL = 60_000  # bytes of a figure, so that a page opens at once


def outputs_of(chapter):
    outputs = runs.kept(Manuscript(chapter))
    assert outputs is not None, (
        f"the run kept in press/runs/{chapter.slug}.ipynb is not of these cells and modules: "
        "`mkdocs build` runs them and keeps what they print"
    )
    return outputs


def test_the_kept_run_is_of_these_cells(chapter):
    outputs_of(chapter)


def test_every_kept_run_belongs_to_a_chapter():
    strays = {path.stem for path in runs.KEPT.iterdir()} - {c.slug for c in chapters()}
    assert not strays, f"press/runs/ holds {strays}, which no chapter has"


def test_figures_are_small(chapter):
    for cell, outputs in zip(Manuscript(chapter).cells, outputs_of(chapter), strict=True):
        for output in outputs:
            size = len(output.get("data", {}).get("image/svg+xml", ""))
            assert size <= SMALL, f"the figure of line {cell.line} has {size:,} bytes"


def not_computed(whole, printed, code=""):
    """Return the numbers of a text that stand in no output and no code."""
    text = FENCE.sub("", FRONT.sub("", whole)).partition("\n## Sources")[0]
    shown = (printed + code).replace(",", "")
    known = {float(n) for n in re.findall(r"-?\d+\.?\d*", shown)}
    known |= {abs(number) for number in known}
    tags = set(re.findall(r"\\tag\{([\d.]+)\}", whole))
    missing = []
    for number in NUMBER.findall(NO_PROSE.sub("", text)):
        plain = number.replace(",", "").replace("−", "-")
        if "." not in plain and (len(plain.lstrip("-")) < 3 or int(plain) in YEAR):
            continue
        if plain in tags and f"({plain})" in text or f"igure {plain}" in text:
            continue  # the number of an equation or a figure
        if float(plain) not in known:
            missing.append(number)
    return missing


def test_every_number_in_the_text_is_computed(chapter):
    manuscript = Manuscript(chapter)
    printed = "".join(runs.printed(outputs) for outputs in outputs_of(chapter))
    code = "".join(cell.source for cell in manuscript.cells)
    missing = not_computed(manuscript.raw, printed, code)
    assert not missing, f"these numbers stand in no output of a cell: {missing}"


def test_a_number_that_no_cell_prints_is_found():
    text = "$$x \\tag{7.1}$$ By (7.1) and figure 7.2 in 1935, 0.123 of 1,309 and −4.5; not x2.\n"
    assert not_computed(text, "a share of 0.1234, -4.50", "n = 1309") == ["0.123"]
    assert not_computed(text, "a share of 0.123, 4.6", "n = 1309") == ["−4.5"]
    assert not_computed(text, "a share of 0.123, -4.5", "n = 1309") == []


def test_the_notebook_runs_from_top_to_bottom_and_prints_the_same(tmp_path):
    """The published notebook, anywhere on the disk, on a fresh kernel."""

    def again(chapter):
        manuscript, outputs = Manuscript(chapter), outputs_of(chapter)
        folder = tmp_path / chapter.slug
        folder.mkdir()
        ran = run_notebook(notebook(manuscript, outputs), folder)
        hole = stub.holes(chapter.source)[0].name
        answer = runs.printed(ran[f"!grader check {hole}"])
        found = [] if hole in answer and "not found" not in answer else [answer]
        if of_another_python(manuscript, outputs):
            return found
        for cell, before in zip(manuscript.cells, outputs, strict=True):
            after = [runs.tidy(o) for o in runs.joined(ran[cell.source])]
            if not cell.has("timed"):
                found += [f"line {cell.line}: {d}" for d in differences(before, after)]
        return found

    of_today = due(of_the_run, A_FIFTH)
    with ThreadPoolExecutor(2) as pool:
        every = list(pool.map(again, of_today))
    changed = {c.slug: found for c, found in zip(of_today, every, strict=True) if found}
    assert not changed, f"not printed as it is kept: {changed}"


def of_another_python(manuscript, outputs):
    """Return whether a page reads the standard library, and its run read that of another Python."""
    code = "".join(cell.source for cell in manuscript.cells)
    printed = "".join(runs.printed(of_cell) for of_cell in outputs)
    return "python_source" in code and python_version() not in printed


def stream(text):
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def test_a_run_of_another_python_is_known():
    tokenizer = next(chapter for chapter in chapters() if chapter.slug == "tokenizer")
    manuscript = Manuscript(tokenizer)
    assert of_another_python(manuscript, [stream("2.7.18")])
    assert not of_another_python(manuscript, [stream(python_version())])
    arrays = next(chapter for chapter in chapters() if chapter.slug == "arrays")
    assert not of_another_python(Manuscript(arrays), [])  # it does not read it


@pytest.mark.parametrize(
    "before, after, same",
    [
        ("loss 0.123", "loss 0.124", True),  # the last digit may differ by one
        ("loss 0.123", "loss 0.125", False),
        ("loss 1.23e-09", "loss 1.24e-09", True),
        ("loss 1.23e-09", "loss 1.23e-08", False),
        ("13 of 20", "14 of 20", False),  # a count is exact
        ("loss 0.123", "cost 0.123", False),
        ("a b", "a b c", False),
    ],
)
def test_a_result_that_changed_is_seen(before, after, same):
    assert (differences(stream(before), stream(after)) == []) == same


def test_a_figure_that_changed_is_seen():
    def figure(y):
        svg = f'<svg><path d="M 0 0 L 5 5 L 10 {y}"/><text x="1">loss</text></svg>'
        return [{"output_type": "display_data", "data": {"image/svg+xml": svg}}]

    assert differences(figure(10.0), figure(10.4)) == []
    assert differences(figure(10.0), figure(14.0)) != []
    assert differences(figure(10.0), stream("x")) != []
