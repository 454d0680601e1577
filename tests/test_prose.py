"""The cells of a chapter run, and every number in its text comes out of one."""

import ast
import contextlib
import io
import re
import warnings

import pytest

from grader.book import ROOT

CELL = re.compile(r"^```python ?(.*?)\n(.*?)^```$", re.M | re.S)
FENCE = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", re.S)
NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?![\w])")
YEAR = range(1500, 2100)


def text_of(chapter):
    text = chapter.prose.read_text(encoding="utf-8")
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)


def cells(text):
    """Return (options, code, line) of the cells that are run."""
    return [
        (m[1], m[2], text[: m.start()].count("\n") + 2)
        for m in CELL.finditer(text)
        if ".noeval" not in m[1]
    ]


def run(code, namespace, name):
    """Run a cell as a notebook does: the value of its last line is shown."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
        if value is not None:
            print(value)


@pytest.fixture(scope="module")
def outputs():
    """Keep what each chapter printed, so that its cells run but once."""
    return {}


def executed(chapter, outputs):
    """Return what the cells of a chapter print; a warning is an error."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    if chapter.slug in outputs:
        return outputs[chapter.slug]
    pyplot.switch_backend("Agg")
    printed, namespace, figures = io.StringIO(), {"__name__": "__main__"}, {}
    for options, code, line in cells(text_of(chapter)):
        where = f"{chapter.prose.relative_to(ROOT)}, cell at line {line}"
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            try:
                run(code, namespace, where)
            except Exception as error:
                raise AssertionError(f"{where}: {type(error).__name__}: {error}") from error
        figures[line] = len(pyplot.get_fignums()), "caption=" in options
        pyplot.close("all")
    outputs[chapter.slug] = printed.getvalue(), figures
    return outputs[chapter.slug]


def test_cells_run_and_a_caption_has_its_figure(chapter, outputs):
    _, figures = executed(chapter, outputs)
    for line, (drawn, has_caption) in figures.items():
        assert drawn == has_caption, f"line {line}: {drawn} figures, caption: {has_caption}"


def not_computed(whole, printed):
    """Return the numbers of a text that stand in no output and no code."""
    text = FENCE.sub("", whole).partition("\n## Sources")[0]
    shown = printed + "".join(code for _, code, _ in cells(whole))
    known = {float(n) for n in re.findall(r"-?\d+\.?\d*", shown.replace(",", ""))}
    known |= {abs(number) for number in known}
    tags = set(re.findall(r"\\tag\{([\d.]+)\}", whole))
    missing = []
    for number in NUMBER.findall(MATHS.sub("", text)):
        plain = number.replace(",", "").replace("−", "-")
        if "." not in plain and (len(plain.lstrip("-")) < 3 or int(plain) in YEAR):
            continue
        if plain in tags and f"({plain})" in text:
            continue  # the number of an equation
        if float(plain) not in known:
            missing.append(number)
    return missing


def test_every_number_in_the_text_is_computed(chapter, outputs):
    printed, _ = executed(chapter, outputs)
    missing = not_computed(text_of(chapter), printed)
    assert not missing, f"these numbers stand in no output of a cell: {missing}"


def test_a_number_that_no_cell_prints_is_found():
    text = "$$x \\tag{7.1}$$ By (7.1) in 1935, 0.123 of 1,309 and −4.5; not x2.\n\n"
    text += "```python\nn = 1309\n```\n"
    assert not_computed(text, "a share of 0.1234, -4.50") == ["0.123"]
    assert not_computed(text, "a share of 0.123, 4.6") == ["−4.5"]
    assert not_computed(text, "a share of 0.123, -4.5") == []
    assert not_computed("$$x \\tag{22.3}$$ By (22.3), (22.4) and (0.5).", "") == ["22.4", "0.5"]
