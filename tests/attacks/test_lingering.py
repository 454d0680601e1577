"""Attacks on time: what never ends, and what is slow by design; each in a room of its own."""

import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest
from attacks.room import HARM, OURS, Attack, Room, with_stub
from attacks.test_forging import in_place
from subjects import filled

from grader.classroom import marker, sandbox

CLOCK = "A limit for each check and for a submission, kept by a process that does not run it."
LATE = "Late is late, even byte by byte: the time is looked at before every read."
FIRST = ("sigmoid",)
HANGS = 3  # seconds of a check, its limit

# In each hole: (what stops it, lines)
HOLES = {
    "loops for ever": (CLOCK, "while True: pass"),
    "loops for ever in C": (CLOCK, "return 10 ** 10 ** 9"),
    "waits for ever in C, with the interpreter's lock": (CLOCK, "ctypes.PyDLL(None).pause()"),
    "waits for itself": (CLOCK, "lock = threading.Lock()\nlock.acquire(), lock.acquire()"),
    "waits for a thread that waits for it": (
        CLOCK,
        "threading.Thread(target=threading.main_thread().join).start()\nthreading.Event().wait()",
    ),
    "sleeps": (CLOCK, "time.sleep(10**6)"),
    "stops itself": (CLOCK, "os.kill(os.getpid(), signal.SIGSTOP)"),
    "holds back every signal": (
        CLOCK,
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        "for number in range(1, 65):\n    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nfaulthandler.unregister(signal.SIGUSR1)\n"
        "while True: pass",
    ),
    "searches a text for ever": (CLOCK, "re.match('(a+)+$', 'a' * 64 + 'b')"),
    "spins in sixty threads": (
        CLOCK + " One processor for each sandbox.",
        "for _ in range(50): threading.Thread(target=exec, args=('while True: pass',)).start()\n"
        "while True: pass",
    ),
    "never gives the interpreter's lock away": (
        CLOCK,
        "sys.setswitchinterval(10**6)\nwhile True: pass",
    ),
    "catches whatever should end it": (
        CLOCK,
        "while True:\n    try: time.sleep(99)\n    except BaseException: pass",
    ),
    "waits for what nobody sends": (CLOCK, "os.read(os.pipe()[0], 1)"),
}
BEFORE = "import ctypes, faulthandler, os, re, signal, sys, threading, time\n"
FRAMES = {
    "sends half a frame, then nothing": "raw(struct.pack('<III', 9, 1 << 20, 0)); time.sleep(99)",
    "sends a frame byte by byte, for ever": (
        "raw(struct.pack('<III', 9, 79 << 20, 0))\n    while True: os.write(link.writing, b'x')"
    ),
    "fills the pipe for its notes": (
        "for fd in range(3, 9):\n"
        "        try: os.set_blocking(fd, False); os.write(fd, b'File \"x\", line 1 in ' * 5000)\n"
        "        except OSError: pass\n    time.sleep(99)"
    ),
    "answers, and stops itself": (
        "send(id, answer, printed); os.kill(os.getpid(), signal.SIGSTOP)"
    ),
}
LOADS = {
    "loops while it is loaded": "while True: pass",
    "stops itself while it is loaded": "os.kill(os.getpid(), signal.SIGSTOP)",
    "takes hours to compile": "exec(bomb())",
}
BOMB = """
def bomb():
    lines = ["def b():"]
    for depth in range(1, 14):
        for line in ("try:", " if a: return 1", " if b: return 2", " if c: return 3", "finally:"):
            lines.append(" " * depth + line)
    return "\\n".join([*lines, " " * 14 + "pass"])
"""
ATTACKS = {
    name: Attack(words, filled(lines, BEFORE), plain=HARM if "threads" in name else "")
    for name, (words, lines) in HOLES.items()
}
ATTACKS |= {
    name: Attack(
        LATE,
        with_stub(
            BEFORE + in_place(f"if not id: return right(header, answer, printed)\n    {code}")
        ),
        plain=OURS,
    )
    for name, code in FRAMES.items()
}
ATTACKS |= {name: Attack(CLOCK, with_stub(f"{BEFORE}{BOMB}{code}")) for name, code in LOADS.items()}


def withstood(name):
    """Mark one of these in a process of its own; return how long its submission took."""
    with Room(number=list(ATTACKS).index(name), only=FIRST) as room:
        return room.withstands(ATTACKS[name])["seconds"]


@pytest.fixture(scope="module")
def marked():
    """Have them all marked side by side: they do nothing but wait."""
    if sandbox.means().level < 2:
        pytest.skip("without Landlock and seccomp no class is marked")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(8, mp_context=spawn) as pool:
        yield {name: pool.submit(withstood, name) for name in ATTACKS}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_time_is_lost_beyond_the_limit_with_one_that(marked, name):
    assert marked[name].result(60) < 2 * HANGS + 2


def test_who_is_slow_in_every_check_has_a_time_for_all(room, monkeypatch):
    """A minute in class; here it is made shorter."""
    monkeypatch.setattr(marker, "MOST_SECONDS", 4.0)
    slow = filled("return time.sleep(1.5)", BEFORE)
    record = room.withstands(Attack(CLOCK, slow, seconds=4 + HANGS + 1))
    states = [exercise["state"] for exercise in record["exercises"]]
    assert "too slow" in states


def test_who_spins_does_not_slow_the_next_ones_verdict(room):
    """Not even beside it: two at work on one processor, and both are marked as if alone."""
    spins = filled(HOLES["spins in sixty threads"][1], BEFORE)
    with Room(number=room.marker.number, only=FIRST) as other:
        at_work = threading.Thread(target=other.marker.mark, args=(spins.encode(),))
        at_work.start()
        while at_work.is_alive():
            assert room.next_is_marked_right()
        at_work.join()
