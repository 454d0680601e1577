"""Try a source on checks: what it says is what a learner would be told."""

from __future__ import annotations

import ast
import types
from collections.abc import Sequence
from functools import wraps
from typing import Any

import numpy as np

from grader import codec, scenario, stub, subject
from grader.audit.apart import limited
from grader.judge import judge
from grader.reference import Reference, on_shelf
from grader.scenario import Check
from grader.verdict import DONE, TOO_SLOW

NOTHING = ("", "nothing to zero")  # what a hole answers holds no number

Refusal = tuple[str, str] | None  # the check, and the state it gives


class Answers(Reference):
    """What a reference answers, computed when asked for and never kept."""

    def outcome(self, check: Check) -> dict[str, Any]:
        self._kept = self._kept or {}
        if check.id not in self._kept:
            self._kept[check.id] = codec.decode(codec.encode(self.run(check, self.chapter.source)))
        outcome: dict[str, Any] = self._kept[check.id]
        return outcome

    def of(self, hole: str) -> list[Check]:
        """Return the checks of one hole."""
        return [check for check in self.checks.values() if check.hole == hole]


def draws(check: Check) -> bool:
    """Return whether what a check does depends on the seed."""
    return check.given is not None or "rng" in check.arguments


def refusal(
    answers: Answers, source: str, checks: Sequence[Check], zeroed: str | None = None
) -> Refusal:
    """Return the first check that does not pass a source; None where all do.

    Parameters
    ----------
    answers : Answers
    source : str
    checks : sequence of Check
    zeroed : str
        A hole whose result is turned to zeros.
    """
    zeros = Zeros(answers.chapter.source, zeroed) if zeroed else None
    for check in checks:
        state = verdict(answers, source, check, zeros)
        if state != DONE:
            return check.id, state
    return NOTHING if zeros and not zeros.any else None


def verdict(answers: Answers, source: str, check: Check, zeros: Zeros | None = None) -> str:
    """Return the state that one check gives a source."""
    slug = answers.chapter.slug

    def load() -> types.ModuleType:
        module = subject.load(source, f"exercises/{slug}.py", f"exercises.{slug}")
        if zeros:
            zeros.wrap(module)
        return module

    inputs = answers.inputs(check)[0]
    with on_shelf(answers.chapter), np.errstate(all="ignore"), limited(check.limit):
        outcome = scenario.run(
            check, load, inputs, answers.holes, f"exercises/{slug}.py", answers.may_change
        )
    if outcome.get("names", [""])[0] == "KeyboardInterrupt":
        return TOO_SLOW
    try:
        outcome = codec.decode(codec.encode(outcome))
    except codec.TooLarge as error:
        outcome = {"end": "too large", "message": str(error)}
    return judge(check, outcome, answers).state


class Zeros:
    """Turns what a hole answers to zeros of the same shape, as far as it holds numbers."""

    def __init__(self, source: str, hole: str) -> None:
        self.hole = hole
        self.any = False  # whether there was anything to turn
        found = next(h for h in stub.holes(source) if h.name == hole)
        node = stub.definitions(stub.parsed(source))[hole]
        self.learned = {  # what the answer itself puts into the model
            n.attr
            for n in ast.walk(node)
            if isinstance(n, ast.Attribute)
            and isinstance(n.ctx, ast.Store)
            and n.lineno > found.marker
        }
        self.is_in_place = hole in stub.changing(source)

    def wrap(self, module: types.ModuleType) -> None:
        """Put this behind the hole."""
        *path, last = self.hole.split(".")
        owner: Any = module
        for part in path:
            owner = getattr(owner, part)
        original = vars(owner)[last]

        @wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            if self.is_in_place:
                for given in args:
                    if isinstance(given, np.ndarray):
                        given[...] = 0
                        self.any = True
            return self.of(result)

        setattr(owner, last, call)

    def of(self, value: Any) -> Any:
        """Return a value with zeros for its numbers; what is no number stays."""
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            self.any = True
            return np.zeros_like(value)
        if isinstance(value, bool | int | float | np.number | np.bool_):
            self.any = True
            return type(value)(0)
        if type(value) in (list, tuple):
            return type(value)([self.of(part) for part in value])
        for name in self.learned & getattr(value, "__dict__", {}).keys():
            setattr(value, name, self.of(getattr(value, name)))
        if "data" in getattr(value, "__dict__", {}):  # of a tensor
            value.data = self.of(value.data)
        return value
