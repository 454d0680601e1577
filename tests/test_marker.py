"""One submission after the other, as a class is marked: fairly, and each for itself."""

import secrets
from textwrap import indent

import pytest

from grader import book, stub, systems
from grader.classroom import marker as module
from grader.classroom.marker import Marker
from grader.reference import Reference
from grader.verdict import DONE, NOT_YET, TOO_SLOW, WRONG

pytestmark = pytest.mark.skipif(not systems.has("fork"), reason="a class is marked on Linux")

CHAPTER = book.find_chapter("logistic_regression")
RIGHT = CHAPTER.source


@pytest.fixture(scope="module")
def marker():
    made = Marker(CHAPTER, secrets.randbits(128))
    yield made
    made.close()


def states(record):
    return {exercise["name"]: exercise["state"] for exercise in record["exercises"]}


def checks(record, name):
    (found,) = [e["checks"] for e in record["exercises"] if e["name"] == name]
    return {check["check"]: check for check in found}


def changed(name, begin="", answer=None):
    """Return the reference with lines before one answer, or another answer."""
    hole = next(h for h in stub.holes(RIGHT) if h.name == name)
    old = stub.answer(RIGHT, hole)
    margin = " " * (len(old) - len(old.lstrip()))
    new = indent(begin, margin) + (old if answer is None else indent(answer, margin))
    return stub.with_answer(RIGHT, hole, new)


def test_the_reference_has_every_point(marker):
    record = marker.mark(RIGHT.encode())
    assert set(states(record).values()) == {DONE}
    assert record["points"] == record["of"] == 16
    assert record["obstacle"] is None and record["problem"] == ""
    assert record["cpu"] > 0 and record["memory"] > 1 << 20
    assert "limits" in record["sandbox"]


def test_the_untouched_exercise_has_none(marker):
    record = marker.mark(stub.derive(RIGHT).encode())
    assert set(states(record).values()) == {NOT_YET}
    assert record["points"] == 0


def test_only_what_was_asked_for_is_marked_and_counts():
    made = Marker(CHAPTER, secrets.randbits(128), only=["softmax", "sigmoid"])
    try:
        record = made.mark(RIGHT.encode())
    finally:
        made.close()
    assert states(record) == {"sigmoid": DONE, "softmax": DONE}
    assert (record["points"], record["of"]) == (3, 3)


def test_a_known_mistake_is_named_with_what_was_given(marker):
    reference = Reference(CHAPTER, kept=False)
    mistake = next(m for m in reference.mistakes if m.in_ == "log_loss_gradient")
    record = marker.mark(reference.mutant(mistake).encode())
    bad = [c for c in checks(record, "log_loss_gradient").values() if c["state"] == WRONG]
    assert bad and all(mistake.why in check["diagnosis"] for check in bad)
    assert any(name == "X" for check in bad for name, _ in check["given"])


def test_what_one_exercise_leaves_behind_fails_no_other(marker):
    """In company softmax is wrong; alone, as `grader check` runs it, it is right."""
    leave = "import builtins\nbuiltins.was_here = True\n"
    source = changed("sigmoid", leave)
    suffer = "import builtins\nif hasattr(builtins, 'was_here'):\n    return scores * 0 + 7\n"
    hole = next(h for h in stub.holes(source) if h.name == "softmax")
    assert "scores" in hole.signature or "z" in hole.signature
    first = hole.signature.strip("()").partition(":")[0].partition(",")[0].strip()
    old = stub.answer(source, hole)
    margin = " " * (len(old) - len(old.lstrip()))
    spoilt = indent(suffer.replace("scores", first), margin) + old
    record = marker.mark(stub.with_answer(source, hole, spoilt).encode())
    assert states(record)["sigmoid"] == states(record)["softmax"] == DONE


def test_a_wrong_answer_of_no_known_kind_is_told_with_what_was_given(marker):
    record = marker.mark(changed("sigmoid", answer="return z * 0 + 0.123\n").encode())
    bad = [c for c in checks(record, "sigmoid").values() if c["state"] == WRONG]
    assert bad and all(check["given"] for check in bad)
    assert record["points"] < record["of"]


def test_what_one_submission_printed_is_not_told_to_the_next(marker):
    for word in ("first", "second"):
        source = changed("sigmoid", f"print('{word}')\n", "return z\n")
        told = {c.get("printed") for c in checks(marker.mark(source.encode()), "sigmoid").values()}
        assert {text.strip().splitlines()[0] for text in told} == {word}


def test_an_endless_loop_costs_its_limit_and_nothing_else(marker):
    record = marker.mark(changed("softmax", "while True:\n    pass\n").encode())
    found = states(record)
    assert found["softmax"] == TOO_SLOW and found["sigmoid"] == DONE
    slow = [c for c in checks(record, "softmax").values() if c.get("frames")]
    assert slow and slow[0]["frames"][0]["text"] in ("while True:", "pass")
    assert record["seconds"] < 15


def test_a_submission_has_so_much_time_and_no_more(marker, monkeypatch):
    monkeypatch.setattr(module, "MOST_SECONDS", 0.0)
    record = marker.mark(RIGHT.encode())
    errors = {c["error"] for e in record["exercises"] for c in e["checks"]}
    assert record["points"] == 0
    assert errors == {f"not run: {module.OVER}", "the same again"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"def f(:\n", "line 1"),
        (b"\xff\xfe1", "UTF-16"),
        (b"x = 1\n" * 300_000, "is larger than"),
        (b"import os\nos._exit(0)\n", "cannot be loaded"),
    ],
)
def test_a_file_that_cannot_be_checked_is_told_why(marker, data, says):
    record = marker.mark(data)
    assert says in record["obstacle"]["sentence"]
    assert record["points"] == 0 and set(states(record).values()) == {NOT_YET}


def test_the_seed_changes_the_inputs_and_not_the_marks(marker):
    reference = Reference(CHAPTER, kept=False)
    sources = [reference.mutant(mistake) for mistake in reference.mistakes[::9]] + [RIGHT]
    other = Marker(CHAPTER, secrets.randbits(128))
    try:
        for source in sources:
            mine, theirs = (made.mark(source.encode()) for made in (marker, other))
            assert states(mine) == states(theirs)
        check = next(c for c in reference.checks.values() if not c.given and "rng" in c.arguments)
        assert marker.request(check.id, False) != other.request(check.id, False)
    finally:
        other.close()
