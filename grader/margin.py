"""Code moved in or out: every line, but for those that begin inside of a string."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence

from grader.stub import first_line, parsed

DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def margin_of(line: str) -> str:
    """Return the space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def first_of(node: ast.stmt) -> int:
    """Return the line that a statement starts on, from 1, counting its decorators."""
    return first_line(node) if isinstance(node, DEFINITION) else node.lineno


def docstring_of(node: ast.AST) -> ast.Constant | None:
    """Return the docstring of a definition or a module, if it has one."""
    if isinstance(node, DEFINITION | ast.Module) and node.body:
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            return first.value if isinstance(first.value.value, str) else None
    return None


def inside_strings(lines: Sequence[str], node: ast.stmt) -> set[int]:
    """Return the lines, from 0, that begin inside a string of a statement; not in a docstring."""
    above, code = first_of(node) - 1, "".join(lines[first_of(node) - 1 : node.end_lineno])
    if not re.search(r'"""|\'\'\'|\\\n', code):
        return set()
    found, begun = set[int](), list[int]()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = tokenize.tok_name[token.type]
        first, last = above + token.start[0], above + token.end[0]
        if kind.endswith("STRING_START"):  # from Python 3.12 on a string with braces is several
            begun.append(first)
        elif kind.endswith("STRING_END"):
            found |= set(range(begun.pop(), last))
        elif kind == "STRING":
            found |= set(range(first, last))
    for inner in ast.walk(node):
        if text := docstring_of(inner):
            found -= set(range(text.lineno, text.end_lineno or 0))
    return found


def indented(lines: Sequence[str], margin: str) -> list[str]:
    """Return lines of code moved in, but for what is inside of a string and empty lines."""
    body = parsed("".join(lines)).body if margin else []
    strings = set[int]().union(*(inside_strings(lines, node) for node in body))
    return [
        line if line == "\n" or at in strings else margin + line for at, line in enumerate(lines)
    ]
