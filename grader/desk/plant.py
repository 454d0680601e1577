"""Put a known mistake into code that is written a little otherwise, by the syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.stub import Function, definitions, parsed

Step = tuple[str, int | None]  # a field of a node, and which of its entries
LISTS = ("body", "orelse", "finalbody")


@dataclass(frozen=True)
class Edit:
    """What becomes what: an expression, or statements that stand in a row.

    `path` leads from the function to the node that holds them.
    """

    path: list[Step]
    field: str
    start: int | None  # none where the field holds one expression
    old: list[ast.AST]
    new: list[ast.AST]


@dataclass
class Names:
    """Which local name here is which local name there, as far as is known."""

    here: set[str]
    there: set[str]
    pairs: dict[str, str]

    def agree(self, one: str, other: str) -> bool:
        """Return whether two names may mean the same, and remember that they do."""
        if one in self.here and other in self.there:
            if one not in self.pairs and other not in self.pairs.values():
                self.pairs[one] = other
            return self.pairs.get(one) == other
        return one == other and one not in self.here and other not in self.there


def planted(source: str, right: str, wrong: str, name: str) -> str | None:
    """Return a source with the mistake that makes `right` the `wrong` one.

    None where its function `name` has no such place, or more than one.
    Names of local variables and the layout may be others than in `right`.
    """
    theirs = definitions(parsed(source)).get(name)
    one, other = (definitions(parsed(text))[name] for text in (right, wrong))
    if not isinstance(theirs, Function) or not isinstance(one, Function):
        return None
    edit = edit_between(one, other)
    if edit is None:
        return None
    for pattern, way in contexts(one, edit):
        found = list(places(pattern, theirs, one))
        if len(found) != 1:
            if not found:
                return None
            continue  # more than one: look at more of what stands around it
        place, names = found[0]
        if (new := renamed(edit, one, names)) is not None:
            old = follow(place, way, len(edit.old))
            return replaced(source, name, old, new)
    return None


def edit_between(one: ast.AST, other: ast.AST) -> Edit | None:
    """Return the smallest edit that makes one function the other."""
    path: list[Step] = []
    pairs = [(one, other)]
    while type(one) is type(other) and not isinstance(one, ast.JoinedStr):
        fields = [f for f in one._fields if not alike(getattr(one, f), getattr(other, f))]
        if len(fields) != 1:
            break
        before, after = getattr(one, fields[0]), getattr(other, fields[0])
        index = None
        if isinstance(before, list):
            index, end, end_after = parting(before, after)
            if (end - index, end_after - index) != (1, 1):
                if fields[0] in LISTS:
                    return of_statements(path, fields[0], before, after)
                break
            before, after = before[index], after[index]
        if not (isinstance(before, ast.AST) and isinstance(after, ast.AST)):
            break
        path.append((fields[0], index))
        one, other = before, after
        pairs.append((one, other))
    while path and not isinstance(one, ast.expr | ast.stmt):
        path.pop()
        pairs.pop()
        one, other = pairs[-1]
    if not path:
        return None
    field, index = path.pop()
    return Edit(path, field, index, [one], [other])


def parting(one: list[Any], other: list[Any]) -> tuple[int, int, int]:
    """Return where two lists begin to differ, and where in each they cease to."""
    start, end, end_other = 0, len(one), len(other)
    while start < min(end, end_other) and alike(one[start], other[start]):
        start += 1
    while start < min(end, end_other) and alike(one[end - 1], other[end_other - 1]):
        end, end_other = end - 1, end_other - 1
    return start, end, end_other


def of_statements(path: list[Step], field: str, one: list[Any], other: list[Any]) -> Edit:
    """Return the edit of some statements in a row, with a neighbour if one is only added."""
    start, end, end_other = parting(one, other)
    if start == end and end < len(one):
        end, end_other = end + 1, end_other + 1
    elif start == end:
        start -= 1
    return Edit(path, field, start, one[start:end], other[start:end_other])


def contexts(function: Function, edit: Edit) -> Iterator[tuple[list[ast.AST], list[Step]]]:
    """Yield what is replaced, then ever more around it, each with the way back to it."""
    yield edit.old, []
    inner: list[Step] = [(edit.field, edit.start)]
    for depth in range(len(edit.path), 0, -1):
        node = follow([function], edit.path[:depth], 1)[0]
        if isinstance(node, ast.expr | ast.stmt):
            yield [node], edit.path[depth:] + inner
    has_text = ast.get_docstring(function) is not None
    way = edit.path + inner
    if way[0][0] == "body" and way[0][1] is not None:
        start = way[0][1]
        end = start + (len(edit.old) if len(way) == 1 else 1)
        for first in range(start - 1, int(has_text) - 1, -1):
            yield list(function.body[first:end]), [("", start - first), *way[1:]]


def follow(nodes: Sequence[ast.AST], way: list[Step], count: int) -> list[ast.AST]:
    """Return the nodes that a way leads to: as many as asked where it ends in a list."""
    held: Any = list(nodes)
    if way and way[0][0]:
        held = held[0]
    for number, (field, index) in enumerate(way, 1):
        held = getattr(held, field) if field else held
        if index is not None:
            held = held[index : index + count] if number == len(way) else held[index]
    return held if isinstance(held, list) else [held]


def places(
    pattern: list[ast.AST], theirs: Function, one: Function
) -> Iterator[tuple[list[ast.AST], Names]]:
    """Yield each place of their function that reads like the pattern."""
    here, there = locals_of(one), locals_of(theirs)
    for nodes in rows(theirs, len(pattern), isinstance(pattern[0], ast.stmt)):
        names = Names(here, there, {})
        if alike(pattern, nodes, names):
            yield nodes, names


def rows(function: Function, length: int, are_statements: bool) -> Iterator[list[ast.AST]]:
    """Yield every expression, or so many statements in a row, of a function."""
    for node in ast.walk(function):
        if not are_statements:
            if isinstance(node, ast.expr):
                yield [node]
            continue
        for field in LISTS:
            held = getattr(node, field, None)
            if isinstance(held, list):
                yield from (held[i : i + length] for i in range(len(held) - length + 1))


def alike(one: Any, other: Any, names: Names | None = None) -> bool:
    """Return whether two trees are the same, up to the names of local variables."""
    if type(one) is not type(other):
        return False
    if isinstance(one, ast.Name) and names:
        return names.agree(one.id, other.id)
    if isinstance(one, ast.AST):
        fields = (f for f in one._fields if f not in ("ctx", "kind", "type_comment"))
        return all(alike(getattr(one, f, None), getattr(other, f, None), names) for f in fields)
    if isinstance(one, list):
        return len(one) == len(other) and all(
            alike(a, b, names) for a, b in zip(one, other, strict=True)
        )
    return bool(one == other)


def locals_of(function: Function) -> set[str]:
    """Return the names that a function binds, but for its arguments."""
    given = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    return {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } - given


def renamed(edit: Edit, one: Function, names: Names) -> list[ast.AST] | None:
    """Return the new code in their names; None where one is not known or is taken."""
    new = copy.deepcopy(edit.new)
    for part in new:
        for node in ast.walk(part):
            if isinstance(node, ast.Name):
                if node.id in names.here:
                    if node.id not in names.pairs:
                        return None
                    node.id = names.pairs[node.id]
                elif node.id in names.there:
                    return None
    return new


def replaced(source: str, name: str, old: list[ast.AST], new: list[ast.AST]) -> str | None:
    """Return the source with these nodes of a function written anew, all else as it was."""
    data = source.encode()
    first, last = span(data, old[0])[0], span(data, old[-1])[1]
    function = copy.deepcopy(definitions(parsed(source))[name])
    wanted = ast.dump(Swap(old, new).visit(function))
    for start, end, text in spellings(data, first, last, new):
        made = (data[:start] + text.encode() + data[end:]).decode()
        try:
            if ast.dump(definitions(parsed(made))[name]) == wanted:
                return made
        except (SyntaxError, KeyError):
            continue
    return None


def span(data: bytes, node: Any) -> tuple[int, int]:
    """Return where a node begins and ends, in bytes."""
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return (
        starts[node.lineno - 1] + node.col_offset,
        starts[node.end_lineno - 1] + node.end_col_offset,
    )


def spellings(
    data: bytes, start: int, end: int, new: list[ast.AST]
) -> Iterator[tuple[int, int, str]]:
    """Yield ways to write the new code from `start` to `end`, the plainest first."""
    line = data.rfind(b"\n", 0, start) + 1
    if new and isinstance(new[0], ast.expr):
        text = ast.unparse(new[0])
        if isinstance(new[0], ast.Tuple):
            yield start, end, text[1:-1]  # as in x[:, i], where it must be so
        if data[start - 1 : start] == b"(" and data[end : end + 1] == b")":
            yield start - 1, end + 1, text
        yield start, end, text
        yield start, end, f"({text})"
    elif not data[line:start].strip():
        indent = data[line:start].decode()
        text = "\n".join(ast.unparse(node) for node in new)
        if not new:
            after = data.find(b"\n", end) + 1
            yield line, after or len(data), ""
        yield start, end, text.replace("\n", f"\n{indent}")


class Swap(ast.NodeTransformer):
    """Puts other nodes in the place of some that stand in a row."""

    def __init__(self, old: list[ast.AST], new: list[ast.AST]) -> None:
        self.at = [self.place(node) for node in old]
        self.new = new

    def place(self, node: ast.AST) -> tuple[Any, ...]:
        """Return what tells a node from every other of the same source."""
        names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
        return type(node), *(getattr(node, name, 0) for name in names)

    def visit(self, node: ast.AST) -> Any:
        place = self.place(node)
        if place not in self.at:
            return self.generic_visit(node)
        if place != self.at[0]:
            return None
        return self.new[0] if isinstance(node, ast.expr) else self.new
