"""`grader tour` as a newcomer meets it."""

import errno
import os
import signal
import subprocess
import sys
import tempfile

import pytest
from book_tools import copy_of_the_book, grader, no_workers_in

from grader import book, edit, stub
from grader.desk import tour
from grader.problems import Fault


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of_the_book(tmp_path_factory.mktemp("book"))


def test_it_runs_the_real_commands_and_touches_nothing(home, tmp_path):
    before = {path: path.read_bytes() for path in (home / "exercises").iterdir()}
    run = grader(home, "tour", TMPDIR=str(tmp_path))
    assert run.returncode == 0 and not run.stderr
    commands = [line for line in run.stdout.splitlines() if line.startswith("$ ")]
    check = "$ grader check sigmoid"
    assert commands == ["$ grader check chapter-07", check, "$ grader hint sigmoid", check]
    untouched, wrong, hint, right = run.stdout.split("\n$ grader")[1:]
    assert untouched.count("not yet") == 8
    assert "    return 1 / (1 + np.exp(-z))" in untouched  # typed before the second command
    assert "This is how it looks when exp(-z) is taken of every z" in wrong
    assert "hint 1 of 3" in hint and "1 of 1 exercise." in right and "3 of 3" in right
    assert run.stdout.endswith("Next: grader check chapter-00\n")
    assert max(map(len, run.stdout.splitlines())) <= 80
    assert not list(tmp_path.iterdir()) and not (home / ".grader").exists()
    assert before == {path: path.read_bytes() for path in (home / "exercises").iterdir()}


def test_it_is_narrow_where_the_window_is(home):
    run = grader(home, "tour", COLUMNS="50")
    assert run.returncode == 0 and max(map(len, run.stdout.splitlines())) <= 50


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_ctrl_c_ends_it_and_its_folder(home, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "tour"],
        cwd=home,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        while not process.stdout.readline().startswith("$ grader check"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
    assert process.returncode == 130 and errors.strip() == "Stopped."
    assert not list(tmp_path.iterdir()) and no_workers_in(home)


def test_it_takes_about_twenty_seconds_where_somebody_looks_on(monkeypatch):
    rests = []
    monkeypatch.setattr(tour, "rest", rests.append)
    monkeypatch.setattr(tour, "main", lambda command: 0)
    assert tour.run(None) == 0
    assert 15 <= sum(rests) <= 23  # and a second or two for the commands


def test_it_says_so_where_no_folder_can_be_made(monkeypatch):
    def full(**_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    with pytest.raises(Fault, match="No folder for the tour can be made: No space left"):
        tour.run(None)


def test_what_is_filled_in_is_the_first_exercise_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / book.MARK).touch()
    chapter = book.find_chapter(tour.CHAPTER)
    edit.write(chapter.exercise, stub.derive(chapter.source))
    answer = tour.fill(chapter, chapter.source)
    source = chapter.exercise.read_text(encoding="utf-8")
    assert answer in source and source.count("raise NotImplementedError") == 7
