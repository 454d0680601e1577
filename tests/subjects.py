"""A learner's file that is not there, checked in a worker as in class mode."""

import os
import re
import secrets
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

import pytest
from book_tools import submission

from grader import book, stub, systems
from grader.runner import Apart
from grader.submission import Obstacle
from grader.verdict import Verdict, state_of

CHAPTER = book.find_chapter("logistic_regression")
STUB = stub.derive(CHAPTER.source)
HOLES = [hole.name for hole in stub.holes(CHAPTER.source)]
SEED = secrets.randbits(32)  # drawn for each run: no learner knows it
STATE = tempfile.TemporaryDirectory(prefix="state-of-tests-")
EMPTY = re.compile(r'^( *)raise NotImplementedError\("(.*)"\)\n', re.MULTILINE)


def shut_in(part):
    """Return whether a check runs shut in by this part."""
    return systems.has("fork") and systems.has(part)


@dataclass
class Result:
    """What became of one file."""

    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    obstacle: str = ""
    sandbox: str = ""
    seconds: float = 0.0

    @property
    def states(self):
        return {hole: state_of(verdicts) for hole, verdicts in self.verdicts.items()}

    @property
    def passed(self):
        """The checks that passed, whatever became of their exercise."""
        return [v.check for vs in self.verdicts.values() for v in vs if v.state == "done"]

    @property
    def printed(self):
        return "".join(v.printed for verdicts in self.verdicts.values() for v in verdicts)


def filled(body="return answer(hole)", before="", after=""):
    """Return the exercise with the same lines in every hole; they see its name."""

    def fill(match):
        lines = [f"hole = {match[2]!r}", *body.strip().splitlines()]
        return "".join(f"{match[1]}{line}\n" for line in lines)

    return f"{before}\n{EMPTY.sub(fill, STUB)}\n{after}\n"


def solved(lines_of):
    """Return the reference with other lines in some holes."""
    source = CHAPTER.source
    for name, lines in lines_of.items():
        hole = next(h for h in stub.holes(source) if h.name == name)
        old = stub.answer(source, hole)
        margin = " " * (len(old) - len(old.lstrip()))
        source = stub.with_answer(source, hole, indent(f"{lines.strip()}\n", margin))
    return source


@contextmanager
def tracked():
    """Yield a mark that every process started meanwhile carries; keep state apart."""
    with pytest.MonkeyPatch.context() as patch:
        mark = f"GRADER_TEST_{secrets.token_hex(8)}"
        patch.setenv(mark, "1")
        patch.setattr(book, "state", lambda: Path(STATE.name))
        yield mark


def begun(source, holes=None, seed=SEED):
    """Start to check a source, from a seed that it cannot know."""
    runner = Apart(CHAPTER, seed=seed, holes=holes)
    with suppress(Obstacle):  # `result` tells
        runner.submission = submission(CHAPTER, source)
        runner.start()
    return runner


def result(runner, source, holes=None):
    """Return what becomes of a source on which a worker has begun."""
    found = Result()
    start = time.monotonic()
    try:
        runner.submission = submission(CHAPTER, source)
        for hole in holes or HOLES:
            found.verdicts[hole] = runner.verdicts(hole)
    except Obstacle as obstacle:
        found.obstacle = str(obstacle)
    found.sandbox = runner.sandbox
    found.seconds = time.monotonic() - start
    return found


def checked(source, holes=None, seed=SEED):
    """Return what becomes of a source, and see to it that nothing else does."""
    before = outside()
    with tracked() as mark, begun(source, holes, seed) as runner:
        found = result(runner, source, holes)
    assert not os.path.exists(runner.scratch.name), "its scratch folder is still there"
    assert left_running(mark) == [], "something of it still runs"
    after = outside()
    changed = sorted(path for path in before | after if before.get(path) != after.get(path))
    assert changed == [], "it changed something outside"
    return found


def outside():
    """Return what a learner's file must not change: the book, shared memory."""
    files = [
        path
        for folder in ("solutions", "grader", "exercises", "chapters", "bookdata")
        for path in (book.ROOT / folder).rglob("*")
        if "__pycache__" not in path.parts
    ]
    files += Path("/dev/shm").glob("*")
    found = {}
    for path in map(str, files):
        about = os.lstat(path)
        found[path] = (about.st_mode, about.st_uid, about.st_size, about.st_mtime_ns)
    for kind in ("shm", "sem", "msg"):
        table = Path("/proc/sysvipc", kind)
        if table.exists():
            found[str(table)] = len(table.read_text().splitlines())
    return found


def left_running(mark, patience=1.0):
    """Return the processes that still carry a mark once they had time to end."""
    deadline = time.monotonic() + patience
    while (found := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def marked(mark):
    """Return the processes that carry a mark; where there is no /proc, none."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended, or is not ours
            if f"{mark}=".encode() in environment.read_bytes():
                found.append(int(environment.parent.name))
    return found
