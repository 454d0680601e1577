"""What a worker may answer: the form of an outcome, checked before it is read.

returned     value, used, changed, given
empty        hole, used, changed, given
raised       names, message, frames, line, used, changed, given
too large    message

Whatever else stands in it is theirs, and is left out.
"""

from __future__ import annotations

from typing import Any

PARTS = frozenset("end value hole names message frames line used changed given".split())


def is_outcome(value: Any) -> bool:
    """Return whether a decoded value has the form of an outcome."""
    if not isinstance(value, dict) or not isinstance(value.get("end"), str):
        return False
    if value["end"] == "too large":
        return isinstance(value.get("message"), str)
    for key in ("used", "changed"):
        texts = value.get(key)
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            return False
    if not are_pairs(value.get("given")):
        return False
    if value["end"] == "returned":
        return "value" in value
    if value["end"] == "empty":
        return isinstance(value.get("hole"), str)
    return value["end"] == "raised" and is_error(value)


def is_error(value: dict[str, Any]) -> bool:
    """Return whether the description of an exception has its form."""
    names, frames = value.get("names"), value.get("frames")
    return (
        isinstance(names, list)
        and bool(names)
        and all(isinstance(name, str) for name in names)
        and isinstance(value.get("message"), str)
        and isinstance(frames, list)
        and all(map(is_frame, frames))
    )


def is_frame(frame: Any) -> bool:
    """Return whether one line of a traceback has its form."""
    return (
        isinstance(frame, dict)
        and isinstance(frame.get("line"), int)
        and isinstance(frame.get("function"), str)
        and isinstance(frame.get("text"), str)
        and isinstance(frame.get("file", ""), str)
        and are_pairs(frame.get("values"))
    )


def are_pairs(value: Any) -> bool:
    """Return whether a value is a list of names with what they stand for, in short."""
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(t, str) for t in pair)
        for pair in value
    )
