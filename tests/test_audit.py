"""The audit: mutants are what they should be, and nothing that is wrong goes unsaid."""

import json
import re
import signal
from dataclasses import replace
from textwrap import dedent

import numpy as np
import pytest
from book_tools import copy_of_the_book, grader

from grader import book, command, stub, systems
from grader.audit import apart, scores
from grader.audit import audit as audit_command
from grader.audit.apart import Late, all_of
from grader.audit.graft import graft
from grader.audit.mutants import mutants
from grader.audit.scores import Figures, HoleFigures, Share
from grader.audit.strictness import Strictness, idle, second_solution
from grader.audit.trial import NOTHING, Answers, Zeros, refusal
from grader.problems import Fault, Misuse

needs_fork = pytest.mark.skipif(not systems.has("fork"), reason="nothing is ended without fork")

SMALL = '''\
import numpy as np


def f(x, n=1, keep=False):
    """Do something."""
    x = np.asarray(x)
    # your turn (core)
    # hint: One.
    total = -x.T.sum(axis=0, keepdims=False)
    for i in range(n):
        if n > 1 and not keep:
            total[i] += 2 * x[i:, 0]
        else:
            continue
    first, last = min(total), 0.5
    low = np.where(total < last, first / last, np.einsum("ij->i", x))
    return low
'''
(HOLE,) = stub.holes(SMALL)


@pytest.mark.parametrize(
    "after",
    [
        "total = x.T.sum(axis=0, keepdims=False)",  # a sign
        "total = -x.sum(axis=0, keepdims=False)",  # a transpose
        "total = -x.T.mean(axis=0, keepdims=False)",
        "total = -x.T.sum(axis=1, keepdims=False)",
        "total = -x.T.sum(axis=None, keepdims=False)",
        "total = -x.T.sum(axis=0, keepdims=True)",
        "total = -x.T.sum(keepdims=False)",
        "for i in range(n + 1):",
        "for i in range(n - 1):",
        "for i in range(n):  one round only",
        "if n >= 1 and (not keep):",
        "if n > 2 and (not keep):",
        "if n > 1 or not keep:",
        "if n > 1 and keep:",
        "if n > 1:",
        "if not (n > 1 and (not keep)):",
        "if True:",
        "if False:",
        "break",
        "total[i] -= 2 * x[i:, 0]",
        "total[i] = 2 * x[i:, 0]",
        "total[i + 1] += 2 * x[i:, 0]",
        "total[i] += 3 * x[i:, 0]",
        "total[i] += 2 / x[i:, 0]",
        "total[i] += 2 * x[i + 1:, 0]",
        "total[i] += 2 * x[:, 0]",
        "total[i] += 2 * x[i:, 1]",
        "total[i] += 2 * x[0, i:]",
        "first, last = (max(total), 0.5)",
        "first, last = (min(total), 1.0)",
        "first, last = (0.5, min(total))",
        "first = min(total)",
        "low = np.where(total > last, first / last, np.einsum('ij->i', x))",
        "low = np.where(total < last, last / first, np.einsum('ij->i', x))",
        "low = np.where(total < last, np.einsum('ij->i', x), first / last)",
        "low = np.where(total < last, first / last, np.einsum('ij->j', x))",
        "return total",
        "(left out)",
    ],
)
def test_a_mutant_has_one_small_thing_wrong(after):
    assert after in {mutant.after for mutant in mutants(SMALL, HOLE)}


def test_a_mutant_is_python_differs_from_the_others_and_names_its_line():
    found = mutants(SMALL, HOLE)
    assert len({mutant.source for mutant in found}) == len(found) > 60
    for mutant in found:
        line = SMALL.splitlines()[mutant.line - 1].strip()
        assert re.sub(r"[\s()'\"]", "", mutant.before) == re.sub(r"[\s()'\"]", "", line)
        assert mutant.before != mutant.after
        compile(mutant.source, "", "exec")
        assert mutant.source.partition("# your turn")[0] == SMALL.partition("# your turn")[0]


def test_a_mutant_that_compiles_to_the_reference_is_none():
    source = dedent("""\
        def f(a):
            # your turn
            # hint: One.
            return max(a, a)
    """)
    (hole,) = stub.holes(source)
    assert [mutant.after for mutant in mutants(source, hole)] == [
        "(left out)",
        "return max(a)",
        "return min(a, a)",
        "return a",
    ]  # and not with its arguments exchanged


def test_idle_answers_are_those_of_a_method_too():
    lines = [line for line, _ in idle(SMALL, HOLE)]
    assert lines == ["pass", "return 0", "return 1", 'return ""', "return True", "return x"]
    arrays = book.find_chapter("arrays")
    fit = next(h for h in stub.holes(arrays.source) if h.name == "NearestMean.fit")
    found = dict(idle(arrays.source, fit))
    assert list(found)[-2:] == ["return self", "return X"]
    assert all(compile(source, "", "exec") for source in found.values())


def test_what_stands_within_a_function_of_the_other_way_comes_along_once():
    other = "def f(x, n=1, keep=False):\n    def g():\n        return 5\n\n    return g()\n"
    grafted = graft(SMALL, other)
    assert grafted.count("def g()") == 1
    names: dict = {}
    exec(compile(grafted, "", "exec"), names)
    assert names["f"](0) == 5


def test_zeros_take_the_shape_of_the_answer():
    zeros = Zeros(SMALL, "f")
    table, count, name, flag = zeros.of((np.ones((2, 3), np.float32), 7, "a name", True))
    assert table.shape == (2, 3) and table.dtype == np.float32 and not table.any()
    assert (count, name, flag, zeros.any) == (0, "a name", False, True)


CHAPTER = book.find_chapter("logistic_regression")


@pytest.fixture(scope="module")
def answers():
    return Answers(CHAPTER)


def with_sigmoid(*lines):
    hole = next(h for h in stub.holes(CHAPTER.source) if h.name == "sigmoid")
    return stub.with_answer(CHAPTER.source, hole, "".join(f"    {line}\n" for line in lines))


def quick(answers, limit=0.3):
    """Return the checks of the sigmoid with a limit that a test can wait for."""
    return [replace(check, limit=limit) for check in answers.of("sigmoid")]


def test_a_trial_says_what_a_learner_would_be_told(answers):
    checks = answers.of("sigmoid")
    assert refusal(answers, CHAPTER.source, checks) is None
    assert refusal(answers, stub.derive(CHAPTER.source), checks) == ("extremes", "not yet")
    assert refusal(answers, with_sigmoid("return z"), checks) == ("extremes", "wrong")
    assert refusal(answers, CHAPTER.source, checks, zeroed="sigmoid") == ("extremes", "wrong")


def test_a_function_that_changes_its_argument_is_refused(answers):
    hole = next(h for h in stub.holes(CHAPTER.source) if h.name == "log_loss_gradient")
    old = stub.answer(CHAPTER.source, hole)
    source = stub.with_answer(CHAPTER.source, hole, "    w *= 1.5\n    w /= 2\n" + old)
    assert refusal(answers, source, answers.of(hole.name)) is not None


@needs_fork
def test_what_never_ends_and_what_eats_all_memory_is_refused_and_stops_nobody(answers):
    def tried(*lines):
        return lambda: refusal(answers, with_sigmoid(*lines), quick(answers))

    jobs = [
        tried("while True:", "    pass"),
        tried("return np.ones((1 << 20, 1 << 16))"),
        tried("import os", "os._exit(3)"),
        tried("e = np.exp(-np.abs(z))", "return np.where(z >= 0, 1, e) / (1 + e)"),
    ]
    results = dict(all_of(jobs))
    assert isinstance(results[0], Late)
    assert results[1] == ("extremes", "crashed")
    assert isinstance(results[2], Late)
    assert results[3] is None


@needs_fork
def test_a_child_that_only_waits_is_ended(monkeypatch):
    monkeypatch.setattr(apart, "DEAF", 0.5)
    ((number, result),) = all_of([signal.pause])
    assert number == 0 and isinstance(result, Late)


@needs_fork
def test_a_fault_of_the_audit_itself_is_told():
    with pytest.raises(Fault, match="ZeroDivisionError"):
        list(all_of([lambda: 1 / 0]))


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_without_fork_everything_still_ends(answers, monkeypatch, handler):
    """Also in the background of a shell script, which has Ctrl-C ignored."""
    monkeypatch.setenv("GRADER_WITHOUT", "fork")
    before = signal.signal(signal.SIGINT, handler)
    jobs = [
        lambda: refusal(answers, with_sigmoid("while True:", "    pass"), quick(answers)),
        lambda: refusal(answers, CHAPTER.source, quick(answers, limit=60)),
    ]
    try:
        assert dict(all_of(jobs)) == {0: ("extremes", "too slow"), 1: None}
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def audit():
    """Return the audit of a chapter as if all had gone well."""
    return Strictness(book.find_chapter("arrays"))


def results(audit, **others):
    """Return results as they should be, but for the first trial of each kind that is given."""
    right = {"stub": [], "right": [], "mistake": [], "idle": ("a_check", "wrong")}
    found = {}
    for number, trial in enumerate(audit.trials):
        listed = trial.mutant and trial.mutant.change in audit.listed
        found[number] = None if listed else right.get(trial.kind, ("a_check", "wrong"))
        if trial.kind in others and not listed:
            found[number] = others.pop(trial.kind)
    return found


def test_an_audit_where_all_is_right_finds_nothing(audit):
    audit.results = results(audit)
    assert list(audit.findings()) == []
    assert audit.figures().rejected_of_different == 1 > audit.figures().rejected > 0.95


@pytest.mark.parametrize(
    "kind, result, says",
    [
        ("stub", ["each_feature"], "The empty exercise passes each_feature."),
        ("right", ["the reference by each_feature"], "Refused with seed 0, though it is right"),
        ("mistake", [3, 4], "nothing refuses this mistake with seed 3, 4: mean and spread"),
        ("mistake", Late(), "a check does not end with this mistake: mean and spread"),
        ("idle", None, "standardize: nothing refuses `pass`."),
    ],
)
def test_what_is_wrong_is_said(audit, kind, result, says):
    audit.results = results(audit, **{kind: result})
    (found,) = audit.findings()
    assert says in found


def test_an_answer_without_a_number_is_not_counted_among_the_zeros(audit):
    audit.results = results(audit)
    before = audit.figures().share("idle").all
    audit.results = results(audit, idle=NOTHING)
    assert audit.figures().share("idle").all == before - 1
    assert list(audit.findings()) == []


def test_a_survivor_is_found_and_a_listed_one_that_is_refused_is_too(audit):
    audit.results = results(audit, mutant=None)
    (survivor,) = audit.findings()
    assert survivor.hole == "standardize" and survivor.after == "(left out)"
    audit.results = {
        n: result or ("a_check", "wrong") if audit.trials[n].mutant else result
        for n, result in results(audit).items()
    }
    found = list(audit.findings())
    assert len(found) == len(audit.listed) > 0
    assert all("no such mutant survives; take it out" in sentence for sentence in found)


def test_fewer_than_the_bar_is_said_whatever_is_listed(audit, monkeypatch):
    audit.results = {
        n: None if audit.trials[n].mutant and n % 10 == 0 else result
        for n, result in results(audit).items()
    }
    monkeypatch.setattr(
        audit, "listed", {t.mutant.change: "no harm" for t in audit.trials if t.mutant}
    )
    assert any("the bar is 95.0 %" in str(found) for found in audit.findings())


@pytest.mark.parametrize(
    "text, says",
    [
        ("[[survivor]\n", "is not TOML"),
        ('[[survivor]]\nhole = "f"\nbefore = "a"\nafter = "b"\n', "survivor 1 needs"),
        ('[[survivor]]\nhole = "f"\nbefore = "a"\nafter = "b"\nwhy = "c"\n' * 2, "listed twice"),
    ],
)
def test_a_list_that_cannot_be_read_is_called_that(text, says, tmp_path, monkeypatch):
    path = tmp_path / "arrays.toml"
    path.write_text(text)
    monkeypatch.setattr(scores, "survivors_of", lambda chapter: path)
    with pytest.raises(Misuse, match=says):
        scores.listed(book.find_chapter("arrays"))


def test_a_second_solution_that_cannot_be_read_is_called_that(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "ROOT", tmp_path)
    chapter = book.Chapter(98, "nothing")
    with pytest.raises(Misuse, match="other_ways/nothing.py is not there"):
        second_solution(chapter, SMALL)
    chapter.other_way.parent.mkdir(parents=True)
    chapter.other_way.write_text("\ndef f(:\n")
    with pytest.raises(Misuse, match="line 2: invalid syntax"):
        second_solution(chapter, SMALL)


def test_figures_are_kept_until_something_they_depend_on_changes(tmp_path, monkeypatch):
    root = copy_of_the_book(tmp_path)
    monkeypatch.setattr(scores, "ROOT", root)
    monkeypatch.setattr(book, "ROOT", root)
    monkeypatch.setattr(book, "PACKAGE", root / "grader")
    chapter = book.find_chapter("arrays")
    (root / "tests" / "other_ways").mkdir(parents=True)
    chapter.other_way.write_text("one")
    hole = HoleFigures(3, Share(2, 2), Share(7, 7), Share(20, 19), 1)
    figures = Figures({"f": hole}, 50, 1, 0, 0)
    scores.keep(chapter, figures)
    assert scores.kept(chapter) == figures
    for path in (
        chapter.solution,
        root / "solutions" / "inputs.py",
        chapter.checks,
        chapter.other_way,
        scores.survivors_of(chapter),
        root / "grader" / "audit" / "mutants.py",
    ):
        before = path.read_bytes() if path.exists() else b""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(before + b"\n# another version\n")
        assert scores.kept(chapter) is None, path
        if before:
            path.write_bytes(before)
        else:
            path.unlink()
        assert scores.kept(chapter) == figures


@pytest.mark.parametrize("share, text", [(1.0, "100 %"), (0.9999, "99.9 %"), (0.971, "97.1 %")])
def test_all_is_said_of_all_only(share, text):
    assert scores.percent(share) == text


TINY = '''\
"""Tiny: two numbers, and the mean square of many.

Throughout: a () and b () are numbers, many (n,) too.
"""


def larger(a, b):
    """Return the larger of two numbers."""
    # your turn (warm-up)
    # hint: One.
    # hint: Two.
    return max(a, b)


def mean(many):
    """Return the mean of the squares of many numbers."""
    # your turn (warm-up)
    # hint: One.
    # hint: Two.
    total = 0.0
    for x in many:
        total += x * x
    return total / len(many)
'''
TINY_CHECKS = '''\
"""Checks for tiny."""

from grader import Mistake, check


@check("larger")
def of_two(code, rng):
    """the larger one comes out"""
    return [code.larger(*rng.normal(size=2).tolist()) for _ in range(4)]


@check("mean")
def of_nothing(code):
    """of zeros it is zero"""
    return code.mean([0.0, 0.0])


MISTAKES = [Mistake("the smaller one is taken", in_="larger", old="max", new="min")]
'''
OTHER = """\
def larger(a, b):
    return sorted([a, b])[-1]


def mean(many):
    return sum(x**2 / len(many) for x in many)
"""
LISTED = """\
[[survivor]]
hole = "larger"
before = "return max(a, b)"
after = "return max(b, a)"
why = "The larger of two numbers does not depend on their order."
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Return a copy of the book with a small chapter whose checks are too mild."""
    root = copy_of_the_book(tmp_path_factory.mktemp("audited"))
    for name in ("other_ways", "survivors"):
        (root / "tests" / name).mkdir(parents=True)
    files = {
        "chapters/99-tiny.md": "# Tiny\n",
        "solutions/tiny.py": TINY,
        "grader/checks/tiny.py": TINY_CHECKS,
        "tests/other_ways/tiny.py": OTHER,
        "exercises/tiny.py": "",
    }
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_the_command_counts_shows_the_survivors_and_keeps_the_figures(tiny):
    run = grader(tiny, "audit", "tiny", "--json", "figures.json")
    assert run.returncode == 1, run.stderr
    assert re.search(r"^larger +1/1 +7/7 +5 +80.0 % +80.0 %$", run.stdout, re.M), run.stdout
    assert "mean: nothing refuses `return 0`." in run.stdout
    assert "larger: nothing refuses this, solutions/tiny.py, line 12:" in run.stdout
    assert "    - return max(a, b)\n    + return max(b, a)\n" in run.stdout
    assert "    - return total / len(many)\n    + return total * len(many)\n" in run.stdout
    assert "tests/survivors/tiny.toml" in run.stdout
    assert all(len(line) <= 80 for line in run.stdout.splitlines())
    figures = json.loads((tiny / "figures.json").read_text())["tiny"]
    assert figures == json.loads((tiny / "press" / "audit" / "tiny.json").read_text())
    assert figures["holes"]["larger"]["mutants"] == {"all": 5, "refused": 4}


@pytest.mark.parametrize("without", ["", "fork"])
def test_the_command_is_content_where_checks_are_strict_and_survivors_listed(tiny, without):
    strict = TINY_CHECKS.replace("code.mean([0.0, 0.0])", "code.mean([3.0, -0.5, 9.0])")
    (tiny / "grader" / "checks" / "tiny.py").write_text(strict)
    (tiny / "tests" / "survivors" / "tiny.toml").write_text(LISTED)
    run = grader(tiny, "audit", "tiny", GRADER_WITHOUT=without, COLUMNS="50")
    assert run.returncode == 0 and "✗" not in run.stdout, run.stdout + run.stderr
    assert "different 100 %" in run.stdout
    assert ("This system cannot fork" in run.stdout) == (without == "fork")
    assert all(len(line) <= 50 for line in run.stdout.splitlines())


def test_chapters_are_audited_by_name_and_one_that_is_not_there_stops_the_rest(monkeypatch):
    asked = []

    def examined(chapter, page):
        asked.append(chapter.slug)
        return Figures({}, 50, 0, 0, 0), []

    monkeypatch.setattr(audit_command, "examined", examined)
    assert command.run(["audit", "7", "arrays"]) == 0
    assert asked == ["logistic_regression", "arrays"]
    assert command.run(["audit", "7", "no_such_chapter"]) == 2
    assert command.run(["audit"]) == 0
    assert asked[2:] == [chapter.slug for chapter in book.chapters()]


def test_outside_a_clone_there_is_nothing_to_audit(monkeypatch, capsys):
    monkeypatch.setattr(book, "IS_CLONE", False)
    assert command.run(["audit"]) == 2
    assert "it works in a clone of the repository" in capsys.readouterr().err
