"""Record the calls of exercises, for `grader trace`: what went in and what came out.

The same on both sides of the pipe. What it keeps are encoded copies, so that
what happens later to an array changes nothing, and bounded in number and size.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.codec import Opaque, TooLarge, encode, name_of
from grader.subject import Watch, safe_text

MOST_CALLS = 1500
MOST_BYTES = 16 << 20
MOST_PARTS = 5000  # of one value
MOST_OBJECTS = 20  # that one call can reach
DEEP = 2  # objects within objects that are looked into


class Recorder(Watch):
    """Wraps the exercises of a module, and the functions that they make."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label  # of the code whose lines are told
        self.calls: list[dict[str, Any]] = []  # in the order they begin
        self.inside: list[int] = []  # which of them have not ended
        self.ended = 0
        self.room = MOST_BYTES

    def watched(
        self, hole: str, function: Callable[..., Any], made: str = ""
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(self.calls) == MOST_CALLS or self.room < 0:
                return function(*args, **kwargs)
            given = arguments(function, args, kwargs)
            given += reached(given)
            entry: dict[str, Any] = {
                "hole": hole,
                "made": made,
                "inside": self.inside[-1] if self.inside else -1,
                "line": self.line_of(sys._getframe(1)),
                "names": [name for name, _ in given],
                "before": [self.kept(value) for _, value in given],
                "result": b"",
                "error": "",
            }
            self.inside.append(len(self.calls))
            self.calls.append(entry)
            try:
                result = function(*args, **kwargs)
                entry["result"] = self.kept(result)
            except BaseException as error:
                entry["error"] = f"{type(error).__name__}: {safe_text(error)}"
                raise
            finally:
                self.inside.pop()
                entry["ended"] = self.ended
                self.ended += 1
                entry["after"] = [self.kept(value) for _, value in given]
            self.watch_what_it_made(hole, result)
            return result

        return call

    def watch_what_it_made(self, hole: str, result: Any) -> None:
        """Watch the functions that the exercise put into its result, as a way back."""
        for name, value in list(attributes(result).items()):
            if isinstance(value, types.FunctionType) and value.__code__.co_filename == self.label:
                attributes(result)[name] = self.watched(hole, value, name)

    def line_of(self, frame: types.FrameType | None) -> int:
        """Return the line under check that made a call, 0 if it was the check itself."""
        while frame and frame.f_code.co_filename != self.label:
            frame = frame.f_back
        return frame.f_lineno if frame else 0

    def kept(self, value: Any) -> bytes:
        """Return a copy of a value as bytes, of one that is too large only its kind."""
        try:
            data = encode(carried(value, Room(MOST_PARTS)))
        except (TooLarge, RecursionError, MemoryError):
            data = encode(Opaque(f"{name_of(type(value))} too large to compare"))
        self.room -= len(data)
        return data


def arguments(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[tuple[str, Any]]:
    """Return the arguments of a call by name, in the order of the signature."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):  # a call that does not fit
        return [*((f"number {i}", a) for i, a in enumerate(args, 1)), *kwargs.items()]
    bound.apply_defaults()
    return list(bound.arguments.items())


def attributes(value: Any) -> dict[str, Any]:
    """Return the attributes of an object of a plain class, none of anything else."""
    if isinstance(value, type | types.ModuleType | types.FunctionType):
        return {}
    found = getattr(value, "__dict__", None)
    return found if type(found) is dict else {}


def reached(given: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return the objects that can be reached from arguments, by name, the nearest first."""
    found: list[tuple[str, Any]] = []
    todo, seen = list(given), {id(value) for _, value in given}
    while todo and len(found) < MOST_OBJECTS:
        path, value = todo.pop(0)
        for name, part in list(attributes(value).items()):
            parts = {f"{path}.{name}": part}
            if type(part) in (list, tuple):
                parts = {f"{path}.{name}[{i}]": p for i, p in enumerate(part[:MOST_OBJECTS])}
            for place, each in parts.items():
                if attributes(each) and id(each) not in seen:
                    seen.add(id(each))
                    found.append((place, each))
                    todo.append((place, each))
    return found[:MOST_OBJECTS]


class Room:
    """Counts the parts of a value down, and raises TooLarge."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def take(self) -> None:
        self.parts -= 1
        if self.parts < 0:
            raise TooLarge("too many parts")


def carried(value: Any, room: Room, depth: int = 0) -> Any:
    """Return a value in a form that the codec can carry; an object by its attributes.

    `depth` counts objects within objects: the innermost are only named.
    """
    room.take()
    if isinstance(value, np.random.Generator):
        return {"class": "Generator", "state": repr(value.bit_generator.state)}
    if isinstance(value, tuple | list):
        parts = [carried(part, room, depth) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, dict):  # a Counter, too
        return {key: carried(part, room, depth) for key, part in dict.items(value)}
    if inside := attributes(value):
        if depth == DEEP:
            return Opaque(name_of(type(value)))
        named = {name: carried(part, room, depth + 1) for name, part in inside.items()}
        return {"class": name_of(type(value)), **named}
    return Opaque("function") if callable(value) else value
