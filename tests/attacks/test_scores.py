"""A score is computed on the trusted side, where no limit binds: no answer may stall it."""

import resource
import subprocess
import sys
import time

import numpy as np
from book_tools import reference_of

from grader import book
from grader.judge import judge
from grader.reference import Reference
from grader.show import brief
from grader.verdict import DONE

SECONDS, BYTES = 2.0, 3 << 30
HUGE = [1 << 62, -(1 << 62), 1 << 40, 1 << 31, -1]
STRANGE = [np.nan, np.inf, -np.inf, 1e300, 1e-300]


def scored():
    """Return every check of the book whose answer is given a score."""
    found = []
    for chapter in book.chapters():
        reference = reference_of(chapter)
        found += [(reference, c) for c in reference.checks.values() if hasattr(c.expect, "bounds")]
    return found


def hostile(right):
    """Yield answers in the form of the right one that hold what it never holds."""
    if isinstance(right, list | tuple):
        yield from ([], [right] * 3, [None], [[]] * len(right), right * 1000, "x")
        for part in hostile(right[0]) if len(right) else ():
            yield [part] * len(right)
    array = np.asarray(right)
    values = {"i": HUGE, "u": HUGE, "f": [*HUGE, *STRANGE]}.get(array.dtype.kind, [])
    for value in values:
        with np.errstate(all="ignore"):
            yield np.full_like(array, np.array(value).astype(array.dtype))
    yield np.zeros((0,) * max(1, array.ndim))
    yield np.zeros(array.shape, bool)
    yield np.full(array.shape, "x" * 1000)


def try_all():
    """Judge every hostile answer within what a machine can bear; print what it cannot."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    count = 0
    for reference, check in scored():
        right = reference.outcome(check)
        name = f"{check.id} of {reference.chapter.slug}"
        for answer in hostile(right["value"]):
            begun = time.process_time()
            verdict = judge(check, right | {"value": answer}, reference)
            count += 1
            if time.process_time() - begun > SECONDS:
                print(f"{name} is long about {brief(answer)}")
            if verdict.state == DONE and not np.array_equal(answer, right["value"]):
                print(f"{name} takes {brief(answer)}")
    print(f"{count} tried")


def test_no_answer_stalls_or_breaks_a_score():
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path[:0] = sys.argv[1:]; "
            "from attacks.test_scores import try_all; try_all()",
            str(book.ROOT),
            str(book.ROOT / "tests"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    tried, *told = ran.stdout.splitlines()[::-1]
    assert told == []
    assert int(tried.split()[0]) > 250


def test_a_table_of_the_public_seeds_answers_solves_no_exercise(chapter):
    """At home the seed is 0: in each exercise something is drawn that this does not tell."""
    at_home, here = reference_of(chapter), Reference(chapter, 1 << 100, kept=False)
    for hole in here.holes:
        states = [
            judge(check, at_home.outcome(at_home.checks[id]), here).state
            for id, check in here.checks.items()
            if check.hole == hole
        ]
        assert set(states) != {DONE}, hole
