"""Two runs side by side: which call belongs to which, and which differs first.

Two calls belong together if they are the same one, in order, within two that
belong together. What comes from the worker is only ever decoded and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader import codec
from grader.compare import Difference, close
from grader.show import brief, kind_of, one_line


@dataclass(frozen=True)
class Call:
    """One call of an exercise, or of a function that it made; values still encoded."""

    hole: str
    made: str  # where the function stands that it made, as "grad_fn"
    inside: int  # which call it is part of, -1 for none
    line: int
    names: list[str]
    before: list[bytes]
    result: bytes
    error: str
    ended: int
    after: list[bytes]

    @property
    def name(self) -> str:
        return f"the {self.made} that {self.hole} made" if self.made else self.hole


@dataclass
class Finding:
    """The first call that differs: how, and whether its inputs did already."""

    call: Call
    number: int  # of the calls with this name
    difference: Difference
    what: str  # differs: "result", or an argument as it was left
    given: tuple[str, Difference] | None  # the first argument that differs
    caller: str
    counts: list[str]  # sentences about what it calls more or less often
    is_done: bool = False  # whether the exercise passes its own checks


FORM = {"hole": str, "made": str, "inside": int, "line": int, "result": bytes, "error": str}
FORM |= {"ended": int, "names": list, "before": list, "after": list}


def calls_in(value: Any) -> list[Call]:
    """Return the calls that a worker told of; what has another form is left out."""
    calls: list[Call] = []
    for entry in value if isinstance(value, list) else []:
        is_call = isinstance(entry, dict) and entry.keys() == FORM.keys()
        if not is_call or any(type(entry[key]) is not kind for key, kind in FORM.items()):
            break
        names, before, after = entry["names"], entry["before"], entry["after"]
        if not len(names) == len(before) == len(after) or not entry["inside"] < len(calls):
            break
        if not all(isinstance(n, str) for n in names):
            break
        if not all(isinstance(data, bytes) for data in before + after):
            break
        texts: dict[str, Any] = {key: one_line(entry[key]) for key in ("hole", "made", "error")}
        texts["names"] = [one_line(name) for name in names]
        calls.append(Call(**(entry | texts)))
    return calls


def partners(yours: list[Call], wanted: list[Call]) -> dict[int, int]:
    """Return which call of the reference belongs to which of the learner's."""
    theirs = {key: i for i, key in enumerate(keys(wanted, {i: i for i in range(len(wanted))}))}
    found: dict[int, int] = {}
    for i, key in enumerate(keys(yours, found)):
        if key in theirs:
            found[i] = theirs[key]
    return found


def keys(calls: list[Call], known_as: dict[int, int]) -> Iterator[tuple[int | None, str, str, int]]:
    """Yield for each call what it is within which other one, and the how-many-th of its kind."""
    counts: Counter[Any] = Counter()
    for call in calls:
        kind = (known_as.get(call.inside) if call.inside >= 0 else -1, call.hole, call.made)
        counts[kind] += 1
        yield (*kind, counts[kind])


def first_difference(yours: list[Call], wanted: list[Call], done: set[str]) -> Finding | None:
    """Return the first call to end whose result differs.

    Where its inputs do, too, and those of the call around it, that one is
    told: the outermost that was given something else. What an exercise gives
    on equal inputs counts last where it passes its own checks: then it may
    only do it another way.
    """
    pairs = partners(yours, wanted)
    fallback = None
    for i in sorted(pairs, key=lambda i: yours[i].ended):
        if not outcome_differs(yours[i], wanted[pairs[i]]):
            continue
        if given_differs(yours[i], wanted[pairs[i]]):
            return finding(outermost(i, yours, wanted, pairs), yours, wanted, pairs)
        if yours[i].hole not in done:
            return finding(i, yours, wanted, pairs)
        if fallback is None:
            fallback = finding(i, yours, wanted, pairs)
            fallback.is_done = True
    return fallback


def outermost(i: int, yours: list[Call], wanted: list[Call], pairs: dict[int, int]) -> int:
    """Return the outermost call around one, or itself, that was given something else."""
    while (around := yours[i].inside) >= 0:
        call, other = yours[around], wanted[pairs[around]]
        if not given_differs(call, other) or not outcome_differs(call, other):
            break
        i = around
    return i


def finding(i: int, yours: list[Call], wanted: list[Call], pairs: dict[int, int]) -> Finding:
    """Return what there is to say of a call that differs."""
    call, other = yours[i], wanted[pairs[i]]
    found = outcome_differs(call, other)
    assert found
    what, difference = found
    number = sum((c.hole, c.made) == (call.hole, call.made) for c in yours[: i + 1])
    caller = yours[call.inside].hole if call.inside >= 0 else ""
    counts = list(counted(i, yours, pairs[i], wanted))
    return Finding(call, number, difference, what, given_differs(call, other), caller, counts)


def outcome_differs(call: Call, other: Call) -> tuple[str, Difference] | None:
    """Return what differs after two calls, and how."""
    if call.error or other.error:
        if call.error.partition(":")[0] == other.error.partition(":")[0]:
            return None
        wanted = f"raised {other.error}" if other.error else shown(value_of(other.result))
        yours = f"raised {call.error}" if call.error else shown(value_of(call.result))
        return "result", Difference(yours, wanted)
    if difference := differs(call.result, other.result):
        return "result", difference
    for i, name in enumerate(call.names[: len(other.names)]):
        changes = call.before[i] != call.after[i] or other.before[i] != other.after[i]
        if changes and (difference := differs(call.after[i], other.after[i])):
            return f"{name} afterwards", difference
    return None


def given_differs(call: Call, other: Call) -> tuple[str, Difference] | None:
    """Return the first argument that two calls were not given alike."""
    for name, yours, wanted in zip(call.names, call.before, other.before, strict=False):
        if difference := differs(yours, wanted):
            return name, difference
    return None


def counted(i: int, yours: list[Call], j: int, wanted: list[Call]) -> Iterator[str]:
    """Yield a sentence for each exercise that is not called as often as it should be."""
    mine, theirs = (
        Counter(c.hole for c in calls if c.inside == at and not c.made)
        for calls, at in ((yours, i), (wanted, j))
    )
    for hole in {**mine, **theirs}:
        if mine[hole] != theirs[hole] and mine[hole]:
            times = "once" if mine[hole] == 1 else f"{mine[hole]} times"
            yield f"It called {hole} {times}, the reference {theirs[hole] or 'never'}."


def value_of(data: bytes) -> Any:
    """Return what was encoded, whatever the worker made of it."""
    try:
        return codec.decode(data)
    except codec.Refused:
        return codec.Opaque("value that could not be recorded")


def differs(yours: bytes, wanted: bytes) -> Difference | None:
    """Return how two encoded values differ."""
    return None if yours == wanted else parts_differ(value_of(yours), value_of(wanted))


def parts_differ(yours: Any, wanted: Any) -> Difference | None:
    """Return how two values differ; objects by what the reference's has in them."""
    if isinstance(wanted, codec.Opaque):
        same = isinstance(yours, codec.Opaque)
        return None if same else Difference(shown(yours), kind_of(wanted))
    if isinstance(wanted, dict) and "class" in wanted and isinstance(yours, dict):
        if yours.get("class") != wanted["class"]:
            return Difference(shown(yours), shown(wanted))
        for name in wanted:
            if name not in yours:
                return Difference("nothing", shown(wanted[name]), where=f"its {name}")
            if found := parts_differ(yours[name], wanted[name]):
                return placed(found, f"its {name}")
        return None
    if isinstance(wanted, list | tuple) and isinstance(yours, list | tuple):
        count = len(wanted)
        if len(yours) != count:
            return Difference(shown(yours), shown(wanted))
        for i, (y, w) in enumerate(zip(yours, wanted, strict=True), 1):
            if found := parts_differ(y, w):
                return placed(found, f"number {i} of {count}" if count > 1 else "")
        return None
    try:
        return close()(yours, wanted, None) or dtypes_differ(yours, wanted)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        return Difference(kind_of(yours), kind_of(wanted), "they cannot be compared")


def dtypes_differ(yours: Any, wanted: Any) -> Difference | None:
    """Return how two arrays of equal floats differ in their width."""
    if not isinstance(yours, np.ndarray | np.floating) or not isinstance(
        wanted, np.floating | np.ndarray
    ):
        return None
    if yours.dtype == wanted.dtype or wanted.dtype.kind != "f":
        return None
    return Difference(str(yours.dtype), str(wanted.dtype))


def placed(difference: Difference, where: str) -> Difference:
    """Return a difference with the place around it."""
    return replace(difference, where=", ".join(filter(None, (where, difference.where))))


def shown(value: Any) -> str:
    """Return a value in short, an object with what is in it."""
    if isinstance(value, dict) and isinstance(value.get("class"), str):
        parts = (f"{k} {brief(v)}" for k, v in value.items() if k not in ("class", "state"))
        return one_line(f"a {value['class']}: {', '.join(parts)}".removesuffix(": "))
    return brief(value)
