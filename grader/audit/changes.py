"""What may stand in the place of a piece of code: the small things that go wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

OPERATORS: dict[type[ast.AST], list[type[ast.AST]]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div, ast.Add],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Div],
    ast.Mod: [ast.FloorDiv],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.BitAnd: [ast.BitOr],
    ast.BitOr: [ast.BitAnd],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
    ast.Break: [ast.Continue],
    ast.Continue: [ast.Break],
}
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
TWINS = {"min": "max", "argmin": "argmax", "minimum": "maximum", "sum": "mean", "std": "var"}
TWINS |= {"zeros": "ones", "zeros_like": "ones_like", "any": "all", "floor": "ceil"}
TWINS |= {"append": "extend", "vstack": "hstack", "cumsum": "cumprod", "log": "exp"}
TWINS |= {twin: name for name, twin in TWINS.items()} | {"median": "mean"}
AXES = (0, 1, -1, None)


def replacements(holder: Any, node: Any, locals_: list[str]) -> Iterator[Any]:
    """Yield what may stand in the place of a node instead; a list for statements."""
    for kind in OPERATORS.get(type(node), ()):
        yield kind()
    if isinstance(node, ast.stmt):
        yield from statements(node, locals_)
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right
        if isinstance(node.op, ORDERED):
            yield ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            yield from numbers(-node.operand.value)  # type: ignore[operator]
    elif isinstance(node, ast.BoolOp):
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1 :]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
    elif isinstance(node, ast.Constant):
        is_negative = isinstance(holder, ast.UnaryOp) and isinstance(holder.op, ast.USub)
        yield from () if is_negative else numbers(node.value)
    elif isinstance(node, ast.Call):
        yield from calls(node)
    elif isinstance(node, ast.keyword) and node.arg == "axis":
        yield from (ast.keyword("axis", ast.Constant(axis)) for axis in AXES)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value
    elif isinstance(node, ast.Subscript):
        yield from subscripts(node)
    elif isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load):
        yield from (type(node)(elements, node.ctx) for elements in swapped(node.elts))
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
        yield ast.IfExp(negated(node.test), node.body, node.orelse)
    elif isinstance(node, ast.comprehension):
        for test in node.ifs:
            for other in (negated(test), ast.Constant(True)):
                tests = [other if t is test else t for t in node.ifs]
                yield ast.comprehension(node.target, node.iter, tests, node.is_async)


def statements(node: ast.stmt, locals_: list[str]) -> Iterator[Any]:
    """Yield what may stand in the place of a statement."""
    yield [ast.Pass()]
    if isinstance(node, ast.If | ast.While):
        never = [ast.Constant(False)] if node.orelse else []  # else it is as if left out
        for test in (negated(node.test), ast.Constant(True), *never):
            other = deepcopy(node)
            other.test = test
            yield other
    elif isinstance(node, ast.Try):
        yield [*node.body, *node.finalbody]
    elif isinstance(node, ast.AugAssign):
        yield assigned(node.target, node.value)
    elif isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
        yield from (ast.Return(name(other)) for other in locals_ if other != node.value.id)
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        targets, values = node.targets[0].elts, getattr(node.value, "elts", [])
        for i in range(len(targets) if len(values) == len(targets) else 0):
            kept = [j for j in range(len(targets)) if j != i]
            yield [assigned(targets[j], values[j]) for j in kept]


def calls(node: ast.Call) -> Iterator[ast.expr]:
    """Yield what may stand in the place of a call."""
    called, arguments = node.func, node.args
    for others in swapped(arguments):
        yield ast.Call(called, others, node.keywords)
    if len(arguments) > 1:
        yield ast.Call(called, arguments[:-1], node.keywords)
    for i in range(len(node.keywords)):
        yield ast.Call(called, arguments, node.keywords[:i] + node.keywords[i + 1 :])
    if isinstance(called, ast.Attribute):
        if called.attr in TWINS:
            twin = ast.Attribute(called.value, TWINS[called.attr], called.ctx)
            yield ast.Call(twin, arguments, node.keywords)
        if not isinstance(called.value, ast.Name) or called.value.id not in ("np", "math"):
            yield called.value  # a transpose, a copy, a sum that is forgotten
        elif arguments and not isinstance(arguments[0], ast.Starred):
            yield arguments[0]
    elif isinstance(called, ast.Name):
        if called.id in TWINS:
            yield ast.Call(name(TWINS[called.id]), arguments, node.keywords)
        if arguments and not isinstance(arguments[0], ast.Starred):
            yield arguments[0]
        if called.id == "range":
            for i, argument in enumerate(arguments):
                for shifted in by_one(argument):
                    yield ast.Call(called, [*arguments[:i], shifted, *arguments[i + 1 :]], [])


def subscripts(node: ast.Subscript) -> Iterator[ast.expr]:
    """Yield what may stand in the place of a subscript."""
    if isinstance(node.ctx, ast.Load):
        yield node.value
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for i, part in enumerate(parts):
        for other in slices(part) if isinstance(part, ast.Slice) else by_one(part):
            whole = [*parts[:i], other, *parts[i + 1 :]]
            index = ast.Tuple(whole, ast.Load()) if len(whole) > 1 else other
            yield ast.Subscript(node.value, index, node.ctx)


def slices(node: ast.Slice) -> Iterator[ast.expr]:
    """Yield slices that begin or end elsewhere."""
    for field in ("lower", "upper", "step"):
        bound = getattr(node, field)
        if bound is not None:
            for other in (None, *(by_one(bound) if field != "step" else ())):
                yield ast.Slice(**{f: getattr(node, f) for f in node._fields} | {field: other})


def by_one(node: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression one more and one less; constants are changed as such."""
    if not isinstance(node, ast.Constant | ast.UnaryOp | ast.Slice | ast.Starred):
        for operator in (ast.Add(), ast.Sub()):
            yield ast.BinOp(node, operator, ast.Constant(1))


def numbers(value: Any) -> Iterator[ast.expr]:
    """Yield other constants in the place of one."""
    others: list[Any] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [value + 1, value - 1]
    elif isinstance(value, float):
        others = [2 * value, value / 2] if value else [1.0]
    elif isinstance(value, str) and "->" in value:  # of einsum: another axis is left
        before, _, after = value.partition("->")
        letters = [c for c in dict.fromkeys(before) if c.isalpha()]
        others = [f"{before}->{after.replace(c, d)}" for c in after for d in letters if c != d]
    yield from map(ast.Constant, others)


def swapped(parts: list[Any]) -> Iterator[list[Any]]:
    """Yield a list with two neighbours in each other's place."""
    for i in range(len(parts) - 1):
        yield [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]


def negated(test: ast.expr) -> ast.expr:
    """Return the opposite of a condition."""
    return ast.UnaryOp(ast.Not(), test)


def assigned(target: ast.expr, value: ast.expr) -> ast.Assign:
    """Return the statement that gives a name its value."""
    return ast.Assign([target], value, lineno=1)


def name(text: str) -> ast.Name:
    """Return a name that is read."""
    return ast.Name(text, ast.Load())
