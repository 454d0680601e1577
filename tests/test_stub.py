"""The exercise is the reference with its holes emptied; of checks, the worker gets half."""

import ast
import textwrap
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import scenario, stub
from grader.outline import LIMIT, Sketch, sketches, trimmed
from grader.stub import derive, holes

few = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def source(text):
    return textwrap.dedent(text).lstrip("\n")


def names(text):
    return [hole.name for hole in holes(text)]


def hole_of(text, name):
    return next(hole for hole in holes(text) if hole.name == name)


REFERENCE = source('''
    """A tensor, and what it learns from."""

    import math


    class Tensor:
        """A number that remembers where it came from."""

        def __init__(self, value):
            self.value = value  # kept as it is

        def __mul__(self, other):
            """Return the product."""
            out = Tensor(self.value * other.value)

            def backward():
                # your turn (stretch)
                # hint: the product rule
                self.grad = other.value * out.grad
                other.grad = self.value * out.grad

            out.backward = backward
            return out

        @staticmethod
        @functools.cache
        def zero():
            # your turn
            return Tensor(0.0)


    class Other:
        def zero(self):
            """Return another zero."""

            # your turn (warm-up)
            def inner():
                return 0

            return inner()


    async def later(x, *, wait=1.0):
        """Return x, later."""
        # your turn (core)
        await sleep(wait)
        return x


    END = math.pi  # what follows a hole stays
''')

EXERCISE = source('''
    """A tensor, and what it learns from."""

    import math


    class Tensor:
        """A number that remembers where it came from."""

        def __init__(self, value):
            self.value = value  # kept as it is

        def __mul__(self, other):
            """Return the product."""
            out = Tensor(self.value * other.value)

            def backward():
                # your turn (stretch)
                raise NotImplementedError("Tensor.__mul__.backward")

            out.backward = backward
            return out

        @staticmethod
        @functools.cache
        def zero():
            # your turn
            raise NotImplementedError("Tensor.zero")


    class Other:
        def zero(self):
            """Return another zero."""

            # your turn (warm-up)
            raise NotImplementedError("Other.zero")


    async def later(x, *, wait=1.0):
        """Return x, later."""
        # your turn (core)
        raise NotImplementedError("later")


    END = math.pi  # what follows a hole stays
''')


# The exercise


def test_every_hole_is_emptied_and_all_else_stays():
    assert derive(REFERENCE) == EXERCISE


def test_holes_stand_in_order_with_level_and_signature():
    assert [(hole.name, hole.level, hole.signature) for hole in holes(REFERENCE)] == [
        ("Tensor.__mul__.backward", "stretch", "()"),
        ("Tensor.zero", "core", "()"),
        ("Other.zero", "warm-up", "(self)"),
        ("later", "core", "(x, *, wait=1.0)"),
    ]


def test_a_hole_starts_with_the_first_decorator_and_ends_with_its_function():
    lines = REFERENCE.splitlines()
    hole = hole_of(REFERENCE, "Tensor.zero")
    assert lines[hole.start - 1].strip() == "@staticmethod"
    assert lines[hole.marker - 1].strip() == "# your turn"
    assert lines[hole.end - 1].strip() == "return Tensor(0.0)"


def test_a_source_without_holes_is_its_own_exercise():
    assert derive("X = 1") == "X = 1"
    assert derive("") == ""


BODIES = st.lists(
    st.sampled_from(
        [
            "x = 1",
            "if x:\n    return 2",
            '"""A text."""',
            "",
            "# why",
            "y = [\n    1,\n]",
            "return x",
        ]
    ),
    max_size=4,
).map(lambda parts: "\n".join([*parts, "return 0"]))
HEADERS = st.sampled_from(["def {}():", "async def {}(a, *b):", "@first\n@second(1)\ndef {}():"])


def indented(text):
    return textwrap.indent(text, "    ")


@st.composite
def modules(draw, depth=0, prefix=""):
    """Draw a source with holes, its exercise, and the names of the holes."""
    wholes, exercises, found = [], [], []
    for letter in draw(st.lists(st.sampled_from("abcd"), unique=True, min_size=1, max_size=3)):
        kind = draw(st.sampled_from(["plain", "hole", "class", "closure"]))
        if kind in ("class", "closure") and depth < 2:
            inner = draw(modules(depth + 1, f"{prefix}{letter}."))
            header = f"class {letter}:" if kind == "class" else f"def {letter}():"
            wholes.append(f"{header}\n{indented(inner[0])}\n    z = 0")
            exercises.append(f"{header}\n{indented(inner[1])}\n    z = 0")
            found += inner[2]
            continue
        above = draw(HEADERS).format(letter) + "\n" + indented(draw(BODIES))
        if kind == "hole":
            hints = draw(st.sampled_from(["", "    # hint: SECRET\n    # SECRET, too\n"]))
            wholes.append(f"{above}\n    # your turn\n{hints}{indented(draw(BODIES))}")
            found.append(prefix + letter)
            exercises.append(
                f'{above}\n    # your turn\n    raise NotImplementedError("{found[-1]}")'
            )
        else:
            wholes.append(above)
            exercises.append(above)
    between = draw(st.sampled_from(["\n", "\n\n\n", "\nBETWEEN = 1  # stays\n"]))
    return between.join(wholes), between.join(exercises), found


@few
@given(modules(), st.sampled_from(["", "\n", "\n\n# the end\n"]))
def test_any_source_keeps_every_byte_outside_its_holes(module, end):
    whole, exercise, found = module
    whole, exercise = whole + end, exercise + end
    assert names(whole) == found
    derived = derive(whole)
    assert derived.rstrip("\n") == exercise.rstrip("\n")
    assert "SECRET" not in derived
    compile(derived, "exercise", "exec")
    assert derive(derived) == derived
    assert names(derived) == found


def test_a_source_with_crlf_keeps_it_outside_its_holes():
    derived = derive(REFERENCE.replace("\n", "\r\n"))
    assert derived.replace("\r\n", "\n") == EXERCISE
    kept = [line for line in derived.splitlines(keepends=True) if "NotImplemented" not in line]
    assert all(line.endswith("\r\n") for line in kept)
    assert derive(derived) == derived


def test_a_file_without_a_final_newline_is_cut_like_any_other():
    text = "def f():\n    # your turn\n    return 1"
    assert derive(text) == 'def f():\n    # your turn\n    raise NotImplementedError("f")\n'


def test_an_empty_hole_says_its_name_when_it_is_called():
    module = types.ModuleType("exercise")
    exec(
        derive("class A:\n    def f(self):\n        # your turn\n        return 1\n"), vars(module)
    )
    with pytest.raises(NotImplementedError, match=r"^A\.f$"):
        module.A().f()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("X = 1\n# your turn\nY = 2\n", 2),
        ("class A:\n    # your turn (core)\n    x = 1\n", 2),
        ("def f():\n    return 1\n\n\n# your turn\n", 5),
    ],
)
def test_a_marker_outside_a_function_is_named_by_its_line(text, line):
    with pytest.raises(ValueError, match=rf"line {line}: .*outside a function"):
        derive(text)


@pytest.mark.parametrize(
    "comment",
    ["# it is your turn", "#your turn", "# hint: a", "x = 1  # yours"],
)
def test_other_comments_are_no_markers(comment):
    text = f"def f():\n    {comment}\n    return 1\n"
    assert derive(text) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def f():\n    # your turn (hard)\n    return 1\n", "line 2: write # your turn"),
        ("def f():\n    x = 1  # your turn\n    return x\n", "line 2: write # your turn"),
        (
            'def f():\n    """A.\n    # your turn\n    """\n    return 1\n',
            "line 3: .*no statement of f",
        ),
        ("def f(\n    x=(\n    # your turn\n    1),\n):\n    return x\n", "would not be Python"),
        (
            "def f():\n    for i in x:\n        # your turn\n        i\n    return 1\n",
            "line 3: .*no",
        ),
        ("def f():\n    # your turn\n    x = 1\n    # your turn\n    return x\n", "lies within"),
        (
            "def f():\n    # your turn\n    def g():\n        # your turn\n        return 1\n",
            "line 4: this hole lies within that of f",
        ),
    ],
)
def test_a_marker_that_would_show_an_answer_or_break_the_stub_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        derive(text)


def test_a_comment_below_the_answer_goes_with_it():
    text = "def f():\n    # your turn\n    return 1\n\n    # because one is one\n\n\n# next\n"
    assert derive(text) == (
        'def f():\n    # your turn\n    raise NotImplementedError("f")\n\n\n# next\n'
    )


def test_lines_are_counted_as_python_counts_them():
    text = 'X = "\x0c\u2028"\n\x0c\ndef f():\n    # your turn\n    return 1\n'
    assert derive(text).endswith('    # your turn\n    raise NotImplementedError("f")\n')


def test_an_empty_comment_line_does_not_end_the_hints():
    text = "def f():\n    # your turn\n    # hint: one\n    #\n    # hint: two\n    return 1\n"
    assert stub.hints(text, hole_of(text, "f")) == ["one", "two"]
    assert stub.answer(text, hole_of(text, "f")) == "    return 1\n"


# Hints and answers


HINTED = source('''
    def f(x):
        """Return twice x."""
        # your turn
        # hint: two times: that is
        # x and x again.
        # hint: x + x
        # hint: it's  `2 * x`
        y = 2 * x
        # hint: no hint, but a comment of the answer
        return y


    def g():
        # your turn
        return 1
''')


def test_a_hint_goes_on_over_comment_lines_and_ends_with_the_code():
    assert stub.hints(HINTED, hole_of(HINTED, "f")) == [
        "two times: that is x and x again.",
        "x + x",
        "it's  `2 * x`",
    ]


def test_a_hole_may_have_no_hints():
    assert stub.hints(HINTED, hole_of(HINTED, "g")) == []
    assert stub.hints(derive(HINTED), hole_of(derive(HINTED), "f")) == []


def test_the_answer_is_the_code_without_its_hints():
    assert stub.answer(HINTED, hole_of(HINTED, "f")) == (
        "    y = 2 * x\n    # hint: no hint, but a comment of the answer\n    return y\n"
    )
    assert stub.answer(derive(HINTED), hole_of(derive(HINTED), "g")) == (
        '    raise NotImplementedError("g")\n'
    )


@pytest.mark.parametrize("name", ["f", "g"])
def test_another_answer_takes_the_place_of_the_code_alone(name):
    hole = hole_of(HINTED, name)
    assert stub.with_answer(HINTED, hole, stub.answer(HINTED, hole)) == HINTED
    other = stub.with_answer(HINTED, hole, "    return 7\n")
    assert stub.answer(other, hole_of(other, name)) == "    return 7\n"
    assert stub.hints(other, hole_of(other, name)) == stub.hints(HINTED, hole)
    assert derive(other) == derive(HINTED)


def test_functions_that_say_they_work_in_place_may_change_their_arguments():
    text = 'def a(x):\n    """Sort x in place."""\n\n\ndef b(x):\n    """Sort a copy."""\n'
    assert stub.changing(text) == ["a"]


# What the worker gets of the checks


CHECKS = source('''
    """Checks."""

    import numpy as np

    from grader import Mistake, accuracy_at_least, check, exactly


    def helper(code):
        return code.f


    def drawn(rng):
        """Draw what the scenario gets, and what only the grader may know."""
        return {"x": 1}, "TRUSTED"


    @check("f")
    def plain(code):
        """it is plain

        The rest is for the author.
        """
        return helper(code)(1)


    @check("A.f", given=drawn, expect=accuracy_at_least(0.75), limit=0.5, forbids=["sys.exit"])
    def hidden(code, x):
        """it is hidden"""
        return code.f(x)


    @check("f", given=lambda rng: ({}, "TRUSTED"), expect=exactly)
    def silent(code):
        return 3


    MISTAKES = [Mistake("TRUSTED", in_="f", old="SECRET", new="")]
    EXPLAIN = [Explain("TASK", why="TRUSTED", causes={}, call=lambda code, x: code.f(x))]
    MORE: list = []
    MISTAKES: list = MISTAKES
    MISTAKES += MORE
''')


def test_a_sketch_tells_hole_sentence_and_limit():
    assert sketches(CHECKS) == [
        Sketch("plain", "f", "it is plain", LIMIT, is_given=False),
        Sketch("hidden", "A.f", "it is hidden", 0.5, is_given=True),
        Sketch("silent", "f", "", LIMIT, is_given=True),
    ]


@pytest.mark.parametrize(
    "secret",
    ["TRUSTED", "SECRET", "MISTAKES", "TASK", "EXPLAIN", "drawn", "given", "expect", "0.75"],
)
def test_what_only_the_grader_may_know_is_trimmed(secret):
    assert secret in CHECKS
    assert secret not in trimmed(CHECKS)


def test_trimmed_checks_load_and_run_with_their_limits():
    module = scenario.load_checks(trimmed(CHECKS), "checks", "trimmed")
    plain, hidden, silent = scenario.checks_in(module)
    code = types.SimpleNamespace(f=lambda x: x + 1)
    assert plain.scenario(code) == 2
    assert hidden.scenario(code, x=5) == 6
    assert silent.scenario(code) == 3
    assert [(check.limit, check.forbids) for check in (plain, hidden)] == [
        (LIMIT, ()),
        (0.5, ("sys.exit",)),
    ]


def test_trimming_twice_changes_nothing_more():
    assert trimmed(trimmed(CHECKS)) == trimmed(CHECKS)


def test_trimmed_checks_keep_their_ids_holes_and_limits():
    def kept(text):
        return [(s.id, s.hole, s.sentence, s.limit) for s in sketches(text)]

    assert kept(trimmed(CHECKS)) == kept(CHECKS)
    assert [node.name for node in ast.parse(trimmed(CHECKS)).body if hasattr(node, "name")] == [
        "helper",
        "plain",
        "hidden",
        "silent",
    ]
