"""What a page asks of the grader and is told; the browser itself is in test_in_page.py."""

import json
import os
import signal
import sys
import textwrap
import threading
import warnings
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from book_tools import reference_of, texts_of, verdicts_on

from grader import stub
from grader.book import chapters, find_chapter
from grader.reference import take_out
from grader.web.boxes import LABEL, written
from grader.web.visit import Visit

FIRST = chapters()[0]
METHODS = find_chapter("naive_bayes")  # some of its exercises are methods


class Told:
    """Stands for the page's clock."""

    def __init__(self, begun):
        self.list = begun
        self.runs = False

    def begun(self, check, limit):
        assert not self.runs
        self.runs = True
        self.list.append((check, limit))

    def ended(self):
        assert self.runs
        self.runs = False


@pytest.fixture
def begun():
    return []


@pytest.fixture
def ask(begun):
    """Return a function that asks about one exercise; what it imports is forgotten after."""
    before = take_out("solutions")
    warnings.simplefilter("ignore")  # outside the tests they stop nobody
    visit = Visit(Told(begun))

    def asked(chapter, hole, typed, **more):
        about = {"chapter": chapter.slug, "hole": hole, "texts": typed, "own": None} | more
        return json.loads(visit.check(json.dumps(about)))

    yield asked
    take_out("solutions")
    sys.modules.update(before)


RIGHT = texts_of(FIRST.source, FIRST)
ONE = next(iter(RIGHT))
CHECKS = [check.id for check in reference_of(FIRST).checks.values() if check.hole == ONE]


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize("chapter", [FIRST, METHODS], ids=lambda c: c.slug)
def test_the_answers_typed_into_the_boxes_make_the_reference(chapter):
    right = texts_of(chapter.source, chapter)
    assert written(chapter, right).file.source == chapter.source
    assert written(chapter, {}).file.source == stub.derive(chapter.source)


def test_each_line_knows_its_box():
    right = texts_of(METHODS.source, METHODS)
    work = written(METHODS, right)
    lines = stub.lines_of(work.file.source)
    for hole, text in right.items():
        mine = [(place[1], line) for line, place in zip(lines, work.places, strict=True)
                if place and place[0] == hole]  # fmt: skip
        assert [number for number, _ in mine] == list(range(1, len(mine) + 1))
        assert textwrap.dedent("".join(line for _, line in mine)) == text
    assert work.place(1) is None and work.place(0) is None and work.place(10**6) is None


def test_a_string_of_several_lines_keeps_its_signs_in_a_method():
    right = texts_of(METHODS.source, METHODS)
    hole = next(name for name in right if "." in name)
    head = right[hole].partition("\n")[0]
    text = f'{head}\n    """A docstring\n    of two lines."""\n    return """a\n  b\n"""\n'
    source = written(METHODS, right | {hole: text}).file.source
    assert f'    {head}\n        """A docstring\n        of two lines."""\n' in source
    assert '        return """a\n  b\n"""\n' in source


def test_helpers_may_stand_above_a_function(ask):
    helper = f"import math\n\n\ndef helper():\n    return math.pi\n\n\n{RIGHT[ONE]}"
    assert ask(FIRST, ONE, RIGHT | {ONE: helper})["state"] == "done"


def test_a_text_that_is_indented_or_lacks_its_last_line_end_is_read(ask):
    typed = textwrap.indent(RIGHT[ONE].rstrip("\n"), "    ")
    assert ask(FIRST, ONE, {ONE: typed})["state"] == "done"


# ---------------------------------------------------------------- what is told


def test_the_verdicts_are_those_of_the_terminal(ask):
    reference = reference_of(METHODS)
    right = texts_of(METHODS.source, METHODS)
    some = reference.mistakes[::6]
    assert len(some) > 5
    for mistake in some:
        source = reference.mutant(mistake)
        hole = mistake.in_
        wanted = verdicts_on(METHODS, source, [hole], reference)[hole]
        told = ask(METHODS, hole, right | {hole: texts_of(source, METHODS)[hole]})
        assert [(v.check, v.state, v.diagnosis, v.yours, v.wanted) for v in wanted] == [
            (c["check"], c["state"], *(c.get(k, d) for k, d in PARTS)) for c in told["checks"]
        ]
        assert told["state"] != "done" and not told["passed"].get(hole)


PARTS = (("diagnosis", []), ("yours", ""), ("wanted", ""))


def test_an_empty_exercise_is_not_yet(ask, begun):
    told = ask(FIRST, ONE, {})
    assert (told["state"], told["html"]) == ("not yet", "")
    assert told["summary"].startswith("Not yet")
    assert [check for check, _ in begun] == ["", *CHECKS]
    assert all(limit > 0 for _, limit in begun)


def test_the_diagnosis_is_told_as_html(ask):
    mistake = next(m for m in reference_of(FIRST).mistakes if m.in_ == ONE)
    source = reference_of(FIRST).mutant(mistake)
    told = ask(FIRST, ONE, {ONE: texts_of(source, FIRST)[ONE]})
    assert "This is how it looks when" in told["html"]
    assert f" of {len(CHECKS)} checks pass." in told["summary"]


def test_what_is_typed_is_no_html(ask):
    evil = RIGHT[ONE].rpartition("return")[0] + 'raise ValueError("<img src=x onerror=y>")\n'
    told = ask(FIRST, ONE, {ONE: evil})
    assert "<img" not in told["html"] and "&lt;img" in told["html"]


def test_an_error_is_marked_at_its_line_of_the_box(ask):
    body = RIGHT[ONE].partition('"""\n')
    text = "def helper(x):\n    return 1 / 0\n\n\n" + RIGHT[ONE].rpartition("return")[0]
    text += "return helper(1)\n"
    assert body
    told = ask(FIRST, ONE, {ONE: text})
    assert told["marks"] == [{"line": 2, "message": "ZeroDivisionError: division by zero"}]
    assert "line 2, in helper" in told["html"]


def test_a_text_that_is_no_python_is_marked_and_hides_no_other(ask):
    told = ask(FIRST, ONE, RIGHT | {ONE: "def f(:\n    pass\n"})
    assert told["marks"][0]["line"] == 1 and ONE in told["summary"]
    other = list(RIGHT)[-1]
    assert ask(FIRST, other, RIGHT | {ONE: "def f(:\n"})["state"] == "done"


def test_what_fails_while_it_is_loaded_is_told_in_lines_of_its_box(ask):
    told = ask(FIRST, ONE, RIGHT | {ONE: f"x = 1\ny = x / 0\n{RIGHT[ONE]}"})
    assert told["marks"][0]["line"] == 2
    assert told["summary"].startswith(f"{ONE} cannot be loaded at line 2: ZeroDivisionError")


def test_another_function_s_name_is_told(ask):
    told = ask(FIRST, ONE, {ONE: RIGHT[ONE].replace(f"def {ONE}", f"def {ONE}s", 1)})
    assert f"{LABEL} does not define {ONE}; there is {ONE}s. Was it renamed?" in told["html"]


def test_what_is_printed_is_shown_and_cut(ask):
    loud = RIGHT[ONE].rpartition("return")
    told = ask(FIRST, ONE, {ONE: f"{loud[0]}print('heard' * 10**6)\n    return{loud[2]}"})
    assert "printed:" in told["html"] and "heardheard" in told["html"]
    assert len(told["html"]) < 50_000


def test_a_later_chapter_cannot_be_imported(ask):
    later = chapters()[-1]
    right = texts_of(later.source, later)
    assert ask(later, next(iter(right)), right)["state"] == "done"
    told = ask(FIRST, ONE, {ONE: f"import solutions.{chapters()[-2].slug}\n{RIGHT[ONE]}"})
    assert "is not an earlier chapter" in told["summary"]


def test_what_was_set_is_put_back(ask):
    import numpy as np

    text = RIGHT[ONE].rpartition("return")
    set_all = (
        "np.seterr(all='raise'); np.set_printoptions(1); import sys; sys.setrecursionlimit(90)"
    )
    before = np.geterr(), np.get_printoptions()["precision"], sys.getrecursionlimit()
    ask(FIRST, ONE, {ONE: f"{text[0]}{set_all}\n    return{text[2]}"})
    assert before == (np.geterr(), np.get_printoptions()["precision"], sys.getrecursionlimit())


# ---------------------------------------------------------------- what the page had to end


def test_a_check_that_was_ended_is_too_slow_and_nothing_is_run(ask, begun):
    told = ask(FIRST, ONE, RIGHT, late=CHECKS[1])
    assert told["state"] == "too slow" and not begun
    errors = [check["error"] for check in told["checks"]]
    assert errors[1] == "stopped after 9 s, its limit"
    assert errors[0] == "not run: another check of this exercise was too slow"


def test_loading_that_was_ended_is_told(ask):
    told = ask(FIRST, ONE, RIGHT, late="")
    assert told["summary"].startswith(f"{LABEL} was still loading after 5 s")


def test_python_that_broke_down_is_told(ask, begun):
    told = ask(FIRST, ONE, RIGHT, died=CHECKS[0])
    assert told["state"] == "crashed" and not begun
    assert "broke down" in told["checks"][0]["error"]
    assert ask(FIRST, ONE, RIGHT, died=None)["state"] == "done"  # over none of these


def test_a_long_chain_is_taken_apart_whoever_holds_it():
    """Freed in one go it is too deep for a browser's stack, and Python breaks down."""
    held = []
    code = SimpleNamespace(topological_order=lambda root: held.append(root) or held)
    reference_of(BELOW).checks["long_chain"].scenario(code)
    assert [node.parents for node in held] == [()]


def test_a_loop_without_an_end_is_interrupted_at_its_line(ask, monkeypatch):
    monkeypatch.setattr("grader.web.inside.SLOWER", 0.05)
    text = RIGHT[ONE].rpartition("return")[0] + "while True:\n        pass\n"
    with interrupted_every(0.05):
        told = ask(FIRST, ONE, {ONE: text})
    first, *others = told["checks"]
    assert told["state"] == "too slow" and first["error"].startswith("stopped after 0.15 s")
    line = text.splitlines().index("    while True:") + 1
    assert first["frames"][0]["line"] in (line, line + 1)
    assert all(o["error"].startswith(("not run", "the same")) for o in others)


def test_a_loop_that_swallows_the_interrupt_is_interrupted_again(ask, monkeypatch):
    monkeypatch.setattr("grader.web.inside.SLOWER", 0.05)
    body = "for _ in range(3):\n        try:\n            while True: pass\n"
    text = RIGHT[ONE].rpartition("return")[0] + body + "        except BaseException: pass\n"
    monkeypatch.setattr("grader.web.clock.GRACE", 0.1)
    with interrupted_every(0.05):
        assert ask(FIRST, ONE, {ONE: text})["state"] == "too slow"


@contextmanager
def interrupted_every(seconds):
    """Interrupt this process again and again, as the page's worker does."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    over = threading.Event()

    def interrupt():
        while not over.wait(seconds):
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


# ---------------------------------------------------------------- own chapters underneath

ON = find_chapter("framework")  # it builds on autograd
BELOW = find_chapter("autograd")


def test_own_chapters_are_underneath_and_blamed(ask):
    right, below = texts_of(ON.source, ON), texts_of(BELOW.source, BELOW)
    hole = "Linear.forward" if "Linear.forward" in right else next(iter(right))
    told = ask(ON, hole, right, own={BELOW.slug: below})
    assert told["state"] == "done"
    assert f"yours: {BELOW.slug}" in told["beneath"]
    name = "Tensor.backward"
    spoilt = below | {name: below[name].replace("# your turn", "raise LookupError\n    #", 1)}
    assert spoilt != below
    found = [ask(ON, each, right, own={BELOW.slug: spoilt}) for each in right]
    assert any("the fault is in your autograd, in Tensor.backward" in e["html"] for e in found)
    assert any("autograd, line " in each["html"] for each in found)


def test_a_chapter_of_which_not_all_has_passed_is_the_book_s(ask):
    right, below = texts_of(ON.source, ON), texts_of(BELOW.source, BELOW)
    below.popitem()
    told = ask(ON, next(iter(right)), right, own={BELOW.slug: below})
    assert "none of " in told["beneath"] and "not passed here" in told["beneath"]


def test_the_chapters_that_are_needed_are_those_imported(ask):
    text = f"from solutions.statistics import mean\nimport solutions.costs\n{RIGHT[ONE]}"
    needed = Visit(Told([])).needs(
        json.dumps(
            {
                "chapter": ON.slug,
                "hole": "",
                "texts": {"a": text, "b": "def f(:"},
                "own": {BELOW.slug: {}},
            }
        )
    )
    assert json.loads(needed) == [ON.slug, BELOW.slug, "costs", "statistics"]
