"""Who handed in, and what: the plain values that the teacher's room passes around."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

RUN = "run.sqlite"  # what a run is recorded in, in the folder of its marks


def nothing() -> bytes:
    """Return what an entry holds that cannot be marked."""
    return b""


@dataclass(frozen=True)
class Learner:
    """One member of the class.

    Parameters
    ----------
    key : str
        What the submission was called; no two in a run are alike.
    name : str
        As a person reads it.
    id : str
        The number that the learning platform knows them by, if it told.
    email : str
    row : mapping of column to text
        Their line of the roster, for the exports.
    """

    key: str
    name: str
    id: str = ""
    email: str = ""
    row: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """What one learner handed in for one chapter: a file, or why there is none.

    Parameters
    ----------
    learner : Learner
    chapter : str
        The slug.
    origin : str
        Where the file was found, for people.
    problem, next_step : str
        Why there is nothing to mark, and what to do about it.
    read : function
        Returns the file's bytes, when they are wanted.
    """

    learner: Learner
    chapter: str
    origin: str = ""
    problem: str = ""
    next_step: str = ""
    read: Callable[[], bytes] = nothing
