"""Cut the exercise from the reference: every hole emptied, all else as it is.

A hole begins at a line `# your turn (level)` and ends with its function.
Directly under the marker stand the hints: `# hint:` and, for a long one,
more comment lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

ONE_AT_A_TIME = Lock()

MARKER = re.compile(r"\s*# your turn(?: \((warm-up|core|stretch)\))?\s*")
HINT = re.compile(r"\s*# hint: (.*?)\s*")
COMMENT = re.compile(r"\s*# ?(.*?)\s*")
EMPTY = re.compile(r'\s*raise NotImplementedError\("[\w.]+"\)\s*')
POINTS = {"warm-up": 1, "core": 2, "stretch": 3}

BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")  # of a statement

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Hole:
    """The part of one function that the learner writes; lines count from 1."""

    name: str
    level: str
    start: int  # of the function, its decorators included
    marker: int
    end: int
    signature: str

    @property
    def points(self) -> int:
        """How much the exercise counts: more, the harder it is."""
        return POINTS[self.level]


def tree(source: str) -> ast.Module:
    """Return the syntax tree of a source, a new one each time.

    One thread after the other: Python 3.11 counts the depth for all at once,
    and raises SystemError.
    """
    with ONE_AT_A_TIME:
        return ast.parse(source)


@lru_cache(maxsize=16)
def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a source; nobody changes it."""
    return tree(source)


def definitions(tree: ast.Module) -> dict[str, Function | ast.ClassDef]:
    """Return every function and class of a module by its dotted name."""
    found: dict[str, Function | ast.ClassDef] = {}

    def walk(node: ast.AST, prefix: str) -> None:
        for block in BLOCKS:
            for child in getattr(node, block, ()):
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.setdefault(prefix + child.name, child)
                    walk(child, f"{prefix}{child.name}.")
                else:
                    walk(child, prefix)

    walk(tree, "")
    return found


def first_line(node: Function | ast.ClassDef) -> int:
    """Return the line a definition starts on, counting its decorators."""
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def signature(node: Function) -> str:
    """Return the arguments of a function as they are written."""
    return f"({ast.unparse(node.args)})"


def lines_of(source: str) -> list[str]:
    """Return the lines as Python counts them, each with its end.

    str.splitlines also ends a line at a form feed and the like.
    """
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", source)


@lru_cache(maxsize=64)
def found_holes(source: str) -> tuple[Hole, ...]:
    """Return the holes of a reference, in the order they stand in: found once for a source.

    Raises
    ------
    ValueError
        If a marker is misspelt, or does not begin the end of a function: then
        the stub would show an answer, or not be Python.
    """
    functions = [
        (name, node)
        for name, node in definitions(parsed(source)).items()
        if not isinstance(node, ast.ClassDef)
    ]
    found: list[Hole] = []
    lines = lines_of(source)
    for number, line in enumerate(lines, 1):
        if "# your turn" not in line:
            continue
        if not (match := MARKER.fullmatch(line)):
            raise ValueError(f"line {number}: write # your turn (warm-up), (core) or (stretch)")
        inside = [
            (name, node)
            for name, node in functions
            if node.lineno < number <= (node.end_lineno or 0)
        ]
        if not inside:
            raise ValueError(f"line {number}: `# your turn` stands outside a function")
        name, node = min(inside, key=lambda item: (item[1].end_lineno or 0) - item[1].lineno)
        if any(s.lineno <= number <= (s.end_lineno or 0) for s in node.body):
            raise ValueError(f"line {number}: `# your turn` begins no statement of {name}")
        end = with_comments(lines, number, node.end_lineno or number)
        if found and number <= found[-1].end:
            raise ValueError(f"line {number}: this hole lies within that of {found[-1].name}")
        level = match[1] or "core"
        found.append(Hole(name, level, first_line(node), number, end, signature(node)))
    return tuple(found)


def holes(source: str) -> list[Hole]:
    """Return the holes of a reference, in the order they stand in, or raise ValueError."""
    return list(found_holes(source))


def with_comments(lines: list[str], marker: int, end: int) -> int:
    """Return the last line of a hole: a comment below its answer is part of it."""
    indent = len(lines[marker - 1]) - len(lines[marker - 1].lstrip())
    last = end
    for number, line in enumerate(lines[end:], end + 1):
        text = line.strip()
        if text and not (text.startswith("#") and len(line) - len(line.lstrip()) >= indent):
            break
        if text:
            last = number
    return last


def empty(hole: Hole, lines: list[str]) -> str:
    """Return the one line that stands for a hole nobody has filled."""
    marker = lines[hole.marker - 1]
    indent = marker[: len(marker) - len(marker.lstrip())]
    return f'{indent}raise NotImplementedError("{hole.name}")\n'


def derive(source: str, filled: Container[str] = ()) -> str:
    """Return the exercise: the reference with every hole emptied, but for those `filled`."""
    lines = lines_of(source)
    for hole in reversed(holes(source)):
        if hole.name in filled:
            del lines[hole.marker : answer_line(source, hole)]
        else:
            lines[hole.marker : hole.end] = [empty(hole, lines)]
    exercise = "".join(lines)
    try:
        parsed(exercise)
    except SyntaxError as error:
        raise ValueError(f"the stub would not be Python: {error}") from None
    return exercise


def hints(source: str, hole: Hole) -> list[str]:
    """Return the hints of one hole, from a nudge to nearly the line."""
    found: list[str] = []
    for line in lines_of(source)[hole.marker : answer_line(source, hole)]:
        if match := HINT.fullmatch(line):
            found.append(match[1])
        elif found and (match := COMMENT.fullmatch(line)):
            found[-1] = f"{found[-1]} {match[1]}".strip()
    return found


def answer_line(source: str, hole: Hole) -> int:
    """Return how many lines stand above the answer: those of the hints included."""
    lines = lines_of(source)
    line = hole.marker
    while line < hole.end and COMMENT.fullmatch(lines[line]):
        line += 1
    return line


def answer(source: str, hole: Hole) -> str:
    """Return the code that fills one hole, without its hints."""
    lines = lines_of(source)
    return "".join(lines[answer_line(source, hole) : hole.end])


def with_answer(source: str, hole: Hole, code: str) -> str:
    """Return the source with other code in a hole."""
    lines = lines_of(source)
    lines[answer_line(source, hole) : hole.end] = [code]
    return "".join(lines)


def imports(source: str) -> list[str]:
    """Return the modules that a module imports at its top."""
    found = []
    for node in parsed(source).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def changing(source: str) -> list[str]:
    """Return the definitions documented to change an argument: "in place"."""
    return [
        name
        for name, node in definitions(parsed(source)).items()
        if "in place" in (ast.get_docstring(node) or "")
    ]
