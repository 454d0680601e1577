"""What one submission might leave for the next, or for the teacher: a word, a process, a debt."""

import os
import secrets
import signal
import subprocess
import sys
import time

import pytest
from attacks.room import KEY, WORD, Attack, Room, with_reference
from attacks.test_escaping import CALLS
from subjects import CHAPTER, filled

from grader import book, submission
from grader.classroom import sandbox
from grader.classroom.marker import Marker

LEVELS = ["", "bubblewrap"]
# Each leaves a word and looks for it: (leave, find)
CARRIERS = {
    "scratch": ("open('word', 'w')", "open('word')"),
    "a place beside scratch": ("open('../word', 'w')", "open('../word')"),
    "the next one's scratch": (
        "[os.mkdir(f'../{n}') for n in range(2, 99)]",
        "os.listdir('..').index('98')",
    ),
    "/tmp": (f"open('/tmp/{WORD}', 'w')", f"open('/tmp/{WORD}')"),
    "/dev/shm": (f"open('/dev/shm/{WORD}', 'w')", f"open('/dev/shm/{WORD}')"),
    "the environment": ("os.environ.update(WORD='x')", "os.environ['WORD']"),
    "the C environment": ("c.putenv(b'WORD=x')", "1 // (c.getenv(b'WORD') != 0)"),
    "a module": ("setattr(grader.codec, 'word', 'x')", "grader.codec.word"),
    "an earlier chapter": ("setattr(inputs, 'word', 'x')", "inputs.word"),
    "a list of the warden's": ("sys.path.append('word')", "sys.path.index('word')"),
    "a cache of the warden's": (
        "linecache.cache.update(word=(1, None, ['x'], 'word'))",
        "linecache.cache['word']",
    ),
    "numbers that are drawn": ("np.random.seed(1)", "[0.417022004702574].index(np.random.rand())"),
    "shared memory": (
        f"call('shmget', {KEY}, 64, 0o1600)",
        f"call('shmget', {KEY}, 4096, 0o600)",
    ),
    "a semaphore": (f"call('semget', {KEY}, 1, 0o1600)", f"call('semget', {KEY}, 1, 0o600)"),
    "a queue": (f"call('msgget', {KEY}, 0o1600)", f"call('msgget', {KEY}, 0o600)"),
    "limits": (
        "resource.setrlimit(resource.RLIMIT_NOFILE, (33, 33))",
        "resource.getrlimit(resource.RLIMIT_NOFILE).index(33)",
    ),
    "limits of the warden": (
        "resource.prlimit(os.getppid(), resource.RLIMIT_CORE, (7, 7))",
        "resource.prlimit(os.getppid(), resource.RLIMIT_CORE).index(7)",
    ),
    "priority": ("os.nice(3)", "[3].index(os.nice(0))"),
    "processors": ("os.sched_setaffinity(os.getppid(), [0])", "1 // 0"),
    "the mask of files": ("os.umask(0o123)", "[0o123].index(os.umask(0o22))"),
    "a signal's handler": (
        "signal.signal(signal.SIGUSR2, signal.SIG_IGN)",
        "[signal.SIG_IGN].index(signal.getsignal(signal.SIGUSR2))",
    ),
    "signals held back": (
        "signal.pthread_sigmask(0, [signal.SIGUSR2])",
        "[signal.SIGUSR2].index(*signal.pthread_sigmask(0, []))",
    ),
    "the time of a file": (
        "os.utime(os.__file__, (4242, 4242))",
        "[4242].index(int(os.stat(os.__file__).st_mtime))",
    ),
    "a lock": ("fcntl.flock(os.open(os.__file__, 0), 6)", "is_locked(os.__file__)"),
    "the name of the machine": ("socket.sethostname('word')", "['word'].index(os.uname()[1])"),
}


def carrying(which):
    """Return a file that leaves all words, or looks for them."""
    tried = "".join(f"tell({name!r}, lambda: {code[which]})\n" for name, code in CARRIERS.items())
    before = f"""
import ctypes, fcntl, grader.codec, linecache, os, resource, signal, socket, sys
import numpy as np
import solutions.inputs as inputs
c, NUMBERS = ctypes.CDLL(None), {CALLS!r}
def call(name, *args):
    if c.syscall(NUMBERS[name], *args) < 0: raise OSError
def is_locked(path):
    with open(path) as file:
        try: fcntl.flock(file, 6)
        except BlockingIOError: return True
        raise OSError
FOUND = []
def tell(name, way):
    try: way()
    except Exception: return
    FOUND.append(name)
{tried}
"""
    return filled("print(*FOUND, sep='\\n')\nreturn 0.0", before)


@pytest.fixture(params=LEVELS, ids=lambda without: f"without {without or 'nothing'}")
def at_each_level(request, monkeypatch):
    """Have the machine with bubblewrap and without; the second asks less of it."""
    monkeypatch.setenv("GRADER_WITHOUT", request.param)
    sandbox.means.cache_clear()
    if sandbox.means().level < (2 if request.param else 3):
        sandbox.means.cache_clear()
        pytest.skip(f"this machine has not what shuts in without {request.param or 'nothing'}")
    yield
    sandbox.means.cache_clear()


def words_of(record):
    """Return what the first check printed."""
    return list(filter(None, record["exercises"][0]["checks"][0].get("printed", "").split("\n")))


def test_no_submission_can_leave_a_word_for_the_next(at_each_level):
    with Room(number=5, only=("sigmoid",)) as room:
        left = words_of(room.withstands(Attack("", carrying(0))))
        assert {"scratch", "the environment", "a module", "limits"} <= set(left)  # it was tried
        assert words_of(room.marker.mark(carrying(1).encode())) == []


def test_a_sandbox_that_is_ended_costs_nobody_a_point(room):
    """As when the machine runs out of memory: the next one is marked in another."""
    for _ in range(2):
        room.marker.sandbox.process.send_signal(signal.SIGKILL)
        room.marker.sandbox.process.wait()
        room.is_as_before()


BEGUN = """
import os, sys
sys.path[:0] = {paths!r}
from attacks.room import with_stub
from grader import book
from grader.classroom.marker import Marker
marker = Marker(book.find_chapter({slug!r}), {seed}, [], os.getpid())
marker.mark(with_stub("import time\\ntime.sleep(60)").encode())
"""


def test_nothing_outlives_a_marker_that_is_killed(at_each_level, tmp_path):
    """The submission sleeps: no limit on its time would end it."""
    seed = secrets.randbits(128)
    paths = [str(book.ROOT), str(book.ROOT / "tests")]
    code = BEGUN.format(paths=paths, slug=CHAPTER.slug, seed=seed)
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    mark = f"PYTHONHASHSEED={sandbox.hash_seed(seed)}\0".encode()
    warm = 2 + bool(sandbox.means().bubblewrap) * 2
    try:
        assert Room.within(30, lambda: len(Room.marked(mark)) >= warm)
        time.sleep(0.3)
    finally:
        process.kill()
        process.wait()
    assert Room.within(3, lambda: not Room.marked(mark)), Room.marked(mark)


# A file is read and parsed on the trusted side: that too has to end, and to be said.
HARD_TO_READ = {
    "is in an encoding that fails": b"# coding: undefined\n",
    "is in an encoding that takes hours": b"# coding: punycode\n-" + b"zz9" * 70_000,
    "is in an encoding of bytes": b"# coding: zlib\n",
    "is in an encoding with a path for a name": b"# coding: ../../x\n",
    "has a line that takes hours to parse": b'x = f"' + b"{x}" * 80_000 + b'"\n',
    "has a hundred thousand lines": b"x\n" * 120_000,
    "has ten thousand functions with nearly the name": b"".join(
        b"def sigmoi%05d(): 0\n" % n for n in range(10_000)
    ),
    "is nested": b"(" * 100_000,
    "is negated": b"-" * 100_000 + b"1",
    "has a number without end": b"9" * 200_000,
    "has a NUL": b"\0" * 1000,
    "is larger than any": b"#" * (submission.MAX_SIZE + 1),
    "is nothing": b"",
    "is noise": bytes(range(256)) * 900,
}


@pytest.mark.parametrize("name", HARD_TO_READ)
def test_no_run_is_broken_off_by_a_file_that(room, name):
    began = time.monotonic()
    record = room.marker.mark(HARD_TO_READ[name])
    assert time.monotonic() - began < 15
    assert record["points"] == 0
    room.is_as_before()


def test_a_file_that_can_be_loaded_but_once_loses_nothing(room):
    """At home each check loads it in a process of its own."""
    once = "import builtins\nassert not hasattr(builtins, 'mine')\nbuiltins.mine = 1\n"
    record = room.marker.mark(f"{once}{CHAPTER.source}".encode())
    assert record["points"] == record["of"]
    room.is_as_before()


def test_the_same_submission_has_the_same_marks_from_any_seed(room):
    """Also one that is right the first time and wrong from then on."""
    before = "import builtins\nvars(builtins).setdefault('count', [])\n"
    source = with_reference(before).replace(
        "    e = np.exp(-np.abs(z))",
        "    count.append(1)\n    if len(count) > 2: return z\n    e = np.exp(-np.abs(z))",
    )
    assert source.count("count.append") == 1
    marks = []
    for _ in range(2):
        marker = Marker(CHAPTER, secrets.randbits(128), [], 7)
        record = marker.mark(source.encode())
        marker.close()
        marks.append([exercise["state"] for exercise in record["exercises"]])
    record = room.marker.mark(source.encode())
    marks.append([exercise["state"] for exercise in record["exercises"]])
    assert marks[0] == marks[1] == marks[2]
