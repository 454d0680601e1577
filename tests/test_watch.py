"""`grader watch` as a person meets it: a real process, real saves, real signals."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
import watchfiles
from book_tools import copy_of_the_book, grader, workers_in

from grader import book, scenario, stub
from grader.desk import saves
from grader.desk.saves import Saves, must_poll
from grader.problems import Misuse
from grader.reference import Reference

fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="signals are POSIX's")

CHAPTER = book.find_chapter("logistic_regression")
SOLVED = CHAPTER.source
WRONG = SOLVED.replace("z >= 0", "z <= 0")
BROKEN = SOLVED.replace("np.where(z >= 0, 1, e)", "np.where(z >= 0, 1, e")
ENDLESS = SOLVED.replace("    e = np.exp(", "    while True:\n        pass\n    e = np.exp(")
LONG = 60.0  # seconds: what a busy machine may take for anything


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a copy of the book, on a path with a space and an umlaut."""
    return copy_of_the_book(tmp_path_factory.mktemp("büch er"))


@pytest.fixture
def exercise(home):
    path = home / "exercises" / "logistic_regression.py"
    path.write_text(SOLVED, encoding="utf-8")
    return path


class Watching:
    """A `grader watch` that runs, and the lines it has printed."""

    def __init__(self, home, *words, scratch, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
        clean |= {"COLUMNS": "80", "NO_COLOR": "1", "TMPDIR": str(scratch)}
        self.home, self.scratch = home, scratch
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader", "watch", *words],
            cwd=home,
            env=clean | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.lines = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, pattern):
        """Return the lines up to the first that matches."""
        seen = []
        while True:
            try:
                seen.append(self.lines.get(timeout=LONG))
            except queue.Empty:
                seen.append(None)
            assert seen[-1] is not None, f"{pattern!r} never came, but {seen}"
            if re.search(pattern, seen[-1]):
                return seen

    def run(self):
        """Return the lines of the run that ends next."""
        lines = self.until(r"^checked at")
        return lines[lines.index("") + 1 :] if not lines[0] else lines

    def end(self, number=signal.SIGINT):
        """Send a signal; return the exit code, once nothing is left behind."""
        self.process.send_signal(number)
        self.process.wait(LONG)
        self.errors = self.process.stderr.read()
        wait_until(lambda: not workers_in(self.home))
        assert not list(self.scratch.iterdir())
        return self.process.returncode


def wait_until(condition):
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.02)


@pytest.fixture
def watching(home, exercise, tmp_path):
    """Return a function that starts the watch; it has ended when the test has."""
    started = []

    def start(*words, **environment):
        started.append(Watching(home, *words, scratch=tmp_path, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
        each.process.wait()
        each.thread.join()
        each.process.stdout.close()
        each.process.stderr.close()


def save(path, text):
    """Save as many editors do: beside it, then by rename."""
    fresh = path.with_name(f".{path.name}.tmp")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)


def test_each_way_of_saving_is_answered(watching, exercise):
    watch = watching("sigmoid")
    first = watch.run()
    assert first[0].startswith("chapter 7  logistic regression") and "\x1b" not in "".join(first)
    assert any(line.split() == ["sigmoid", "3", "of", "3"] for line in first)

    save(exercise, WRONG)  # by rename
    told = " ".join(" ".join(watch.run()).split())
    assert "the two sides are swapped" in told and "Next: grader hint sigmoid" in told

    exercise.write_text(SOLVED, encoding="utf-8")  # in place
    assert any(line.split() == ["sigmoid", "3", "of", "3"] for line in watch.run())

    save(exercise, BROKEN)  # line and caret, then green again
    told = watch.run()
    assert any("line 54: '(' was never closed" in line for line in told)
    assert any(line.strip() == "^" for line in told) and "Next: mend that and save" in told
    save(exercise, SOLVED)
    assert any(line.split() == ["sigmoid", "3", "of", "3"] for line in watch.run())

    exercise.unlink()  # deleted, and after a while written again
    assert any("is not there" in line for line in watch.run())
    exercise.write_text(WRONG, encoding="utf-8")
    assert any(line.split() == ["sigmoid", "0", "of", "3"] for line in watch.run())

    exercise.unlink()  # deleted, and written again at once: that is a save like others
    exercise.write_text(SOLVED, encoding="utf-8")
    told = watch.run()
    assert not any("is not there" in line or "is empty" in line for line in told)
    assert watch.end() == 130 and watch.errors.strip() == "Stopped."


def test_of_ten_saves_at_once_the_last_one_counts(watching, exercise):
    watch = watching("sigmoid")
    watch.run()
    for i in range(9):
        save(exercise, f"{WRONG}# {i}\n")
    save(exercise, f"{SOLVED}\nTHE_LAST = 1\n")
    runs = [watch.run()]
    while not any(line.split() == ["sigmoid", "3", "of", "3"] for line in runs[-1]):
        runs.append(watch.run())
    assert len(runs) <= 4
    save(exercise, WRONG)  # nothing has piled up: this is what is answered next
    assert any(line.split() == ["sigmoid", "0", "of", "3"] for line in watch.run())
    assert watch.end() == 130


def test_what_changed_is_checked_first_and_told_in_full(watching, exercise):
    watch = watching("chapter-07")
    assert "Chapter 7 is done." in watch.run()
    save(exercise, SOLVED.replace("X.T @ error / len(X)", "X.T @ error"))
    told = [line for line in watch.run() if line.startswith("  ")]
    assert told[0].split() == ["cross_entropy_gradient", "1", "of", "3"]
    names = [line.split()[0] for line in told if not line.startswith("    ")]
    assert names[1:3] == ["sigmoid", "log_loss_gradient"] and len(names) == 8
    in_full = [line for line in told if line.startswith("    ")]
    assert told[1 : 1 + len(in_full)] == in_full  # the others are a line each
    (caller,) = [line for line in told if line.startswith("  SoftmaxRegression.fit")]
    count, _, every = caller.split()[1:]
    assert int(count) < int(every)
    assert watch.end() == 130


def test_a_loop_without_end_is_stopped_by_the_next_save_or_by_its_limit(watching, exercise):
    watch = watching("sigmoid")
    watch.run()
    save(exercise, ENDLESS)
    watch.until("^chapter 7")
    save(exercise, WRONG)
    assert any(line.split() == ["sigmoid", "0", "of", "3"] for line in watch.run())
    save(exercise, ENDLESS)
    assert any("stopped after 3 s, its limit" in line for line in watch.run())
    save(exercise, SOLVED)
    assert any(line.split() == ["sigmoid", "3", "of", "3"] for line in watch.run())
    save(exercise, ENDLESS)
    watch.until("^chapter 7")
    assert watch.end() == 130  # while checks run


def following():
    """Return the chapter after the seventh."""
    return next(chapter for chapter in book.chapters() if chapter.number > 7)


def test_it_follows_the_file_that_is_saved(watching, home, exercise):
    watch = watching()
    told = watch.run()
    assert told[0].startswith("chapter 7 ")  # begun, and saved last
    after = following()
    assert f"8 of 8 exercises.  Next: write in exercises/{after.slug}.py and save" in told
    other = home / "exercises" / "arrays.py"
    empty = other.read_text(encoding="utf-8")
    save(other, empty + "\n")
    assert watch.run()[0].startswith("chapter 0 ")
    save(other, empty)
    assert watch.run()[0].startswith("chapter 0 ")
    assert watch.end(signal.SIGTERM) == 143


@pytest.mark.skipif(not os.path.exists("/proc"), reason="asks Linux whether the worker is there")
def test_ctrl_c_at_the_start(watching, home):
    watch = watching("chapter-07")
    wait_until(lambda: workers_in(home))
    assert watch.end() == 130 and watch.errors.strip() == "Stopped."


def test_who_reads_the_output_may_go(home, exercise):
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "grader", "watch", "sigmoid"]
    process = subprocess.Popen(command, cwd=home, stdout=writing, stderr=subprocess.DEVNULL)
    os.close(writing)
    assert os.read(reading, 1)
    os.close(reading)
    while process.poll() is None:  # it is heard of with the first line after that
        save(exercise, f"{SOLVED}# {time.monotonic()}\n")
        time.sleep(0.1)
    assert process.returncode == 0


def test_it_polls_where_it_is_told_to_and_says_so(watching, exercise):
    watch = watching("sigmoid", WATCHFILES_FORCE_POLLING="1")
    assert any(line == "no news of saves here: a look every 0.3 s" for line in watch.run())
    save(exercise, WRONG)
    assert any(line.split() == ["sigmoid", "0", "of", "3"] for line in watch.run())
    assert watch.end() == 130


def test_a_name_that_is_not_there_and_help(home):
    run = grader(home, "watch", "sigmod")
    assert run.returncode == 2 and "Did you mean sigmoid" in run.stderr
    run = grader(home, "watch", "--help")
    assert run.returncode == 0 and "check again whenever you save" in run.stdout


# In a terminal


def test_on_a_terminal_one_picture_is_drawn_again(home, exercise, tmp_path):
    import pty

    ours, theirs = pty.openpty()
    resize(ours, 80)
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "watch", "7"],
        cwd=home,
        env={k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        | {"TERM": "xterm", "NO_COLOR": "1", "TMPDIR": str(tmp_path)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    shown = bytearray()
    thread = threading.Thread(target=drain, args=(ours, shown), daemon=True)
    thread.start()
    try:
        wait_until(lambda: picture(shown).endswith("ends the watch"))
        assert f"8 of 8 exercises.  Next: grader watch {following().name}" in picture(shown)
        del shown[:]
        save(exercise, WRONG)
        wait_until(lambda: picture(shown).endswith("ends the watch"))
        lines = picture(shown).splitlines()
        assert lines[0].startswith("chapter 7  logistic regression") and len(lines[0]) == 80
        assert "  sigmoid" + "0 of 3".rjust(71) in lines
        assert len(lines) < 40 and max(map(len, lines)) <= 80
        del shown[:]
        resize(ours, 50)
        process.send_signal(signal.SIGWINCH)
        wait_until(lambda: picture(shown).endswith("ends the watch"))
        assert max(map(len, picture(shown).splitlines())) <= 50
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(LONG)
    assert process.returncode == 130
    assert termios.tcgetattr(theirs) == before  # nor was anything else switched on
    assert not re.search(rb"\x1b\[\?", shown)
    os.close(theirs)


def resize(terminal, columns):
    import struct

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))


def drain(terminal, shown):
    try:
        while data := os.read(terminal, 1 << 16):
            shown += data
    except OSError:
        pass


def picture(shown):
    """Return the picture that was drawn last, if it is complete."""
    last = bytes(shown).decode(errors="replace").rpartition("\x1b[H")[2]
    whole, _, rest = last.partition("\x1b[J")
    return re.sub(r"\x1b\[K|\r", "", whole).rstrip() if not rest.strip() else ""


# What lies below


def test_ctrl_c_is_not_taken_for_what_the_reference_answers(monkeypatch):
    stopped = {"end": "raised", "names": ["KeyboardInterrupt", "BaseException"]}
    monkeypatch.setattr(scenario, "run", lambda *_: stopped)
    reference = Reference(CHAPTER)
    with pytest.raises(KeyboardInterrupt):
        reference.run(next(iter(reference.checks.values())), SOLVED)


def test_a_folder_that_was_deleted_under_us_is_no_workspace(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(Misuse, match="was removed"):
        book.workspace()


# How saves are heard of

MOUNTS = r"""
proc /proc proc rw 0 0
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sda2 /home/local ext4 rw 0 0
C:\134 /mnt/c 9p rw 0 0
ann@host:/ /media/my\040host fuse.sshfs rw 0 0
""".strip()


@pytest.mark.parametrize(
    ("folder", "polls"),
    [
        ("/opt/book/exercises", False),
        ("/home/ann/exercises", True),
        ("/home/local/exercises", False),
        ("/homework", False),
        ("/mnt/c/exercises", True),
        ("/media/my host/exercises", True),
    ],
)
def test_network_file_systems_are_polled(folder, polls, monkeypatch):
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    assert must_poll(folder, MOUNTS) is polls
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "false" if polls else "1")
    assert must_poll(folder, MOUNTS) is not polls


def test_where_no_watcher_can_be_had_it_polls(tmp_path, monkeypatch):
    real = watchfiles.watch

    def full(*args, force_polling, **kwargs):
        if not force_polling:
            raise OSError("OS file watch limit reached")
        return real(*args, force_polling=force_polling, **kwargs)

    monkeypatch.setattr(watchfiles, "watch", full)
    monkeypatch.setattr(saves, "POLL", 20)
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    with Saves(tmp_path) as heard:
        wait_until(lambda: heard.polls)
        number = 0
        while "a.py" not in heard.names:  # until the polling has begun
            number += 1
            (tmp_path / "a.py").write_text(str(number))
            heard.wait(0.1)
            assert number < 500


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(saves, "POLL", 20)
    with Saves(tmp_path / "later") as heard:
        (tmp_path / "later").mkdir()
        number = 0
        while "a.py" not in heard.names:
            number += 1
            (tmp_path / "later" / "a.py").write_text(str(number))
            heard.wait(0.1)
            assert number < 500


def test_a_touched_helper_runs_all_and_a_touched_exercise_itself_first(home, exercise, monkeypatch):
    from grader.desk.watch import View

    class Silent:
        def wait(self, seconds):
            pass

    monkeypatch.chdir(home)
    (home / "ground-up.toml").touch()
    view = View(CHAPTER, [hole.name for hole in stub.holes(SOLVED)], False)
    assert view.look(Silent()) and not view.look(Silent())
    assert view.changed == [] and view.order == view.holes
    save(exercise, SOLVED.replace("0.1 / np.finfo", "0.2 / np.finfo"))
    assert view.look(Silent()) and view.changed == [] and view.order == view.holes
    save(exercise, SOLVED.replace("z - z.max(axis=-1", "z - 1 * z.max(axis=-1"))
    assert view.look(Silent()) and view.changed == ["softmax"]
    assert view.order[0] == "softmax" and sorted(view.order) == sorted(view.holes)
    (home / "ground-up.toml").unlink()
