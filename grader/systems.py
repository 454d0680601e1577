"""What this system has, and what the grader does without.

The only module that asks which system it runs on. Every part can be
switched off with GRADER_WITHOUT=fork,resource,landlock,seccomp, so that one
machine can try the ways of the others.
"""

from __future__ import annotations

import os
import platform
import sys

IS_LINUX = sys.platform == "linux"

PARTS = {
    "fork": "each check runs in a copy of a warm process",
    "resource": "limits on memory, processor time and file size",
    "landlock": "the learner's code reads what it needs and writes only scratch",
    "seccomp": "no network, no other processes",
}
WITHOUT = {
    "fork": "one worker runs all checks, and is started again after a crash",
    "resource": "only the clock limits a check",
    "landlock": "files are not protected from the learner's code",
    "seccomp": "network and processes are not closed to the learner's code",
}


def switched_off() -> set[str]:
    """Return the parts that the environment asks to do without."""
    return {part.strip() for part in os.environ.get("GRADER_WITHOUT", "").split(",")}


def has(part: str) -> bool:
    """Return whether this system has a part, by looking, not by its name."""
    if part in switched_off():
        return False
    if part == "fork":
        return hasattr(os, "fork") and hasattr(os, "killpg") and sys.platform != "darwin"
    if part == "resource":
        from importlib.util import find_spec

        return find_spec("resource") is not None
    if part in ("landlock", "seccomp"):
        from grader import confine

        return IS_LINUX and confine.available(part)
    raise ValueError(f"unknown part {part!r}")


def describe() -> str:
    """Return the system in a few words."""
    return f"{platform.system()} {platform.release()} {platform.machine()}"


def kill_group(pid: int) -> None:
    """End a process that leads its group, and all it started."""
    import signal

    try:
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, PermissionError):
        pass
