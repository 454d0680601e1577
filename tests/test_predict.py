"""grader predict: asks first, compares number by number, and then tells why."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from book_tools import copy_of_the_book

from grader import book, command
from grader.book import ROOT, find_chapter
from grader.desk import predict, progress, prose
from grader.desk.predict import Line, alike, near

CHAPTER = find_chapter("autograd")  # its cell prints 6.0, 12.0 and 18.0
WHY = "The slope of w^2 at 3 is 6, three times."


@pytest.fixture
def guessed(tmp_path, monkeypatch, capsys):
    """Yield a function that answers from a pipe, in a workspace of its own."""
    (tmp_path / book.MARK).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")

    def run(guess, name="22"):
        pipe = io.TextIOWrapper(io.BytesIO(guess.encode()), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", pipe)
        return command.run(["predict", name]), *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = copy_of_the_book(tmp_path_factory.mktemp("book"))
    shutil.copytree(ROOT / "press" / "runs", root / "press" / "runs")
    return root


# The command


def test_all_right_ends_with_zero_and_the_explanation(guessed):
    code, out, _ = guessed("6\n12.0\n18\n")
    assert code == 0 and "3 of 3 lines." in out and WHY in out
    assert "A question before you go on" in out and "(w * w).backward()" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_wrong_line_is_shown_beside_what_was_printed(guessed):
    code, out, _ = guessed("6\n6\n")
    assert code == 1 and "1 of 3 lines." in out and WHY in out
    assert "✓ 6.0\n" in out and "✗ 12.0\n        you: 6\n" in out
    assert "✗ 18.0\n        you: (nothing)\n" in out


def test_a_line_too_many_is_no_perfect_answer(guessed):
    code, out, _ = guessed("6\n12\n18\n24\n")
    assert code == 1 and "and not: 24" in out


@pytest.mark.parametrize("guess", ["", "\n\n", "  \r\n"])
def test_without_an_answer_nothing_is_unlocked(guessed, guess):
    code, out, _ = guessed(guess)
    assert code == 1 and "Nothing was written, so nothing is shown." in out
    assert "12.0" not in out and WHY not in out
    assert progress.events("predict") == []


def test_a_second_try_is_told_that_it_is_one(guessed):
    assert "seen its output before" not in guessed("1\n")[1]
    assert "seen its output before" in guessed("6\r\n12\r\n18\r\n")[1]
    assert [event.about for event in progress.events("predict")] == [
        {"right": 0, "of": 3},
        {"right": 3, "of": 3},
    ]


def test_a_guess_without_end_is_cut(guessed):
    code, out, _ = guessed("9" * 1_000_000)
    assert code == 1 and len(out) < 30_000


def test_an_unknown_chapter_and_one_without_a_cell(guessed, monkeypatch):
    assert guessed("1", "autogard")[0] == 2
    monkeypatch.setattr(prose, "options_of", lambda text: set())
    code, _, err = guessed("1")
    assert code == 2 and "no cell to predict yet" in err


@pytest.mark.parametrize(
    "content, sentence",
    [
        (None, "nobody has run this chapter yet"),
        ("{", "cannot be read"),
        ('{"cells": 1}', "cannot be read"),
        ('{"cells": []}', "is of other cells than chapters/22-autograd.md"),
    ],
)
def test_a_run_that_is_not_of_this_chapter_is_our_fault(tmp_path, monkeypatch, content, sentence):
    path = tmp_path / "run.ipynb"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(type(CHAPTER), "run", path)
    with pytest.raises(predict.Fault, match=sentence) as raised:
        predict.output(CHAPTER, "x")
    assert "mkdocs build" in raised.value.next_step


def test_numbers_are_neither_asked_of_numpy_nor_of_pytest(root):
    program = (
        "import sys; from grader.__main__ import main\n"
        "code = main(['predict', '0'])\n"
        "print(code, sorted({'numpy', 'pytest', 'press', 'jupytext'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        input="0.101\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    assert run.stdout.splitlines()[-1] == "0 []", run.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there is no terminal to open here")
@pytest.mark.parametrize(
    "keys, code, ending",
    [
        (b"6\n12\n18\n\n", 0, "3 of 3 lines."),
        (b"6\n\x04", 1, "1 of 3 lines."),  # the end of input, after one line
        (b"\x04", 1, "Nothing was written, so nothing is shown."),
        (b"6\n\x03", 130, "Stopped."),
    ],
)
def test_in_a_terminal_it_asks_line_by_line(root, keys, code, ending):
    shutil.rmtree(root / ".grader", ignore_errors=True)
    screen, terminal = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "grader", "predict", "22"],
        cwd=root,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | {"TERM": "dumb", "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,
    )
    os.close(terminal)
    patience = threading.Timer(60, child.kill)
    patience.start()
    seen = b""
    while b"> " not in seen:
        seen += os.read(screen, 4096)
    if keys.endswith(b"\x03"):  # no controlling terminal here to make a signal of it
        os.write(screen, keys[:-1])
        while seen.count(b"> ") < 2:
            seen += os.read(screen, 4096)
        while child.poll() is None:  # one that comes just before it reads is not heard
            os.kill(child.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(3)
    else:
        os.write(screen, keys)
    try:
        while more := os.read(screen, 4096):
            seen += more
    except OSError:  # the other end is closed
        pass
    os.close(screen)
    patience.cancel()
    text = seen.decode("utf-8", "replace")
    assert child.wait(30) == code, text
    assert ending in text and "Traceback" not in text


# What counts as the same


@pytest.mark.parametrize(
    "guess, printed, same",
    [
        ("6", "6.0", True),
        ("5", "6.0", False),
        ("0.1", "0.101", True),
        ("0.10", "0.101", True),
        ("0.11", "0.101", False),
        ("0", "0.101", False),  # rounded, but of another size
        ("0.2", "0.101", False),
        ("0.10123", "0.101", True),
        ("20", "20.7", False),
        ("21", "20.7", True),
        ("1,309", "1309", True),
        ("1308", "1309", False),
        ("-1", "−1.0", True),
        ("1", "-1.0", False),
        ("0", "0.00", True),
        ("-0.0", "0.00", True),
        ("0.3", "0.00", False),
        ("1e-9", "1.2e-09", False),
        ("1.2e-9", "1.2e-09", True),
        ("1e99", "0.1", False),
        ("1e-99", "0.1", False),
    ],
)
def test_a_number_is_right_rounded_to_the_places_that_were_written(guess, printed, same):
    assert near(guess, printed) == same


@pytest.mark.parametrize(
    "guess, printed, right",
    [
        ("0.101", "accuracy 0.101", True),
        ("accuracy = .101.", "accuracy 0.101", True),
        ("an error", "accuracy 0.101", False),
        ("", "accuracy 0.101", False),
        ("0.101 0.2", "accuracy 0.101", False),
        ("EQUAL", "women: equal", True),
        ("Women:  equal", "women: equal", True),
        ("women equal", "women: equal", True),
        ("equal", "women in third class: not equal", False),
        ("not  equal", "women in third class: not equal", True),
        ("", "women: equal", False),
        ("[1, 2]", "[1 2]", True),
        ("[1, 3]", "[1 2]", False),
        ("expected sarsa", "lost the least: expected Sarsa", True),
        ("Sarsa", "lost the least: expected Sarsa", False),
        ("seed 0: 0.5", "seed 0: 0.5", True),
        ("0.5", "seed 0: 0.5", True),
        ("x2 is 4", "x2 is 4", True),
        ("nan", "x: nan", True),
        ("", ":", False),
    ],
)
def test_words_count_loosely_and_beside_numbers_not_at_all(guess, printed, right):
    assert Line(printed, guess).is_right == right


def test_numbers_in_another_order_are_not_the_same():
    assert alike("1 2", "a 1, b 2") and not alike("2 1", "a 1, b 2")


# What is read of the prose


def test_the_cell_is_the_one_that_the_press_has_kept(chapter):
    cell = prose.prediction(chapter)
    kept = json.loads(chapter.run.read_text("utf-8"))["cells"]
    assert ["".join(c["source"]) for c in kept].count(cell.source) == 1
    assert f"# {cell.section}\n" in chapter.prose.read_text("utf-8") and "$" not in cell.question
    assert "$" not in cell.explanation and "\\" not in cell.explanation


def test_every_cell_of_the_prose_is_found_as_the_press_finds_it(chapter):
    text = chapter.prose.read_text("utf-8")
    found = [
        m["source"] for m in prose.CELL.finditer(text) if ".noeval" not in prose.options_of(m[1])
    ]
    kept = json.loads(chapter.run.read_text("utf-8"))["cells"]
    assert found == ["".join(cell["source"]) for cell in kept]


def test_a_caption_may_speak_of_predictions():
    assert prose.options_of(' fold caption="We predict this." alt="b"') >= {"fold"}
    assert "predict" not in prose.options_of(' caption="We predict this."')


def test_prose_becomes_words_for_a_terminal():
    text = r"By [this](arrays#x), **bold** $\hat y_{ij} \le \alpha\, \sum_i x$ and `np.sum`."
    assert prose.plain(text) == "By this, bold y_ij ≤α Σ_i x and `np.sum`."


def test_a_cell_at_the_end_of_a_chapter_without_headings_is_found_too(tmp_path, monkeypatch):
    path = tmp_path / "x.md"
    path.write_text("# X\n\nWhat?\n\n```python predict\nprint(1)\n```\n", "utf-8")
    monkeypatch.setattr(type(CHAPTER), "prose", path)
    chapter = replace(CHAPTER)
    cell = prose.prediction(chapter)
    assert (cell.section, cell.question, cell.explanation) == (chapter.title, "What?", "")
