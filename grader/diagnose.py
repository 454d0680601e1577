"""Name the mistake: which known one gives exactly these results?"""

from __future__ import annotations

from typing import Any

from grader.judge import result_of, same
from grader.reference import Reference

MOST = 2  # more than two possible causes help nobody


def diagnose(
    hole: str, outcomes: dict[str, Any], failed: list[str], reference: Reference
) -> dict[str, list[str]]:
    """Return, for each failed check, the known mistakes that look the same.

    A mistake that explains every check of the hole, passed ones included,
    comes alone; only where none does are those told that explain one check.

    Parameters
    ----------
    hole : str
    outcomes : dict of check id to outcome
        The learner's, of all checks of this hole that returned or raised.
    failed : list of check ids
    reference : Reference
    """
    told: dict[str, list[str]] = {id: [] for id in failed}
    whole: list[str] = []
    for mistake in reference.mistakes:
        if mistake.in_ != hole or not failed:
            continue
        alike = {
            id: looks_like(
                outcome, reference.mistaken(reference.checks[id], mistake), id, reference
            )
            for id, outcome in outcomes.items()
        }
        if all(alike.values()):
            whole.append(mistake.why)
        for id in failed:
            if alike[id]:
                told[id].append(mistake.why)
    return {id: list(dict.fromkeys(whole or whys))[:MOST] for id, whys in told.items()}


def looks_like(outcome: Any, mutant: Any, id: str, reference: Reference) -> bool:
    """Return whether a mistake's outcome is like the learner's.

    Where the mistake does no harm to the result, that says nothing: then it
    must change the same arrays too.
    """
    if not same(result_of(outcome), result_of(mutant)):
        return False
    right = result_of(reference.outcome(reference.checks[id]))
    return outcome["changed"] == mutant["changed"] or not same(result_of(mutant), right)
