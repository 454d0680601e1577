"""What the grader says of one check: a state, and what helps.

Plain values throughout, so that a verdict can cross to a terminal, a JSON
file or another pytest process as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DONE, WRONG, NOT_YET, WAITS = "done", "wrong", "not yet", "waits"
CRASHED, TOO_SLOW = "crashed", "too slow"
BAD = (WRONG, CRASHED, TOO_SLOW)

# of an exercise whose checks ended differently, the first of these is its state
WORST_FIRST = (CRASHED, TOO_SLOW, WRONG, NOT_YET, WAITS, DONE)


@dataclass
class Verdict:
    """One check of one hole."""

    check: str
    hole: str
    sentence: str
    state: str
    yours: str = ""
    wanted: str = ""
    remark: str = ""
    where: str = ""
    waits_for: str = ""  # another exercise that is empty or not right
    error: str = ""  # the exception or the end, in a line
    frames: list[dict[str, Any]] = field(default_factory=list)
    diagnosis: list[str] = field(default_factory=list)  # each after "when"
    notes: list[str] = field(default_factory=list)  # whole sentences
    given: list[list[str]] = field(default_factory=list)  # name and value, in short
    printed: str = ""
    blames: list[str] = field(default_factory=list)  # own earlier files, where the fault lies

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that say something."""
        return {k: v for k, v in vars(self).items() if v not in ("", [])}


def state_of(verdicts: list[Verdict]) -> str:
    """Return the state of an exercise from those of its checks."""
    states = {verdict.state for verdict in verdicts}
    return next((state for state in WORST_FIRST if state in states), NOT_YET)
