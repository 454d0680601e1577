"""What was written, as one file: from a workspace to the page of the book, and back.

{"ground-up": 1, "exercises": {chapter: {exercise: {"text": …, "passed": …}}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from grader.problems import Misuse, nearest
from grader.screen import clean, cut

NAME, VERSION = "ground-up.json", 1
MOST = 16 << 20  # bytes of a file; every chapter at its largest has room in it
NAMED, LONGEST = 5, 40  # names that are told of many, and their signs
SAVED, TAKEN = "Save it as a file", "Take a file in"  # what the page calls it
AGAIN = f"{SAVED}, at the foot of a chapter's page, or grader export"

Found = dict[str, dict[str, Any]]


class Twice(ValueError):
    """A name that stands twice in one place: which of the two is meant?"""


def content(exercises: Found) -> bytes:
    """Return the file of some exercises, by chapter."""
    told = {"ground-up": VERSION, "exercises": exercises}
    return (json.dumps(told, indent=1) + "\n").encode()


def read(path: Path) -> Found:
    """Return what a file holds, by chapter, or raise Misuse with what is wrong with it."""
    if path.is_dir():
        inside = path / NAME
        raise Misuse(f"{path} is a folder.", f"grader import {inside}" * inside.is_file())
    try:
        data = start_of(path)
    except FileNotFoundError:
        others = [p.name for p in path.absolute().parent.glob("*.json")]
        raise Misuse(f"There is no file {path}.{nearest(path.name, others)}") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return exercises(data)
    except ValueError as error:
        raise Misuse(f"{path} is no export of the book: {error}.", AGAIN) from None


def start_of(path: Path) -> bytes:
    """Return a file, or of one that is too large enough to see that it is."""
    with path.open("rb") as file:
        return file.read(MOST + 1)


def exercises(data: bytes) -> Found:
    """Return the exercises of an export, or raise ValueError: why it is none."""
    if len(data) > MOST:
        raise ValueError(f"it is larger than {MOST >> 20} MB")
    try:
        told = json.loads(data.decode("utf-8-sig"), object_pairs_hook=once)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno} is no JSON") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except Twice:
        raise
    except ValueError:  # Python's own words are about a setting of Python
        raise ValueError("it holds a number that is too long") from None
    version = told.get("ground-up") if isinstance(told, dict) else None
    if type(version) is not int:
        raise ValueError('it does not begin with {"ground-up": 1')
    if version != VERSION:
        raise ValueError(f"its version is {version}, and this grader knows {VERSION} alone")
    found = told.get("exercises")
    if not isinstance(found, dict) or not all(isinstance(c, dict) for c in found.values()):
        raise ValueError('what stands under "exercises" are no chapters')
    return found


def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, in which no name stands twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in made if names.count(name) > 1)
        raise Twice(f"{shown(twice)} stands in it twice")
    return made


def shown(name: str) -> str:
    """Return a name that may be anything, as a person can be told it."""
    return cut(clean(name.partition("\n")[0]).strip() or repr(name)[:LONGEST], LONGEST)


def listed(names: Iterable[str]) -> str:
    """Return some names in a row, the first few of many."""
    every = [shown(name) for name in names]
    more = len(every) - NAMED
    if more > 1:
        return f"{', '.join(every[:NAMED])} and {more:,} more"
    return " and ".join(filter(None, [", ".join(every[:-1]), *every[-1:]]))


def counted(number: int, what: str) -> str:
    """Return how many there are of something."""
    return f"{number} {what}{'s' * (number != 1)}"
