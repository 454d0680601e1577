"""Attacks that read: the reference, the checks, the seed, what others handed in, the marks."""

import hashlib
import os
import sys

import pytest
from attacks.room import GOOD, Attack, Room
from subjects import CHAPTER, filled
from test_cheats import STEALING, stealing

from grader import book
from grader.classroom import sandbox

ONLY = ("sigmoid", "LogisticRegression.fit", "softmax")
NOT_THERE = "It is not there: bubblewrap shows the earlier chapters, Landlock opens no more."
ATTACKS = {
    f"takes the reference by {way}": Attack(NOT_THERE, stealing(lines))
    for way, lines in STEALING.items()
}
ATTACKS |= {
    "looks for the reference among the loaded modules": Attack(
        NOT_THERE,
        filled(
            "return answer(hole)",
            f"""
import inspect, sys
def answer(hole):
    for name, module in list(sys.modules.items()):
        if name.endswith("{CHAPTER.slug}") and name != __name__:
            found = module
            for part in hole.split("."): found = getattr(found, part, None)
            if callable(found) and found.__code__ is not sys._getframe(1).f_code:
                values = sys._getframe(1).f_locals
                return found(*[values[n] for n in inspect.signature(found).parameters])
""",
        ),
    ),
    "copies the reference over itself": Attack(
        NOT_THERE,
        stealing(f"""
            import glob, os, sys
            for folder in [*sys.path, "/ground-up", {str(book.ROOT)!r}, "../..", "/proc/1/cwd"]:
                for path in glob.glob(folder + "/*/{CHAPTER.slug}.py"):
                    text = open(path).read()
                    if "your turn" in text: return text
            return ''"""),
    ),
}

SEARCH = """
import ctypes, hashlib, os, re, struct
def pages():
    # write() says EFAULT where there is no memory, so nothing crashes
    c, (r, w) = ctypes.CDLL(None), os.pipe()
    at = (id(object()) & ~4095) - (128 << 20)
    end = at + (256 << 20)
    while at < end:
        written = c.write(w, ctypes.c_void_p(at), 1 << 16)
        if written > 0: yield os.read(r, written)
        at += max(4096, written)
def digests(page):
    kinds = [re.escape(struct.pack("<Q", id(int))) + b"[\\5\\x28]\\0{7}(.{20})"]
    for kind in [*kinds, b"np[.]where[(](.{12})", b"Squash (.{12})"]:
        for found in re.finditer(kind, page, re.DOTALL):
            yield hashlib.sha256(found[1]).hexdigest()
"""


def digits_of(number: int) -> bytes:
    """Return how Python keeps a whole number."""
    found = b""
    while number:
        found += (number & (1 << 30) - 1).to_bytes(4, "little")
        number >>= 30
    return found


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_got_by_one_that(room, name):
    room.withstands(ATTACKS[name])


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="knows how CPython keeps numbers")
def test_the_seed_and_the_reference_are_nowhere_in_its_memory(room):
    """The same search finds a number and a text that are there."""
    there = (1 << 127) + 12345
    wanted = {
        "the seed": digits_of(room.seed),
        "a number": digits_of(there),
        "the reference": b"z >= 0, 1, e",
        "a text": b"scores of an",
    }
    assert wanted["the reference"] in GOOD and wanted["a text"] in GOOD
    told = {name: hashlib.sha256(what).hexdigest() for name, what in wanted.items()}
    source = filled(
        "if hole == 'sigmoid': look()\nreturn 0.0",
        f"""{SEARCH}
kept = int("{there}")
def look():
    seen = {{digest for page in pages() for digest in digests(page)}}
    print(*[name for name, digest in {told!r}.items() if digest in seen], sep="\\n")
""",
    )
    printed = printed_by(room.marker.mark(source.encode()), "sigmoid")
    assert printed == ["a number", "a text"]


def printed_by(record, hole):
    """Return the lines that the first check of an exercise printed."""
    (exercise,) = [e for e in record["exercises"] if e["name"] == hole]
    return exercise["checks"][0].get("printed", "").splitlines()


ASKED = "select 1 from sqlite_master"
TRYING = """
import ctypes, glob, os, sqlite3, sys
def attempt(name, way):
    try: found = way()
    except BaseException as error: print(f"{name}: {type(error).__name__}")
    else: print(f"{name}: {found!r}"[:200])
"""


def test_it_reads_nothing_that_is_not_its_own(tmp_path, monkeypatch):
    """Neither what others handed in nor the marks, nor what lies where the teacher stands."""
    if sandbox.means().level < 2:
        pytest.skip("without Landlock and seccomp no class is marked")
    monkeypatch.setenv("SECRET", "exam")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # as `python -m` does
    (tmp_path / "exam.txt").write_text("exam")
    (tmp_path / "run.sqlite").write_bytes(b"")
    with Room(number=3) as room:
        others, marks = room.hidden, tmp_path / "run.sqlite"
        attempts = {
            "another submission": f"open('{others}/ada.py').read()",
            "who handed in": f"os.listdir({str(others)!r})",
            "the marks": f"sqlite3.connect('file:{marks}?mode=ro', uri=True).execute('{ASKED}')",
            "marks of its own": f"sqlite3.connect('{marks}').execute('create table x (y)')",
            "the teacher's exam": f"open('{tmp_path}/exam.txt').read()",
            "the teacher's folder": f"os.listdir('{tmp_path}')",
            "a module of the teacher's": "__import__('exam')",
            "a secret of the environment": "os.environ['SECRET']",
            "the same from the C library": "ctypes.CDLL(None).getenv(b'SECRET') or 1 / 0",
            "the home folder": f"os.listdir({os.path.expanduser('~')!r})",
            "users": "open('/etc/passwd').read()",
            "the checks": f"open({str(CHAPTER.checks)!r}).read()",
            "the checks inside": f"open('/ground-up/grader/checks/{CHAPTER.slug}.py').read()",
            "a later chapter": "__import__('solutions.gpt')",
            "a later chapter's file": "open('/ground-up/solutions/gpt.py').read()",
            "its warden's environment": "open(f'/proc/{os.getppid()}/environ').read()",
            "its warden's memory": "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
            "its warden's files": "os.listdir(f'/proc/{os.getppid()}/fd')",
            "its own memory map": "open('/proc/self/maps').read()",
            "who else runs": "os.listdir('/proc')",
            "the kernel's log": "open('/dev/kmsg').read(1)",
            "the disks": "open('/proc/mounts').read()",
            "the folder above scratch": "os.listdir('..')[1]",
        }
        lines = [f"attempt({name!r}, lambda: {code})" for name, code in attempts.items()]
        source = filled(
            "if hole == 'sigmoid': look()\nreturn 0.0",
            TRYING + "def look():\n" + "".join(f"    {line}\n" for line in lines),
        )
        record = room.withstands(Attack("", source))
        came = dict(line.split(": ", 1) for line in printed_by(record, "sigmoid"))
        assert came.keys() == attempts.keys()
        assert {name: text for name, text in came.items() if not text.endswith("Error")} == {}
        assert (tmp_path / "run.sqlite").read_bytes() == b""
        assert sorted(p.name for p in tmp_path.iterdir()) == ["exam.txt", "run.sqlite"]
