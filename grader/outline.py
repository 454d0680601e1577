"""What can be read from a file of checks without running it, so without NumPy."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from grader.stub import parsed, tree

OURS = {"MISTAKES", "EXPLAIN"}  # what the worker never sees
LIMIT = 3.0  # seconds; a scenario takes under 0.2 on the reference


@dataclass(frozen=True)
class Sketch:
    """A check as it stands in the source."""

    id: str
    hole: str
    sentence: str
    limit: float
    is_given: bool  # its inputs are drawn on the trusted side


def key_of(seed: int, check_id: str) -> int:
    """Return what one check draws from: another for each, the same each time.

    One-way, so that who is told the key of one check learns neither the seed
    nor the key of another.
    """
    return int.from_bytes(sha256(f"{seed} {check_id}".encode()).digest()[:16])


def marks(node: ast.AST) -> list[ast.Call]:
    """Return the `@check(…)` decorators of a definition."""
    return [
        decorator
        for decorator in getattr(node, "decorator_list", [])
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "check"
    ]


def sketches(source: str) -> list[Sketch]:
    """Return the checks of a file in the order they stand in."""
    return list(drawn(source))


@lru_cache(maxsize=64)
def drawn(source: str) -> tuple[Sketch, ...]:
    """Return the checks of a file, read once for a source."""
    found = []
    for node in parsed(source).body:
        for mark in marks(node):
            assert isinstance(node, ast.FunctionDef)
            options = {k.arg: k.value for k in mark.keywords}
            limit = options.get("limit")
            found.append(
                Sketch(
                    node.name,
                    ast.literal_eval(mark.args[0]),
                    (ast.get_docstring(node) or "").partition("\n")[0].strip(),
                    float(ast.literal_eval(limit)) if limit else LIMIT,
                    "given" in options,
                )
            )
    return tuple(found)


def trimmed(source: str) -> str:
    """Return the scenarios alone, as the worker gets them.

    Without the mistakes and the tasks about them (they quote the reference),
    the comparators, and the functions that draw inputs on the trusted side.
    """
    module = tree(source)
    trusted = set()
    for node in module.body:
        for mark in marks(node):
            for option in mark.keywords:
                if option.arg == "given" and isinstance(option.value, ast.Name):
                    trusted.add(option.value.id)
            mark.keywords = [o for o in mark.keywords if o.arg in ("forbids", "limit")]
    module.body = [node for node in module.body if not OURS & names_in(node)]
    shared = {name for node in module.body for name in names_in(node)}  # a scenario calls it too
    module.body = [
        node for node in module.body if getattr(node, "name", None) not in trusted - shared
    ]
    return ast.unparse(module)


def names_in(statement: ast.stmt) -> set[str]:
    """Return the names that a statement reads or binds, but for its own."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
