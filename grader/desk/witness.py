"""A witness: inputs that a learner wrote down, put into a broken version and the right one.

Both versions are ours and the inputs plain numbers, so this runs in our own
process; only how much is asked of it is limited.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader import subject
from grader.compare import Raised, close
from grader.desk.task import Task
from grader.problems import nearest
from grader.reference import on_shelf
from grader.show import brief

MOST_NUMBERS = 1000  # in all inputs together
LARGEST = 1_000_000  # of whole numbers: they may be counts
SECONDS = 10.0  # for both versions


class Refused(Exception):
    """Why these inputs are no witness, in a sentence."""


@dataclass(frozen=True)
class Results:
    """What came out of the two versions: a value, or Raised."""

    right: Any
    broken: Any

    @property
    def differ(self) -> bool:
        """Whether they are further apart than a check would let pass."""
        if isinstance(self.broken, Raised):
            return True
        return close()(self.broken, self.right, None) is not None


def results(task: Task, given: Any) -> Results:
    """Return what comes out of both versions for the inputs that were written.

    Raises
    ------
    Refused
        If they are not what the task asks for, or the right version does not
        take them.
    """
    inputs = arrays(given, task.explain.example)
    found = in_time(
        lambda: Results(
            outcome(task, task.chapter.source, inputs), outcome(task, task.broken, inputs)
        )
    )
    if isinstance(found.right, Raised):
        error = found.right
        raise Refused(f"The right version does not take it: {error.names[0]}: {error.message}.")
    return found


def in_time(work: Callable[[], Results]) -> Results:
    """Return what `work` returns, or raise Refused if that takes too long."""
    found: list[Results] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not found:
        raise Refused(f"It takes longer than {SECONDS:g} seconds: a smaller one will do.")
    return found[0]


def outcome(task: Task, source: str, inputs: dict[str, Any]) -> Any:
    """Return what the task's call gives on one version, or what it raised."""
    label = f"explain {task.chapter.slug}"
    own = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in inputs.items()}
    try:
        with on_shelf(task.chapter), np.errstate(all="ignore"):
            code = subject.load(source, label, f"explain_{task.chapter.slug}")
            return task.explain.call(code, **own)
    except Exception as error:
        return Raised((type(error).__name__,), subject.safe_text(error).rstrip("."))


def arrays(given: Any, example: dict[str, Any]) -> dict[str, Any]:
    """Return inputs as numbers and arrays, of the kinds that the example has."""
    names = list(example)
    if not isinstance(given, dict):
        raise Refused(f"It has a line for each input, like witness.{names[0]} = …")
    for name in given:
        if name not in example:
            meant = nearest(name, names) or f" There is {' and '.join(names)}."
            raise Refused(f"There is no input {name}.{meant}")
    for name in names:
        if name not in given:
            raise Refused(f"The input {name} is missing: witness.{name} = {example[name]}")
    count = sum(len(leaves(value)) for value in given.values())
    if count > MOST_NUMBERS:
        raise Refused(f"{count:,} numbers are more than anybody needs: at most {MOST_NUMBERS:,}.")
    return {name: array(name, given[name], example[name]) for name in names}


def array(name: str, given: Any, example: Any) -> Any:
    """Return one input as a number or an array."""
    is_whole = all(type(number) is int for number in leaves(example))
    for number in leaves(given):
        if type(number) not in (int, float):
            raise Refused(f"{name} must hold numbers, not {brief(number)}.")
        if isinstance(number, float) and not math.isfinite(number):
            raise Refused(f"{name} must hold finite numbers, not {number}.")
        if is_whole and number != int(number):
            raise Refused(f"{name} must hold whole numbers, not {number}.")
        if abs(number) > (LARGEST if is_whole else sys.float_info.max):
            raise Refused(f"{name} holds a number that is too large.")
    axes = len(shape(name, given))
    if axes != len(shape(name, example)):
        raise Refused(f"{name} has another form: it should look like {example}.")
    made = np.array(given, dtype=int if is_whole else float)
    return made if axes else made.item()


def leaves(value: Any) -> list[Any]:
    """Return the numbers in nested lists."""
    if not isinstance(value, list):
        return [value]
    return [number for part in value for number in leaves(part)]


def shape(name: str, value: Any) -> tuple[int, ...]:
    """Return the shape of nested lists, or raise Refused where they have none."""
    if not isinstance(value, list):
        return ()
    inner = {shape(name, part) for part in value}
    if len(inner) > 1:
        raise Refused(f"The rows of {name} are not equally long.")
    return (len(value), *(inner.pop() if inner else ()))


def lines(result: Any) -> list[str]:
    """Return a result as short lines."""
    if isinstance(result, Raised):
        return [f"{result.names[0]}: {result.message}"]
    if isinstance(result, list | tuple):
        return [line for part in result for line in lines(part)]
    if isinstance(result, np.ndarray) and result.dtype.kind == "f":
        result = result.round(12) + 0.0  # what rounding leaves of a zero is one, and not below it
    if isinstance(result, np.ndarray) and result.ndim > 1:
        text = np.array2string(
            result, precision=4, suppress_small=True, threshold=40, edgeitems=2, max_line_width=60
        )
        return text.splitlines()
    return [brief(result)]
