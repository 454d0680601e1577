"""Attacks on the verdict: answers without a solution, and forged frames on the pipe."""

import pytest
from attacks.room import HARM, OURS, Attack, with_stub
from subjects import CHAPTER, HOLES, filled, solved
from test_cheats import CHEATS

from grader.outline import sketches
from grader.verdict import DONE

ONLY = ("sigmoid", "LogisticRegression.fit", "softmax")  # one of them with a score
COMPARED = "The comparison is made in a process that never runs a learner's code, from raw answers."
CARRIED = "Only plain numbers, texts and tables cross the pipe; of all else, the name of its type."
PIPE = "A reply counts for the one check that was asked, within its time, and holds only an answer."
DRAWN = "The inputs are drawn for the run, and handed over when the check is asked."
IDS = [sketch.id for sketch in sketches(CHAPTER.checks.read_text(encoding="utf-8"))]

# What stops those that `grader check` is attacked with too.
KNOWN = {
    "prints that it passed": "Nothing that is printed is read as a verdict.",
    "ends its process with success": "No exit code is read: who ends has not answered.",
    "calls exit": "It is caught as an error of the exercise.",
    "raises what a check expects, always": "An exercise counts when all its checks are right.",
    "raises an error of many names": "An exercise counts when all its checks are right.",
    "raises what ends a test runner": "No test runner is there to be ended.",
    "pretends that another exercise is empty": "Then it waits for that one, without a point.",
    "finds the answers in the frames above": "No right answer is in that process.",
    "finds the answers among all objects": "No right answer is in that process.",
    "makes every comparison true": COMPARED,
    "makes chance certain": DRAWN,
    "returns an object that is equal to everything": CARRIED,
    "returns an array of a class of its own": CARRIED,
    "returns numbers and texts of a class of its own": CARRIED,
    "returns not-a-number, which differs from nothing": "Not-a-number is right only where it is.",
    "changes its inputs so that zero is right": "The reference has inputs of its own.",
    "puts other scenarios in place": COMPARED,
    "writes another answer than it gave": PIPE,
    "answers with the question": CARRIED,
    "writes answers to every open file": PIPE,
    "edits the module that is checked": COMPARED,
    "traces the grader and changes what it holds": COMPARED,
    "stops or ends the process above": "seccomp: no signal to any other process.",
}
DANGEROUS = {"stops or ends the process above"}

# (what stops it, before the definitions, in each hole)
SHAPES = {
    "answers in the shape of an answer": (
        COMPARED,
        "import numpy as np",
        "tables = [v for v in locals().values() if isinstance(v, np.ndarray)]\n"
        "return np.zeros_like(tables[0], float) if tables else 0.0",
    ),
    "returns its first argument": (COMPARED, "", "return next(iter(locals().values()))"),
    "remembers the first call's inputs and answers": (
        DRAWN,
        "import builtins, numpy as np\nKEPT = vars(builtins).setdefault('kept', {})",
        "given = [v for v in locals().values() if isinstance(v, np.ndarray)]\n"
        "KEPT.setdefault(hole, given or [np.zeros(3)])\nreturn KEPT[hole][0]",
    ),
    "patches what a score is averaged with": (
        "Scores are computed on the trusted side, from the raw predictions.",
        """
import numpy as np, statistics, builtins
for name in ("mean", "average", "sum", "median", "equal", "count_nonzero"):
    setattr(np, name, lambda *args, **kwargs: 1.0)
statistics.mean = builtins.sum = lambda *args: 1.0
""",
        "return np.array([1.0])",
    ),
    "replaces the clock, chance and the built-in functions": (
        COMPARED,
        """
import builtins, random, sys, time
import numpy as np
time.time = time.monotonic = time.perf_counter = lambda: 0.0
random.random = lambda: 0.5
builtins.isinstance = builtins.hasattr = builtins.all = lambda *args: True
builtins.abs = builtins.max = builtins.min = lambda *args, **kwargs: 0
for name in [n for n in sys.modules if n.startswith(("grader.comp", "grader.judge"))]:
    del sys.modules[name]
""",
        "return 0.0",
    ),
    "returns an object that runs code when it is unpickled": (
        CARRIED,
        """
import os
class Bomb:
    def __reduce__(self): return os._exit, (0,)
    def __array__(self, *args, **kwargs): os._exit(0)
    __float__ = __len__ = __iter__ = __array__
""",
        "return Bomb()",
    ),
    "returns a table of objects that say yes": (
        CARRIED,
        """
import numpy as np
class Yes:
    def __eq__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    __abs__ = lambda self: 0
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None
""",
        "return np.full(3, Yes(), object)",
    ),
    "puts its own functions into the reference": (
        "The reference is not there, and the one that counts is in another process.",
        f"""
import sys, types
def spoil():
    try: import solutions.{CHAPTER.slug} as right
    except ImportError: right = types.ModuleType("solutions.{CHAPTER.slug}")
    mine = sys.modules[__name__]
    for name, value in list(vars(mine).items()):
        if callable(value): setattr(right, name, value)
    sys.modules["solutions.{CHAPTER.slug}"] = right
""",
        "spoil()\nreturn 0.0",
    ),
    "puts other functions into an earlier chapter": (
        COMPARED,
        """
import sys
for module in [m for n, m in list(sys.modules.items()) if n.startswith("solutions.")]:
    for name, value in list(vars(module).items()):
        if callable(value): setattr(module, name, lambda *args, **kwargs: 0.0)
""",
        "return 0.0",
    ),
    "looks whether it is being marked, and is otherwise another": (
        "What is marked is what it does there.",
        """
import os, sys
MARKED = "grader" in sys.modules or "pytest" in sys.modules or "HOME" in os.environ
""",
        "if MARKED: return 'right'\nreturn None",
    ),
    "writes a configuration for the test runner": (
        "Scratch is empty for each, and no file in it is read.",
        """
try:
    with open("conftest.py", "w") as file:
        file.write("import os; os._exit(0)")
except OSError: pass
import atexit, os
atexit.register(os._exit, 0)
""",
        "return 0.0",
    ),
    "turns every failure of the test runner into a success": (
        "No test runner is there.",
        """
try:
    import _pytest.runner, _pytest.reports
    class Passed(_pytest.reports.TestReport):
        outcome = property(lambda self: "passed", lambda self, value: None)
        longrepr = property(lambda self: None, lambda self, value: None)
    _pytest.reports.TestReport.from_item_and_call.__func__.__globals__["TestReport"] = Passed
    _pytest.runner.TestReport = Passed
    _pytest.reports.TestReport.outcome = Passed.outcome
    _pytest.reports.TestReport.failed = property(lambda self: False)
    _pytest.reports.TestReport.passed = property(lambda self: True)
except ImportError: pass
""",
        "return 0.0",
    ),
}

LINK = """
import builtins, json, os, struct, sys
frame = sys._getframe()
while frame and "link" not in frame.f_locals: frame = frame.f_back
link = frame.f_locals["link"]
from grader.codec import encode
def raw(data):
    view = memoryview(data)
    while view: view = view[os.write(link.writing, view):]
def send(id, answer=b"", printed=b"", end="answered", **more):
    head = json.dumps({"id": id, "end": end} | more).encode()
    raw(struct.pack("<III", len(head), len(answer), len(printed)) + head + answer + printed)
def told(value=None, **more):
    return encode(dict(end="returned", value=value, used=[], changed=[], given=[]) | more)
right = vars(builtins).setdefault("right", link.reply)
"""


def in_place(code):
    """Return lines that send something of their own for each answer."""
    reply = f"def reply(header, answer=b'', printed=b''):\n    id = header['id']\n    {code}\n"
    return f"{LINK}{reply}link.reply = reply\n"


FRAMES = {
    "answers before it is asked": f"for id in ['', *{IDS!r}] * 3: send(id, told())",
    "answers for another check": f"for id in {IDS[::-1]!r}: send(id, told())",
    "answers as if it were the import": "for _ in range(100): send('', told())",
    "says that it was late": "send('', end='late'); send('extremes', b'x' * 99, end='late')",
    "says that it died": "send('', end='died', signal=9)",
    "says that it begins": "send('', end='begun')",
    "says how it ended in numbers that are none": "send('', signal=float('nan'), level=[{}] * 99)",
    "sends a frame without a header": "raw(bytes(12) * 1000)",
    "sends a header that never ends": "raw(struct.pack('<III', 0xFFFFFFFF, 0, 0) + b'x' * 4096)",
    "sends an answer of four gigabytes": "raw(struct.pack('<III', 2, 0xFFFFFFFF, 0) + b'{}' * 999)",
    "sends prints of four gigabytes": "raw(struct.pack('<III', 2, 0, 0xFFFFFFFF) + b'{}' * 999)",
    "sends a header that is nested": "raw(struct.pack('<III', 60000, 0, 0) + b'[' * 60000)",
    "sends noise": "raw(os.urandom(1 << 20))",
}
# each reply is another's word: `id` is that of the check
REPLIES = {
    "prints sixty megabytes past the limit": "send(id, told(), b'x' * (60 << 20))",
    "answers with sixty megabytes of text": "send(id, told('\\U0001F600' + 'x' * (60 << 20)))",
    "answers with a number of sixty megabytes": "send(id, told(1 << (60 << 23)))",
    "answers with a hundred thousand parts": "send(id, told([0] * 99_000))",
    "answers with tables in lists in lists": "send(id, told([[[[[[[link]] * 9] * 9] * 9] * 9]]))",
    "tells of an error at great length": """
    line = dict(line=1, function="f" * 1000, text="t" * 1000, values=[["n" * 1000] * 2] * 100)
    error = dict(end="raised", names=["E" * 1000] * 100, message="m" * 1000, frames=[line] * 9)
    send(id, told() if not id else told(**error, given=[["n" * 1000] * 2] * 100))""",
    "says that it changed and called what is not there": (
        "send(id, told(changed=['x' * 1000] * 1000, used=['y' * 1000] * 1000))"
    ),
    "adds to its answer what the grader adds to it": (
        "send(id, told(key=b'k', signal=0, printed='done', state='done', why='', line=10**9))"
    ),
}
ATTACKS = {
    name: Attack(words, filled(CHEATS[name][1], CHEATS[name][0]), plain=HARM * (name in DANGEROUS))
    for name, words in KNOWN.items()
}
ATTACKS |= {
    name: Attack(words, filled(body, before)) for name, (words, before, body) in SHAPES.items()
}
ATTACKS |= {name: Attack(PIPE, with_stub(LINK + code), plain=OURS) for name, code in FRAMES.items()}
ATTACKS |= {
    name: Attack(
        "What is told, printed and answered has a bound each, on the trusted side.",
        with_stub(in_place(code)),
        plain=OURS,
        seconds=70,
    )
    for name, code in REPLIES.items()
}


def test_every_cheat_that_is_known_is_tried():
    assert CHEATS.keys() == KNOWN.keys()


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_got_by_one_that(room, name):
    room.withstands(ATTACKS[name])


def test_a_right_answer_does_not_lend_its_verdict_to_others(room):
    """Who has solved one exercise answers all others under whatever name that one is kept by."""
    before = in_place("send(id, encode(decode(answer) | dict(key='k', pad='x' * (1 << 17))))")
    others = dict.fromkeys(HOLES[1:], "return None")
    record = room.marker.mark(f"from grader.codec import decode{before}{solved(others)}".encode())
    done = [exercise["name"] for exercise in record["exercises"] if exercise["state"] == DONE]
    assert done == HOLES[:1]
    room.is_as_before()


def test_whoever_speaks_for_its_process_says_what_it_likes(room):
    """The forgeries above fail for what they say, not for want of a way to say it."""
    source = in_place("send(id, answer, printed)") + CHAPTER.source
    record = room.marker.mark(source.encode())
    assert record["points"] == record["of"]
