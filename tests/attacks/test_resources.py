"""Attacks on the machine: memory, files, processes, output, and ends of every kind."""

from textwrap import indent

import pytest
from attacks.room import HARM, WORD, Attack, with_reference, with_stub
from subjects import filled

from grader.classroom import sandbox

ONLY = ("sigmoid", "softmax")
MEMORY = "Limits on memory for the process, and for all of the sandbox a control group."
FILES = "Scratch has a size, a file has one; a sandbox in which something is left is ended whole."
PROCESSES = "seccomp lets no process be started; the control group bounds the threads."
ENDS = "The process is ended from outside after every reply that counts, whatever it has begun."
READER = "A plain reader takes plain values, within bounds on size, depth and number."
OWN = "Each submission has a process and pipes of its own."

# In each hole: (what stops it, lines, why it is not tried elsewhere)
HOLES = {
    "returns ten gigabytes": (MEMORY, "return np.ones((10 << 30) // 8)", HARM),
    "returns a view of a terabyte": (READER, "return np.broadcast_to(0.0, (1 << 37,))", HARM),
    "returns lists ten thousand deep": (
        READER,
        "x = 0\nfor _ in range(10**4): x = [x]\nreturn x",
        "",
    ),
    "returns a list of itself": (READER, "x = []\nx.append(x)\nreturn x", ""),
    "returns not-a-number everywhere": (READER, "return np.full((5, 5), np.nan)", ""),
    "returns a million objects": (READER, "return np.array([object()] * 10**6)", ""),
    "returns a million numbers, one by one": (READER, "return list(range(10**6))", ""),
    "returns keys that collide": (READER, "return {i << 61 | i: 0 for i in range(10**4)}", ""),
    "asks for all memory at once": (MEMORY, "return bytearray(1 << 40)", HARM),
    "asks for all memory bit by bit": (
        MEMORY,
        "x = []\nwhile True: x += [bytes(1 << 24)]",
        HARM,
    ),
    "keeps memory in files without a name": (
        MEMORY,
        "kept = [os.memfd_create('x') for _ in range(50)]\n"
        "for fd in kept:\n    for _ in range(64): os.write(fd, bytes(1 << 20))",
        HARM,
    ),
    "keeps memory in pipes": (
        MEMORY,
        "for _ in range(30):\n    r, w = os.pipe()\n    fcntl.fcntl(w, 1031, 1 << 20)\n"
        "    os.write(w, bytes(1 << 20))",
        HARM,
    ),
    "prints a gigabyte": (
        "What is printed is kept to sixteen kilobytes.",
        "for _ in range(1 << 10): print('x' * (1 << 20)); os.write(1, b'x' * (1 << 20))",
        HARM,
    ),
    "forks without end": (PROCESSES, "while True: os.fork()", HARM),
    "starts ten thousand threads": (
        PROCESSES,
        "threading.stack_size(1 << 15)\nkept = [threading.Thread(target=time.sleep, args=(99,),"
        " daemon=True) for _ in range(10**4)]\nfor thread in kept: thread.start()",
        HARM,
    ),
    "recurses for ever": (OWN, "return answer()", ""),
    "recurses for ever in C": (
        OWN,
        "x = ()\nfor _ in range(10**6): x = x,\nreturn repr(x)",
        HARM,
    ),
    "touches memory that is not its own": (OWN, "return ctypes.string_at(0)", ""),
    "aborts": (OWN, "os.abort()", ""),
    "ends itself by a signal": (OWN, "os.kill(os.getpid(), signal.SIGKILL)", ""),
    "ends its process from a thread": (
        OWN,
        "threading.Thread(target=os._exit, args=(0,)).start()\ntime.sleep(9)",
        "",
    ),
    "closes all descriptors": (OWN, "os.closerange(0, 1024)\nreturn 0.0", HARM),
    "hangs its descriptors together": (OWN, "for fd in range(9): os.dup2(1, fd)\nreturn 0.0", HARM),
    "asks for another end of its process": (ENDS, "atexit.register(os._exit, 0)\nreturn 0.0", ""),
    "uses up the threads' stacks": (
        MEMORY,
        "threading.stack_size(1 << 28)\nfor _ in range(99):"
        " threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
        HARM,
    ),
}
BEFORE = """
import atexit, ctypes, fcntl, os, signal, threading, time
import numpy as np
def answer(): return answer()
"""
# Run while the file is loaded; whoever is tidy otherwise gets the points, the next one too.
TRACES = {
    "fills scratch": (
        FILES,
        "for n in range(99):\n    try: open(str(n), 'wb').write(bytes(15 << 20))\n"
        "    except OSError: break",
    ),
    "writes one file without end": (
        FILES,
        "try:\n    with open('x', 'wb') as file:\n        while True: file.write(bytes(1 << 20))\n"
        "except OSError: pass",
    ),
    "leaves ten thousand files": (FILES, "for n in range(10**4): open(str(n), 'w').close()"),
    "leaves folders deeper than a path": (
        FILES,
        "for _ in range(25): os.mkdir('d' * 200); os.chdir('d' * 200)",
    ),
    "leaves a closed folder": (
        FILES,
        "os.mkdir('a'); open('a/b', 'w'); os.mkdir('a/c', 0)",
    ),
    "leaves links": (FILES, "os.symlink('/', 'a'); open('b', 'w').close(); os.link('b', 'c')"),
    "leaves a pipe with a name": (FILES, "os.mkfifo('a')"),
    "takes the places of later submissions": (
        FILES,
        "for n in range(2000):\n    try: os.mkdir(f'../{n}')\n    except OSError: pass",
    ),
    "leaves a word beside its scratch": (FILES, f"open('../{WORD}', 'w').write('x')"),
    "moves its scratch away": (
        FILES,
        "here = os.getcwd()\nos.rename(here, here + 'x'); os.symlink('/', here)",
    ),
    "removes its scratch": (FILES, "os.rmdir(os.getcwd())"),
    "leaves threads": (
        ENDS,
        "for _ in range(40): threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
    ),
    "leaves timers and handlers": (
        ENDS,
        "signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01); signal.signal(signal.SIGALRM, print)\n"
        "atexit.register(time.sleep, 99)",
    ),
    "takes its own limits": (
        ENDS,
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.umask(0o777)",
    ),
    "locks what all can read": (
        ENDS,
        "for path in (os.__file__, np.__file__):\n    fcntl.flock(os.open(path, 0), 6)",
    ),
}


def once(lines):
    """Return lines that do not fail where they were run before."""
    return "try:\n" + indent(lines, "    ") + "\nexcept (OSError, RuntimeError): pass\n"


ATTACKS = {
    name: Attack(words, filled(lines, BEFORE), plain=plain)
    for name, (words, lines, plain) in HOLES.items()
}
ATTACKS |= {
    name: Attack(
        words,
        with_reference(BEFORE + once(lines)),
        honest=True,
        plain="It has its points there too, and what it leaves stays.",
    )
    for name, (words, lines) in TRACES.items()
}
ATTACKS["leaves files and dies at every check"] = Attack(
    FILES,
    filled("os._exit(0)", BEFORE + "open('word', 'w').close()"),
    plain=HARM,
    seconds=70,
)
ATTACKS["ends its process while it is loaded"] = Attack(OWN, with_stub("import os; os._exit(0)"))


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_got_or_left_by_one_that(room, name):
    if name == "fills scratch" and not sandbox.means().bubblewrap:
        pytest.skip("without bubblewrap scratch has no size")
    record = room.withstands(ATTACKS[name])
    assert not ATTACKS[name].honest or record["points"] == record["of"]
