"""What a learner wrote, brought into a newer exercise: above the markers ours, below theirs."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import stub
from grader.desk.merge import Unmergeable, merge

REFERENCE = '''\
"""Means: of numbers.

Sources: none.
"""

import numpy as np

from solutions.inputs import as_floats

SMALL = 1e-9


def center(x):
    """Return x without its mean."""
    x = as_floats(x, "x")
    # your turn (warm-up)
    # hint: What is subtracted?
    return x - x.mean()


def spread(x):
    """Return how far x is from its mean."""
    return np.abs(center(x)).mean()


class Model:
    """A mean that learns."""

    def fit(self, x):
        """Learn the mean."""
        # your turn (core)
        self.mean_ = x.mean()
        return self

    def predict(self, x):
        """Return the mean for each."""
        # your turn (core)
        return np.full(len(x), self.mean_)
'''
BASE = stub.derive(REFERENCE)
CENTER = '    mine = x.mean()\n\n    # a remark\n    return """\nx""" and x - mine\n'
FIT = "        self.mean_ = sum(x) / len(x)\n        return self\n"


def changed(source, *pairs):
    """Return a source with some texts in it replaced, each of which stands there once."""
    for old, new in pairs:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


def hollow(name, indent=4):
    return f'{" " * indent}raise NotImplementedError("{name}")\n'


MINE = changed(BASE, (hollow("center"), CENTER), (hollow("Model.fit", 8), FIT))
NEWER = stub.derive(
    changed(
        REFERENCE,
        ("Return x without its mean.", "Return x less its mean."),
        ("    return np.abs(center(x)).mean()", "    return np.sqrt((center(x) ** 2).mean())"),
        ('    """A mean that learns."""', '    """A mean that learns.\n\n    It forgets."""'),
        ("class Model", "def third(x):\n    # your turn (core)\n    return x\n\n\nclass Model"),
    )
)


@pytest.mark.parametrize("base", [BASE, None], ids=["base", "no base"])
def test_above_the_markers_it_is_the_book_s_and_below_theirs(base):
    got = merge(MINE, base, NEWER)
    assert got.text == changed(NEWER, (hollow("center"), CENTER), (hollow("Model.fit", 8), FIT))
    if base:
        assert got.said == []
    assert merge(got.text, NEWER, NEWER).text == got.text


BESIDE = {
    "an import": (("import numpy as np\n", "import math\nimport numpy as np\n"), "import math\n"),
    "a helper": (
        ("def spread(x):", "# mine\ndef helper(x):\n    return x\n\n\ndef spread(x):"),
        "# mine\ndef helper(x):\n    return x\n",
    ),
    "a method": (
        ("    def predict(", "    def twice(self):\n        return 2\n\n    def predict("),
        "    def twice(self):\n        return 2\n",
    ),
    "a constant": (("SMALL = 1e-9\n", "SMALL = 1e-9\nLARGE = 1e9\n"), "LARGE = 1e9\n"),
    "a program": (
        (hollow("Model.predict", 8), hollow("Model.predict", 8) + "\n\nif True:\n    print(1)\n"),
        "if True:\n    print(1)\n",
    ),
}


@pytest.mark.parametrize("base", [BASE, None], ids=["base", "no base"])
@pytest.mark.parametrize("what", BESIDE)
def test_kept_beside_the_exercises_is(what, base):
    pair, lines = BESIDE[what]
    got = merge(changed(MINE, pair), base, NEWER)
    assert got.text.count(lines) == 1
    assert CENTER in got.text and FIT in got.text and "less its mean" in got.text
    tree = ast.parse(got.text)
    assert [node.name for node in tree.body if isinstance(node, ast.ClassDef)] == ["Model"]


def test_where_both_changed_the_same_lines_what_they_added_stays():
    mine = changed(MINE, ("SMALL = 1e-9\n", "SMALL = 1e-9\n\n\ndef helper():\n    return 1\n"))
    newer = changed(NEWER, ("SMALL = 1e-9\n", "SMALL = 1e-12\nTINY = 0\n"))
    text = merge(mine, BASE, newer).text
    assert "SMALL = 1e-12\nTINY = 0\n" in text and "1e-9" not in text
    assert text.count("def helper():\n    return 1\n") == 1


def test_a_remark_above_a_marker_stays_unless_the_book_changed_that_line():
    mine = changed(
        MINE,
        ("Return x without its mean.", "Return x without its mean. (easy)"),
        ('    """Learn the mean."""', '    """Learn the mean."""\n    # first this'),
    )
    got = merge(mine, BASE, NEWER)
    assert "(easy)" not in got.text and "    # first this\n" in got.text
    assert got.said == [
        "Lines beside the exercises that the book has changed, too, are now the book's."
    ]


def test_a_marker_that_was_taken_out_comes_back():
    mine = changed(BASE, ("    # your turn (warm-up)\n" + hollow("center"), CENTER))
    got = merge(mine, BASE, NEWER)
    assert got.text == changed(NEWER, (hollow("center"), CENTER))


def test_a_function_that_was_rewritten_whole_stays_as_it_is():
    whole = "def center(x):\n    return x - sum(x) / len(x)\n"
    given_one = BASE[BASE.index("def center") : BASE.index("\n\ndef spread")]
    got = merge(changed(BASE, (given_one, whole)), BASE, NEWER)
    assert whole in got.text and got.text.count("def center") == 1
    assert "grader reset center" in got.said[0]


def test_an_exercise_whose_signature_changed_is_told():
    newer = changed(NEWER, ("def center(x):", "def center(x, axis=0):"))
    got = merge(MINE, BASE, newer)
    assert "def center(x, axis=0):" in got.text and CENTER in got.text
    assert got.said == ["center takes (x, axis=0) now; you wrote it for (x)."]


@pytest.mark.parametrize("base", [BASE, None], ids=["base", "no base"])
def test_an_exercise_that_was_renamed_or_removed_is_kept_and_told(base):
    newer = stub.derive(changed(REFERENCE, ("def center(x):", "def centre(x):")))
    got = merge(MINE, base, newer)
    assert CENTER in got.text and hollow("centre") in got.text
    assert "center is no exercise any more; yours is left in the file." in got.said
    without = REFERENCE[: REFERENCE.index("    def fit")] + "    rate = 1\n"
    got = merge(MINE, base, stub.derive(without))
    assert FIT in got.text and CENTER in got.text
    ast.parse(got.text)


def test_a_class_that_went_away_is_told():
    got = merge(MINE, BASE, stub.derive(REFERENCE[: REFERENCE.index("class Model")]))
    assert "Model.fit is in this chapter no more; what you wrote is in the copy alone." in got.said


def test_an_exercise_that_is_given_now_is_told():
    newer = stub.derive(REFERENCE.replace("    # your turn (warm-up)\n    # hint", "    # see"))
    got = merge(MINE, BASE, newer)
    assert "    return x - x.mean()\n" in got.text
    assert "center is given now; what you wrote is in the copy alone." in got.said


def test_an_exercise_that_stands_further_in_takes_its_lines_along():
    newer = "try:\n" + "".join(f"    {line}\n" if line else "\n" for line in BASE.splitlines())
    newer += "finally:\n    pass\n"
    got = merge(MINE, BASE, newer)
    assert stub.definitions(ast.parse(got.text)).keys() == HOLES.keys() | {"spread", "Model"}
    assert "            self.mean_ = sum(x) / len(x)\n            return self\n" in got.text


def test_functions_in_another_order_are_not_doubled():
    fit = BASE[BASE.index("    def fit") : BASE.index("    def predict")]
    mine = (
        changed(BASE, (fit, ""))
        + "\n"
        + fit.rstrip("\n").replace(hollow("Model.fit", 8).rstrip(), FIT)
    )
    newer = changed(NEWER, ("Learn the mean.", "Learn the mean of x."))
    text = merge(mine, BASE, newer).text
    assert text.count("def fit(") == 1 and FIT.strip() in text and "mean of x" in text


def test_a_file_in_another_indentation_is_read_where_it_can_be():
    """Two spaces in place of four: the exercises can be brought over, a method cannot."""
    two = "\n".join(
        " " * ((len(line) - len(line.lstrip())) // 2) + line.lstrip() for line in BASE.split("\n")
    )
    mine = changed(two, (hollow("center", 2), "  if x.size:\n    return x - x.mean()\n"))
    text = merge(mine, BASE, NEWER).text
    assert "    if x.size:\n      return x - x.mean()\n" in text and "less its mean" in text
    with pytest.raises(Unmergeable):
        merge(mine + "\n  def own(self):\n    return 1\n", BASE, NEWER)


def test_a_whole_function_takes_its_lines_along_too():
    newer = "try:\n" + "".join(f"    {line}\n" if line else "\n" for line in BASE.splitlines())
    given_one = BASE[BASE.index("def center") : BASE.index("\n\ndef spread")]
    mine = changed(BASE, (given_one, "def center(x):\n    return x - 1\n"))
    text = merge(mine, BASE, f"{newer}finally:\n    pass\n").text
    assert "    def center(x):\n        return x - 1\n" in text


LINES = st.sampled_from(
    ["y = 1", "# a remark", "", "for i in x:\n    pass", "def inner():\n    return 1"]
)
BODY = st.lists(LINES, min_size=1, max_size=4).map(lambda lines: "\n".join([*lines, "return x"]))
HELPER = "def helper{}(x):\n    return {}\n\n\n"
HOLES = {hole.name: hole for hole in stub.holes(BASE)}
PLACES = ["import numpy as np\n", "SMALL =", "def center", "def spread", "class Model"]
BOOKS = [
    ("Return x without its mean.", "Return x less its mean."),
    ("import numpy as np\n", "import itertools\n\nimport numpy as np\n"),
    ("SMALL = 1e-9\n", ""),
    ("def spread(x):", "def other(x):\n    # your turn (core)\n    return x\n\n\ndef spread(x):"),
    ("def center(x):", "def center(x, w=None):"),
    ("    def fit(self, x):", "    def score(self, x):\n        return 1\n\n    def fit(self, x):"),
    (
        '    """Return the mean for each."""',
        '    """Return the mean.\n\n        For each.\n        """\n        z = 1',
    ),
    ("    return np.abs(center(x)).mean()\n", "    return np.abs(x)\n"),
]


@settings(max_examples=150, deadline=None)
@given(
    bodies=st.dictionaries(st.sampled_from(list(HOLES)), BODY),
    helpers=st.lists(st.sampled_from(PLACES), unique=True),
    edits=st.lists(st.sampled_from(BOOKS), unique=True),
    knows_base=st.booleans(),
)
def test_nothing_of_theirs_is_lost_whatever_the_book_changed(bodies, helpers, edits, knows_base):
    mine, newer = BASE, stub.derive(changed(REFERENCE, *edits))
    theirs = []
    for name, body in bodies.items():
        indent = " " * (4 if name == "center" else 8)
        code = "".join(f"{indent}{line}\n" if line else "\n" for line in body.split("\n"))
        mine = changed(mine, (hollow(name, len(indent)), code))
        theirs.append(code)
    for number, where in enumerate(helpers):
        mine = changed(mine, (where, HELPER.format(number, number) + where))
        theirs.append(HELPER.format(number, number).strip())
    got = merge(mine, BASE if knows_base else None, newer)
    assert all(code in got.text for code in theirs)
    there = stub.definitions(ast.parse(got.text))
    assert stub.definitions(ast.parse(newer)).keys() <= there.keys()
    for name, body in bodies.items():
        assert body.split("\n")[-1] in ast.get_source_segment(got.text, there[name])
    assert merge(got.text, newer, newer).text == got.text  # twice changes nothing more
    if not helpers:
        above = [line for line in newer.splitlines() if "NotImplementedError" not in line]
        assert set(above) <= set(got.text.splitlines())
