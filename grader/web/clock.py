"""A limit on time inside one process, for what runs in the reader's own Python.

The page's worker lets the interpreter be interrupted from the limit on. What
stays in NumPy meanwhile, or swallows whatever is raised, only the page can end.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

GRACE = 1.0  # seconds to tell where it was, before it is raised again


class Overtime(BaseException):
    """The time of a check is over."""


@dataclass
class Alarm:
    """What raises Overtime at an interrupt that comes after the end."""

    end: float
    rang: bool = False

    def __call__(self, *_: object) -> None:
        if perf_counter() > self.end:
            self.rang = True
            self.end += GRACE
            raise Overtime


@contextmanager
def limited(seconds: float) -> Iterator[Alarm]:
    """Set an alarm; whether it rang can be asked, for what it raised may be swallowed."""
    alarm = Alarm(perf_counter() + seconds)
    before = signal.signal(signal.SIGINT, alarm)
    try:
        yield alarm
    finally:
        signal.signal(signal.SIGINT, before)
