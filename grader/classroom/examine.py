"""`grader doctor --class`: how hard this machine can shut a submission in."""

from __future__ import annotations

import platform
from importlib.util import find_spec

from grader import systems
from grader.classroom.sandbox import Means, means
from grader.problems import BROKEN, PASSED

INSTALL = "apt-get install bubblewrap, or dnf install bubblewrap"
KERNEL = "a Linux kernel of 5.13 or newer that has it switched on"
LEVELS = {
    0: "no class can be marked here",
    1: "processes and limits: refused without --unsafe",
    2: "Landlock, seccomp and limits",
    3: "the same inside bubblewrap",
}


def examine() -> int:
    """Print what this machine can enforce, and how to get what it cannot."""
    have = means()
    print(f"Python {platform.python_version()} on {systems.describe()}")
    print("how a submission is shut in")
    for is_here, name, meaning, remedy in parts(have):
        print(f"  {'✓' if is_here else '·'} {name:<10} {meaning if is_here else remedy}")
    print("what grader class takes besides")
    tools = {"tqdm": "the progress bar", "distributed": "only for a cluster"}
    for name, use in tools.items():
        is_here = find_spec(name) is not None
        remedy = "not here: pip install 'ground-up[class]'"
        print(f"  {'✓' if is_here else '·'} {name:<11} {use if is_here else f'{use}, {remedy}'}")
    print(f"Level {have.level} of 3: {LEVELS[have.level]}.")
    return PASSED if have.level >= 2 else BROKEN


def parts(have: Means) -> list[tuple[bool, str, str, str]]:
    """Return, of each means, whether it is here, its name, what it does, how to get it."""
    bubblewrap = f"not here: {INSTALL}"
    if have.refusal:
        bubblewrap = f"it cannot work here: {have.refusal.splitlines()[-1][:60]}"
    return [
        (have.fork, "fork", "a process for each submission", "not here: a class needs Linux"),
        (
            bool(have.bubblewrap),
            "bubblewrap",
            "no network, no other process, no file but what is needed",
            bubblewrap,
        ),
        (
            have.landlock,
            "landlock",
            "what it reads and writes is named, all else closed",
            f"not here: {KERNEL}",
        ),
        (have.seccomp, "seccomp", "no sockets, no new processes", f"not here: {KERNEL}"),
        (have.limits, "limits", "processor time, memory, files", "not here: a class needs Linux"),
        (
            have.group,
            "cgroup",
            "memory and threads of a submission together",
            "cannot be written: the address space of each process is limited instead",
        ),
        (
            have.uid,
            "own uid",
            "each job is a user of its own",
            "only root can become somebody else: the jobs share your user",
        ),
    ]
