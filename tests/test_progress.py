"""What happened is remembered, whatever happens to the file."""

import contextlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from book_tools import copy_of_the_book, grader

from grader import book, stub
from grader.desk import ledger, progress

CHAPTER = book.find_chapter("logistic_regression")
SOLVED = CHAPTER.source
WRONG = SOLVED.replace("X.T @ error / len(y)", "X.T @ error")
HAS_FORK = hasattr(os, "fork")
IS_ROOT = HAS_FORK and os.geteuid() == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a copy of the book, on a path such as people have."""
    return copy_of_the_book(tmp_path_factory.mktemp("mein büchlein (1)"))


@pytest.fixture
def home(shared, monkeypatch):
    """Return the copy with nothing kept; this process reads what is kept there."""
    shutil.rmtree(shared / ".grader", ignore_errors=True)
    write(shared, stub.derive(SOLVED))
    look_at(shared, monkeypatch)
    return shared


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return an empty workspace."""
    look_at(tmp_path, monkeypatch)
    return tmp_path


def look_at(folder, monkeypatch):
    (folder / book.MARK).touch()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(ledger, "SAID", set())


def write(home, source):
    (home / "exercises" / "logistic_regression.py").write_bytes(source.encode())


def noted(number, start=0, **about):
    """Note some events; return whether each could be written."""
    return [
        progress.note("check", "arrays", f"f{i}", **about) for i in range(start, start + number)
    ]


def names():
    return [event.exercise for event in progress.events()]


def integrity():
    with contextlib.closing(sqlite3.connect(ledger.file())) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


# What is recorded


def test_attempts_are_recorded_with_their_verdicts(home):
    write(home, WRONG)
    assert grader(home, "check", "7").stderr == ""
    events = progress.events()
    assert [e.exercise for e in events] == [hole.name for hole in stub.holes(SOLVED)]
    slope = next(e for e in events if e.exercise == "log_loss_gradient")
    assert (slope.kind, slope.key) == ("check", "logistic_regression.log_loss_gradient")
    assert slope.about["state"] == slope.about["checks"]["slope"] == "wrong"
    assert slope.about["checks"]["slope_of_one_sample"] == "done"
    assert 0 <= slope.about["seconds"] < 60 and len(slope.about["source"]) == 16
    assert slope.time.tzinfo


def test_the_same_code_with_the_same_verdicts_is_no_new_attempt(home):
    write(home, WRONG)
    grader(home, "check", "7")
    before = len(progress.events())
    write(home, WRONG.replace("\n", "\r\n"))  # as Windows ends its lines
    grader(home, "check", "7")
    assert len(progress.events()) == before
    write(home, SOLVED)
    grader(home, "check", "7")
    new = progress.events()[before:]
    assert "log_loss_gradient" in {e.exercise for e in new}
    assert "softmax" not in {e.exercise for e in new}
    assert {e.about["state"] for e in new} == {"done"}


def test_an_empty_exercise_is_no_attempt_until_it_was_filled(home):
    grader(home, "check", "7")
    assert not ledger.file().exists()
    write(home, SOLVED)
    grader(home, "check", "sigmoid")
    write(home, stub.derive(SOLVED))
    grader(home, "check", "sigmoid")
    assert [e.about["state"] for e in progress.events("check")] == ["done", "not yet"]


def test_an_empty_exercise_that_waits_for_another_is_no_attempt(home):
    grader(home, "check", "7")
    grader(home, "check", "SoftmaxRegression.fit")
    assert progress.events() == []


def test_a_part_of_the_checks_is_no_attempt(home):
    write(home, SOLVED)
    assert grader(home, "check", "7", "--", "-k", "symmetry").returncode == 0
    assert progress.events() == []
    grader(home, "check", "7", "--", "-q")
    assert len(progress.events()) == 8


def test_hints_answers_and_resets_are_recorded(home):
    write(home, SOLVED)
    grader(home, "hint", "sigmoid")
    grader(home, "reveal", "softmax")
    grader(home, "reset", "fit_irls")
    told = [(e.kind, e.exercise) for e in progress.events()]
    assert told == [("hint", "sigmoid"), ("reveal", "softmax"), ("reset", "fit_irls")]
    grader(home, "reset", "7")
    assert len(progress.events("reset")) == 1 + len(stub.holes(SOLVED))
    grader(home, "reset", "7")  # nothing is done, so nothing is noted
    assert len(progress.events("reset")) == 1 + len(stub.holes(SOLVED))


def test_the_last_of_each_exercise_is_by_the_order_not_by_the_clock(place):
    progress.note("check", "arrays", "f", state="wrong")
    with ledger.opened() as connection:  # a clock that was set back a year
        connection.execute(
            ledger.ADD,
            ("2001-01-01T00:00:00+00:00", "check", "arrays", "f", '{"state": "done"}'),
        )
    (last,) = progress.latest("check")
    assert last.about["state"] == "done" and last.time.year == 2001


# Files of other versions


def test_hints_of_an_older_grader_are_taken_over_once_and_left(home):
    (home / ".grader").mkdir()
    text = "2026-01-02T10:00:00 logistic_regression.sigmoid\nnonsense\n"
    (home / ".grader" / "hints").write_text(text, encoding="utf-8")
    assert "hint 2 of 3" in grader(home, "hint", "sigmoid").stdout
    assert "hint 3 of 3" in grader(home, "hint", "sigmoid").stdout
    first, *rest = progress.events("hint")
    assert (first.exercise, first.time.year, len(rest)) == ("sigmoid", 2026, 2)
    assert (home / ".grader" / "hints").read_text(encoding="utf-8") == text


def test_a_later_version_adds_a_column_and_keeps_every_row(place, monkeypatch):
    noted(3)
    steps = (*ledger.STEPS, ("ALTER TABLE event ADD COLUMN place TEXT",))
    with monkeypatch.context() as later:
        later.setattr(ledger, "STEPS", steps)
        assert noted(1, start=3) == [True] and names() == ["f0", "f1", "f2", "f3"]
        with ledger.opened() as connection:
            assert connection.execute("SELECT place FROM event").fetchall() == [(None,)] * 4
            assert ledger.version_of(connection) == 2


def test_a_file_of_a_newer_grader_is_read_and_left_as_it_is(home, capsys):
    write(home, SOLVED)
    noted(3)
    with contextlib.closing(sqlite3.connect(ledger.file())) as connection:
        connection.execute("ALTER TABLE event ADD COLUMN place TEXT")
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    before = ledger.file().read_bytes()
    assert names() == ["f0", "f1", "f2"]
    assert noted(2) == [False, False]
    told = "Progress is not kept: .grader/progress.db was written by a newer grader.\n"
    assert capsys.readouterr().err == told
    run = grader(home, "check", "7")
    assert run.returncode == 0 and run.stderr == told
    assert ledger.file().read_bytes() == before


# Where the disk says no


@contextlib.contextmanager
def cannot_write(home):
    """Make a workspace one that can only be read."""
    if IS_ROOT and mount(home, "--bind", str(home)) and mount(home, "-o", "remount,bind,ro"):
        try:
            yield
        finally:
            subprocess.run(["umount", str(home)], check=True)
    elif not IS_ROOT:
        folders = [home, home / ".grader"]
        for path in filter(os.path.exists, [*folders, ledger.file()]):
            os.chmod(path, 0o555 if path.is_dir() else 0o444)
        try:
            yield
        finally:
            for path in filter(os.path.exists, folders):
                os.chmod(path, 0o755)
            if ledger.file().exists():
                os.chmod(ledger.file(), 0o644)
    else:  # nobody may mount here, and root may write everywhere
        os.rename(home / ".grader", home / "aside") if (home / ".grader").exists() else None
        (home / ".grader").touch()
        try:
            yield
        finally:
            (home / ".grader").unlink()
            os.rename(home / "aside", home / ".grader") if (home / "aside").exists() else None


def mount(folder, *words):
    kind = () if "--bind" in words or "remount,bind,ro" in words else ("-t", "tmpfs", "tmpfs")
    done = subprocess.run(["mount", *kind, *words, str(folder)], capture_output=True)
    return done.returncode == 0


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be closed so simply there")
def test_a_check_goes_on_where_nothing_can_be_written(home):
    write(home, WRONG)
    with cannot_write(home):
        run = grader(home, "check", "7")
        hint = grader(home, "hint", "sigmoid")
    assert run.returncode == 1 and "6 of 8 exercises." in run.stdout
    (line,) = run.stderr.splitlines()
    assert line.startswith("Progress is not kept: .grader/progress.db cannot be written (")
    assert hint.returncode == 0 and "hint 3 of 3" in hint.stdout


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be closed so simply there")
def test_what_was_kept_is_read_where_nothing_can_be_written(home):
    write(home, SOLVED)
    grader(home, "check", "7")
    with cannot_write(home):
        if (home / ".grader").is_dir():
            assert re.search(r"logistic regression +✓{8} +8 of 8", grader(home, "status").stdout)
            assert "✓ chapter-07" in grader(home, "list").stdout
        again = grader(home, "check", "7")
    assert again.returncode == 0 and "8 of 8 exercises." in again.stdout


@pytest.mark.skipif(not HAS_FORK, reason="no limits on files here")
def test_a_full_disk_loses_nothing_that_was_told(place, capfd):
    with small_disk(place) as fill:
        first = fill()
        assert 10 < first.count(True) and first[-1] is False
        assert names() == [f"f{i}" for i in range(first.count(True))]
        assert integrity() == [("ok",)]
    error = capfd.readouterr().err
    assert error.startswith("Progress is not kept: .grader/progress.db cannot be written (")
    assert error.count("\n") == 1


@contextlib.contextmanager
def small_disk(place):
    """Yield what notes events until there is no room: in a small file system, or a stand-in."""
    state = place / ".grader"
    state.mkdir()
    if IS_ROOT and mount(state, "-o", "size=64k"):
        try:
            yield lambda: until_full()
        finally:
            subprocess.run(["umount", str(state)], check=True)
    else:
        import resource

        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
        try:
            yield lambda: until_full()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)


def until_full():
    told = []
    while len(told) < 500 and (not told or told[-1]):
        told += noted(1, start=len(told), checks={"a": "done" * 50})
    return told


# Two at once, and processes that die


WRITER = """
import sys
from grader.desk import progress
name = sys.argv[1]
print(all([progress.note("check", "arrays", f"{name}{i}") for i in range(100)]))
"""


def test_two_terminals_write_at_once(place):
    environment = os.environ | {"PYTHONPATH": str(book.ROOT)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    assert [writer.communicate(timeout=120)[0] for writer in writers] == ["True\n"] * 2
    assert sorted(names()) == sorted(f"{name}{i}" for name in "ab" for i in range(100))
    own = [name for name in names() if name.startswith("a")]
    assert own == [f"a{i}" for i in range(100)]


@pytest.mark.skipif(not HAS_FORK, reason="processes cannot be forked here")
def test_a_hundred_killed_writers_lose_nothing_but_what_was_under_way(place):
    chance, told, caught = random.Random(0), [], 0
    for round_ in range(100):
        told += killed_writer(f"{round_}-", chance.randrange(1, 4), chance.random() * 0.003)
        caught += ledger.file().with_name("progress.db-journal").exists()
        there = names()
        assert [name for name in there if name in set(told)] == told
        assert len(there) - len(told) <= round_ + 1  # written, and killed before it said so
        assert integrity() == [("ok",)]
    assert caught, "no writer was killed in the middle of a write"


def killed_writer(name, number, wait):
    """Let a process note events until it is killed; return those it said were written."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            for i in range(1000):
                if progress.note("check", "arrays", f"{name}{i}", about="x" * 500):
                    os.write(writer, b"%d\n" % i)
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        said = [pipe.readline() for _ in range(number)]
        time.sleep(wait)  # so that it dies anywhere in the next write
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        said += pipe.readlines()
    return [f"{name}{int(line)}" for line in said]


# Damage


def at_random(data, size):
    """Put noise over two pages in the middle, and over a part of a third."""
    middle = size * (len(data) // size // 2)
    noise = random.Random(0).randbytes(2 * size + 100)
    return data[:middle] + noise + data[middle + len(noise) :]


DAMAGES = {  # what is done to the file, and how much of it can be read at least
    "noise in the middle": (at_random, 0.6),
    "the first page gone": (lambda data, size: bytes(size) + data[size:], 1.0),
    "the root of the table gone": (
        lambda data, size: data[:size] + bytes(size) + data[2 * size :],
        1.0,
    ),
    "cut short": (lambda data, size: data[: int(len(data) * 0.6)], 0.5),
    "cut within its first page": (lambda data, size: data[: size // 2], 0.0),
    "no database at all": (lambda data, size: b"my diary\n" * 1000, 0.0),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_kept_and_what_can_be_read_goes_on(place, damage, capsys):
    several = {f"f{i}": {"checks": {"extremes": "done" * (i % 9)}} for i in range(300)}
    assert progress.note_each("check", "arrays", several)
    progress.note("explain", "arrays", "long", words="a long answer " * 800)  # over several pages
    change, least = DAMAGES[damage]
    size = 4096
    damaged = change(ledger.file().read_bytes(), size)
    ledger.file().write_bytes(damaged)
    before = [f"f{i}" for i in range(300)] + ["long"]
    there = names()
    assert len(there) >= least * len(before)
    assert there == [name for name in before if name in set(there)], "in the order of old"
    sentence = capsys.readouterr().err
    assert sentence.startswith(".grader/progress.db was damaged. The old file is kept as ")
    assert f"{len(there)} events" in sentence and sentence.count("\n") == 1
    (kept,) = (place / ".grader" / "kept").iterdir()
    assert kept.read_bytes() == damaged and kept.name.startswith("progress 20")
    assert names() == there and integrity() == [("ok",)]
    assert noted(1, start=1000) == [True] and names() == [*there, "f1000"]
    assert capsys.readouterr().err == ""


def test_damage_is_found_by_who_writes_too(place, capsys):
    noted(5)
    ledger.file().write_bytes(b"no database" * 1000)
    assert noted(1) == [True] and names() == ["f0"]
    assert "was damaged" in capsys.readouterr().err


def test_a_row_that_is_no_event_is_damage(place, capsys):
    noted(3)
    with contextlib.closing(sqlite3.connect(ledger.file())) as connection:
        connection.execute("UPDATE event SET about = '{' WHERE id = 2")
        connection.commit()
    assert names() == ["f0", "f2"]
    assert "2 events, at least 1 lost." in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be closed so simply there")
def test_a_damaged_file_is_read_where_it_cannot_be_mended(place, capsys, monkeypatch):
    noted(5)
    data = ledger.file().read_bytes()
    ledger.file().write_bytes(bytes(4096) + data[4096:])
    damaged = ledger.file().read_bytes()

    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    assert names() == ["f0", "f1", "f2", "f3", "f4"]
    assert noted(1) == [False]
    error = capsys.readouterr().err
    assert "was not mended: read-only file system" in error and "5 events can be read" in error
    assert ledger.file().read_bytes() == damaged


def test_a_damaged_file_of_a_newer_grader_is_read_and_left_as_it_is(place, capsys):
    noted(5)
    with contextlib.closing(sqlite3.connect(ledger.file())) as connection:
        connection.execute("PRAGMA user_version = 99")
    data = ledger.file().read_bytes()
    damaged = data[: 2 * 4096]  # without the page of the index
    ledger.file().write_bytes(damaged)
    assert names() == ["f0", "f1", "f2", "f3", "f4"] and noted(1) == [False]
    assert "was written by a newer grader" in capsys.readouterr().err
    assert ledger.file().read_bytes() == damaged
