"""Bring what a learner wrote into a newer exercise: texts in, a text out.

What stands above a marker is the book's, what stands below it theirs. Lines
that they wrote beside the exercises are merged against the exercise as it
was given; where that is not known, or leads to nonsense, each statement of
theirs is put where it can stand.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from grader.desk.beside import with_others
from grader.desk.lines import Edit, edited, three_ways
from grader.stub import (
    EMPTY,
    Function,
    definitions,
    first_line,
    holes,
    lines_of,
    parsed,
    signature,
    with_comments,
)

MARKER = "# your turn"


class Unmergeable(Exception):
    """The two cannot be brought together: theirs is left as it is."""


@dataclass
class Merged:
    """The newer exercise with what the learner wrote, and what they should know."""

    text: str
    said: list[str] = field(default_factory=list)


@dataclass
class Written:
    """What a learner wrote in one exercise: its lines, or the whole function."""

    lines: list[str]
    signature: str
    is_whole: bool = False  # its marker is gone, so where it begins is unknown


def merge(mine: str, base: str | None, fresh: str) -> Merged:
    """Return `fresh` with what `mine` has that was not given in `base`.

    Raises
    ------
    Unmergeable
        If no way leads to a file that Python can read.
    """
    mine = mine if mine.endswith("\n") else mine + "\n"
    written = what_is_written(mine, base or fresh)
    text = by_lines(mine, base, fresh) if base else fresh
    text, moved = filled(text, fresh, written), list[str]()
    if can_be_read(text):
        text, moved = with_others(text, mine, base, written)
    if not can_be_read(text):
        raise Unmergeable
    return Merged(text, list(sentences(text, mine, base, fresh, written, moved)))


def place(source: str, name: str, above: list[str]) -> tuple[int, int] | None:
    """Return which lines of an exercise are the learner's, with the marker over them.

    `above` is what was given over the marker: where that is gone, it tells
    where the learner's lines begin.
    """
    functions, lines = definitions(parsed(source)), lines_of(source)
    node = functions.get(name)
    if node is None or isinstance(node, ast.ClassDef):
        return None
    first, end = first_line(node) - 1, node.end_lineno or 0
    for at in range(node.lineno, end):
        if lines[at].strip().startswith(MARKER) and innermost(functions, at + 1) == name:
            return at, with_comments(lines, at + 1, end)
    begin = first + len(above)
    if above and list(map(str.rstrip, lines[first:begin])) == list(map(str.rstrip, above)):
        return begin, with_comments(lines, begin, end)
    return None


def innermost(functions: dict[str, Function | ast.ClassDef], line: int) -> str:
    """Return the smallest function around a line."""
    around = [
        ((node.end_lineno or 0) - node.lineno, name)
        for name, node in functions.items()
        if not isinstance(node, ast.ClassDef) and node.lineno < line <= (node.end_lineno or 0)
    ]
    return min(around)[1] if around else ""


def given_above(exercise: str) -> dict[str, list[str]]:
    """Return the lines of each hole's function that stand over the marker."""
    lines = lines_of(exercise)
    return {hole.name: lines[hole.start - 1 : hole.marker - 1] for hole in holes(exercise)}


def what_is_written(mine: str, given: str) -> dict[str, Written]:
    """Return what the learner wrote, by exercise; not those that are still empty."""
    found, lines, above = {}, lines_of(mine), given_above(given)
    for name, node in definitions(parsed(mine)).items():
        if isinstance(node, ast.ClassDef):
            continue
        if where := place(mine, name, above.get(name, [])):
            inside = lines[slice(*where)]
            while inside and inside[0].strip().startswith(MARKER):
                del inside[0]
            if "".join(inside).strip() and not EMPTY.fullmatch("".join(inside)):
                found[name] = Written(inside, signature(node))
        elif name in above:
            whole = lines[first_line(node) - 1 : node.end_lineno]
            found[name] = Written(whole, signature(node), is_whole=True)
    return found


def by_lines(mine: str, base: str, fresh: str) -> str:
    """Return `fresh` with the lines that `mine` changed in `base` beside the exercises.

    It is `fresh` itself where they would be doubled, missed or no Python.
    """
    merged = "".join(three_ways(*map(lines_of, (base, emptied(mine, base), fresh))))
    if not can_be_read(merged):
        return fresh
    there, theirs, ours = map(count, (merged, mine, fresh))
    is_doubled = any(there[name] > max(theirs[name], ours[name]) for name in there)
    was_there = definitions(parsed(base)).keys() - definitions(parsed(mine)).keys()
    is_missing = (ours.keys() - there.keys()) - was_there  # what they took out themselves
    return fresh if is_doubled or is_missing else merged


def count(source: str) -> Counter[str]:
    """Return how often each definition stands in a source."""
    found: Counter[str] = Counter()

    def walk(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = prefix
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[prefix + child.name] += 1
                inner = f"{prefix}{child.name}."
            walk(child, inner)

    walk(parsed(source), "")
    return found


def emptied(mine: str, base: str) -> str:
    """Return the learner's file with every exercise as it was given."""
    given, above, functions = lines_of(base), given_above(base), definitions(parsed(mine))
    edits: list[Edit] = []
    for hole in holes(base):
        node = functions.get(hole.name)
        if where := place(mine, hole.name, above[hole.name]):
            edits.append((*where, given[hole.marker - 1 : hole.end]))
        elif node is not None:
            whole = given[hole.start - 1 : hole.end]
            edits.append((first_line(node) - 1, node.end_lineno or 0, whole))
    return edited(mine, edits)


def filled(text: str, fresh: str, written: dict[str, Written]) -> str:
    """Return an exercise with what was written in its holes."""
    above, functions = given_above(fresh), definitions(parsed(text))
    edits: list[Edit] = []
    for name, theirs in written.items():
        node = functions.get(name)
        where = place(text, name, above.get(name, []))
        if theirs.is_whole and node is not None:
            start, end = first_line(node) - 1, node.end_lineno or 0
            edits.append((start, end, indented_as(theirs.lines, lines_of(text)[start])))
        elif where:
            start, end = where
            edits.append((start + 1, end, indented_as(theirs.lines, lines_of(text)[start])))
    return edited(text, edits)


def indented_as(lines: list[str], model: str) -> list[str]:
    """Return lines moved to stand as far in as `model` does."""
    first = next(line for line in lines if line.strip())
    old, new = (line[: len(line) - len(line.lstrip())] for line in (first, model))
    if old == new:
        return lines
    return [new + line.removeprefix(old) if line.startswith(old) else line for line in lines]


def can_be_read(source: str) -> bool:
    """Return whether Python can read a source."""
    try:
        parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def sentences(
    text: str,
    mine: str,
    base: str | None,
    fresh: str,
    written: dict[str, Written],
    moved: list[str],
) -> Iterator[str]:
    """Yield what the learner should know of a merge."""
    asked = {hole.name: hole for hole in holes(fresh)}
    before = {hole.name: hole for hole in holes(base)} if base else {}
    there, copy = definitions(parsed(text)), "what you wrote is in the copy alone."
    for name, theirs in written.items():
        if name in asked:
            new = asked[name].signature
            old = before[name].signature if name in before else theirs.signature
            if new not in (old, theirs.signature):
                yield f"{name} takes {new} now; you wrote it for {theirs.signature}."
            if theirs.is_whole and lines_above_differ(name, base, fresh):
                yield (
                    f"{name} is left whole as you wrote it, for its marker is gone; the book's "
                    f"has changed: grader reset {name} shows it."
                )
        elif name not in there:
            yield f"{name} is in this chapter no more; {copy}"
        elif name in moved or name.rpartition(".")[0] in moved:
            yield f"{name} is no exercise any more; yours is left in the file."
        elif name in before or name in definitions(parsed(fresh)):
            yield f"{name} is given now; {copy}"
    others = [name for name in moved if name not in written]
    if others:
        yield f"Kept, at another place now: {', '.join(others)}."
    ours = set(map(str.strip, lines_of(base or "")))
    kept = set(map(str.strip, lines_of(text))) | ours | {""}
    if any(line.strip() not in kept for line in lines_of(mine)):
        yield "Lines beside the exercises that the book has changed, too, are now the book's."


def lines_above_differ(name: str, base: str | None, fresh: str) -> bool:
    """Return whether the given part of an exercise has changed, as far as we know."""
    return base is None or given_above(base).get(name) != given_above(fresh).get(name)
