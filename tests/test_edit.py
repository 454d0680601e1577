"""Where the disk says no, nothing of the learner's is lost."""

import os
from pathlib import Path

import pytest
from book_tools import copy_of_the_book

from grader import book, edit, find, stub, submission
from grader.problems import Fault
from grader.submission import Obstacle


@pytest.fixture
def solved(tmp_path, monkeypatch):
    """Return chapter 7 of a copy of the book, solved."""
    copy_of_the_book(tmp_path)
    monkeypatch.setattr(book, "ROOT", tmp_path)
    solved = book.Chapter(7, "logistic_regression")
    solved.exercise.write_text(solved.source, encoding="utf-8")
    return solved


def refuse(*args, **kwargs):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("hole", [None, "sigmoid"])
def test_reset_leaves_the_file_where_it_cannot_write(solved, hole, monkeypatch):
    monkeypatch.setattr(os, "replace", refuse)
    before = sorted(solved.exercise.parent.iterdir())
    with pytest.raises(Fault, match="cannot be written: Permission denied"):
        edit.reset(solved, hole)
    assert solved.exercise.read_text(encoding="utf-8") == solved.source
    assert sorted(solved.exercise.parent.iterdir()) == before


def test_reset_leaves_the_file_where_no_copy_can_be_kept(solved, monkeypatch):
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(Fault, match="Nothing was changed: no copy of"):
        edit.reset(solved, None)
    assert solved.exercise.read_text(encoding="utf-8") == solved.source


def test_two_resets_in_one_second_keep_two_copies(solved):
    for _ in range(2):
        solved.exercise.write_text(solved.source, encoding="utf-8")
        edit.reset(solved, None)
    kept = list((book.state() / "kept").iterdir())
    assert len(kept) == 2
    assert all(path.read_text(encoding="utf-8") == solved.source for path in kept)


def test_a_file_that_may_not_be_read_is_told(solved, monkeypatch):
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(Obstacle, match="cannot be read: Permission denied"):
        submission.read(solved.exercise, solved)


def test_emptying_one_function_leaves_every_other_line(solved):
    mine = solved.source.replace("def softmax(z):", "# my own remark\ndef softmax(z):")
    solved.exercise.write_text(mine, encoding="utf-8")
    edit.reset(solved, "sigmoid")
    now = solved.exercise.read_text(encoding="utf-8").splitlines()
    gone = [line for line in mine.splitlines() if line not in now]
    assert "# my own remark" in now
    assert now.count('    raise NotImplementedError("sigmoid")') == 1
    assert all(line.startswith("    ") for line in gone)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    # your turn (warm-up)\n    raise NotImplementedError("sigmoid")\n', "    return z\n"),
        ("import numpy as np\n", "import numpy as np\n\nMINE = 'a remark of my own'\n"),
    ],
    ids=["its marker is gone", "beside the holes"],
)
def test_sync_loses_nothing_that_was_written(solved, old, new):
    """A user who deleted the marker and wrote on would have lost that."""
    mine = stub.derive(solved.source).replace(old, new)
    assert mine != stub.derive(solved.source)
    solved.exercise.write_text(mine, encoding="utf-8")
    edit.sync()
    kept = [p.read_text(encoding="utf-8") for p in (book.state() / "kept").glob("*")]
    assert mine in [solved.exercise.read_text(encoding="utf-8"), *kept]


@pytest.mark.parametrize("name", ["7.sigmoid", "logistic_regression.sigmoid", "sigmoid"])
def test_the_full_name_of_a_function_is_no_chapter(name):
    assert not find.is_chapter(name) and find.is_chapter("7")
