"""The shapes in the docstrings are true: replay the checks, and unify."""

import functools
import inspect
import re
import types

import numpy as np
from book_tools import reference_of

from grader import scenario, stub, subject
from grader.reference import on_shelf

SECTION = re.compile(r"^(\w+)\n-+\n", re.M)
ENTRY = re.compile(r"^(\w+) : (?:array|tensor), shape \(([^)]*)\)", re.M)


def documented(docstring, section):
    """Return [(name, shape)] of the arrays and tensors in one section."""
    parts = SECTION.split(inspect.cleandoc(docstring or ""))
    text = dict(zip(parts[1::2], parts[2::2], strict=True)).get(section, "")
    return ENTRY.findall(text)


def entries(docstring, section):
    """Return the names of everything in one section, arrays or not."""
    parts = SECTION.split(inspect.cleandoc(docstring or ""))
    text = dict(zip(parts[1::2], parts[2::2], strict=True)).get(section, "")
    return re.findall(r"^(\w+) : ", text, re.M)


def unify(shape, actual, sizes, where):
    """Bind the letters of a shape to the sizes seen, or fail where they clash."""
    letters = [letter.strip() for letter in shape.split(",") if letter.strip()]
    if letters[:1] == ["..."]:
        letters = letters[1:]
        actual = actual[len(actual) - len(letters) :]
    assert len(letters) == len(actual), f"{where}: ({shape}) is not {actual}"
    for letter, size in zip(letters, actual, strict=True):
        if letter.isidentifier():
            assert sizes.setdefault(letter, size) == size, (
                f"{where}: {letter} is {sizes[letter]} and {size}"
            )
        else:
            assert eval(letter, {}, dict(sizes)) == size, f"{where}: {letter} is not {size}"


def check_call(name, function, args, kwargs, result):
    bound = inspect.signature(function).bind(*args, **kwargs).arguments
    sizes = {k: v for k, v in bound.items() if type(v) is int}
    for parameter, shape in documented(function.__doc__, "Parameters"):
        if parameter in bound:
            unify(shape, np.shape(bound[parameter]), sizes, f"{name}({parameter})")
    returned = entries(function.__doc__, "Returns")
    if not returned:
        return False
    values = result if len(returned) > 1 else (result,)
    shapes = dict(documented(function.__doc__, "Returns"))
    for entry, value in zip(returned, values, strict=True):
        if entry in shapes:
            unify(shapes[entry], np.shape(value), sizes, f"{entry} of {name}")
    return bool(shapes)


def spied(name, function, seen):
    @functools.wraps(function)
    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        if check_call(name, function, args, kwargs, result):
            seen.add(name)
        return result

    return call


def test_documented_shapes_are_true(chapter):
    reference, seen = reference_of(chapter), set()
    with on_shelf(chapter), np.errstate(all="ignore"):
        for check in reference.checks.values():
            code = subject.load(chapter.source, f"shapes of {chapter.slug}", "shapes")
            for name in stub.definitions(stub.parsed(chapter.source)):
                owner = code
                *path, last = name.split(".")
                for part in path:
                    owner = getattr(owner, part)
                if isinstance(vars(owner).get(last), types.FunctionType):
                    setattr(owner, last, spied(name, vars(owner)[last], seen))
            try:
                check.scenario(code, **scenario.draw(check, 0)[0])
            except (RuntimeError, ValueError):
                assert hasattr(check.expect, "wants_error"), check.id
    holes = {hole.name for hole in stub.holes(chapter.source)}
    with_shapes = {
        name
        for name, node in stub.definitions(stub.parsed(chapter.source)).items()
        if name in holes and documented(inspect.cleandoc(stub_doc(node)), "Returns")
    }
    assert with_shapes <= seen, f"no check calls {with_shapes - seen}"


def stub_doc(node):
    import ast

    return ast.get_docstring(node) or ""
