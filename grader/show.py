"""Values in short forms: one line, never a wall of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.codec import Opaque

WIDTH = 60
MAX_SHOWN = 8
AROUND = 2  # entries shown on either side of the one that matters

ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()


def number(value: Any, digits: int = 4) -> str:
    """Return one number with so many significant digits; texts in quotes."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | str | bytes):
        text = repr(value)
        return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
    if isinstance(value, complex):
        return f"{value.real:.{digits}g}{value.imag:+.{digits}g}j"
    try:
        return f"{value:.{digits}g}"
    except (TypeError, ValueError):
        return str(value)[:WIDTH]


def kind_of(value: Any) -> str:
    """Return what a value is, as a noun with its article."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        article = "an" if value.kind[:1].lower() in "aeiou" else "a"
        return f"{article} {value.kind}"
    if isinstance(value, bool | np.bool_):
        return "a truth value"
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, str | np.str_):
        return "a text"
    if isinstance(value, list | tuple | set | frozenset | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if is_number(value):
        return "a number"
    return f"a {type(value).__name__}"


def is_number(value: Any) -> bool:
    """Return whether a value is one number; truth values are not."""
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "iufc"
    return isinstance(value, int | float | complex | np.number) and not isinstance(value, bool)


def brief(value: Any) -> str:
    """Return a value in at most about WIDTH characters."""
    if isinstance(value, np.ndarray) and value.ndim:
        if value.size <= MAX_SHOWN and value.ndim == 1:
            return row([value])[0]
        return f"array {value.shape} {value.dtype}"
    if isinstance(value, list | tuple) and 0 < len(value) <= 4:
        inner = ", ".join(brief(part) for part in value)
        if len(inner) <= WIDTH:
            return f"({inner})" if isinstance(value, tuple) else f"[{inner}]"
    if is_number(value) or isinstance(value, str | bytes | bool | np.generic):
        return number(value)
    return kind_of(value)


def row(arrays: list[Any], at: int = 0) -> list[str]:
    """Return vectors as aligned texts, cut to the surroundings of entry `at`."""
    size = max(len(a) for a in arrays)
    first, last = 0, size
    if size > MAX_SHOWN:
        first = max(0, min(at - AROUND, size - 2 * AROUND - 1))
        last = first + 2 * AROUND + 1
    digits = 4
    while True:
        texts = [[number(v, digits) for v in a[first:last]] for a in arrays]
        if digits >= 17 or len(arrays) == 1 or tells_apart(texts, at - first):
            break
        digits += 3
    before, after = "… " * (first > 0), " …" * (last < size)
    return [f"[{before}{'  '.join(line)}{after}]" for line in aligned(texts)]


def tells_apart(texts: list[list[str]], at: int) -> bool:
    """Return whether the texts at one place differ, where all have one there."""
    entries = [line[at] for line in texts if at < len(line)]
    return len(set(entries)) > 1 or len(entries) < len(texts)


def aligned(lines: list[list[str]]) -> list[list[str]]:
    """Pad the entries of each column so that their decimal points stand together."""
    if len({len(line) for line in lines}) > 1:
        return lines
    columns = []
    for column in zip(*lines, strict=True):
        parts = [entry.partition(".") for entry in column]
        left = max(len(whole) for whole, _, _ in parts)
        right = max(len(point + rest) for _, point, rest in parts)
        columns.append([f"{w:>{left}}{(p + r):<{right}}" for w, p, r in parts])
    return [list(line) for line in zip(*columns, strict=True)]


def place(index: tuple[int, ...]) -> str:
    """Return an index as it is typed: [2] or [0, 3]."""
    return f"[{', '.join(map(str, map(int, index)))}]"
