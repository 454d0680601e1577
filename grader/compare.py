"""Comparators: is this answer the reference's, and if not, where does it differ.

Each is a function of (yours, wanted, known) that returns None or the first
Difference a person would look for: kind, shape, dtype, NaN, then values.
They run on the trusted side only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.codec import Opaque
from grader.show import ORDINALS, brief, is_number, kind_of, number, place, row

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
    """Where two results part: both in short, and one remark."""

    yours: str
    wanted: str
    remark: str = ""
    where: str = ""


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
    return walk(yours, wanted, lambda y, w: differ_by(y, w, 0.0, 0.0))


def up_to_sign(rtol: float = 1e-6, atol: float = 1e-9) -> Comparator:
    """Expect the reference's vector, or each column of a matrix, up to its sign."""

    def leaf(yours: Any, wanted: Any) -> Difference | None:
        if difference := form_differs(yours, wanted):
            return difference
        along = np.sum(np.conj(yours) * wanted, axis=0)
        return differ_by(np.where(np.real(along) < 0, -1, 1) * yours, wanted, rtol, atol)

    return lambda yours, wanted, known=None: walk(yours, wanted, leaf)


def same_partition(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
    """Expect the reference's groups, whatever each group is called."""

    def leaf(yours: Any, wanted: Any) -> Difference | None:
        if np.shape(yours) != np.shape(wanted) or np.ndim(wanted) != 1:
            return form_differs(yours, wanted) or Difference(kind_of(yours), "one label each")
        together, as_wanted = (a[:, None] == a for a in map(np.asarray, (yours, wanted)))
        apart = np.argwhere(together != as_wanted)
        if not len(apart):
            return None
        i, j = apart[0]
        words = "together" if together[i, j] else "apart"
        other = "apart" if together[i, j] else "together"
        yours_text, wanted_text = row([yours, wanted], int(j))
        remark = f"{i} and {j} are {words}, and should be {other}"
        return Difference(yours_text, wanted_text, remark)

    return walk(yours, wanted, leaf)


def same_set(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
    """Expect the reference's members, in any order, each as often as there."""
    try:
        mine, theirs = ([freeze(v) for v in values] for values in (yours, wanted))
    except TypeError:
        return Difference(kind_of(yours), kind_of(wanted))
    missing, extra = list(theirs), []
    for member in mine:
        if member in missing:
            missing.remove(member)
        else:
            extra.append(member)
    if not missing and not extra:
        return None
    words = [f"missing {brief(missing[0])}"] * bool(missing)
    words += [f"too many {brief(extra[0])}"] * bool(extra)
    return Difference(kind_of(yours), kind_of(wanted), ", ".join(words))


def freeze(value: Any) -> Any:
    """Return nested lists and arrays as nested tuples, which compare as a whole."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(freeze(part) for part in value)
    return value


def at_least(bound: float, score: Callable[[Any, Any], float], name: str = "score") -> Comparator:
    """Expect `score(answer, known)` to reach a bound, with a raw answer.

    The score is computed here, from what the learner answered and what only
    the trusted side knows; the reference's answer gives the shape to expect.
    """

    def compare(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
        if difference := form_differs(yours, wanted):
            return difference
        reached = float(score(yours, known))
        if reached >= bound:  # False for NaN
            return None
        return Difference(f"{name} {number(reached)}", f"at least {number(bound)}")

    compare.bounds = True  # type: ignore[attr-defined]
    return compare


def accuracy_at_least(bound: float) -> Comparator:
    """Expect at least this share of the predictions to equal the known labels."""
    return at_least(bound, lambda answer, known: np.mean(answer == known), "accuracy")


def raises(error: type[BaseException]) -> Comparator:
    """Expect the scenario to raise this error, or one derived from it."""

    def compare(yours: Any, wanted: Any, known: Any = None) -> Difference | None:
        article = "an" if error.__name__[0] in "AEIOU" else "a"
        if not isinstance(yours, Raised):
            return Difference(f"returned {brief(yours)}", f"{article} {error.__name__}")
        if error.__name__ not in yours.names:
            return Difference(
                f"{yours.names[0]}: {yours.message}", f"{article} {error.__name__}"
            )
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
        if len(yours) != len(wanted):
            return Difference(
                f"{len(yours)} results", f"{len(wanted)} results", where=where
            )
        parts: Any = zip(yours, wanted, strict=True)
        for i, (y, w) in enumerate(parts):
            ordinal = ORDINALS[i] if i < len(ORDINALS) else f"{i + 1}th"
            inner = f"the {ordinal} of {len(wanted)} results" if len(wanted) > 1 else where
            if found := walk(y, w, leaf, f"{where}, {inner}" if where and inner else inner):
                return found
        return None
    if isinstance(wanted, dict):
        if not isinstance(yours, dict):
            return Difference(kind_of(yours), kind_of(wanted), where=where)
        if yours.keys() != wanted.keys():
            return Difference(
                f"keys {brief(list(yours))}", f"keys {brief(list(wanted))}", where=where
            )
        for key in wanted:
            if found := walk(yours[key], wanted[key], leaf, f"under {key!r}"):
                return found
        return None
    found = leaf(yours, wanted)
    if found and where:
        return Difference(found.yours, found.wanted, found.remark, where)
    return found


def form_differs(yours: Any, wanted: Any) -> Difference | None:
    """Return how two leaves differ before any value is looked at."""
    if isinstance(wanted, np.ndarray) and wanted.ndim:
        if not isinstance(yours, np.ndarray):
            return Difference(kind_of(yours), kind_of(wanted))
        if yours.shape != wanted.shape:
            return Difference(f"shape {yours.shape}", f"shape {wanted.shape}")
        if KINDS[yours.dtype.kind] != KINDS[wanted.dtype.kind]:
            return Difference(
                f"{KINDS[yours.dtype.kind]} ({yours.dtype})",
                f"{KINDS[wanted.dtype.kind]} ({wanted.dtype})",
            )
        return None
    if is_number(wanted):
        return None if is_number(yours) else Difference(kind_of(yours), kind_of(wanted))
    if isinstance(wanted, Opaque) or isinstance(yours, Opaque | np.ndarray):
        return Difference(kind_of(yours), kind_of(wanted))
    if type(plain(yours)) is not type(plain(wanted)):
        return Difference(kind_of(yours), kind_of(wanted))
    return None


def plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python value it holds."""
    return value.item() if isinstance(value, np.generic) else value


def differ_by(yours: Any, wanted: Any, rtol: float, atol: float) -> Difference | None:
    """Return the place where two leaves are furthest apart, if they are too far."""
    if difference := form_differs(yours, wanted):
        return difference
    if not is_number(wanted) and not isinstance(wanted, np.ndarray):
        if plain(yours) == plain(wanted):
            return None
        return Difference(brief(yours), brief(wanted))
    y, w = np.atleast_1d(yours), np.atleast_1d(wanted)
    if w.dtype.kind in "bUS" or (rtol == atol == 0 and w.dtype.kind in "iu"):
        off = np.where(y != w, 1.0, 0.0)
        return at_places(y, w, off > 0, off, "") if off.any() else None
    if y.dtype.kind in "iu" and w.dtype.kind in "iu":
        y, w = y.astype(float), w.astype(float)
    missing = np.isnan(y) != np.isnan(w)
    if missing.any():
        what = "NaN" if np.isnan(y)[missing][0] else "not NaN"
        return at_places(y, w, missing, missing.astype(float), f"{what} in yours, first")
    with np.errstate(all="ignore"):
        distance = np.abs(y - w)
        far = ~((distance <= atol + rtol * np.abs(w)) | (y == w) | np.isnan(w))
    if not far.any():
        return None
    size = np.where(far, np.where(np.isnan(distance), np.inf, distance), -1.0)
    return at_places(y, w, far, size, "largest difference")


def at_places(y: Any, w: Any, far: Any, size: Any, what: str) -> Difference:
    """Return the Difference at the worst place, with how many there are."""
    index = np.unravel_index(int(np.argmax(size)), size.shape)
    yours, wanted = row([y[index[:-1]], w[index[:-1]]], int(index[-1]))
    if y.size == 1:
        return Difference(yours[1:-1].strip(), wanted[1:-1].strip())
    if what == "largest difference":
        what = f"{what} {number(np.abs(y[index] - w[index]), 3)}"
    remark = f"{what} at {place(index)}" if what else f"first difference at {place(index)}"
    if y.size > 8:
        remark += f"; {np.count_nonzero(far):,} of {far.size:,} differ"
    where = f"row {place(index[:-1])}" if y.ndim > 1 else ""
    return Difference(yours, wanted, remark, where)
