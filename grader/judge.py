"""From an outcome to a verdict: compare, explain, and name the mistake.

Plain Python and NumPy, on the trusted side.
"""

from __future__ import annotations

from typing import Any

from grader.compare import Difference, Raised, close
from grader.reference import Reference
from grader.scenario import Check
from grader.show import kind_of
from grader.verdict import CRASHED, DONE, NOT_YET, WAITS, WRONG, Verdict
from grader.wire import MEMORY


def result_of(outcome: dict[str, Any]) -> Any:
    """Return the value an outcome is compared by: what came out, or was raised."""
    if outcome["end"] == "raised":
        return Raised(tuple(outcome["names"]), outcome["message"])
    return outcome.get("value")


def judge(check: Check, outcome: dict[str, Any], reference: Reference) -> Verdict:
    """Return the verdict on one outcome, the diagnosis not yet in it."""
    verdict = Verdict(check.id, check.hole, check.sentence, WRONG)
    if outcome["end"] == "unreadable":
        verdict.state, verdict.error = CRASHED, "its process answered with something unreadable"
        return verdict
    if outcome["end"] == "empty":
        verdict.state = NOT_YET if outcome["hole"] == check.hole else WAITS
        if verdict.state == WAITS:
            verdict.waits_for = outcome["hole"]
        return verdict
    if outcome["end"] == "too large":
        verdict.error = f"its result is too large to compare: {outcome['message']}"
        return verdict
    if outcome["end"] == "raised" and not hasattr(check.expect, "wants_error"):
        return raised(verdict, outcome)
    difference = compare(check, result_of(outcome), reference)
    if difference is None:
        verdict.state = DONE
        for hole in outcome["changed"]:
            if hole not in reference.may_change:
                verdict.state = WRONG
                verdict.notes.append(
                    f"The result is right, but {hole} changed what was given to it: work on a copy."
                )
    else:
        describe(verdict, difference)
    return verdict


def compare(check: Check, yours: Any, reference: Reference) -> Difference | None:
    """Return how a result differs; one that cannot even be compared differs too."""
    wanted = result_of(reference.outcome(check))
    try:
        return check.expect(yours, wanted, reference.known(check))
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        return Difference(kind_of(yours), kind_of(wanted), "they cannot be compared")


def describe(verdict: Verdict, difference: Difference) -> None:
    """Put a difference into a verdict."""
    verdict.yours, verdict.wanted = difference.yours, difference.wanted
    verdict.remark, verdict.where = difference.remark, difference.where


def raised(verdict: Verdict, outcome: dict[str, Any]) -> Verdict:
    """Return the verdict on a scenario that ended in an exception."""
    name, message = outcome["names"][0], outcome["message"]
    verdict.error = f"{name}: {message}" if message else name
    verdict.frames = outcome["frames"]
    if "MemoryError" in outcome["names"]:
        verdict.state = CRASHED
        verdict.error = f"it asked for more memory than the limit of {MEMORY >> 30} GB"
    elif "SystemExit" in outcome["names"]:
        verdict.error = "it called exit(), which would end the program"
    elif "BdbQuit" in outcome["names"]:
        verdict.error = "it stops at breakpoint(): add --debug to have the debugger"
    elif "KeyboardInterrupt" in outcome["names"]:
        verdict.error = "it raised KeyboardInterrupt"
    elif not verdict.frames:
        verdict.notes.append(f"The check could not go on with what {verdict.hole} gave it.")
    return verdict


def same(yours: Any, wanted: Any) -> bool:
    """Return whether two results are alike enough to come from one mistake."""
    if isinstance(yours, Raised) or isinstance(wanted, Raised):
        return (
            isinstance(yours, Raised)
            and isinstance(wanted, Raised)
            and (yours.names[0], yours.message) == (wanted.names[0], wanted.message)
        )
    return close(rtol=1e-7, atol=1e-12)(yours, wanted, None) is None
