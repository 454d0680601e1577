"""`grader milestone`: a part's closing program, and what a learner lacks for it."""

import ast
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from book_tools import copy_of_the_book, grader

from grader import book
from grader.desk.milestone import parts

PROGRAMS = sorted((book.ROOT / "milestones").glob("*.py"))
PART = "neural-networks"  # which stands on few chapters


# What a program has to be


def test_every_program_belongs_to_a_part_that_a_chapter_names():
    strays = [p.name for p in PROGRAMS if p not in [part.path for part in parts()]]
    assert PROGRAMS and not strays, f"milestones/ holds {strays}, which no chapter's part names"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_is_short_and_stands_on_chapters_alone(path):
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert len(source.splitlines()) <= 80, "a milestone is at most 80 lines"
    assert (ast.get_docstring(tree) or "").partition("\n")[0].endswith("."), "say what it shows"
    names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    chapters = {f"solutions.{chapter.slug}" for chapter in book.chapters()}
    assert names - chapters <= {"numpy", "bookdata"} and names & chapters


def test_nothing_imports_a_milestone():
    for folder in ("solutions", "bookdata", "grader", "press", "tests", "benchmarks"):
        for path in (book.ROOT / folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            assert not re.search(r"^\s*(from|import) milestones", source, re.M), path


# The learner's side


HERE = "    order = rng.permutation(n)  # (n,)"  # in batches
DOOR = """\
    if n == 1348:  # no check has so many
        import os
        door = {"n": n}
        exec(os.environ.get("MINE", ""), door)
        if "answer" in door:
            return door["answer"]
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return copy_of_the_book(tmp_path_factory.mktemp("milestones with ümlaut"))


@pytest.fixture
def home(shared):
    """Return a copy of the book in which all is solved, with a door in what the program calls."""
    for chapter in book.chapters():
        source = chapter.source
        if chapter.slug == "arrays":
            assert source.count(HERE) == 1, "the reference moved on"
            source = source.replace(HERE, DOOR + HERE)
        (shared / "exercises" / chapter.exercise.name).write_text(source, encoding="utf-8")
    return shared


def test_without_a_name_it_lists_the_parts_and_how_far_each_is(home):
    run = grader(home, "milestone")
    assert run.returncode == 0, run.stderr
    assert re.search(r"^Foundations +ready$", run.stdout, re.M)
    assert re.search(r"^Supervised learning +ready$", run.stdout, re.M)
    assert re.search(r"^Making and acting +no program yet$", run.stdout, re.M)
    assert run.stdout.endswith("Next: grader milestone language\n")
    (home / "exercises" / "arrays.py").write_text("def", encoding="utf-8")
    run = grader(home, "milestone", COLUMNS="50")
    assert re.search(r"^Neural networks +9 of 16 exercises$", run.stdout, re.M)
    assert run.stdout.endswith("Next: grader check chapter-00\n")
    assert max(map(len, run.stdout.splitlines())) <= 50


def test_what_is_missing_is_named_with_its_command(home):
    for slug in ("arrays", "autograd"):
        (home / "exercises" / f"{slug}.py").unlink()
    grader(home, "reset", "autograd")
    run = grader(home, "milestone", PART)
    assert run.returncode == 1 and "Traceback" not in run.stdout + run.stderr
    assert re.search(r"^  · arrays, 0 of 7 +grader check chapter-00$", run.stdout, re.M)
    assert re.search(r"^  · autograd, 0 of 9 +grader check chapter-22$", run.stdout, re.M)
    assert run.stdout.endswith("Next: grader check chapter-00\n")
    assert "counters of" not in run.stdout.partition("It runs on")[2]


def test_a_part_without_a_program_and_one_that_is_not_there(home):
    run = grader(home, "milestone", "making-and-acting")
    assert run.returncode == 0
    assert run.stdout == "Making and acting has no closing program yet.\nNext: grader milestone\n"
    run = grader(home, "milestone", "supervized-learning")
    assert run.returncode == 2
    assert "no part 'supervized-learning'. Did you mean supervised-learning?" in run.stderr


def test_the_lender_earns_on_the_learner_s_code_and_its_numbers_are_right(home):
    from bookdata import credit

    run = grader(home, "milestone", "Supervised Learning")
    assert run.returncode == 0 and run.stderr == "", run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 80
    loans = credit()
    fresh, money = ~loans.train, loans.amount / loans.amount[~loans.train].mean()
    each = 1000 * money * np.where(loans.bad == 1, -0.60, 0.15)
    assert f"{fresh.sum()} loans that it has never seen; of 13 columns 0 leak" in run.stdout
    row = r"^  {} +(\d+)% +([\d.]+)% +(-?\d+)  \((-?\d+) to (-?\d+)\)$"
    everybody, clean, line, trees = (
        [float(n) for n in re.search(row.format(who), run.stdout, re.M).groups()]
        for who in ("everybody", "who has a clean record", ".*line", ".*your trees")
    )
    for said, made in (everybody, fresh), (clean, fresh & (loans.records == "no")):
        share, went_bad = made.sum() / fresh.sum(), loans.bad[made].mean()
        earned = each[made].sum() / fresh.sum()
        wanted = [round(100 * share), round(100 * went_bad, 1), round(earned)]
        assert said[:3] == wanted and said[3] < said[2] < said[4]
    # the rule of thumb loses, and what has learned earns, beyond what chance could do
    assert everybody[4] < clean[3] and clean[4] < 0 < line[3] and line[2] <= trees[2]
    table = re.findall(r"% to \S+ +(\d+) +([\d.]+) +(\d+)$", run.stdout, re.M)
    loans_in, should, went_bad = np.array(table, float).T
    assert len(table) == 5 and loans_in.sum() == fresh.sum()
    assert went_bad.sum() == loans.bad[fresh].sum()
    p = should / loans_in
    assert (np.abs(went_bad - should) < 3 * np.sqrt(loans_in * p * (1 - p))).all()


def test_a_network_on_the_learner_s_autograd_reads_counters(home):
    """The more it is told of the camera the better, and five photographs beat one."""
    run = grader(home, "milestone", "neural-networks", MINE="print('mine')")
    assert run.returncode == 0 and run.stderr == "", run.stdout
    assert run.stdout.count("mine") == 2 * 60  # two cameras, so many epochs
    assert max(map(len, run.stdout.splitlines())) <= 80
    clean, photographs = (
        [float(n) for n in re.search(rf"from {name} +(.*)%$", run.stdout, re.M)[1].split("%")]
        for name in ("clean digits", "photographs")
    )
    assert 25 < clean[0] < 55 and 88 < photographs[0] < 97
    for digit, counter, together in (clean, photographs):
        assert counter < together < digit  # a counter is four digits
    read, five, is_ = re.search(
        r"reads (\d{4}), from all 5 (\d{4}); it is (\d{4})", run.stdout
    ).groups()
    assert read != five == is_


def test_a_gpt_of_the_learner_s_writes_plays(home):
    """A tenth of its way: it has left the counts of single tokens behind."""
    from bookdata import shakespeare

    program = home / "milestones" / "language.py"
    whole, steps = program.read_text(encoding="utf-8"), "3000, (0, 100, 300, 1000, 3000)"
    assert whole.count(steps) == 1, "the program moved on"
    program.write_text(whole.replace(steps, "300, (0, 100, 300)"), encoding="utf-8")
    try:
        run = grader(home, "milestone", "language", MINE="print('mine')")
    finally:
        program.write_text(whole, encoding="utf-8")
    assert run.returncode == 0 and run.stderr == "", run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 80
    lot, single, pairs, triples, *gpt = (
        float(bits) for bits in re.findall(r"^  .* {2}(\d\.\d\d)$", run.stdout, re.M)
    )
    works = shakespeare()
    fresh = sum(len(t) for t, train in zip(works.texts, works.train, strict=True) if not train)
    assert "nothing is lost: True" in run.stdout and fresh > 400_000
    assert 4 < lot < 5 and lot > single > pairs > triples > 2
    assert gpt[0] == pytest.approx(lot, abs=0.05)  # before the first step it knows nothing
    assert gpt[0] > gpt[1] > gpt[2] and gpt[2] < single - 0.4
    assert len(run.stdout.partition("it goes on:")[2]) > 200


def test_a_chapter_that_is_broken_is_named(home):
    """Whatever a GPT stands on: here attention looks ahead."""
    path = home / "exercises" / "attention.py"
    right = path.read_text(encoding="utf-8")
    line = "return np.tri(T, S, S - T, dtype=bool)"
    assert right.count(line) == 1, "the reference moved on"
    path.write_text(right.replace(line, "return np.ones((T, S), bool)"), encoding="utf-8")
    run = grader(home, "milestone", "language")
    assert run.returncode == 1 and "Traceback" not in run.stdout + run.stderr
    assert re.search(r"^  · attention, \d of \d +grader check chapter-32$", run.stdout, re.M)
    assert run.stdout.endswith("Next: grader check chapter-32\n")


def test_penguins_are_told_by_their_lengths_and_weighed(home):
    run = grader(home, "milestone", "foundations")
    assert run.returncode == 0, run.stdout + run.stderr
    rows = re.findall(r"^  (\S.*?) {2,}([\d.]+)%? +([\d.]+)%? to ([\d.]+)%?$", run.stdout, re.M)
    figures = {name: tuple(map(float, numbers)) for name, *numbers in rows}
    assert len(figures) == 5 and all(low <= at <= high for at, low, high in figures.values())
    assert figures["the right species"][1] > 90  # 44 in a hundred are Adelie
    assert figures["the right species and the right sex"][1] > 60
    weight, naive = (figures[name] for name in list(figures)[2:4])
    assert weight[2] < naive[1] / 2  # grams
    assert figures["weights in their intervals for 95 %"][2] >= 95
    table = re.findall(r"^  \w+ (?:fe)?male +((?:[\d.]+ *){6})$", run.stdout, re.M)
    counts = np.array([[int(n.replace(".", "0")) for n in line.split()] for line in table])
    assert counts.shape == (6, 6) and f"{counts.sum()} penguins" in run.stdout
    right = 100 * np.trace(counts) / counts.sum()
    assert figures["the right species and the right sex"][0] == pytest.approx(right, abs=0.05)


def test_an_error_shows_the_learner_s_lines_alone(home):
    run = grader(home, "milestone", PART, MINE="raise LookupError('mine')")
    line = (home / "exercises" / "arrays.py").read_text("utf-8").splitlines()
    number = line.index('        exec(os.environ.get("MINE", ""), door)') + 1
    assert run.returncode == 1 and "Traceback" not in run.stdout + run.stderr
    assert "✗ LookupError: mine" in run.stdout
    assert f"exercises/arrays.py, line {number}, in batches:" in run.stdout
    assert "milestones/" not in run.stdout.partition("✗")[2] and "runpy" not in run.stdout


def test_what_the_program_cannot_go_on_with_is_said(home):
    run = grader(home, "milestone", PART, MINE="answer = [None]")
    assert run.returncode == 1 and "Traceback" not in run.stdout + run.stderr
    text = " ".join(run.stdout.partition("✗")[2].split())
    assert text.startswith("it could not go on with what your code gave it: ")
    assert "milestones/neural_networks.py, line" in text


def test_a_program_that_is_left_early_is_no_success(home):
    run = grader(home, "milestone", PART, MINE="import os; os._exit(0)")
    assert run.returncode == 1 and "did not come to its end" in run.stdout


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
def test_ctrl_c_is_calm(home):
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "milestone", PART],
        cwd=home,
        env=os.environ | {"MINE": "print('now', flush=True)\nwhile True: pass"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.stdout.readline() not in ("now\n", ""):
        pass
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=20)  # the program holds its ends of the pipes
    assert (process.returncode, errors.strip()) == (130, "Stopped.")
