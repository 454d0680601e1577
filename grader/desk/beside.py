"""What a learner wrote beside the exercises, put where it can stand in a newer file."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from dataclasses import dataclass

from grader.desk.lines import Edit, edited
from grader.stub import definitions, first_line, lines_of, parsed

BOOK = ("solutions", "bookdata")  # what is imported from there is the book's to change


@dataclass(frozen=True)
class Statement:
    """A statement of a module or of a class in it, by what makes it the same elsewhere."""

    key: str  # the dotted name it defines, else its code
    owner: str  # the class it stands in, or nothing
    node: ast.stmt


def statements(source: str) -> list[Statement]:
    """Return the statements of a module and of its classes, without docstrings."""

    def walk(body: list[ast.stmt], owner: str) -> Iterator[Statement]:
        for node in body:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue
            name = f"{owner}.{name_of(node)}".lstrip(".")
            yield Statement(name, owner, node)
            if isinstance(node, ast.ClassDef):
                yield from walk(node.body, name)

    return list(walk(parsed(source).body, ""))


def name_of(node: ast.stmt) -> str:
    """Return what a statement defines, or all of it where it defines nothing."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.Assign):
        return ", ".join(map(ast.unparse, node.targets))
    return ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node)


def with_others(
    text: str, mine: str, base: str | None, filled: Container[str]
) -> tuple[str, list[str]]:
    """Return a newer exercise with the statements of theirs that it lacks.

    Imports go to the top, methods to the end of their class, all else to the
    end; a function of the book that is gone goes with them if it is `filled`.

    Returns
    -------
    text : str
    moved : list of str
        Those that were put there, each by its name or first line.
    """
    there = definitions(parsed(text))
    known = {(s.owner, s.key) for s in statements(text)}
    known |= {(name.rpartition(".")[0], name) for name in there}  # also inside of if and try
    given = {(s.owner, s.key) for s in statements(base)} if base else set()
    owners = {"", *(name for name, node in there.items() if isinstance(node, ast.ClassDef))}
    moved: list[str] = []
    edits: list[Edit] = []
    for statement in statements(mine):
        where = (statement.owner, statement.key)
        is_theirs = where not in given or statement.key in filled
        if where in known or not is_theirs or is_of_the_book(statement.node):
            continue
        if statement.owner not in owners:  # its class is gone, too
            continue
        known |= {where, *((s.owner, s.key) for s in statements(mine) if within(s, statement))}
        edits.append(standing(text, mine, statement))
        moved.append(statement.key.partition("\n")[0])
    return edited(text, edits), moved


def within(inner: Statement, outer: Statement) -> bool:
    """Return whether a statement stands in a class that is moved as a whole."""
    return f"{inner.owner}.".startswith(f"{outer.key}.")


def is_of_the_book(node: ast.stmt) -> bool:
    """Return whether a statement imports from the book, which says itself what it needs."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(BOOK)


def standing(text: str, mine: str, statement: Statement) -> Edit:
    """Return the edit that puts one statement of theirs into the newer text."""
    code, node = lines_with_comments(mine, statement.node), statement.node
    if statement.owner:
        end = definitions(parsed(text))[statement.owner].end_lineno or 0
        return end, end, ["\n", *code]
    if isinstance(node, ast.Import | ast.ImportFrom):
        at = top(text)
        return at, at, code
    end = len(lines_of(text))
    is_definition = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    return end, end, ["\n", *["\n"] * is_definition, *code]


def lines_with_comments(source: str, node: ast.stmt) -> list[str]:
    """Return the lines of a statement, its decorators and the comments right above it."""
    lines = lines_of(source)
    start = node.lineno - 1
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        start = first_line(node) - 1
    while start and lines[start - 1].strip().startswith("#"):
        start -= 1
    return lines[start : node.end_lineno]


def top(source: str) -> int:
    """Return how many lines stand above the first import that may be anywhere."""
    last = 0
    for node in parsed(source).body:
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_first = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not (is_text or is_first):
            break
        last = node.end_lineno or 0
    return last
