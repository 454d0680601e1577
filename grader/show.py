"""Values in short forms: one line, never a wall of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.codec import Opaque

WIDTH = 60
MAX_LINE = 180
MAX_SHOWN = 8
AROUND = 2  # entries shown on either side of the one that matters
DIGITS = (4, 7, 10, 13, 17, 21)  # as many as it takes to tell two numbers apart

ENDS = (0.0, float("inf"), float("-inf"))  # where a wide float leaves the range of others

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def one_line(text: str) -> str:
    """Return a text as one line that can be printed, its middle cut if it is long."""
    if len(text) > MAX_LINE:
        text = f"{text[: MAX_LINE - 50]} … {text[-45:]}"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def plain(value: Any) -> Any:
    """Return a NumPy scalar or 0-d array as the Python value it holds, if one can."""
    if isinstance(value, np.ndarray) and not value.ndim:
        value = value[()]
    return value.item() if isinstance(value, np.generic) else value


def number(value: Any, digits: int = 4) -> str:
    """Return one number with so many significant digits; texts in quotes."""
    value = plain(value)
    if isinstance(value, str | bytes):
        text = repr(value[:WIDTH])
        return text if len(text) <= WIDTH and len(value) <= WIDTH else text[: WIDTH - 1] + "…"
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, complex | np.complexfloating):
        imaginary = real(value.imag, digits)
        return f"{real(value.real, digits)}{'' if imaginary[0] == '-' else '+'}{imaginary}j"
    if isinstance(value, float | np.floating):
        return real(value, digits)
    return one_line(str(value)[:WIDTH])


def real(value: Any, digits: int) -> str:
    """Return a float with so many digits; a wide one in full where it must be."""
    short = float(value)
    if isinstance(value, np.floating) and (digits > 17 or (value != short and short in ENDS)):
        return str(value)
    return f"{short:.{digits}g}"


def whole(value: int) -> str:
    """Return an integer; both ends of a long one, and of a huge one only its size."""
    if value.bit_length() > 10_000:  # Python itself refuses to print these
        return f"{'-' * (value < 0)}(an integer of {value.bit_length():,} bits)"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:18]}…{text[-18:]} ({len(text)} digits)"


def kind_of(value: Any) -> str:
    """Return what a value is, as a noun with its article."""
    value = plain(value)
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        article = "an" if value.kind[:1].lower() in tuple("aeiou") else "a"
        return one_line(f"{article} {value.kind}")
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, list | tuple | set | frozenset | dict):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, bytes):
        return "bytes"
    nouns = {bool: "truth value", str: "text"}
    return f"a {nouns.get(type(value), 'number' if is_number(value) else type(value).__name__)}"


def is_number(value: Any) -> bool:
    """Return whether a value is one number; truth values are not."""
    value = plain(value)
    return isinstance(value, int | float | complex | np.number) and not isinstance(value, bool)


def brief(value: Any, digits: int = 4, depth: int = 3) -> str:
    """Return a value in at most about WIDTH characters."""
    value = plain(value)
    if isinstance(value, np.ndarray):
        if value.size <= MAX_SHOWN and value.ndim == 1:
            return row([value], digits=digits)[0]
        return f"array {value.shape} {value.dtype}"
    if isinstance(value, list | tuple) and 0 < len(value) <= 4 and depth:
        inner = ", ".join(brief(part, digits, depth - 1) for part in value)
        if len(inner) <= WIDTH:
            if isinstance(value, tuple):
                return f"({inner},)" if len(value) == 1 else f"({inner})"
            return f"[{inner}]"
    if is_number(value) or isinstance(value, str | bytes | bool | np.generic):
        return number(value, digits)
    return kind_of(value)


def pair(yours: Any, wanted: Any) -> tuple[str, str]:
    """Return two values in short forms that differ, if there are such."""
    yours, wanted = plain(yours), plain(wanted)
    if isinstance(yours, str | bytes) and type(yours) is type(wanted):
        start = max(0, parting(yours, wanted) - 8)
        return excerpt(yours, start), excerpt(wanted, start)
    for digits in DIGITS:
        texts = brief(yours, digits), brief(wanted, digits)
        if texts[0] != texts[1]:
            return texts
    return brief(yours), brief(wanted)


def parting(one: Any, other: Any) -> int:
    """Return where two texts stop being the same."""
    if one == other:
        return 0
    unlike = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(unlike, min(len(one), len(other)))


def excerpt(text: Any, start: int) -> str:
    """Return what a text reads from `start` on, the whole of it if that is short."""
    if len(text) <= WIDTH // 2:
        start = 0
    shown = repr(text[start : start + WIDTH // 2])
    return "…" * (start > 0) + shown + "…" * (start + WIDTH // 2 < len(text))


def row(arrays: list[Any], at: int = 0, digits: int = 4) -> list[str]:
    """Return vectors as aligned texts, cut to the surroundings of entry `at`."""
    size = max(len(a) for a in arrays)
    texts: list[str] = []
    for around in range(AROUND, -1, -1):
        first, last = 0, size
        if size > MAX_SHOWN or texts:
            first = max(0, min(at - around, size - 2 * around - 1))
            last = min(first + 2 * around + 1, size)
        lines = [[number(v, digits) for v in a[first:last]] for a in arrays]
        if len(arrays) == 2 and all(at < len(a) for a in arrays):
            for line, text in zip(lines, pair(*(a[at] for a in arrays)), strict=True):
                line[at - first] = text
        before, after = "… " * (first > 0), " …" * (last < size)
        texts = [f"[{before}{'  '.join(line)}{after}]" for line in aligned(lines)]
        if max(map(len, texts)) <= WIDTH:
            break
    return texts


def aligned(lines: list[list[str]]) -> list[list[str]]:
    """Pad the entries of each column so that their decimal points stand together."""
    if len({len(line) for line in lines}) > 1 or not lines[0]:
        return lines
    columns = []
    for column in zip(*lines, strict=True):
        parts = [
            ("", "", entry) if "'" in entry or '"' in entry else entry.partition(".")
            for entry in column
        ]
        left = max(len(whole) for whole, _, _ in parts)
        right = max(len(point + rest) for _, point, rest in parts)
        columns.append([f"{w:>{left}}{(p + r):<{right}}" for w, p, r in parts])
    return [list(line) for line in zip(*columns, strict=True)]


def place(index: tuple[Any, ...]) -> str:
    """Return an index as it is typed: [2] or [0, 3]."""
    return f"[{', '.join(map(str, map(int, index)))}]"
