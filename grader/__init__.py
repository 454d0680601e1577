"""The grader, and the names that a chapter's checks are written with."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself would cost every start a few milliseconds
if TYPE_CHECKING:
    from grader.compare import (
        accuracy_at_least,
        at_least,
        close,
        exactly,
        raises,
        return_at_least,
        same_partition,
        same_set,
        up_to_sign,
    )
    from grader.scenario import Explain, Mistake, check

__all__ = [
    "Explain",
    "Mistake",
    "accuracy_at_least",
    "at_least",
    "check",
    "close",
    "exactly",
    "raises",
    "return_at_least",
    "same_partition",
    "same_set",
    "up_to_sign",
]


def __getattr__(name: str) -> object:
    """Import a name when it is asked for: `grader list` needs no NumPy."""
    if name not in __all__:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    from grader import compare, scenario

    return getattr(scenario if name in ("Explain", "Mistake", "check") else compare, name)
