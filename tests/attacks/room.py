"""A room to mark attacks in: what one gets, what it leaves behind, and what the next one gets."""

import json
import os
import secrets
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from subjects import CHAPTER, STUB

from grader.classroom import cgroup, sandbox
from grader.classroom.marker import Marker
from grader.verdict import DONE

WORD = f"attack-{os.getpid()}"  # in the name of whatever an attack tries to leave
KEY = 0x6A770000 + os.getpid() % 0xFFFF  # of what it shares by the system's own means
GOOD = CHAPTER.source.encode()
MOST_TOLD = 4 << 20  # bytes of a record
OURS = "It is made for this grader."
HARM = "Not tried: it would take the machine down."


@dataclass(frozen=True)
class Attack:
    """A file that wants points, harm or a trace.

    Parameters
    ----------
    stopped : str
        What stops it, in words for the security page.
    source : str
    honest : bool
        Whether it solves its exercises as well, and may have their points.
    plain : str
        Why it is not tried on an ordinary grader, '' where it is.
    seconds : float
        How long it may take to mark.
    """

    stopped: str
    source: str
    honest: bool = False
    plain: str = ""
    seconds: float = 25.0


class Room:
    """A marker, warm, and the traces that a submission can leave."""

    def __init__(self, number: int = 0, only: tuple[str, ...] = ()) -> None:
        self.seed = secrets.randbits(128)
        self.folder = tempfile.TemporaryDirectory(prefix="class-of-tests-")
        self.hidden = Path(self.folder.name)
        (self.hidden / "ada.py").write_bytes(GOOD)
        (self.hidden / "bait").write_text("bait")
        self.marker = Marker(CHAPTER, self.seed, [self.hidden], number, only)
        self.mark = f"PYTHONHASHSEED={sandbox.hash_seed(self.seed)}\0".encode()
        assert self.next_is_marked_right()
        self.warm = len(self.processes())

    def withstands(self, attack: Attack):
        """Mark an attack and see that nothing comes of it; return its record."""
        began = time.monotonic()
        record = self.marker.mark(attack.source.encode())
        seconds = time.monotonic() - began
        states = {exercise["name"]: exercise["state"] for exercise in record["exercises"]}
        assert attack.honest or DONE not in states.values(), states
        assert attack.honest or record["points"] == 0
        assert seconds < attack.seconds, f"{seconds:.0f} s"
        assert len(json.dumps(record)) < MOST_TOLD
        self.is_as_before()
        return record

    def is_as_before(self) -> None:
        """See that the next one is marked right and that nothing was left."""
        assert self.next_is_marked_right(), "the next submission is not marked right"
        assert self.within(2.0, lambda: len(self.processes()) == self.warm), "something still runs"
        assert traces() == []
        assert (self.hidden / "bait").read_text() == "bait"
        assert len(groups()) <= len(cgroup.folders()) * len(OPEN)

    def next_is_marked_right(self) -> bool:
        """Return whether who hands in the reference gets every point."""
        record = self.marker.mark(GOOD)
        return record["points"] == record["of"] > 0

    def processes(self) -> list[int]:
        """Return the processes that were begun for this room."""
        return self.marked(self.mark)

    @staticmethod
    def marked(mark: bytes) -> list[int]:
        """Return the processes that have a mark in their environment."""
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # it has ended, or is not ours
                if mark in environment.read_bytes():
                    found.append(int(environment.parent.name))
        return found

    @staticmethod
    def within(seconds, is_so) -> bool:
        """Return whether something comes to be so in time."""
        late = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > late:
                return False
            time.sleep(0.02)
        return True

    def __enter__(self):
        OPEN.append(self)
        return self

    def __exit__(self, *_) -> None:
        self.marker.close()
        OPEN.remove(self)
        self.folder.cleanup()
        assert self.within(2.0, lambda: not self.processes()), "something still runs"
        assert OPEN or groups() == []
        assert OPEN or not list(Path(tempfile.gettempdir()).glob(f"{OUTSIDE}*"))


OPEN: list[Room] = []
OUTSIDE = f"{sandbox.SCRATCH_OUTSIDE}{os.getpid()}-"


def groups() -> list[Path]:
    """Return the control groups that this process has made."""
    return [
        g for f in set(cgroup.folders().values()) for g in f.glob(f"{cgroup.PREFIX}{os.getpid()}-*")
    ]


def traces() -> list[str]:
    """Return what lies about under the name or the key that attacks leave."""
    home = Path.home()
    places = [
        Path("/tmp"),
        Path("/dev/shm"),
        Path("/var/tmp"),
        Path("/dev/mqueue"),
        home,
        Path.cwd(),
    ]
    found = [str(path) for place in places for path in place.glob(f"*{WORD}*")]
    for kind in ("shm", "sem", "msg"):
        with suppress(OSError):
            lines = Path("/proc/sysvipc", kind).read_text().splitlines()[1:]
            found += [line for line in lines if line.split()[0] == str(KEY)]
    return found


def with_stub(before: str) -> str:
    """Return a file that runs these lines while it is loaded, every hole empty."""
    return f"{before}\n{STUB}"


def with_reference(before: str) -> str:
    """Return a file that runs these lines while it is loaded, every hole solved."""
    return f"{before}\n{CHAPTER.source}"
