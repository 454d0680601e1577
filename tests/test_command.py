"""The grader as a person meets it: the real command, its words and its exit codes."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import types
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from book_tools import copy_of_the_book, grader, no_workers_in

from grader import book, command, screen, stub, subject
from grader.audit.graft import graft
from grader.find import exercises
from grader.outline import sketches
from grader.verdict import DONE, NOT_YET, WAITS, Verdict, state_of

STATES = [(NOT_YET, ""), (WAITS, "g"), (DONE, "")]
CHAPTER = book.find_chapter("logistic_regression")
HOLES = [hole.name for hole in stub.holes(CHAPTER.source)]
SOLVED = CHAPTER.source
CHECKS = len(sketches(CHAPTER.checks.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a copy of the book; each test writes the exercise it needs."""
    return copy_of_the_book(tmp_path_factory.mktemp("book with ümlaut"))


@pytest.fixture
def home(shared):
    """Return the copy with its exercise empty and nothing kept."""
    import shutil

    shutil.rmtree(shared / ".grader", ignore_errors=True)
    (shared / "exercises").mkdir(exist_ok=True)
    for path in (shared / "exercises").iterdir():
        path.unlink()
    for chapter in book.chapters():
        (shared / "exercises" / chapter.exercise.name).write_bytes(chapter.exercise.read_bytes())
    write(shared, stub.derive(SOLVED))
    return shared


def write(home, source):
    data = source if isinstance(source, bytes) else source.encode()
    (home / "exercises" / "logistic_regression.py").write_bytes(data)


WITHOUT_HINTS = re.sub(r"^ +# hint: .*\n( +# [^h].*\n)*", "", SOLVED, flags=re.M)


def solved_with(old, new):
    """Return the solved exercise with one thing changed."""
    assert WITHOUT_HINTS.count(old) == 1, f"the reference moved on: {old!r}"
    return WITHOUT_HINTS.replace(old, new)


# The states


def test_an_untouched_chapter_is_not_yet_and_says_how_to_begin(home):
    run = grader(home, "check", "chapter-07")
    lines = run.stdout.splitlines()
    assert run.returncode == 1
    assert lines[0] == (
        "chapter 7  logistic regression                  exercises/logistic_regression.py"
    )
    assert [line.split() for line in lines[2:10]] == [[hole, "not", "yet"] for hole in HOLES]
    assert lines[11] == "0 of 8 exercises.  Next: fill in sigmoid, then grader check sigmoid"
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in run.stdout and run.stderr == ""


@pytest.mark.parametrize("name", ["chapter-07", "7", "07", "logistic-regression"])
def test_the_reference_is_green_by_any_name(home, name):
    write(home, SOLVED)
    run = grader(home, "check", name)
    assert run.returncode == 0
    assert "8 of 8 exercises." in run.stdout and "✗" not in run.stdout


def test_without_a_name_it_is_the_first_chapter_that_is_not_done(home):
    first, second, *_ = book.chapters()
    run = grader(home, "check")
    assert run.returncode == 1 and run.stdout.startswith(f"chapter {first.number}  {first.title}")
    assert f"grader check {second.name}" not in run.stdout
    (home / "exercises" / first.exercise.name).write_text(first.source, encoding="utf-8")
    run = grader(home, "check")
    done, between, title, *_ = run.stdout.splitlines()
    assert run.returncode == 1 and between == ""
    assert re.fullmatch(rf"chapter {first.number}  {first.title} +(\d) of \1", done)
    assert title.startswith(f"chapter {second.number}  {second.title}")


def test_without_a_name_and_all_done_it_is_a_line_a_chapter(home):
    for chapter in book.chapters():
        (home / "exercises" / chapter.exercise.name).write_text(chapter.source, encoding="utf-8")
    run = grader(home, "check")
    *done, between, last = run.stdout.splitlines()
    assert run.returncode == 0 and len(done) == len(book.chapters()) and between == ""
    assert all(line.startswith("chapter") and len(line) == 80 for line in done)
    assert last == "Every chapter is done.  Next: grader sprint"


def test_one_exercise_that_is_done_leads_back_to_its_chapter(home):
    """It led to the next chapter, with seven exercises of this one still empty."""
    write(home, SOLVED)
    run = grader(home, "check", "sigmoid")
    assert "1 of 1 exercise.  Next: grader check chapter-07\n" in run.stdout


def test_an_empty_exercise_is_not_yet_whatever_else_it_would_wait_for():
    verdicts = [Verdict(state, "f", "", state, waits_for=other) for state, other in STATES]
    assert state_of(verdicts) == NOT_YET and state_of(verdicts[1:]) == WAITS
    lines = screen.exercise_lines("f", verdicts[:2], screen.Style(colour=False), 80)
    assert [line.split() for line in lines] == [["f", "not", "yet"]]


def test_another_way_is_green(home):
    other = CHAPTER.other_way.read_text(encoding="utf-8")
    write(home, graft(stub.derive(SOLVED), other))
    assert grader(home, "check", "7").returncode == 0


def test_a_known_mistake_is_shown_with_its_values_and_its_name(home):
    write(home, solved_with("X.T @ error / len(y)", "X.T @ error"))
    run = grader(home, "check", "log_loss_gradient")
    assert run.returncode == 1
    expected = r"""
  log_loss_gradient                                                       1 of 3
    ✗ the slope of the mean log-loss, by finite differences
        given    X = array \(20, 3\) float64, y = array \(20,\) int64,
                 w = \[.*\], b = 0\.3
        in the first of 2 results
        yours    \[.*\]
        wanted   \[.*\]     largest difference \S+ at \[\d\]
        This is how it looks when the slope in the weights is a sum, that in the
        bias a mean.
"""
    assert re.search(expected, run.stdout), run.stdout
    assert "Next: grader hint log_loss_gradient" in run.stdout


def test_what_an_exercise_was_given_is_shown_with_what_came_out(home):
    write(home, solved_with("np.where(z >= 0, 1, e)", "1"))
    run = grader(home, "check", "sigmoid")
    assert "        given    z = [-inf  -1000  0  1000  inf]\n        yours" in run.stdout
    assert re.search(r"given    z = \[\[(\S+  ){2}\S+\] \[(\S+  ){2}\S+\]\]\n", run.stdout)


def test_a_line_of_what_was_given_ends_between_two_values():
    pairs = [
        ["w", "[1  2]"],
        ["X", "[[-0.05113  -1.032] [-0.196  0.492] [-0.7471  -1.495] [1.367 2]]"],
    ]
    lines = screen.given_lines(pairs, 60)
    assert lines[0] == "        given    w = [1  2], X = [[-0.05113  -1.032] [-0.196"
    assert max(map(len, lines)) <= 60


def test_a_fault_in_a_function_that_is_called_is_named_even_if_only_the_caller_is_checked(home):
    write(home, solved_with("np.where(z >= 0, 1, e)", "1"))
    run = grader(home, "check", "fit_irls")
    assert "It calls sigmoid, which is not right yet: mend that first." in run.stdout
    assert "This is how it looks" not in run.stdout  # like a mistake that was not made here
    assert "0 of 1 exercise." in run.stdout


@pytest.mark.parametrize("words", [["check", "7"], ["check", "7", "--debug"]])
def test_from_among_the_exercises_none_is_taken_for_a_module_of_its_name(home, words):
    """`python -m` puts the folder one stands in first, and chapter 3 is called statistics."""
    write(home, SOLVED)
    (home / "exercises" / "statistics.py").write_text("raise RuntimeError('not this one')\n")
    run = grader(home / "exercises", *words, PYTHONPATH=str(home))
    assert run.returncode == 0 and "8 of 8 exercises." in run.stdout, run.stdout + run.stderr


def test_one_bad_exercise_does_not_hide_another(home):
    write(home, solved_with("e = np.exp(z - z.max", "e = np.exp(q - z.max"))
    run = grader(home, "check", "7")
    assert run.returncode == 1
    assert "NameError: name 'q' is not defined" in run.stdout
    assert re.search(r"line \d+, in softmax:\n +e = np.exp\(q", run.stdout)
    assert re.search(r"cross_entropy_gradient +waits for softmax", run.stdout)
    assert re.search(r"log_loss_gradient +3 of 3", run.stdout)
    assert "Traceback" not in run.stdout + run.stderr


def test_an_exercise_that_calls_an_empty_one_waits(home):
    answer = stub.answer(SOLVED, stub.holes(SOLVED)[1])
    source = stub.derive(SOLVED).replace(
        '    raise NotImplementedError("log_loss_gradient")\n', answer
    )
    write(home, source)
    run = grader(home, "check", "7")
    assert re.search(r"log_loss_gradient +waits for sigmoid", run.stdout)
    run = grader(home, "check", "log_loss_gradient")
    assert run.stdout.splitlines()[4] == "0 of 1 exercise.  Next: grader check chapter-07"


def test_a_changed_argument_is_told(home):
    write(home, solved_with('z = as_floats(z, "z")\n    # your turn (core)', "z -= z.max()"))
    run = grader(home, "check", "softmax")
    assert run.returncode == 1
    assert "The result is right, but softmax changed what was given to it" in re.sub(
        r"\s+", " ", run.stdout
    )
    assert "This is how it looks" not in run.stdout  # a mistake with a right result explains none


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda given: given["words"].pop(), True),
        (lambda given: given["words"][0].sort(), True),
        (lambda given: given.update(more=1), True),
        (lambda given: given["words"].__setitem__(1, np.ones(2)), True),
        (lambda given: given["words"][1].fill(1), True),
        (lambda given: sorted(given["words"][0]), False),
    ],
)
def test_a_list_or_dict_is_given_as_an_array_is(change, told):
    watch = subject.Watch()
    watch.watched("hole", change)({"words": [["b", "a"], np.zeros(2)]})
    assert list(watch.changed) == ["hole"] * told


# Names


def test_an_exercise_of_which_a_check_waits_says_for_what():
    verdicts = [Verdict("a", "f", "one", DONE), Verdict("b", "f", "two", WAITS, waits_for="g")]
    lines = screen.exercise_lines("f", verdicts, screen.Style(False), 80)
    assert lines[0].endswith("waits for g")


def test_one_function_is_checked_by_its_name(home):
    write(home, SOLVED)
    for name in ("sigmoid", "predict_proba", "7.sigmoid", "logistic_regression.fit_irls"):
        run = grader(home, "check", name)
        assert run.returncode == 0 and "1 of 1 exercise." in run.stdout, run.stdout


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["check", "sigmoit"], "There is no chapter or function 'sigmoit'. Did you mean sigmoid"),
        (["check", "chapter-77"], "There is no chapter or function 'chapter-77'"),
        (["hint", "sofmax"], "Did you mean softmax"),
        (["hint", "7"], "7 is a chapter; say which exercise: sigmoid,"),
        (["check", "fit"], "several names: arrays.NearestMean.fit, "),
        (["reset", "nothing"], "There is no chapter or function 'nothing'"),
        (["chek", "7"], "There is no command 'chek'. Did you mean check"),
        (["data", "diamond"], "There is no data set 'diamond'. Did you mean diamonds?"),
        (["new", "Übung 8"], "is no name for a chapter"),
        (["new", "07-again"], "Chapter 7 is logistic_regression already"),
        (["new", "inputs"], "all chapters share"),
        (["check", "7", "--nothing"], "unrecognized arguments: --nothing"),
        (["check", "7", "0"], "unrecognized arguments: 0"),
        (["check", "7", "--", "-k", "nothing"], "What follows -- chooses no check."),
        (["check", "7", "--", "--nothing"], "pytest did not understand"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_and_exit_code_2(home, words, sentence):
    run = grader(home, *words)
    assert run.returncode == 2
    assert sentence in run.stderr and "Traceback" not in run.stderr
    assert "usage" not in run.stderr


# Bad files: a clear sentence, exit code 1, a next step


@pytest.mark.parametrize(
    "source, sentence",
    [
        (b"", "exercises/logistic_regression.py is empty."),
        (b"  \n\n", "is empty."),
        (
            stub.derive(SOLVED).replace("def sigmoid(z):", "def sigmoid(z:"),
            r"line \d+: '?.*'?\S+.*\n +def sigmoid\(z:\n +\^",
        ),
        (
            SOLVED.replace("    e = np.exp(z - z", "\te = np.exp(z - z"),
            r"line \d+: (tabs and spaces are mixed|unindent|inconsistent)",
        ),
        (SOLVED.encode("utf-16"), "is saved as UTF-16: save it as UTF-8"),
        (SOLVED.encode() + b"# caf\xe9\n", r"is not UTF-8: line \d+ holds a byte .*0xe9"),
        (b"# coding: klingon\n" + SOLVED.encode(), "declares an encoding that does not exist"),
        (SOLVED.encode() + b"\0", r"holds a NUL byte in line \d+"),
        ("import sklearn_of_mine\n" + SOLVED, "imports something that is not here at line 1"),
        (
            "from solutions.logistic_regression import sigmoid\n" + SOLVED,
            "solutions.logistic_regression is not an earlier chapter",
        ),
        ("exit()\n" + SOLVED, r"calls exit\(\) while it is loaded at line 1"),
        (SOLVED + "\nimport os\nos._exit(0)\n", "the code ended its own process"),
        ("1 / 0\n" + SOLVED, "cannot be loaded at line 1: ZeroDivisionError"),
        (SOLVED + "\nwhile True: pass\n", r"still loading after 5 s at line \d+.*\n.*while True"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else str(len(value)),
)
def test_a_file_that_cannot_be_checked_says_why(home, source, sentence):
    write(home, source)
    run = grader(home, "check", "7")
    text = re.sub(r"\n {4}(?=\S)", " ", run.stdout)  # sentences are wrapped
    assert run.returncode == 1
    assert re.search(sentence, text), run.stdout
    assert "Next: grader" in run.stdout and "0 of 8" in run.stdout
    assert "Traceback" not in run.stdout + run.stderr


def test_after_a_slip_of_syntax_the_same_is_asked_again(home):
    write(home, stub.derive(SOLVED).replace("def sigmoid(z):", "def sigmoid(z:"))
    assert "Next: grader check softmax\n" in grader(home, "check", "softmax").stdout
    assert "Next: grader check chapter-07\n" in grader(home, "check", "7").stdout


def test_a_missing_file_is_offered_back(home):
    path = home / "exercises" / "logistic_regression.py"
    path.rename(path.with_name("logistic_regresion.py"))
    run = grader(home, "check", "7")
    assert run.returncode == 1
    text = " ".join(run.stdout.split())
    assert "is not there. There is logistic_regresion.py: was it renamed?" in text
    assert "Next: grader reset logistic_regression" in run.stdout
    assert grader(home, "reset", "7").returncode == 0
    assert path.read_text(encoding="utf-8") == stub.derive(SOLVED)


def test_the_file_of_another_chapter_is_not_the_missing_one(home):
    (home / "exercises" / "arrays.py").unlink()
    assert "renamed" not in grader(home, "check", "arrays").stdout


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + SOLVED.encode(),
        SOLVED.replace("\n", "\r\n").encode(),
        ("# -*- coding: latin-1 -*-\n# caf\xe9\n" + SOLVED).encode("latin-1"),
    ],
    ids=["BOM", "CRLF", "latin-1 declared"],
)
def test_what_editors_do_to_a_file_is_no_fault(home, data):
    write(home, data)
    assert grader(home, "check", "7").returncode == 0


# Bad functions: wrong, crashed or too slow, and the rest goes on


@pytest.mark.parametrize(
    "body, state, sentence",
    [
        ("return list(z)", "0 of 3", "yours    a list of 5"),
        ("return (v for v in z)", "0 of 3", "yours    a generator"),
        ("return np.ones((2, 2))", "0 of 3", r"yours    shape \(2, 2\)\n        wanted   shape"),
        ("return np.zeros(z.shape, int)", "0 of 3", r"whole numbers \(int64\)"),
        ("return z * np.nan", "0 of 3", r"NaN in yours, first at \[0\]"),
        ("return None", "0 of 3", "yours    None"),
        ("exit()", "0 of 3", r"it called exit\(\), which would end the program"),
        ("np.ones(10**10); return z", "crashed", "asked for more memory than the limit of 2 GB"),
        ("import os; os.kill(os.getpid(), 11)", "crashed", r"the process died \(SIGSEGV"),
        ("print('x' * 10**8); return z", "0 of 3", r"printed:\n        \| x{60,}"),
        ("breakpoint()", "0 of 3", r"it stops at breakpoint\(\): add --debug"),
        ("raise KeyboardInterrupt", "0 of 3", "it raised KeyboardInterrupt"),
    ],
)
def test_a_function_gone_wrong_is_told_and_the_rest_goes_on(home, body, state, sentence):
    write(home, solved_with("e = np.exp(-np.abs(z))  # in [0, 1]", body))
    run = grader(home, "check", "7")
    assert run.returncode == 1
    assert re.search(rf"^  sigmoid +{state}$", run.stdout, re.M), run.stdout
    assert re.search(sentence, run.stdout), run.stdout
    assert re.search(r"^  softmax +3 of 3$", run.stdout, re.M)
    assert max(map(len, run.stdout.splitlines())) <= 80
    assert len(run.stdout) < 20_000


def test_an_endless_loop_is_stopped_and_its_line_named(home):
    write(home, solved_with("e = np.exp(z - z.max", "while True: pass\n    e = np.exp(z - z.max"))
    began = time.monotonic()
    run = grader(home, "check", "7")
    assert time.monotonic() - began < 60
    assert re.search(r"^  softmax +too slow$", run.stdout, re.M)
    assert "stopped after 3 s, its limit" in run.stdout
    assert re.search(r"line \d+, in softmax:  while True: pass", run.stdout)
    assert "not run: another check of this exercise was too slow" in run.stdout
    assert re.search(r"^  cross_entropy_gradient +waits for softmax$", run.stdout, re.M)
    assert re.search(r"^  sigmoid +3 of 3$", run.stdout, re.M)


def test_a_renamed_function_is_missed_by_name(home):
    write(home, SOLVED.replace("def softmax(", "def soft_max("))
    run = grader(home, "check", "softmax")
    assert run.returncode == 1
    text = " ".join(run.stdout.split())
    assert "does not define softmax; there is soft_max. Was it renamed?" in text


def test_another_signature_is_told(home):
    write(home, SOLVED.replace("def softmax(z):", "def softmax(z, axis):"))
    run = grader(home, "check", "softmax")
    assert "It takes (z, axis); the book calls it with (z)." in run.stdout


def test_what_is_printed_is_shown_and_cannot_steer_the_terminal(home):
    write(
        home,
        solved_with(
            "e = np.exp(-np.abs(z))",
            r'print("\x1b[2Jshape", z.shape)'
            "\n    e = np.exp(-np.abs(z))",
        ),
    )
    run = grader(home, "check", "sigmoid")
    assert run.returncode == 0
    assert "| \N{REPLACEMENT CHARACTER}[2Jshape (5,)" in run.stdout and "\x1b" not in run.stdout


def test_a_long_line_that_is_printed_goes_on_below(home):
    write(home, solved_with("e = np.exp(-np.abs(z))", "print(*range(60)); e = np.exp(-abs(z))"))
    shown = grader(home, "check", "sigmoid").stdout.partition("printed:\n")[2]
    first, second, third = (line[10:] for line in shown.splitlines()[:3])
    assert first + second.removeprefix(" ") + third.removeprefix(" ") == " ".join(
        map(str, range(60))
    )


def test_a_forbidden_function_answers_with_a_sentence(home):
    write(
        home,
        solved_with(
            "e = np.exp(-np.abs(z))", "from scipy.special import expit\n    e = np.exp(-np.abs(z))"
        ),
    )
    run = grader(home, "check", "sigmoid")
    assert run.returncode == 1
    text = " ".join(run.stdout.split())
    assert "scipy.special.expit would do this exercise's work: write it yourself" in text


@pytest.mark.parametrize("names", [["numpy.linalg.svd"], ["numpy.linalg.svd", "numpy.linalg.svd"]])
def test_what_was_forbidden_is_allowed_again_afterwards(names):
    """A name that was given twice stayed forbidden, to the references of other chapters too."""
    before = np.linalg.svd
    with subject.forbidding(names), pytest.raises(subject.ForbiddenError, match="numpy.linalg.svd"):
        np.linalg.svd(np.eye(2))
    assert np.linalg.svd is before


def closed_in(names, *places):
    """Return which of these (module, name) answer with a refusal while names are closed."""
    with subject.forbidding(names):
        return [getattr(module, name).__name__ == "refuse" for module, name in places]


def test_a_function_is_closed_wherever_it_is_bound_by_then(monkeypatch):
    """Also where a name was added, or a module taken for another, since it was last closed."""
    first, second = types.ModuleType("a_place"), types.ModuleType("a_place")
    second.solve = np.linalg.solve
    monkeypatch.setitem(sys.modules, "a_place", first)
    places = [(np.linalg, "svd"), (np.linalg, "solve")]
    assert closed_in(["numpy.linalg.svd"], *places) == [True, False]
    first.svd = np.linalg.svd
    assert closed_in(["numpy.linalg.svd"], *places, (first, "svd")) == [True, False, True]
    assert closed_in(["numpy.linalg.svd"], *places, (first, "svd")) == [True, False, True]
    monkeypatch.setitem(sys.modules, "a_place", second)
    assert closed_in(["numpy.linalg.solve"], *places, (second, "solve")) == [False, True, True]
    second.solve = np.linalg.svd  # the same number of names: seen once all is read again
    subject.bound.forget()
    assert closed_in(["numpy.linalg.svd"], (second, "solve")) == [True]
    assert second.solve is first.svd is np.linalg.svd
    assert np.linalg.svd.__name__ == "svd"


def test_what_is_closed_within_what_is_closed_is_open_afterwards_and_can_be_closed_again():
    before = np.linalg.svd
    with subject.forbidding(["numpy.linalg.svd"]):
        assert closed_in(["numpy.linalg.solve"], (np.linalg, "solve")) == [True]
    assert np.linalg.svd is before
    assert closed_in(["numpy.linalg.svd"], (np.linalg, "svd")) == [True]


# Reports for machines


def test_json_is_one_document_with_stable_ids(home):
    write(home, solved_with("X.T @ error / len(y)", "X.T @ error"))
    run = grader(home, "check", "7", "--json")
    data = json.loads(run.stdout)
    assert run.returncode == 1
    assert (data["version"], data["chapter"], data["number"]) == (1, "logistic_regression", 7)
    assert data["score"]["exercises"] == 8 and data["sandbox"]
    checks = {c["id"]: c for exercise in data["exercises"] for c in exercise["checks"]}
    assert len(checks) == CHECKS
    failed = checks["logistic_regression::log_loss_gradient::slope"]
    assert failed["state"] == "wrong" and failed["diagnosis"]


def test_json_of_a_file_that_cannot_be_checked(home):
    write(home, "def")
    data = json.loads(grader(home, "check", "7", "--json").stdout)
    assert "line 1" in data["obstacle"]["sentence"] and data["score"]["done"] == 0


def test_junit_names_each_check(home, tmp_path):
    write(home, solved_with("X.T @ error / len(y)", "X.T @ error"))
    run = grader(home, "check", "7", "--junit", str(tmp_path / "out.xml"))
    suite = ET.parse(tmp_path / "out.xml").getroot()[0]
    assert run.returncode == 1
    assert int(suite.attrib["tests"]) == CHECKS and int(suite.attrib["failures"]) >= 2
    text = ET.tostring(suite, encoding="unicode")
    assert "largest difference" in text and "Traceback" not in text


def test_junit_of_a_file_that_cannot_be_read_says_why(home, tmp_path):
    """It was called a fault of the grader's."""
    write(home, "def")
    run = grader(home, "check", "7", "--junit", str(tmp_path / "out.xml"))
    assert run.returncode == 1 and "line 1" in run.stdout and run.stderr == ""
    assert "line 1" in (tmp_path / "out.xml").read_text(encoding="utf-8")


def test_actions_get_annotations_that_cannot_be_forged(home, tmp_path):
    summary = tmp_path / "summary.md"
    write(
        home,
        solved_with(
            "e = np.exp(-np.abs(z))", 'print("::error::forged%0A")\n    e = np.exp(np.abs(z))'
        ),
    )
    run = grader(home, "check", "7", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    notes = [line for line in run.stdout.splitlines() if line.lstrip().startswith("::")]
    assert notes and all(line.startswith("::error file=exercises/") for line in notes)
    assert run.stdout.count("::error::forged") == len(re.findall(r"\| ::error::forged", run.stdout))
    assert "| `sigmoid` | wrong |" in summary.read_text(encoding="utf-8")


def test_pytest_s_own_options_work_after_two_hyphens(home):
    write(home, SOLVED)
    run = grader(home, "check", "7", "--", "-k", "symmetry")
    assert run.returncode == 0 and "1 of 1 exercise." in run.stdout


# Hints, answers, and what writes files


def test_hints_come_one_at_a_time(home):
    first, second = (grader(home, "hint", "sigmoid").stdout for _ in range(2))
    assert "hint 1 of 3" in first and "  2. " not in first
    assert "hint 2 of 3" in second and "  1. " in second and "  2. " in second
    grader(home, "hint", "sigmoid")
    assert "grader reveal sigmoid" in grader(home, "hint", "sigmoid").stdout


def test_reveal_prints_the_answer_without_its_hints(home):
    run = grader(home, "reveal", "predict_proba")
    assert run.returncode == 0
    assert "return np.column_stack([1 - p, p])" in run.stdout and "hint" not in run.stdout


def test_reset_keeps_what_was_there(home):
    mine = SOLVED.replace("e = np.exp", "mine = 1; e = np.exp")
    write(home, mine)
    run = grader(home, "reset", "sigmoid")
    assert run.returncode == 0 and "is kept in .grader/kept/" in run.stdout
    (kept,) = (home / ".grader" / "kept").iterdir()
    assert kept.read_text(encoding="utf-8") == mine
    now = (home / "exercises" / "logistic_regression.py").read_text(encoding="utf-8")
    assert now.count("NotImplementedError") == 1 and "error.mean()" in now
    assert grader(home, "reset", "7").returncode == 0
    assert len(list((home / ".grader" / "kept").iterdir())) == 2
    assert "nothing to reset" in grader(home, "reset", "7").stdout


def test_reset_changes_nothing_where_no_copy_can_be_kept(home):
    write(home, SOLVED)
    (home / ".grader").write_text("in the way")
    run = grader(home, "reset", "sigmoid")
    (home / ".grader").unlink()
    assert run.returncode == 3 and "Nothing was changed" in run.stderr
    assert (home / "exercises" / "logistic_regression.py").read_text("utf-8") == SOLVED


def test_checks_and_hints_work_where_nothing_can_be_written(home):
    write(home, SOLVED)
    (home / ".grader").write_text("in the way")
    assert grader(home, "check", "7").returncode == 0
    assert "3. " in grader(home, "hint", "sigmoid").stdout
    (home / ".grader").unlink()


def test_reset_of_a_function_in_a_broken_file_says_what_can_be_done(home):
    write(home, "def")
    run = grader(home, "reset", "sigmoid")
    assert run.returncode == 2 and "grader reset logistic_regression" in run.stderr


def test_sync_never_overwrites_work(home):
    write(home, SOLVED)
    run = grader(home, "sync")
    assert run.returncode == 1 and "is filled in, so it was left as it is" in run.stdout
    assert (home / "exercises" / "logistic_regression.py").read_text("utf-8") == SOLVED
    assert grader(home, "sync", "--check").returncode == 1


def test_sync_brings_an_empty_exercise_in_step(home):
    write(home, stub.derive(SOLVED).replace("Tell two classes", "Tell both classes"))
    assert "is written" in grader(home, "sync").stdout
    assert grader(home, "sync", "--check").returncode == 0


def test_a_new_chapter_works_at_once_and_is_told_what_it_lacks(home, tmp_path):
    import shutil

    copy = copy_of_the_book(tmp_path)
    shutil.copytree(book.ROOT / "tests", copy / "tests")
    shutil.copy(book.ROOT / "pyproject.toml", copy)
    run = grader(copy, "new", "98-weather")
    assert run.returncode == 0 and run.stdout.count("wrote ") == 6
    assert "double" in grader(copy, "check", "98").stdout
    shutil.copy(copy / "solutions" / "weather.py", copy / "exercises")
    assert grader(copy, "check", "98").returncode == 0
    shutil.copy(copy / "tests" / "other_ways" / "weather.py", copy / "exercises")
    assert grader(copy, "check", "double").returncode == 0
    again = grader(copy, "new", "weather")
    assert again.returncode == 2 and "is there already" in again.stderr
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_contract.py", "-k", "weather"],
        cwd=copy,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
    )
    for sentence in (
        "weather has 1 holes",
        "words; a chapter has 1,800 to 4,000",
        "double has 1 known mistakes",
        "the docstring of double lacks References",
        "0 figures; four or more",
        "weather has 1 explain tasks; two or more",
        "weather.ipynb is not there: nobody has run this chapter yet",
    ):
        assert sentence in tests.stdout, f"{sentence!r} is not in\n{tests.stdout[-3000:]}"


# The rest


def test_doctor_says_what_is_there_and_what_is_switched_off(home):
    run = grader(home, "doctor")
    assert run.returncode == 0 and "All is well." in run.stdout
    off = grader(home, "doctor", GRADER_WITHOUT="fork,resource,landlock,seccomp")
    assert off.returncode == 0 and off.stdout.count("(switched off)") == 4


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_an_output_that_is_full_or_closed_is_no_traceback(home):
    command = f"'{sys.executable}' -m grader check 7"
    for where, code, sentence in ((">/dev/full", 3, "no space is left"), (">&-", 1, "")):
        run = subprocess.run(
            ["sh", "-c", f"{command} {where}"], cwd=home, capture_output=True, text=True
        )
        assert run.returncode == code and "Traceback" not in run.stderr, run.stderr
        assert sentence in run.stderr


def test_every_word_is_told_in_its_group(home):
    told = grader(home)
    assert told.returncode == 0 and told.stdout == grader(home, "--help").stdout
    listed = re.findall(r"^  (\w+) {2,}\S", told.stdout, re.M)
    (action,) = (a for a in command.parser()._actions if a.dest == argparse.SUPPRESS and a.choices)
    assert sorted(listed) == sorted(action.choices)


@pytest.mark.parametrize("words", [["--help"], ["list"], ["hint", "sigmoid"], ["data", "--help"]])
def test_light_words_import_neither_numpy_nor_pytest(home, words):
    program = (
        "import sys; from grader.__main__ import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pytest', '_pytest', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=home, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_narrow_terminals_and_plain_ones(home):
    write(home, solved_with("X.T @ error / len(y)", "X.T @ error"))
    narrow = grader(home, "check", "log_loss_gradient", COLUMNS="48").stdout
    assert max(map(len, narrow.splitlines())) <= 48
    plain = grader(home, "check", "log_loss_gradient", PYTHONIOENCODING="ascii")
    assert plain.returncode == 1 and "    x the slope of" in plain.stdout
    colour = grader(home, "check", "log_loss_gradient", NO_COLOR="", FORCE_COLOR="1").stdout
    assert "\x1b[31m✗\x1b[0m" in colour


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_ctrl_c_stops_everything_with_130(home):
    write(home, SOLVED + "\nwhile True: pass\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "7"],
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(1.5)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors.strip() == "Stopped."
    if Path("/proc").exists():
        time.sleep(0.2)
        assert no_workers_in(home), "a worker is left behind"


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_who_is_ended_leaves_nothing_behind(home, tmp_path, name):
    write(home, SOLVED + "\nopen('begun', 'w')\nwhile True: pass\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "check", "7"],
        cwd=home,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),  # not nohup's
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.rglob("begun")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(tmp_path.rglob("begun")), "it never began"
    process.send_signal(getattr(signal, name))
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, "Stopped.")
    assert list(tmp_path.iterdir()) == [] and no_workers_in(home)


def test_a_complaint_fits_the_terminal_it_is_read_on(monkeypatch, capsys):
    sentence = "notes.py, line 3: a long sentence " + "that goes on " * 8 + "to its end.\n    x ="
    monkeypatch.setenv("COLUMNS", "60")
    command.complain(sentence)
    assert capsys.readouterr().err == f"{sentence}\n"  # in a pipe, as it is
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    command.complain(sentence)
    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60 and lines[-1] == "    x ="
    assert " ".join(lines[:-1]).split() == sentence.partition("\n")[0].split()


def test_the_screen_in_the_readme_is_a_real_one(home):
    readme = (book.ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", readme, re.S)[1]
    source = stub.derive(SOLVED)
    for hole in stub.holes(SOLVED)[:2]:
        answer = stub.answer(SOLVED, hole).replace("X.T @ error / len(y)", "X.T @ error")
        source = source.replace(f'    raise NotImplementedError("{hole.name}")\n', answer)
    write(home, source)
    assert grader(home, "check", "chapter-07").stdout.startswith(shown)


def test_the_screens_on_the_first_page_are_real(home):
    """What a newcomer is told to expect is what the grader says, at 72 columns."""
    page = (book.ROOT / "chapters" / "00-arrays.md").read_text(encoding="utf-8")
    first, path = book.find_chapter("arrays"), home / "exercises" / "arrays.py"
    empty, hole = stub.derive(first.source), stub.holes(first.source)[0]
    hollow = f'    raise NotImplementedError("{hole.name}")\n'
    hollow_shown, attempt = re.findall(
        r"^    # your turn \(warm-up\)\n(.*?)^```$", page, re.M | re.S
    )
    assert hollow_shown == hollow
    answer = stub.answer(first.source, hole)
    outputs = []
    for words, code in [
        (["check", "chapter-00"], hollow),
        (["check", hole.name], attempt),
        (["hint", hole.name], attempt),
        (["check", hole.name], answer),
    ]:
        path.write_text(empty.replace(hollow, code), encoding="utf-8")
        outputs.append(grader(home, *words, COLUMNS="72").stdout)
    screens = re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    assert len(screens) == len(outputs)
    for shown, output in zip(screens, outputs, strict=True):
        assert shown in output


@pytest.mark.parametrize(
    "name, found",
    [
        ("GPT.forward", ["gpt.GPT.forward"]),  # GPT is a chapter, and a class in it
        ("gpt.Block.forward", ["gpt.Block.forward"]),
        ("chapter-35.generate", ["gpt.generate"]),
        ("gpt.append", ["gpt.KVCache.append"]),
        ("standardize", ["arrays.standardize"]),
        ("arrays.standardize", ["arrays.standardize"]),
        ("nothing.at.all", []),
    ],
)
def test_an_exercise_is_found_by_its_name_its_end_and_its_chapter(name, found):
    assert [f"{chapter.slug}.{hole.name}" for chapter, hole in exercises(name)] == found
