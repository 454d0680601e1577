"""Who wrote alike: copies are found, right answers that agree are not."""

import ast
import random
import time

import numpy as np
import pytest

from grader import book, stub
from grader.audit.graft import graft
from grader.classroom.fingerprints import RUN, WINDOW, runs, winnowed
from grader.classroom.similarity import similar

CHAPTER = book.find_chapter("naive_bayes")
RIGHT = CHAPTER.source
EMPTY = stub.derive(RIGHT)
OTHER = graft(EMPTY, CHAPTER.other_way.read_text(encoding="utf-8"))
SIGNS = "+ - * / % @".split()


def odd(seed):
    """Return a submission whose answers nobody else would write."""
    draw = random.Random(seed)
    source = RIGHT
    for hole in reversed(stub.holes(RIGHT)):
        margin = stub.empty(hole, stub.lines_of(RIGHT)).split("raise")[0]
        lines = [
            f"{margin}first = {draw.randrange(99)} {draw.choice(SIGNS)} len(second[{i}:]) "
            f"{draw.choice(SIGNS)} third.{draw.choice('abcdefgh')}({draw.randrange(99)})\n"
            for i in draw.sample(range(50), 4)
        ]
        source = stub.with_answer(source, hole, "".join(lines))
    return source


def renamed(source):
    return source.replace("first", "a").replace("second", "long_name").replace("third", "c")


def reordered(source):
    tree = ast.parse(source)
    tree.body.sort(key=lambda node: isinstance(node, ast.FunctionDef))
    return ast.unparse(tree)


def commented(source):
    return "\n".join(f"{x}  # mine" if "first" in x else x for x in source.split("\n"))


def swapped(source):
    class Swap(ast.NodeTransformer):
        def visit_BinOp(self, node):  # noqa: N802 - as ast calls it
            if isinstance(node.op, ast.Add | ast.Mult):
                node.left, node.right = node.right, node.left
            return node

    return ast.unparse(Swap().visit(ast.parse(source)))


def pairs(*submissions, **options):
    named = [(f"learner {i}", source) for i, source in enumerate(submissions)]
    return similar(lambda: named, CHAPTER, **options)


@pytest.mark.parametrize(
    "disguise", [str, renamed, reordered, commented, swapped, lambda s: ast.unparse(ast.parse(s))]
)
def test_a_copy_is_found_whatever_was_done_to_it(disguise):
    others = [odd(seed) for seed in range(10)]
    (pair,) = pairs(*others, disguise(others[3]))
    assert (pair["a"], pair["b"]) == ("learner 3", "learner 10")
    assert pair["share"] >= 0.6
    assert len(pair["blocks"]) == len(stub.holes(RIGHT))
    lines = others[3].split("\n")
    for block in pair["blocks"]:
        first, last = block["a"]
        assert block["a_text"] == "\n".join(lines[first - 1 : last])
        assert "len(" in block["b_text"]


def test_right_answers_are_nobodys():
    plain = [RIGHT, renamed(RIGHT), RIGHT + "\n# done\n", RIGHT.replace("    # your turn", "    #")]
    assert pairs(*plain) == []
    assert pairs(EMPTY, EMPTY, EMPTY + "\n") == []


def test_what_many_wrote_is_no_evidence():
    parts = [f"words.part{i}" for i in range(12)]
    varied = [OTHER.replace("words", part, 12) for part in parts]
    assert pairs(*varied) == []


def test_of_the_same_files_each_stands_once_beside_the_first():
    found = pairs(odd(1), *[odd(2)] * 5)
    assert [(p["a"], p["b"]) for p in found] == [("learner 1", f"learner {i}") for i in range(2, 6)]
    assert {p["share"] for p in found} == {1.0}
    assert found == pairs(odd(1), *[odd(2)] * 5)
    assert len(pairs(odd(1), *[odd(2)] * 5, most=2)) == 2


@pytest.mark.parametrize(
    "hostile",
    [
        "x = [" + "1," * 300_000 + "]",
        "x = " + "(" * 100_000,
        "def tokenize(text):\n    return " + "-" * 5_000 + "1",
        "def tokenize(text):\n    return '" + "\\'" * 400_000 + "'",
        "def tokenize(text):\n    " + "#" * 1_000_000 + '\n    """' + "\\\n" * 9_000 + '"""\n    x',
        "\0",
        "no python at all",
        "",
        "class tokenize: pass",
        "def tokenize(text):\n    '''only words'''",
        "x = '\ud800'",
    ],
    ids=range(11),
)
def test_hostile_text_ends_soon_and_hides_nobody(hostile):
    began = time.monotonic()
    (pair,) = pairs(hostile, odd(1), hostile + "\n#", renamed(odd(1)))
    assert (pair["a"], pair["b"]) == ("learner 1", "learner 3")
    assert time.monotonic() - began < 20


def test_of_a_window_of_runs_at_least_one_is_kept():
    draw = random.Random(0)
    tokens = np.array([draw.randrange(9) for _ in range(200)], np.uint64)
    every = runs("hole", tokens)
    kept = winnowed(every)
    assert len(every) == 200 - RUN + 1
    assert max(np.diff(kept)) <= WINDOW and kept[0] < WINDOW
    assert len(kept) < len(every)
    assert list(runs("other", tokens)) != list(every)
    assert len(winnowed(runs("hole", tokens[: RUN - 1]))) == 0
