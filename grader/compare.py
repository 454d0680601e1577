"""Comparators: is this answer the reference's, and if not, where does it differ.

Each is a function of (yours, wanted, known) that returns None or the first
Difference a person would look for: kind, shape, dtype, NaN, then values.
They run on the trusted side only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from grader.codec import Opaque
from grader.show import (
    MAX_SHOWN,
    ORDINALS,
    brief,
    is_number,
    kind_of,
    number,
    one_line,
    pair,
    place,
    plain,
    row,
)

KINDS = {
    "b": "truth values",
    "i": "whole numbers",
    "u": "whole numbers",
    "f": "floats",
    "c": "complex numbers",
    "U": "texts",
    "S": "bytes",
}


@dataclass(frozen=True)
class Difference:
    """Where two results part: both in short, and one remark; each a line."""

    yours: str
    wanted: str
    remark: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        for name, text in vars(self).items():
            object.__setattr__(self, name, one_line(text))


@dataclass(frozen=True)
class Raised:
    """Stands for the result of a scenario that raised: its class and bases."""

    names: tuple[str, ...]
    message: str = ""


Comparator = Callable[[Any, Any, Any], Difference | None]


def close(rtol: float = 1e-6, atol: float = 1e-9) -> Comparator:
    """Expect the reference's numbers, within atol + rtol times their size."""

    def compare(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
        return walk(yours, wanted, lambda y, w: differ_by(y, w, rtol, atol))

    return compare


def exactly(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
    """Expect the reference's answer to the last bit: labels, counts, texts."""
    return walk(yours, wanted, exact)


def exact(yours: Any, wanted: Any) -> Difference | None:
    """Return where two leaves differ at all."""
    return differ_by(yours, wanted, 0.0, 0.0)


def up_to_sign(rtol: float = 1e-6, atol: float = 1e-9) -> Comparator:
    """Expect the reference's vector, or each column of a matrix, up to its sign."""

    def leaf(yours: Any, wanted: Any) -> Difference | None:
        difference = differ_by(yours, wanted, rtol, atol)
        if difference is None or form_differs(yours, wanted):
            return difference
        if is_number(wanted):
            return difference if differ_by(-plain(yours), wanted, rtol, atol) else None
        if not isinstance(wanted, np.ndarray) or wanted.dtype.kind not in "iufc":
            return difference
        y, w = widened(yours, wanted)
        with np.errstate(all="ignore"):
            as_is, turned = (
                np.fmax.reduce(np.abs(signed - w), axis=0, initial=0.0) for signed in (y, -y)
            )
        return differ_by(np.where(turned < as_is, -y, y), w, rtol, atol)

    def compare(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
        return walk(yours, wanted, leaf)

    return compare


def same_partition(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
    """Expect the reference's groups, whatever each group is called.

    A vector holds one label for each thing that is grouped; what else the
    result holds, the number of groups for one, is compared exactly.
    """

    def leaf(yours: Any, wanted: Any) -> Difference | None:
        if not isinstance(wanted, np.ndarray) or wanted.ndim != 1:
            return exact(yours, wanted)
        if not isinstance(yours, np.ndarray) or yours.shape != wanted.shape:
            return form_differs(yours, wanted)
        mine, theirs = first_of_group(yours), first_of_group(wanted)
        apart = np.flatnonzero(mine != theirs)
        if not len(apart):
            return None
        j = int(apart[0])
        i = int(min(mine[j], theirs[j]))
        words = ("together", "apart") if mine[j] == i else ("apart", "together")
        yours_text, wanted_text = row([yours, wanted], j)
        remark = f"{i} and {j} are {words[0]}, and should be {words[1]}"
        return Difference(yours_text, wanted_text, remark)

    return walk(yours, wanted, leaf)


def first_of_group(labels: Any) -> Any:
    """Return for each entry where its label stands first."""
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    return first[group]


def same_set(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
    """Expect the reference's members, in any order, each as often as there.

    Members are compared exactly; the rows of a matrix are its members.
    """
    mine, theirs = members(yours), members(wanted)
    if theirs is None:
        return exactly(yours, wanted)
    if mine is None:
        return Difference(kind_of(yours), kind_of(wanted))
    if len(mine) > 10 * len(theirs) + 100:  # not worth a look at each
        return Difference(f"{len(mine):,} members", f"{len(theirs):,} members")
    left, extra = Counter(map(freeze, theirs)), []
    for member in mine:  # only looked up: a table of these could be made to stall us
        key = freeze(member)
        if left[key]:
            left[key] -= 1
        else:
            extra.append(member)
    missing = [member for member in theirs if left[freeze(member)]]
    if not missing and not extra:
        return None
    texts = pair(extra[0], missing[0]) if missing and extra else map(brief, extra or missing)
    words = ["too many"] * bool(extra) + ["missing"] * bool(missing)
    remark = ", ".join(f"{word} {text}" for word, text in zip(words, texts, strict=False))
    return Difference(kind_of(yours), kind_of(wanted), remark)


def members(value: Any) -> list[Any] | None:
    """Return what a collection holds; None for what is no collection."""
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return list(value) if isinstance(value, np.ndarray) and value.ndim else None


NAN = object()


def freeze(value: Any) -> Any:
    """Return a value in a form that can be looked up, the same for the same values.

    Lists, tuples and arrays are alike; truth values are no numbers; NaN is NaN.
    """
    value = plain(value)
    if isinstance(value, np.ndarray):
        if value.size > 100_000:  # no list of objects so long
            return value.shape, value.tobytes()
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(map(freeze, value))
    if isinstance(value, set | frozenset):
        return set, frozenset(Counter(map(freeze, value)).items())
    if isinstance(value, dict):
        return dict, frozenset((freeze(key), freeze(part)) for key, part in value.items())
    if isinstance(value, bool):
        return bool, value
    return NAN if is_number(value) and value != value else value


def at_least(bound: float, score: Callable[[Any, Any], float], name: str = "score") -> Comparator:
    """Expect `score(answer, known)` to reach a bound, with a raw answer.

    The score is computed here, from what the learner answered and what only
    the trusted side knows; the reference's answer gives the shape to expect.
    """

    def compare(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
        if difference := form_differs(yours, wanted):
            return difference
        try:
            with np.errstate(all="ignore"):
                reached = float(score(yours, known))
        except Exception as error:  # whatever an answer of the right form can do to it
            remark = f"it has no {name}: {error or type(error).__name__}"
            return Difference(kind_of(yours), kind_of(wanted), remark)
        if reached >= bound:  # False for NaN
            return None
        reached_text, bound_text = pair(reached, bound)
        return Difference(f"{name} {reached_text}", f"at least {bound_text}")

    compare.bounds = True  # type: ignore[attr-defined]
    return compare


def accuracy_at_least(bound: float) -> Comparator:
    """Expect at least this share of the predictions to equal the known labels."""

    def accuracy(answer: Any, known: Any) -> float:
        if np.shape(answer) != np.shape(known):
            raise ValueError(f"shape {np.shape(answer)} instead of {np.shape(known)}")
        return float(np.mean(np.asarray(answer) == known))

    return at_least(bound, accuracy, "accuracy")


def return_at_least(
    bound: float, episodes: int, env: Callable[[], Any], max_steps: int = 1000
) -> Comparator:
    """Expect a policy to earn at least this in the mean, when it is replayed here.

    The answer is one action for each state, or action values (states,
    actions), of which the largest in a row is taken, the first of several.

    Parameters
    ----------
    bound : float
        Of the mean over episodes of the sum of rewards.
    episodes : int
    env : function
        Makes an environment with gymnasium's `reset` and `step`. It is made
        anew for each comparison and seeded with what only we know, an integer.
    max_steps : int
        An episode that has not ended by then is left as it is.
    """

    def mean_return(answer: Any, known: Any) -> float:
        if np.isnan(answer).any():
            raise ValueError("NaN is no policy")
        actions = np.argmax(answer, axis=1) if np.ndim(answer) == 2 else answer
        choice, world, total = [int(action) for action in actions], env(), 0.0
        if min(choice) < 0:
            raise ValueError("no action is negative")
        state, _ = world.reset(seed=int(known))
        for _ in range(episodes):
            for _ in range(max_steps):
                state, reward, terminated, truncated, _ = world.step(choice[state])
                total += reward
                if terminated or truncated:
                    break
            state, _ = world.reset()
        return total / episodes

    return at_least(bound, mean_return, "mean return")


def raises(error: type[BaseException]) -> Comparator:
    """Expect the scenario to raise this error, or one derived from it."""

    def compare(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
        article = "an" if error.__name__[0] in "AEIOU" else "a"
        if not isinstance(yours, Raised):
            return Difference(f"returned {brief(yours)}", f"{article} {error.__name__}")
        if error.__name__ not in yours.names:
            return Difference(f"{yours.names[0]}: {yours.message}", f"{article} {error.__name__}")
        return None

    compare.wants_error = True  # type: ignore[attr-defined]
    return compare


def walk(
    yours: Any, wanted: Any, leaf: Callable[[Any, Any], Difference | None], where: str = ""
) -> Difference | None:
    """Compare lists, tuples and dicts part by part, everything else by `leaf`."""
    if isinstance(wanted, list | tuple):
        if not isinstance(yours, list | tuple):
            return Difference(kind_of(yours), kind_of(wanted), where=where)
        count, noun = len(wanted), "part" if where else "result"
        if len(yours) != count:
            mine, ours = (f"{n} {noun}{'s' * (n != 1)}" for n in (len(yours), count))
            return Difference(mine, ours, where=where)
        parts: Any = zip(yours, wanted, strict=True)
        for i, (y, w) in enumerate(parts):
            name = f"the {ORDINALS[i]}" if i < len(ORDINALS) else f"number {i + 1}"
            of = f"of its {count} parts" if where else f"of {count} results"
            inner = f"{name} {of}" if count > 1 else ""
            if found := walk(y, w, leaf, inside(where, inner)):
                return found
        return None
    if isinstance(wanted, dict):
        if not isinstance(yours, dict):
            return Difference(kind_of(yours), kind_of(wanted), where=where)
        if found := same_set(list(yours), list(wanted)):
            return Difference(keys_of(yours), keys_of(wanted), found.remark, where)
        values: dict[Any, list[Any]] = {}
        for key, value in yours.items():
            values.setdefault(freeze(key), []).append(value)
        for key, w in wanted.items():
            y, name = values[freeze(key)].pop(0), "under" if where else "the result for"
            if found := walk(y, w, leaf, inside(where, f"{name} {brief(key)}")):
                return found
        return None
    if isinstance(wanted, set | frozenset) and isinstance(yours, set | frozenset):
        found = same_set(yours, wanted)
    else:
        found = leaf(yours, wanted)
    if found and where:
        return Difference(found.yours, found.wanted, found.remark, inside(where, found.where))
    return found


def inside(where: str, inner: str) -> str:
    """Return a place within a place."""
    return ", ".join(filter(None, (where, inner)))


def keys_of(value: dict[Any, Any]) -> str:
    """Return the keys of a dict, or how many there are."""
    return f"keys {brief(list(value))}" if 0 < len(value) <= 4 else f"{len(value)} keys"


def form_differs(yours: Any, wanted: Any) -> Difference | None:
    """Return how two leaves differ before any value is looked at."""
    yours, wanted = plain(yours), plain(wanted)
    if isinstance(wanted, Opaque):
        return Difference(kind_of(yours), kind_of(wanted), "which cannot be compared")
    if isinstance(wanted, np.ndarray):
        if not isinstance(yours, np.ndarray):
            return Difference(kind_of(yours), kind_of(wanted))
        if yours.shape != wanted.shape:
            return Difference(f"shape {yours.shape}", f"shape {wanted.shape}")
        if kinds_of(yours) != kinds_of(wanted):
            return Difference(
                f"{kinds_of(yours)} ({yours.dtype})", f"{kinds_of(wanted)} ({wanted.dtype})"
            )
        return None
    if is_number(wanted) and is_number(yours):
        return None
    if isinstance(wanted, list | tuple) and isinstance(yours, list | tuple):
        return None
    return None if type(yours) is type(wanted) else Difference(kind_of(yours), kind_of(wanted))


def kinds_of(array: Any) -> str:
    """Return what the entries of an array are."""
    return KINDS.get(array.dtype.kind) or str(array.dtype)


def differ_by(yours: Any, wanted: Any, rtol: float, atol: float) -> Difference | None:
    """Return the place where two leaves are furthest apart, if they are too far."""
    if difference := form_differs(yours, wanted):
        return difference
    yours, wanted = plain(yours), plain(wanted)
    if is_number(wanted):
        if is_long(yours) or is_long(wanted):
            return long_differ(yours, wanted, rtol, atol)
    elif not isinstance(wanted, np.ndarray):
        return None if freeze(yours) == freeze(wanted) else Difference(*pair(yours, wanted))
    y, w = np.atleast_1d(yours), np.atleast_1d(wanted)
    kinds = y.dtype.kind + w.dtype.kind
    if w.dtype.kind not in "iufc" or (rtol == atol == 0 and set(kinds) <= set("iu")):
        off = y != w
        return at_places(y, w, off, off.astype(float), "") if off.any() else None
    wide_y, wide_w = widened(y, w)
    missing = np.isnan(wide_y) != np.isnan(wide_w)
    if missing.any():
        what = "NaN" if np.isnan(wide_y)[missing][0] else "not NaN"
        return at_places(y, w, missing, missing.astype(float), f"{what} in yours, first")
    with np.errstate(all="ignore"):
        distance, room = np.abs(wide_y - wide_w), atol + rtol * np.abs(wide_w)
        near = np.where(np.isfinite(room), distance <= room, False)
        far = ~(near | (wide_y == wide_w) | np.isnan(wide_w))
    if not far.any():
        return None
    size = np.where(far, np.where(np.isnan(distance), np.inf, distance), -1.0)
    return at_places(y, w, far, size, "largest difference")


def widened(yours: Any, wanted: Any) -> tuple[Any, Any]:
    """Return two arrays of numbers as floats in which their distance fits."""
    wide = np.result_type(yours, wanted, np.float64)
    return yours.astype(wide), wanted.astype(wide)


def is_long(value: Any) -> bool:
    """Return whether an integer has no place in an array."""
    return isinstance(value, int) and not -(1 << 63) <= value < 1 << 63


def long_differ(yours: Any, wanted: Any, rtol: float, atol: float) -> Difference | None:
    """Return how two numbers differ where no float holds one of them."""
    try:
        off = abs(Fraction(yours) - Fraction(wanted))
    except (TypeError, ValueError, OverflowError):  # complex, NaN, infinity
        return Difference(*pair(yours, wanted))
    if off <= Fraction(atol) + Fraction(rtol) * abs(Fraction(wanted)):
        return None
    return Difference(*pair(yours, wanted), remark=f"the difference is {number(int(off))}")


def at_places(y: Any, w: Any, far: Any, size: Any, what: str) -> Difference:
    """Return the Difference at the worst place, with how many there are."""
    index = np.unravel_index(int(np.argmax(size)), size.shape)
    if y.size == 1:
        return Difference(*pair(y[index], w[index]))
    yours, wanted = row([y[index[:-1]], w[index[:-1]]], int(index[-1]))
    if what == "largest difference":
        what = f"{what} {number(size[index], 3)}"
    remark = f"{what} at {place(index)}" if what else f"first difference at {place(index)}"
    if y.size > MAX_SHOWN:
        remark += f"; {np.count_nonzero(far):,} of {far.size:,} differ"
    where = f"row {place(index[:-1])}" if y.ndim > 1 else ""
    return Difference(yours, wanted, remark, where)
