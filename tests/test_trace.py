"""`grader trace`: it names the exercise that is at fault, and says why."""

import numpy as np
import pytest
from book_tools import copy_of_the_book, grader, reference_of

from grader import book, codec, record, scenario, subject
from grader.desk import calls
from grader.desk.calls import calls_in, first_difference
from grader.desk.trace import nothing_to_follow, recorded
from grader.judge import judge
from grader.record import Recorder
from grader.reference import on_shelf
from grader.session import Result
from grader.verdict import DONE, NOT_YET, TOO_SLOW, WAITS, WRONG, Verdict


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of_the_book(tmp_path_factory.mktemp("book"))


def trace(home, slug, source, name, **environment):
    (home / "exercises" / f"{slug}.py").write_text(source, encoding="utf-8")
    run = grader(home, "trace", name, **environment)
    assert not run.stderr
    return run.returncode, run.stdout


def mutant(slug, hole, words):
    """Return a reference with the mistake in this hole whose description has these words."""
    reference = reference_of(book.find_chapter(slug))
    found = [m for m in reference.mistakes if m.in_ == hole and words in m.why]
    return reference.mutant(found[0])


def test_a_wrong_exercise_is_named_when_another_calls_it(home):
    source = mutant("arrays", "one_hot", "rows and columns are swapped")
    code, said = trace(home, "arrays", source, "NearestMean.fit")
    assert code == 1 and "  Call 1 of one_hot, from line 2" in said
    assert "in NearestMean.fit:\n      Y = one_hot(y, self.classes_, X.dtype)" in said
    assert "        classes  [0  4  9]\n" in said
    assert "        yours    shape (3, 13)\n        wanted   shape (13, 3)\n" in said
    assert "Given the same, one_hot gives something else" in said
    assert said.endswith("Next: grader hint one_hot\n")


def test_what_was_given_something_else_is_not_blamed(home):
    source = mutant("logistic_regression", "LogisticRegression.fit", "where the last fit ended")
    code, said = trace(home, "logistic_regression", source, "LogisticRegression.fit", COLUMNS="50")
    words = " ".join(said.split())
    assert code == 1 and "Call 4 of log_loss_gradient, from line 189, in Logistic" in words
    assert "w differs already: yours [0.3373 -0.1885] wanted [0 0 ]" in words
    assert "the fault lies before it, in LogisticRegression.fit." in words
    assert said.endswith("Next: grader hint LogisticRegression.fit\n")
    assert max(map(len, said.splitlines())) <= 50


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DONE, "softmax passes its checks.\nNext: grader check chapter-07"),
        (NOT_YET, "softmax is not filled in yet.\nNext: grader hint softmax"),
        (WAITS, "softmax waits for sigmoid.\nNext: grader check sigmoid"),
        (TOO_SLOW, "softmax does not come to an end.\nNext: grader check softmax"),
        (WRONG, ""),
    ],
)
def test_what_cannot_be_followed_is_said(state, words):
    verdict = Verdict("", "softmax", "", state, waits_for="sigmoid")
    result = Result(book.find_chapter("logistic_regression"), {"softmax": [verdict]})
    failed = [] if state in (DONE, TOO_SLOW) else [verdict]
    assert nothing_to_follow("softmax", result, failed) == words


def test_a_file_that_cannot_be_read_and_a_name_that_is_not_there(home):
    code, said = trace(home, "logistic_regression", "def", "softmax")
    assert code == 1 and "line 1: " in said and said.endswith("Next: grader check chapter-07\n")
    run = grader(home, "trace", "sofmax")
    assert run.returncode == 2 and "Did you mean softmax" in run.stderr


def test_where_no_call_differs_that_is_said(home):
    source = mutant("autograd", "no_grad", "nothing is switched off")
    code, said = trace(home, "autograd", source, "no_grad")
    assert code == 1 and "nothing was found that the reference does otherwise" in " ".join(
        said.split()
    )
    assert said.endswith("Next: grader hint no_grad\n")


def record_on(reference, check, source):
    """Return the calls that one check makes on a source, in this process."""
    recorder = Recorder("theirs")
    with on_shelf(reference.chapter), np.errstate(all="ignore"):
        scenario.run(
            check,
            lambda: subject.load(source, "theirs", f"exercises.{reference.chapter.slug}"),
            reference.inputs(check)[0],
            reference.holes,
            "theirs",
            watch=recorder,
        )
    return calls_in(recorder.calls)


UNSEEN = ["no_grad", "sliding_windows"]  # what they do wrong is not in what they return


def test_of_every_exercise_a_mistake_is_traced_to_it(chapter):
    reference, blamed = reference_of(chapter), {}
    seen = [hole for hole in reference.holes if hole not in UNSEEN]
    for hole in seen:
        for mistake in [m for m in reference.mistakes if m.in_ == hole]:
            found = found_in(reference, reference.mutant(mistake), hole)
            if found:
                blamed[hole] = found.caller or hole if found.given else found.call.hole
                break
    assert blamed == {hole: hole for hole in seen}


def found_in(reference, source, hole):
    """Return what is found in the first check of a hole that fails, the other holes done."""
    for check in reference.checks.values():
        outcome = reference.run(check, source) if check.hole == hole else None
        if outcome and judge(check, outcome, reference).state != DONE:
            yours = record_on(reference, check, source)
            return first_difference(yours, recorded(reference, check), {*reference.holes} - {hole})
    return None


def test_a_function_that_an_exercise_made_is_followed():
    chapter = book.find_chapter("autograd")
    reference = reference_of(chapter)
    source = mutant("autograd", "Tensor.__mul__", "its own entries, not the other's")
    check = next(c for c in reference.checks.values() if c.hole == "Tensor.__mul__")
    wanted = recorded(reference, check)
    found = first_difference(record_on(reference, check, source), wanted, set())
    assert found.call.name == "the grad_fn that Tensor.__mul__ made" and not found.given


def test_calls_belong_together_within_calls_that_do():
    def call(hole, inside, ended, result, given=0):
        encoded = [codec.encode(given)]
        outcome = codec.encode(result), "", ended, encoded
        return calls.Call(hole, "", inside, 1, ["x"], encoded, *outcome)

    wanted = [call("fit", -1, 1, 1), call("slope", 0, 0, 5), call("fit", -1, 2, 2)]
    # the first fit takes one step too many: the second is not held against its rest
    yours = [call("fit", -1, 2, 7), call("slope", 0, 0, 5), call("slope", 0, 1, 6, 4)]
    found = first_difference(yours, wanted, set())
    assert found.call is yours[0] and found.difference.wanted == "1"
    assert found.counts == ["It called slope 2 times, the reference 1."]
    # what passes its own checks may do it another way, but is told if there is nothing else
    yours = [call("fit", -1, 1, 1), call("slope", 0, 0, 6)]
    assert first_difference(yours, wanted, {"slope"}).is_done
    assert not first_difference(yours, wanted, set()).is_done


def test_recording_is_bounded(monkeypatch):
    monkeypatch.setattr(record, "MOST_CALLS", 3)
    recorder = Recorder("theirs")
    double = recorder.watched("double", lambda x: 2 * x)
    assert [double(i) for i in range(5)] == [0, 2, 4, 6, 8]
    assert len(calls_in(recorder.calls)) == 3
    recorder = Recorder("theirs")
    recorder.room = 1000
    double = recorder.watched("double", lambda x: 2 * x)
    double(np.zeros(1000))
    assert double(1) == 2 and len(recorder.calls) == 1
    loop = []
    loop.append(loop)
    kept = codec.decode(recorder.kept(loop))
    assert kept == codec.Opaque("list too large to compare")


def test_what_a_worker_tells_is_only_looked_at_if_it_is_calls():
    recorder = Recorder("theirs")
    recorder.watched("f", lambda x: x)(1)
    (good,) = recorder.calls
    assert len(calls_in([good, good])) == 2
    for bad in (
        None,
        {},
        good | {"line": "1"},
        good | {"names": ["x", "y"]},
        good | {"names": [1]},
        good | {"before": [1]},
        good | {"inside": 5},
        good | {"more": 1},
    ):
        assert calls_in([bad, good]) == []
    told = calls_in([good | {"names": ["\x1b[31m"], "result": b"nonsense"}])
    assert "\x1b" not in told[0].names[0]
    assert calls.shown(calls.value_of(told[0].result)) == "a value that could not be recorded"
    assert calls.value_of(good["result"]) == 1
