"""A check is a scenario: it runs some code and returns what it got.

The same scenario runs on the learner's module, on the reference, and on a
reference with one known mistake; it asserts nothing, the grader compares.
Plain Python and NumPy; it runs in the worker, in the parent, in a web page.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader import subject
from grader.compare import Comparator, close
from grader.outline import LIMIT
from grader.problems import Fault


@dataclass(frozen=True)
class Mistake:
    """One thing that learners get wrong, as an edit of the reference's hole.

    `why` completes the sentence "This is how it looks when …".
    """

    why: str
    in_: str
    old: str
    new: str


@dataclass(frozen=True)
class Check:
    """A scenario with the hole it tests and what its result is held against."""

    id: str
    hole: str
    sentence: str
    scenario: Callable[..., Any]
    expect: Comparator
    forbids: tuple[str, ...]
    limit: float
    given: Callable[[np.random.Generator], Any] | None

    @property
    def arguments(self) -> list[str]:
        """What the scenario asks for after `code`."""
        return list(inspect.signature(self.scenario).parameters)[1:]


def check(
    hole: str,
    /,
    *,
    expect: Comparator | None = None,
    forbids: Sequence[str] = (),
    limit: float = LIMIT,
    given: Callable[[np.random.Generator], Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function as a check of one hole.

    Parameters
    ----------
    hole : str
        The hole that is tested, dotted as in the reference.
    expect : Comparator
        How the result is compared; `close()` unless told.
    forbids : sequence of str
        Library functions or modules that would do the hole's work.
    limit : float
        Seconds after which the check is too slow.
    given : function of rng, returning (inputs, known)
        Draws the inputs on the trusted side: `inputs`, a dict, are handed to
        the scenario by name; `known` goes to the comparator alone, so that
        no answer can be read off where the learner's code runs.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        sentence = (inspect.getdoc(function) or "").partition("\n")[0].strip()
        made = Check(
            function.__name__,
            hole,
            sentence,
            function,
            expect or close(),
            tuple(forbids),
            limit,
            given,
        )
        function.__check__ = made  # type: ignore[attr-defined]
        return function

    return mark


def checks_in(module: types.ModuleType) -> list[Check]:
    """Return the checks of a module in the order they stand in."""
    return [value.__check__ for value in vars(module).values() if hasattr(value, "__check__")]


def draw(check: Check, key: int) -> tuple[dict[str, Any], Any]:
    """Return the inputs of a scenario and what only the comparator may know."""
    rng = np.random.default_rng(key)
    if check.given is None:
        return ({"rng": rng} if "rng" in check.arguments else {}), None
    inputs, known = check.given(rng)
    return inputs, known


def run(
    check: Check,
    make: Callable[[], types.ModuleType],
    inputs: dict[str, Any],
    holes: Iterable[str],
    label: str,
    may_change: Iterable[str] = (),
    watch: subject.Watch | None = None,
) -> dict[str, Any]:
    """Run one scenario on the module that `make` loads and say what happened.

    Returns
    -------
    outcome : dict
        "end" is "returned" (with "value"), "empty" (with "hole") or "raised"
        (with the description of the error); "used" and "changed" name holes.
    """
    watch = watch or subject.Watch(may_change)
    outcome: dict[str, Any]
    try:
        with subject.forbidding(check.forbids):
            code = make()
            watch.wrap(code, holes)
            outcome = {"end": "returned", "value": check.scenario(code, **inputs)}
    except NotImplementedError as error:
        hole = error.args[0] if error.args else None
        if isinstance(hole, str) and hole in set(holes):
            outcome = {"end": "empty", "hole": hole}
        else:
            outcome = {"end": "raised", **subject.describe_error(error, label)}
    except BaseException as error:
        outcome = {"end": "raised", **subject.describe_error(error, label)}
    return outcome | {"used": list(watch.used), "changed": list(watch.changed)}


def load_checks(source: str, label: str, slug: str) -> types.ModuleType:
    """Return the module of a chapter's checks, or raise Fault."""
    try:
        return subject.load(source, label, f"grader.checks.{slug}")
    except Exception as error:
        raise Fault(f"{label} does not load: {type(error).__name__}: {error}") from error
