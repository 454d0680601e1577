"""grader explain: what is asked, how an answer is marked, and what a file may hold."""

import json
import tomllib
from dataclasses import dataclass

import pytest
from book_tools import copy_of_the_book, grader

from grader import book, command
from grader.book import find_chapter
from grader.desk import explain, progress, witness
from grader.desk.task import Task, shown, tasks
from grader.scenario import Explain

CHAPTER = find_chapter("logistic_regression")
ROWS, BIASES = tasks(CHAPTER)
ANSWER = {"line": 3, "cause": "b", "witness": {"z": [[0.0, 1.0], [1000.0, 3.0]]}}


@dataclass
class Run:
    """What a command said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def desk(tmp_path, monkeypatch, capsys):
    """Yield a function that runs a command in a workspace of its own, in this process."""
    home = tmp_path / "a desk, with ümlauts"
    home.mkdir()
    (home / book.MARK).touch()
    monkeypatch.chdir(home)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words):
        code = command.run(list(words))
        return Run(code, *capsys.readouterr())

    return run


@pytest.fixture
def answers(desk):
    """Yield a function that writes an answer file and marks it."""

    def mark(content):
        CHAPTER.explained.parent.mkdir(exist_ok=True)
        CHAPTER.explained.write_bytes(content if isinstance(content, bytes) else content.encode())
        return desk("explain", "chapter-07")

    return mark


def toml(**tables):
    """Return tables as an answer file."""
    lines = []
    for name, table in tables.items():
        lines.append(f"[{name}]")
        for key, value in table.items():
            parts = value.items() if isinstance(value, dict) else []
            lines += [f"{key}.{k} = {json.dumps(v)}" for k, v in parts]
            lines += [] if parts else [f"{key} = {json.dumps(value)}"]
    return "\n".join(lines) + "\n"


RIGHT = toml(rows=ANSWER, biases={"line": 3, "cause": "c", "witness": {"y": [0, 0, 1]}})


def states(task, **answer):
    return [mark.state for mark in explain.mark(task, answer)]


# The command


def test_the_first_time_the_tasks_are_shown_and_a_file_is_written(tmp_path):
    root = copy_of_the_book(tmp_path / "a book, in ümlauts")
    path = root / "explain" / "logistic_regression.toml"
    run = grader(root, "explain", "7")
    assert run.returncode == 1, run.stderr
    assert "     3      e = np.exp(z - z.max())" in run.stdout
    assert all(f"      {letter}) " in run.stdout for letter in "abcd")
    assert "0 of 2 tasks." in run.stdout and max(map(len, run.stdout.splitlines())) <= 80
    blank = tomllib.loads(path.read_text("utf-8"))
    assert blank["rows"] == {"line": 0, "cause": "", "witness": ROWS.explain.example}
    assert ROWS.mistake.lesson[:30] not in run.stdout
    path.write_text(path.read_text("utf-8") + "# mine\n", encoding="utf-8")
    again = grader(root, "explain", "7")
    assert again.stdout == run.stdout and path.read_text("utf-8").endswith("# mine\n")


def test_all_right_tells_the_lesson_and_ends_with_zero(answers):
    run = answers(RIGHT)
    assert run.returncode == 0, run.stdout
    words = " ".join(run.stdout.split())
    assert ROWS.mistake.lesson in words and BIASES.mistake.lesson in words
    assert "broken [[nan nan]" in words and "2 of 2 tasks." in words


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda text: text.replace("line = 3", "line = 2", 1), "The right version has this line"),
        (lambda text: text.replace('"b"', '"d"'), "After the subtraction no score is above zero"),
        (lambda text: text.replace("1000.0", "2.0"), "Here the two versions agree."),
    ],
)
def test_a_wrong_answer_teaches_and_does_not_tell(answers, change, sentence):
    run = answers(change(RIGHT))
    words = " ".join(run.stdout.split())
    assert run.returncode == 1 and sentence in words and "1 of 2 tasks." in words
    assert ROWS.mistake.lesson not in words


@pytest.mark.parametrize(
    "content",
    [
        RIGHT.replace("\n", "\r\n"),
        b"\xef\xbb\xbf" + RIGHT.encode(),
        RIGHT.replace("\n", "\r"),
        "# " + "ü" * 500 + "\n" + RIGHT,
    ],
)
def test_line_ends_and_marks_of_other_editors_are_read(answers, content):
    assert answers(content).returncode == 0


@pytest.mark.parametrize(
    "content, sentences",
    [
        ("[rows]\ncause = b\n", ["logistic_regression.toml, line 2: Invalid value", "cause = b"]),
        ("[rows]\nline =\n", ["line 2: Invalid value", "An answer looks like"]),
        ("[rows\nline = 3\n", ["line 1: Expected ']'"]),
        ("[rows]\nwitness.z = [[1.0, 2.0\n", ["Unclosed array", "An answer looks like"]),
        ("[rows]\nline = 3\nline = 4\n", ["line 3: Cannot overwrite a value"]),
        ("[row]\nline = 3\n", ["no task [row]", "Did you mean rows?"]),
        ("[xyz]\n", ["no task [xyz]", "rows and biases"]),
        ("rows = 3\n", ["a line [rows] of its own"]),
        ('[rows]\ncasue = "b"\n', ["[rows] knows no 'casue'", "Did you mean cause?"]),
        (RIGHT.encode("utf-16"), ["saved as UTF-16"]),
        (b"[rows]\ncause = '\xe9'\n", ["line 2 holds a byte"]),
        ("[rows]\nwitness.z = " + "[" * 5000, ["An answer looks like"]),
        ("[rows]\nline = " + "9" * 5000, ["An answer looks like"]),
    ],
)
def test_a_file_that_cannot_be_read_is_misuse_and_says_what_would_do(answers, content, sentences):
    run = answers(content)
    assert run.returncode == 2 and "Traceback" not in run.stderr, run.stderr
    for sentence in [*sentences, "Next: grader explain chapter-07"]:
        assert sentence in run.stderr, run.stderr


def test_a_missing_or_empty_file_or_table_gives_the_table_to_put_in(answers):
    for content in ("", "\n", toml(biases={"line": 3})):
        run = answers(content)
        assert run.returncode == 1
        assert 'The file has no such table. Put this into it:\n\n[rows]\nline = 0\ncause = ""' in (
            run.stdout
        )


def test_a_folder_in_the_place_of_the_file_is_named(desk):
    CHAPTER.explained.mkdir(parents=True)
    run = desk("explain", "7")
    assert run.returncode == 2 and "explain/logistic_regression.toml cannot be read" in run.stderr


def test_where_no_file_can_be_written_the_tasks_are_shown_all_the_same(desk):
    CHAPTER.explained.parent.touch()
    run = desk("explain", "7")
    assert run.returncode == 3 and "np.exp(z - z.max())" in run.stdout
    assert "explain/logistic_regression.toml cannot be written" in run.stderr


def test_an_unknown_chapter_has_nearest_names(desk):
    run = desk("explain", "autogard")
    assert run.returncode == 2 and "Did you mean autograd?" in run.stderr


# The marks


def test_a_line_may_be_a_number_or_a_text_as_it_was_copied():
    right = [3, "3", "  3  e = np.exp(z - z.max())", "e = np.exp( z-z.max() )", ROWS.listing[2]]
    assert [explain.mark_line(ROWS, answer).state for answer in right] == ["done"] * 5
    wrong = [1, -1, 99, True, 3.0, [3], {}, "e = np.exp(z)", ROWS.listing[3], "#"]
    wrong += ["9" * 5000, "x" * 100_000, "\x1b[2J"]
    assert [explain.mark_line(ROWS, answer).state for answer in wrong] == ["wrong"] * 13
    assert max(len(explain.mark_line(ROWS, answer).sentence) for answer in wrong) < 300
    assert "\x1b" not in explain.mark_line(ROWS, "\x1b[2J").sentence
    assert [explain.mark_line(ROWS, answer).state for answer in (0, "")] == ["not yet"] * 2


def test_a_cause_may_be_a_letter_or_its_words():
    right = ["b", "B", "b)", ROWS.explain.why]
    assert [explain.mark_cause(ROWS, answer).state for answer in right] == ["done"] * 4
    for answer in ("a", "z", 2, True, ["b"], "ab"):
        assert explain.mark_cause(ROWS, answer).state == "wrong"
    assert "letters a to d" in explain.mark_cause(ROWS, "z").sentence


@pytest.mark.parametrize(
    "answer, sentence",
    [
        ({"x": [[1.0]]}, "There is no input x. There is z."),
        ({"Z": [[1.0]], "z": [[1.0]]}, "There is no input Z. Did you mean z?"),
        ([[1.0]], "like witness.z ="),
        ({"z": [1.0]}, "should look like [["),
        ({"z": []}, "should look like [["),
        ({"z": [[1.0], [1.0, 2.0]]}, "not equally long"),
        ({"z": [[1.0, [2.0]]]}, "not equally long"),
        ({"z": [["1.0"]]}, "must hold numbers, not '1.0'"),
        ({"z": [[True]]}, "must hold numbers, not True"),
        ({"z": [[float("inf")]]}, "finite"),
        ({"z": [[float("nan")]]}, "finite"),
        ({"z": [[10**400]]}, "too large"),
        ({"z": [[0.0] * 1001]}, "1,001 numbers"),
        ({"z": [[]]}, "The right version does not take it: ValueError"),
    ],
)
def test_what_is_no_witness_is_refused_in_a_sentence(answer, sentence):
    mark = explain.mark_witness(ROWS, answer)
    assert mark.state == "wrong" and sentence in mark.sentence


def test_inputs_that_are_whole_numbers_stay_so_and_each_has_to_be_there():
    for y, sentence in [([0.5], "whole numbers"), ([2_000_000], "too large"), ([7], "IndexError")]:
        assert sentence in explain.mark_witness(BIASES, {"y": y}).sentence
    assert states(BIASES, witness={"y": [0.0, 0.0, 1.0]})[2] == "done"
    axis = next(t for t in tasks(find_chapter("autograd")) if t.name == "axis")
    mark = explain.mark_witness(axis, {"axis": 1})
    assert "The input x is missing: witness.x = [[" in mark.sentence


def made(call, example):
    """Return a task with another way to compare the versions."""
    spec = Explain("made", ROWS.explain.why, {}, "", call, example, {})
    return Task(CHAPTER, spec, ROWS.mistake, ROWS.broken)


def test_a_witness_may_make_the_broken_version_raise():
    task = made(lambda code, z: code.softmax([0.0, z]), {"z": 0.0})
    broken = task.broken.replace("def softmax(z):\n", "def softmax(z):\n    if z[1] == 7: 1 / 0\n")
    task = Task(CHAPTER, task.explain, ROWS.mistake, broken)
    assert explain.mark_witness(task, {"z": 7.0}).shown["broken"] == [
        "ZeroDivisionError: division by zero"
    ]
    assert not witness.results(task, {"z": 6.0}).differ


def test_what_takes_too_long_is_refused(monkeypatch):
    import threading

    end = threading.Event()
    monkeypatch.setattr(witness, "SECONDS", 0.2)
    mark = explain.mark_witness(made(lambda code, z: end.wait(60), {"z": 0.0}), {"z": 1.0})
    end.set()
    assert "It takes longer than 0.2 seconds" in mark.sentence


def test_an_input_that_a_version_changes_reaches_the_other_unchanged():
    def call(code, z):
        z[0] += 1
        return z

    assert not witness.results(made(call, {"z": [0.0]}), {"z": [5.0]}).differ


# What is shown


def test_a_listing_is_the_function_without_docstring_marker_and_hints(chapter):
    for task in tasks(chapter):
        text = "\n".join(task.listing)
        assert '"""' not in text and "# hint:" not in text and "# your turn" not in text
        assert task.listing[0].startswith("def ")
        compile(text, "listing", "exec")
        right = shown(chapter.source, task.hole)
        assert [line for line in right if line not in task.listing], "the right line is gone"


def test_the_order_of_the_causes_does_not_give_them_away():
    letters = [
        letter
        for chapter in book.chapters()
        for task in tasks(chapter)
        for letter, cause in task.causes.items()
        if cause == task.explain.why
    ]
    assert len(set(letters)) >= 3
    assert tasks(CHAPTER)[0].causes == ROWS.causes


# What is kept


def test_an_attempt_is_noted_once_until_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "state", lambda: tmp_path)
    for answer in ({}, {"line": 2}, {"line": 2}, ANSWER, ANSWER):
        assert explain.remember(ROWS, answer, explain.mark(ROWS, answer))
    found = progress.events("explain")
    assert [(e.chapter, e.exercise, e.about["right"]) for e in found] == [
        ("logistic_regression", "rows", {"line": False, "cause": False, "witness": False}),
        ("logistic_regression", "rows", {"line": True, "cause": True, "witness": True}),
    ]
