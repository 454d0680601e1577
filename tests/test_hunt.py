"""The hunt: a mistake is planted where it fits, and only its symptom is shown."""

import argparse
import ast
import json
import random
import re
import shutil
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from book_tools import copy_of_the_book, grader

from grader import book, stub
from grader.desk import hunt, plant, progress, quarry
from grader.problems import Misuse
from grader.reference import Reference
from grader.verdict import WRONG, Verdict

CHAPTER = book.find_chapter("logistic_regression")
HOLES = [hole.name for hole in stub.holes(CHAPTER.source)]
SOLVED = stub.derive(CHAPTER.source, HOLES)
FILE = "hunts/logistic_regression.py"


def workspace(root):
    """Make a workspace with every exercise empty."""
    (root / "exercises").mkdir(parents=True)
    (root / book.MARK).touch()
    for chapter in book.chapters():
        path = root / "exercises" / f"{chapter.slug}.py"
        path.write_text(stub.derive(chapter.source), encoding="utf-8")
    return root


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Return a workspace with every exercise empty; we are in it."""
    monkeypatch.chdir(workspace(tmp_path / "my desk ü"))
    return Path.cwd()


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return a workspace with a hunt in code of one's own."""
    root = workspace(tmp_path_factory.mktemp("begun") / "desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write(CHAPTER, SOLVED)
        run("7")
    return root


@pytest.fixture
def hunting(begun, tmp_path, monkeypatch):
    """Return a copy of that workspace; we are in it."""
    monkeypatch.chdir(shutil.copytree(begun, tmp_path / "my desk ü"))
    return Path.cwd()


def write(chapter, source):
    chapter.exercise.write_text(source, encoding="utf-8")


def run(name="", give_up=False):
    return hunt.run(argparse.Namespace(name=name, give_up=give_up))


def said(capsys):
    """Return what was printed, as one line."""
    return " ".join(capsys.readouterr().out.split())


# Planting by the syntax tree

RIGHT = """
def slope(X, y, w, b):
    # your turn (core)
    error = f(X @ w + b) - y
    return X.T @ error / len(y) + w, error.mean()
"""


@pytest.mark.parametrize(
    "edit, theirs, wanted",
    [
        pytest.param(
            ("error.mean()", "error.sum()"),
            "miss = f(X @ w + b) - y  # é\n    return X.T @ miss / len(y) + w, miss.mean()",
            "miss = f(X @ w + b) - y  # é\n    return X.T @ miss / len(y) + w, miss.sum()",
            id="another name",
        ),
        pytest.param(
            (" + b", ""),
            'é = "ü"; e = f( X@w+b ) - y\n    return (X.T @ e / len(y) + w, e.mean())  # mean',
            'é = "ü"; e = f( X @ w ) - y\n    return (X.T @ e / len(y) + w, e.mean())  # mean',
            id="another layout, and letters of two bytes",
        ),
        pytest.param(
            ("X.T @ error / len(y)", "X.T @ error"),
            "g = f(X @ w + b) - y\n    dw = (\n        X.T @ g / len(y)  # mean\n    ) + w\n"
            "    return dw, g.mean()",
            "g = f(X @ w + b) - y\n    dw = (\n        X.T @ g  # mean\n    ) + w\n"
            "    return dw, g.mean()",
            id="over several lines",
        ),
        pytest.param(
            ("f(X @ w + b) - y", "y - f(X @ w + b)"),
            "return X.T @ (f(X @ w + b) - y) / len(y) + w, (f(X @ w + b) - y).mean()",
            None,
            id="in two places",
        ),
        pytest.param(
            ("f(X @ w + b) - y", "(X @ w + b)"),
            "g = (f(X @ w + b) - y)\n    return X.T @ g / len(y) + w, g.mean()",
            "g = X @ w + b\n    return X.T @ g / len(y) + w, g.mean()",
            id="brackets that nothing needs any more",
        ),
        pytest.param(
            ("error.mean()", "error.sum()"),
            "error = f(X @ w + b) - y\n    return X.T @ error / len(y) + w, np.mean(error)",
            None,
            id="written another way",
        ),
        pytest.param(
            ("    return", "    n = 2\n    return n *"),
            "n = f(X @ w + b) - y\n    return X.T @ n / len(y) + w, n.mean()",
            None,
            id="a name that is taken",
        ),
    ],
)
def test_a_mistake_is_planted_in_code_that_differs_in_names_and_layout(edit, theirs, wanted):
    head = RIGHT[: RIGHT.index("error")]
    made = plant.planted(head + theirs + "\n", RIGHT, RIGHT.replace(*edit), "slope")
    assert made == (wanted and head + wanted + "\n")


LOOP = """
def walk(x):
    a, b = 0, 0
    for step in x:
        a = a + step
        b = b + step
    return a, b
"""


@pytest.mark.parametrize(
    "old, new, wanted",
    [
        pytest.param("        b = b + step\n", "", "        p = p + s  # first\n", id="dropped"),
        pytest.param(
            "        b = b",
            "        a = 0\n        b = b",
            "        p = p + s  # first\n        p = 0\n        q = q + s  # second\n",
            id="added",
        ),
        pytest.param(
            "a = a + step\n        b = b + step",
            "b = b + step\n        a = a + step",
            "        q = q + s\n        p = p + s  # second\n",
            id="swapped",
        ),
        pytest.param(
            "b = b + step",
            "b = b - step",
            "        p = p + s  # first\n        q = q - s  # second\n",
            id="the second of two that are alike",
        ),
    ],
)
def test_statements_are_dropped_added_and_swapped_in_their_own_names(old, new, wanted):
    head, tail = "\ndef walk(x):\n    p, q = 0, 0\n    for s in x:\n", "    return p, q\n"
    theirs = "        p = p + s  # first\n        q = q + s  # second\n"
    made = plant.planted(head + theirs + tail, LOOP, LOOP.replace(old, new), "walk")
    assert made == head + wanted + tail


def test_several_slices_of_one_subscript_are_planted_as_slices():
    right = "def tap(x, i, j, h):\n    return x[:, i : i + h, j:]\n"
    wrong = right.replace("i : i + h, j:", "j : j + h, i:")
    assert plant.planted(right, right, wrong, "tap") == wrong.replace("j : j + h", "j:j + h")


def test_every_mistake_that_is_planted_in_the_reference_is_that_mistake(chapter):
    reference, some = Reference(chapter), slice(None, None, 5)  # all take half a minute
    for mistake in reference.mistakes[some]:
        mutant = reference.mutant(mistake)
        made = plant.planted(chapter.source, chapter.source, mutant, mistake.in_)
        if mistake.new != "else:":  # an elif has no place that could be written anew
            assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(mutant)), mistake.why


# The whole of a hunt, as a learner has it


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of_the_book(tmp_path_factory.mktemp("book with ümlaut"))


def test_a_hunt_from_the_first_screen_to_the_last(home):
    own = SOLVED.replace("error", "miss_é")
    path = home / FILE
    (home / "exercises" / path.name).write_text(own, encoding="utf-8")
    begun = grader(home, "hunt", "7")
    assert begun.returncode == 0, begun.stderr
    assert "your own code" in begun.stdout and "✗" in begun.stdout
    assert "This is how it looks" not in begun.stdout and not re.search(r"line \d", begun.stdout)
    planted = path.read_text(encoding="utf-8")
    assert planted.startswith("# A hunt in chapter 7, logistic regression:")
    body = planted.partition("\n\n")[2]
    assert body != own and "miss_é" in body

    again = grader(home, "hunt")
    assert again.returncode == 1 and "Not yet after" in again.stdout
    assert symptom(again.stdout) == symptom(begun.stdout)
    left = grader(home, "hunt", "--give-up", COLUMNS="50")
    assert left.returncode == 0 and "\n        planted  " in left.stdout
    assert "\n        right    " in left.stdout
    assert max(map(len, left.stdout.splitlines())) <= 50

    grader(home, "hunt", "7")
    kept = list((home / ".grader" / "kept").iterdir())
    assert [file.read_text(encoding="utf-8") for file in kept] == [planted]
    path.write_text(own, encoding="utf-8")
    found = grader(home, "hunt")
    assert found.returncode == 0, found.stdout
    assert "Found and mended after" in found.stdout
    assert "\n        planted  " in found.stdout and "\n        yours    " in found.stdout
    assert "The mistake: " in found.stdout
    assert max(map(len, found.stdout.splitlines())) <= 80

    over = grader(home, "hunt", "--give-up")
    assert (over.returncode, over.stderr) == (2, "No hunt is open.\nNext: grader hunt\n")
    unknown = grader(home, "hunt", "logistic")
    assert unknown.returncode == 2 and "Did you mean logistic_regression" in unknown.stderr


def symptom(printed):
    return re.search(r"^    ✗.*?\n\n", printed, re.M | re.S)[0]


# What a hunt shows and hides


def test_without_code_of_ones_own_the_book_s_is_hunted_in(desk, capsys):
    assert run("7") == 0
    assert "the book's code, with its answers in it" in said(capsys)
    source = (desk / FILE).read_text(encoding="utf-8")
    assert "NotImplementedError" not in source and "# hint:" not in source
    (desk / FILE).write_text(SOLVED, encoding="utf-8")
    assert run() == 0


def test_no_answer_is_given_away_that_one_has_not_found(desk, capsys):
    write(CHAPTER, stub.derive(CHAPTER.source))
    progress.note("check", CHAPTER.slug, "sigmoid", state="done")
    assert run() == 0
    assert progress.events("hunt")[-1].exercise == "sigmoid"
    source = (desk / FILE).read_text(encoding="utf-8")
    assert source.count("raise NotImplementedError") == len(HOLES) - 1
    assert "answers" not in said(capsys)


@pytest.mark.parametrize("name", ["exercise gone", "exercise broken"])
def test_an_exercise_that_cannot_be_read_stops_no_hunt(desk, name):
    CHAPTER.exercise.unlink() if "gone" in name else write(CHAPTER, "def sigmoid(:")
    assert run("7") == 0
    assert progress.events("hunt")[-1].about["whose"].startswith("the book's code")


def test_the_same_mistake_does_not_come_again_soon_and_the_same_seed_plants_the_same(desk):
    write(CHAPTER, stub.derive(CHAPTER.source, ["sigmoid"]))
    first = quarry.quarry(CHAPTER, [], seed=3)
    assert first == quarry.quarry(CHAPTER, [], seed=3)
    assert first.mistake.in_ == "sigmoid"
    assert quarry.quarry(CHAPTER, [first.mistake.why], seed=3).mistake.why != first.mistake.why


def test_a_chapter_that_is_done_is_hunted_in_before_one_that_is_begun():
    first, *_, last = book.chapters()
    events = [event(first, "any", "wrong"), event(last, "any", "not yet")]
    assert hunt.choose([], random.Random(0)) == first
    assert {hunt.choose(events, random.Random(i)) for i in range(9)} == {first}
    events += [event(last, hole.name, "done") for hole in stub.holes(last.source)]
    assert {hunt.choose(events, random.Random(i)) for i in range(9)} == {last}


def event(chapter, exercise, state):
    now = hunt.datetime.now().astimezone()
    return progress.Event(now, "check", chapter.slug, exercise, {"state": state})


def test_where_it_broke_is_told_of_errors_of_ones_own_alone():
    frames = [{"line": 3, "function": "f", "text": "x", "values": []}]
    opened = event(CHAPTER, "sigmoid", "open")
    opened.about.update(check="a", error="ValueError: planted")
    first = Verdict("a", "sigmoid", "first", WRONG, error="ValueError: planted", frames=frames)
    first.diagnosis = ["the answer"]
    same = Verdict("b", "sigmoid", "second", WRONG, error="the same again", frames=frames)
    shown = hunt.as_it_is([same, first], opened)
    assert (shown.check, shown.frames, shown.diagnosis) == ("a", [], [])
    first.error = "NameError: e"
    assert hunt.as_it_is([same, first], opened).frames == frames


# What can go wrong


def test_no_answers_are_shown_to_who_has_nothing_that_passes(tmp_path, monkeypatch):
    (tmp_path / book.MARK).touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Misuse, match="would show its answers") as refused:
        run()
    assert "grader hunt chapter-00" in refused.value.next_step
    assert not (tmp_path / "hunts").exists()


@pytest.mark.parametrize("harm", ["deleted", "broken", "emptied"])
def test_a_file_that_is_gone_or_broken_is_called_that_and_can_be_left(hunting, capsys, harm):
    path = hunting / FILE
    if harm == "deleted":
        path.unlink()
    else:
        path.write_text("def (:" if harm == "broken" else stub.derive(CHAPTER.source))
    if harm == "deleted":
        with pytest.raises(Misuse, match="is gone") as gone:
            run()
        assert "grader hunt --give-up" in gone.value.next_step
    else:
        assert run() == 1
        printed = said(capsys)
        words = {"broken": "line 1: invalid", "emptied": "It is empty now"}
        assert words[harm] in printed and "grader hunt --give-up" in printed
    assert run(give_up=True) == 0
    assert "The mistake: " in said(capsys)
    assert hunt.open_hunt(progress.events("hunt")) is None


def test_a_mistake_that_is_mended_from_elsewhere_is_shown_all_the_same(hunting, capsys):
    opened = progress.events("hunt")[-1]
    path = hunting / FILE
    source = path.read_text(encoding="utf-8")
    name = opened.exercise
    owner, _, last = name.rpartition(".")
    patch = f"\nfrom solutions.inputs import as_floats\n{dedent(opened.about['right'])}"
    patch += f"\n{owner}.{last} = {last}\n" if owner else ""
    # a second definition below the first: the first is what the tree shows
    path.write_text(source + patch, encoding="utf-8")
    assert run() == 0
    assert "you mended it from elsewhere" in said(capsys)


def test_a_clock_set_back_gives_no_time_at_all(hunting):
    opened = progress.events("hunt")[-1]
    assert hunt.after(opened, opened.time + timedelta(minutes=3, seconds=5)) == " after 3 min 5 s"
    assert hunt.after(opened, opened.time - timedelta(hours=1)) == ""
    hunt.give_up(opened, opened.time - timedelta(hours=1))
    assert progress.events("hunt")[-1].about["seconds"] is None


@pytest.mark.parametrize(
    "seconds, words",
    [(8.4, "8 s"), (59.9, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (4e5, "4 days")],
)
def test_a_time_is_told_as_a_person_tells_it(seconds, words):
    assert hunt.duration(seconds) == words


def test_the_lines_that_differ_stand_side_by_side(capsys):
    wrong = "def f(x):\n    a = 1\n    return x - a\n"
    hunt.difference(wrong, wrong.replace("x - a", "x + a"), "yours")
    assert (
        capsys.readouterr().out
        == "        planted  return x - a\n        yours    return x + a\n\n"
    )
    hunt.difference(wrong, wrong.replace("1\n", "1\n    b = 2\n    a = b\n"), "right")
    assert capsys.readouterr().out == (
        "        planted  (nothing: a line is missing)\n"
        "        right    b = 2\n                 a = b\n\n"
    )
    hunt.difference(wrong.replace("1\n", "1\n    a = 2\n"), wrong, "right")
    assert capsys.readouterr().out == (
        "        planted  a = 2\n        right    (nothing: that line is too many)\n\n"
    )


def test_two_hunts_are_two_files_and_the_last_begun_comes_first(hunting):
    run("0")
    assert sorted(p.name for p in (hunting / "hunts").iterdir()) == [
        "arrays.py",
        "logistic_regression.py",
    ]
    events = progress.events("hunt")
    assert hunt.open_hunt(events).chapter == "arrays"
    assert hunt.open_hunt(events, CHAPTER).chapter == "logistic_regression"


def test_a_hunt_that_cannot_be_noted_is_not_begun_in_silence(home):
    state = home / ".grader"
    state.mkdir(exist_ok=True)
    aside = state.rename(home / "aside")
    state.write_text("in the way")
    try:
        refused = grader(home, "hunt", "0")
    finally:
        state.unlink()
        aside.rename(state)
    assert refused.returncode == 3
    assert "no hunt can be open" in refused.stderr and "Traceback" not in refused.stderr


def test_what_is_noted_of_a_hunt_is_plain(hunting):
    about = progress.events("hunt")[-1].about
    assert json.loads(json.dumps(about)) == about
    assert about["state"] == "open" and about["right"] != about["wrong"]
