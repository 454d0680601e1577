"""The code under check: load it, watch what it does, describe how it failed.

Plain Python; it runs in the worker, in `--debug`, and in a web page.
"""

from __future__ import annotations

import builtins
import functools
import importlib.abc
import importlib.util
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from grader.show import brief, row

MAX_TEXT = 500
MAX_FRAMES = 3
MOST_ENTRIES = 9  # of a table that is shown whole
CLOSED = ("solutions", "exercises")  # packages of which only what is named may be imported


@functools.lru_cache(maxsize=64)
def compiled(source: str, label: str) -> types.CodeType:
    """Return the compiled source, once for all the children of a worker."""
    return compile(source, label, "exec")


def load(source: str, label: str, name: str) -> types.ModuleType:
    """Return the module that `source` makes; `label` names it in tracebacks."""
    module = types.ModuleType(name)
    sys.modules[name] = module  # where dataclasses and typing look it up
    Written(source, label).exec_module(module)
    return module


class Written(importlib.abc.Loader):
    """Makes a module from a source at hand; what it stands in need not be readable."""

    def __init__(self, source: str, label: str) -> None:
        self.source = source
        self.label = label

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        source, label = self.source, self.label
        module.__file__ = label
        linecache.cache[label] = (len(source), None, source.splitlines(keepends=True), label)
        exec(compiled(source, label), module.__dict__)


class Shelf(importlib.abc.MetaPathFinder):
    """Lets the code under check import these modules of the book, and no others.

    `own` are those that are the learner's: name to (label, source).
    """

    def __init__(
        self, modules: dict[str, str], own: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.modules = modules
        self.own = own or {}

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> Any:
        if name in self.own:
            label, source = self.own[name]
            return importlib.util.spec_from_loader(name, Written(source, label), origin=label)
        if name in self.modules:
            file = Path(self.modules[name])
            inside = [] if name in CLOSED else [str(file.parent)]
            return importlib.util.spec_from_file_location(
                name,
                file,
                submodule_search_locations=inside if file.name == "__init__.py" else None,
            )
        if name.partition(".")[0] in CLOSED:
            raise ModuleNotFoundError(
                f"{name} is not an earlier chapter; here you may import "
                f"{', '.join(sorted(m for m in self.modules if '.' in m)) or 'none'}",
                name=name,
            )
        return None


class Watch:
    """Wraps the holes of a module, to see which are called and what they change."""

    def __init__(self, changing: Iterable[str] = (), hole: str = "") -> None:
        self.may_change = set(changing)  # holes documented to work in place
        self.hole = hole  # the one under check
        self.given: list[list[str]] = []  # what it was called with first, name by name
        self.used: dict[str, None] = {}  # in the order of the first call
        self.changed: dict[str, None] = {}
        self.depth = 0

    def wrap(self, module: types.ModuleType, holes: Iterable[str]) -> None:
        """Put the watch in front of each hole that can be reached by name."""
        for hole in holes:
            *path, last = hole.split(".")
            owner: Any = module
            for part in path:
                owner = getattr(owner, part, None)
            raw = vars(owner).get(last) if hasattr(owner, "__dict__") else None
            if isinstance(raw, types.FunctionType):
                setattr(owner, last, self.watched(hole, raw))
            elif isinstance(raw, staticmethod | classmethod):
                setattr(owner, last, type(raw)(self.watched(hole, raw.__func__)))

    def watched(self, hole: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if hole == self.hole and hole not in self.used:
                self.given = arguments(function, args, kwargs)
            self.used[hole] = None
            if self.depth or hole in self.may_change:
                return function(*args, **kwargs)
            given = [*args, *kwargs.values()]
            before = contents(given)
            self.depth += 1
            try:
                return function(*args, **kwargs)
            finally:
                self.depth -= 1
                if contents(given) != before:
                    self.changed[hole] = None

        return call


def contents(value: Any) -> Any:
    """Return what arrays, lists and dicts hold, so that a change in them shows."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, dict):
        return contents([part for pair in value.items() for part in pair])
    if isinstance(value, list | tuple | set):
        return [contents(part) for part in value]
    return id(value), value  # another object differs by the first, before == is asked


def arguments(function: Any, args: Any, kwargs: Any) -> list[list[str]]:
    """Return [name, short form] of what a function is called with, but for self."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
        return [[name, given(value)] for name, value in bound.items() if name != "self"]
    except Exception:  # other arguments than it takes, or values that cannot be shown
        return []


def given(value: Any) -> str:
    """Return a value in short; a small table with its entries."""
    if isinstance(value, np.ndarray) and value.ndim == 2 and 0 < value.size <= MOST_ENTRIES:
        return f"[{' '.join(row([line])[0] for line in value)}]"
    return brief(value)


class ForbiddenError(RuntimeError):
    """A library function that would do the exercise's work was called."""


def forbidden(name: str) -> ForbiddenError:
    """Return the error that a closed library function answers with."""
    return ForbiddenError(f"{name} would do this exercise's work: write it yourself")


class Closed(importlib.abc.MetaPathFinder):
    """Refuses to import the modules that would do an exercise's work.

    `scipy.special.expit` closes scipy.special, the module that holds it. The
    last finder also speaks for scipy itself where that is not installed.
    """

    def __init__(self, names: Sequence[str], is_last: bool = False) -> None:
        self.names = names
        self.is_last = is_last

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        for closed in self.names:
            holder = closed.rpartition(".")[0]
            if name in (closed, holder) or (self.is_last and closed.startswith(f"{name}.")):
                raise forbidden(closed)


class Bound:
    """Knows which module binds which objects to a name, so that few need be searched.

    What was read of a module holds while the same one stands in its place
    with as many names; `forget` where that may not be enough, since code that
    is not ours ran here before.
    """

    def __init__(self) -> None:
        self.read: dict[int, tuple[types.ModuleType, int, frozenset[int]]] = {}

    def forget(self) -> None:
        """Read every module again when it is next asked for."""
        self.read = {}

    def names_of(self, wanted: Collection[int]) -> list[tuple[types.ModuleType, str, Any]]:
        """Return every (module, name, object) where the object's id is wanted."""
        found, before, self.read = [], self.read, {}
        for module in list(sys.modules.values()):
            names = getattr(module, "__dict__", {})
            kept = before.get(id(module))
            if kept is None or kept[0] is not module or kept[1] != len(names):
                kept = module, len(names), frozenset(map(id, list(names.values())))
            self.read[id(module)] = kept
            if not kept[2].isdisjoint(wanted):
                found += [(module, k, v) for k, v in list(names.items()) if id(v) in wanted]
        return found


bound = Bound()


@contextmanager
def forbidding(names: Sequence[str]) -> Iterator[None]:
    """Make these library functions or modules raise, wherever they are bound."""
    if not names:
        yield
        return
    closed, refusals = [], {}
    for name in names:
        owner, _, last = name.rpartition(".")
        original = getattr(sys.modules.get(owner), last, None)
        if original is None or name in sys.modules:
            closed.append(name)
            continue

        def refuse(*args: Any, _name: str = name, **kwargs: Any) -> None:
            raise forbidden(_name)

        refusals[id(original)] = refuse
    undo = bound.names_of(refusals) if refusals else []
    read = {id(module): bound.read[id(module)] for module, _, _ in undo}
    for module, key, value in undo:
        setattr(module, key, refusals[id(value)])
    before, after = Closed(closed), Closed(closed, is_last=True)
    inside = tuple(f"{name}." for name in closed)
    hidden = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name in closed or name.startswith(inside)
    }
    sys.meta_path[:] = [before, *sys.meta_path, after]
    try:
        yield
    finally:
        sys.meta_path.remove(before)
        sys.meta_path.remove(after)
        sys.modules.update(hidden)
        for module, key, value in undo:
            setattr(module, key, value)
        bound.read |= read  # whoever read them meanwhile has seen the refusals


def describe_error(
    error: BaseException, label: str, beneath: Collection[str] = ()
) -> dict[str, Any]:
    """Return what a person needs of an exception: plain values only.

    `frames` are the lines of the code under check, outermost first, the last
    one with the values of the names it mentions. Those of the learner's own
    earlier chapters, whose labels are `beneath`, say in which file they stand.
    """
    frames = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in (label, *beneath):
            frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    described: list[dict[str, Any]] = [
        {
            "line": line,
            "function": frame.f_code.co_qualname
            if hasattr(frame.f_code, "co_qualname")
            else frame.f_code.co_name,
            "text": linecache.getline(frame.f_code.co_filename, line).strip()[:MAX_TEXT],
            "values": [],
        }
        | ({"file": frame.f_code.co_filename} if frame.f_code.co_filename != label else {})
        for frame, line in frames[-MAX_FRAMES:]
    ]
    if frames:
        described[-1]["values"] = mentioned(frames[-1][0], str(described[-1]["text"]))
    return {
        "names": [kind.__name__ for kind in type(error).__mro__ if kind is not object],
        "message": safe_text(error),
        "frames": described,
        "line": getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None,
    }


def safe_text(error: BaseException) -> str:
    """Return the exception's text, even where its __str__ itself fails."""
    try:
        return str(error)[:MAX_TEXT]
    except Exception:
        return "(its message could not be read)"


def mentioned(frame: types.FrameType, text: str) -> list[list[str]]:
    """Return [name, short form] of the local values that a line mentions."""
    import re

    names = dict.fromkeys(re.findall(r"[A-Za-z_]\w*", text))
    found = []
    for name in names:
        if name in frame.f_locals and not hasattr(builtins, name):
            try:
                found.append([name, brief(frame.f_locals[name])])
            except Exception:
                found.append([name, "(could not be shown)"])
    return found[:5]
