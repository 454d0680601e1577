"""A control group for one sandbox: bounds memory and processes of all in it together.

Both hierarchies of the kernel are known, the old one (a folder for each
controller) and the unified one; where neither can be written, there is none.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from grader.wire import MEMORY

ROOT = Path("/sys/fs/cgroup")
PREFIX, TRIAL = "ground-up-", "trial-"
SPARE = 512 << 20  # bytes beyond what a check may ask for: the warden, the scratch
PROCESSES = 64  # threads count
PATIENCE = 2.0  # seconds


@lru_cache(maxsize=1)
def folders() -> dict[str, Path]:
    """Return the controllers `memory` and `pids`, and the group of ours to make one in."""
    found = {}
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    for line in lines:
        _, names, place = line.split(":", 2)
        for name in names.split(",") if names else ("memory", "pids"):
            base = ROOT / name if names else ROOT
            inside = base / place.lstrip("/")
            if name in ("memory", "pids") and name not in found and inside.is_dir():
                found[name] = inside
    return found


def available() -> bool:
    """Return whether a group that bounds memory can be made here."""
    try:
        group = Group(os.getpid(), TRIAL)
    except OSError:
        return False
    group.close()
    return True


class Group:
    """A group of our own, in each controller; raises OSError where none can be made."""

    def __init__(self, number: int, kind: str = "") -> None:
        name = f"{PREFIX}{kind}{os.getpid()}-{number}"
        self.made: list[Path] = []
        try:
            if not folders():
                raise OSError("no controller")
            for controller, folder in folders().items():
                group = folder / name
                group.mkdir(exist_ok=True)
                if group not in self.made:
                    self.made.append(group)
                bounds = {
                    "memory": {
                        "memory.limit_in_bytes": MEMORY + SPARE,
                        "memory.max": MEMORY + SPARE,
                        "memory.swap.max": 0,
                    },
                    "pids": {"pids.max": PROCESSES},
                }[controller]
                written = [
                    (group / file).write_text(str(bound))
                    for file, bound in bounds.items()
                    if (group / file).exists()
                ]
                if controller == "memory" and not written:
                    raise OSError("memory is not bounded here")
        except OSError:
            self.close()
            raise

    def enter(self) -> None:
        """Put the calling process into the group."""
        for group in self.made:
            with open(group / "cgroup.procs", "w") as file:
                file.write("0")

    def close(self) -> None:
        """Remove the group, when what was killed in it has gone."""
        deadline = time.monotonic() + PATIENCE
        while self.made:
            try:
                self.made[-1].rmdir()
                self.made.pop()
            except OSError:
                if not self.made[-1].exists() or time.monotonic() > deadline:
                    self.made.pop()
                time.sleep(0.005)


def sweep() -> None:
    """Remove the groups of processes that are gone, which a run that was killed has left."""
    deadline = time.monotonic() + PATIENCE
    for folder in set(folders().values()):
        for group in folder.glob(f"{PREFIX}*"):
            maker = group.name.removeprefix(PREFIX).removeprefix(TRIAL).partition("-")[0]
            while has_ended(maker):
                try:
                    end_all(group)
                    group.rmdir()
                except FileNotFoundError:
                    pass
                except OSError:  # what was in it is on its way out
                    if time.monotonic() < deadline:
                        time.sleep(0.005)
                        continue
                break


def has_ended(pid: str) -> bool:
    """Return whether there is no such process, or one that waits to be taken notice of."""
    try:
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in ("Z", "X")


def end_all(group: Path) -> None:
    """End what has outlived its maker: one that was killed while it was made."""
    for word in (group / "cgroup.procs").read_text().split():
        if int(word):  # 0: not one of those that we see
            with suppress(ProcessLookupError):
                os.kill(int(word), signal.SIGKILL)
