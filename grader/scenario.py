"""A check is a scenario: it runs some code and returns what it got.

The same scenario runs on the learner's module, on the reference, and on a
reference with one known mistake; it asserts nothing, the grader compares.
Plain Python and NumPy; it runs in the worker, in the parent, in a web page.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Iterable, Sequence
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

    `why` completes the sentence "This is how it looks when …"; `lesson` says
    in a sentence or two how to recognise or avoid it.
    """

    why: str
    in_: str
    old: str
    new: str
    lesson: str = ""


@dataclass(frozen=True)
class Explain:
    """A task: which line of a broken function is wrong, why, and when does it matter.

    Parameters
    ----------
    name : str
        Its table in the answer file.
    why : str
        Of the Mistake that is planted; the right cause.
    causes : dict of str to str
        Three wrong ones or more, each with the reason why it is wrong.
    takes : str
        What the inputs are and what comes out, in a sentence, code in `backticks`.
    call : function of code and the inputs by name
        What the broken version and the right one are compared by. A table or
        a list arrives as an array, a number as a number.
    example : dict of str to number or nested lists
        Inputs for which the two agree. They tell what a witness has to be:
        the names, the axes, whole numbers or any.
    witness : dict, likewise
        Inputs for which they do not, as proof that there are such.
    """

    name: str
    why: str
    causes: dict[str, str]
    takes: str
    call: Callable[..., Any]
    example: dict[str, Any]
    witness: dict[str, Any]


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
    beneath: Collection[str] = (),
    watch: subject.Watch | None = None,
) -> dict[str, Any]:
    """Run one scenario on the module that `make` loads and say what happened.

    Returns
    -------
    outcome : dict
        "end" is "returned" (with "value"), "empty" (with "hole") or "raised"
        (with the description of the error); "used" and "changed" name holes,
        "given" is what the hole under check was called with first.
    """
    watch = watch or subject.Watch(may_change, check.hole)
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
            outcome = {"end": "raised", **subject.describe_error(error, label, beneath)}
    except BaseException as error:
        outcome = {"end": "raised", **subject.describe_error(error, label, beneath)}
    return outcome | {
        "used": list(watch.used),
        "changed": list(watch.changed),
        "given": watch.given,
    }


def load_checks(source: str, label: str, slug: str) -> types.ModuleType:
    """Return the module of a chapter's checks, or raise Fault."""
    try:
        return subject.load(source, label, f"grader.checks.{slug}")
    except Exception as error:
        raise Fault(f"{label} does not load: {type(error).__name__}: {error}") from error
