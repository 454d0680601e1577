"""What can go wrong outside the learner's code, each with its exit code."""

from __future__ import annotations

PASSED, FAILED, MISUSED, BROKEN = 0, 1, 2, 3


class Problem(Exception):
    """A sentence for the person, and the next command to type."""

    exit_code = BROKEN

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step


class Misuse(Problem):
    """The command was called with something that is not there."""

    exit_code = MISUSED


class Fault(Problem):
    """The grader or the machine is at fault, never the learner."""

    exit_code = BROKEN


def nearest(name: str, known: list[str]) -> str:
    """Return ' Did you mean …?' with the nearest known names, or nothing."""
    import difflib

    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(near)}?" if near else ""
