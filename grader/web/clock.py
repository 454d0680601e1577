"""A limit on time inside one process: for loops in the reader's own Python.

What loops in NumPy, or swallows what is raised here, only the page can stop.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from types import CodeType
from typing import Any


class Overtime(BaseException):
    """The time of a check is over."""


def within(code: CodeType) -> Iterator[CodeType]:
    """Yield a piece of code and all that is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from within(constant)


@contextmanager
def limited(pieces: Iterable[CodeType], seconds: float) -> Iterator[None]:
    """Raise Overtime in some code, at its next call or turn of a loop, when the time is over."""
    monitoring: Any = getattr(sys, "monitoring", None)  # from Python 3.12 on
    if monitoring is None:
        yield
        return
    events, tool = monitoring.events, monitoring.PROFILER_ID
    end = perf_counter() + seconds

    def look(*_: object) -> None:
        if perf_counter() > end:
            raise Overtime

    monitoring.use_tool_id(tool, "grader")
    for event in (events.JUMP, events.PY_START):
        monitoring.register_callback(tool, event, look)
    watched = [code for piece in pieces for code in within(piece)]
    for code in watched:
        monitoring.set_local_events(tool, code, events.JUMP | events.PY_START)
    try:
        yield
    finally:
        for code in watched:
            monitoring.set_local_events(tool, code, events.NO_EVENTS)
        for event in (events.JUMP, events.PY_START):
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)
