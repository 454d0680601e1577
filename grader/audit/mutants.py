"""Make mutants: the reference with one small thing in one hole's answer wrong.

Our own on `ast`, because the libraries for it (mutmut, cosmic-ray) mutate a
whole project on disk and start its tests anew for each mutant, and none knows
what goes wrong with arrays: axes, keepdims, transposes, `[:, None]`.
"""

from __future__ import annotations

import ast
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from grader.audit.changes import replacements
from grader.stub import Hole, definitions, tree, with_answer

LEFT_OUT = "(left out)"
Place = tuple[Any, Any, ast.AST, ast.stmt]  # holder, key in it, node, the statement around


@dataclass(frozen=True)
class Mutant:
    """One small change of an answer: the line as it was and as it is."""

    hole: str
    line: int  # in the reference
    before: str
    after: str
    source: str  # of the whole module

    @property
    def change(self) -> tuple[str, str, str]:
        """What a reader knows it by."""
        return self.hole, self.before, self.after


def mutants(source: str, hole: Hole) -> list[Mutant]:
    """Return the mutants of one hole, each once, none that compiles to the reference."""
    function: Any = definitions(tree(source))[hole.name]
    first = next(i for i, s in enumerate(function.body) if s.lineno > hole.marker)
    answer = ast.Module(function.body[first:], [])
    margin = " " * answer.body[0].col_offset
    seen = {fingerprint(compiled(function))}
    found = []
    for line, before, after in changed(answer):
        function.body[first:] = answer.body
        does = fingerprint(compiled(function))
        if does not in seen:
            seen.add(does)
            code = indent(ast.unparse(answer), margin) + "\n"
            found.append(Mutant(hole.name, line, before, after, with_answer(source, hole, code)))
    return found


def compiled(function: ast.stmt) -> types.CodeType:
    """Return the code of a definition, all of whose places may have changed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an index that can be none
        return compile(ast.unparse(function), "", "exec")


def fingerprint(code: types.CodeType) -> tuple[Any, ...]:
    """Return what a piece of code does, without the lines it stands in."""
    constants = tuple(
        fingerprint(c) if isinstance(c, types.CodeType) else (type(c), repr(c))
        for c in code.co_consts
    )
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_code, constants, names, code.co_exceptiontable


def changed(answer: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Change the answer, one place after the other, and put each back.

    Yields
    ------
    line, before, after : of the statement that is changed meanwhile
    """
    places = list(walk(answer, answer.body[0]))
    locals_ = sorted({n.id for _, _, n, _ in places if is_bound(n)})  # type: ignore[attr-defined]
    for holder, key, node, statement in places:
        before = shown(statement)
        for new in replacements(holder, node, locals_):
            old = holder[key] if isinstance(holder, list) else getattr(holder, key)
            if isinstance(new, list):  # statements in the place of one
                whole = list(holder)
                holder[key : key + 1] = new
                yield statement.lineno, before, "; ".join(map(shown, new))
                holder[:] = whole
            else:
                put(holder, key, new)
                now = new if node is statement and isinstance(new, ast.stmt) else statement
                yield statement.lineno, before, shown(now)
                put(holder, key, old)
    for _, _, node, statement in places:
        if isinstance(node, ast.For | ast.While) and node is statement:
            node.body.append(ast.Break())
            yield node.lineno, shown(node), f"{shown(node)}  one round only"
            node.body.pop()


def walk(node: ast.AST, statement: ast.stmt) -> Iterator[Place]:
    """Yield every place below a node, from top to bottom."""
    for field, value in ast.iter_fields(node):
        parts = enumerate(value) if isinstance(value, list) else [(field, value)]
        for key, part in parts:
            if isinstance(part, ast.AST) and not isinstance(part, ast.expr_context):
                around = part if isinstance(part, ast.stmt) else statement
                yield (value if isinstance(value, list) else node), key, part, around
                yield from walk(part, around)


def put(holder: Any, key: Any, node: ast.AST) -> None:
    """Put a node into its place."""
    if isinstance(holder, list):
        holder[key] = node
    else:
        setattr(holder, key, node)


def is_bound(node: ast.AST) -> bool:
    """Return whether a node is a name that is given a value."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id != "_"


def shown(statement: ast.stmt) -> str:
    """Return the line of a statement; of one with a body, its head."""
    return LEFT_OUT if isinstance(statement, ast.Pass) else ast.unparse(statement).splitlines()[0]
