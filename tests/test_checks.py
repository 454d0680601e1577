"""The checks are right: the reference and another way pass, nothing else does."""

from functools import cache

import pytest
from book_tools import reference_of, verdicts_on

from grader import stub
from grader.audit.graft import graft
from grader.book import chapters
from grader.diagnose import diagnose
from grader.outline import sketches
from grader.reference import Reference
from grader.verdict import DONE, NOT_YET, WAITS, state_of

MISTAKES = [
    pytest.param(chapter, mistake, id=f"{chapter.slug}-{mistake.in_}-{mistake.why[:40]}")
    for chapter in chapters()
    for mistake in reference_of(chapter).mistakes
]


@cache
def refusals(chapter, mistake):
    """Return the verdicts of its own hole that refuse a known mistake."""
    reference = reference_of(chapter)
    source = reference.mutant(mistake)
    verdicts = verdicts_on(chapter, source, [mistake.in_], reference)[mistake.in_]
    return [verdict for verdict in verdicts if verdict.state != DONE]


def test_the_reference_passes_every_check(chapter):
    for hole, verdicts in verdicts_on(chapter, chapter.source).items():
        assert state_of(verdicts) == DONE, (hole, verdicts)


def test_the_stub_passes_none(chapter):
    for hole, verdicts in verdicts_on(chapter, stub.derive(chapter.source)).items():
        for verdict in verdicts:
            assert verdict.state in (NOT_YET, WAITS), (hole, verdict)


def test_another_way_is_accepted(chapter):
    other = chapter.other_way.read_text(encoding="utf-8")
    source = graft(stub.derive(chapter.source), other)
    assert "NotImplementedError" not in source, "the other way does not fill every hole"
    for hole, verdicts in verdicts_on(chapter, source).items():
        assert state_of(verdicts) == DONE, (hole, verdicts)


@pytest.mark.parametrize("chapter, mistake", MISTAKES)
def test_a_known_mistake_is_refused_by_its_own_hole_and_named(chapter, mistake):
    failed = refusals(chapter, mistake)
    assert failed, "no check of its own hole refuses it"
    for verdict in failed:
        assert verdict.diagnosis[:1] == [mistake.why], verdict


def test_two_edits_of_one_mistake_are_named_once():
    """A mistake that can be written in two ways is listed twice, under one name."""
    reference = Reference(chapters()[0])
    mistake, *_ = reference.mistakes
    checks = [id for id, check in reference.checks.items() if check.hole == mistake.in_]
    source = reference.mutant(mistake)
    outcomes = {id: reference.run(reference.checks[id], source) for id in checks}
    reference.mistakes = [mistake, mistake]
    assert set(map(tuple, diagnose(mistake.in_, outcomes, checks, reference).values())) == {
        (mistake.why,)
    }


def test_a_warning_of_the_reference_is_not_told(recwarn):
    reference = Reference(chapters()[0])
    check = next(iter(reference.checks.values()))
    warn = "\nimport warnings\nwarnings.warn('from the reference')\n"
    assert reference.run(check, reference.chapter.source + warn)["end"] == "returned"
    assert not recwarn.list


def test_every_check_can_fail(chapter):
    """A check that no known mistake fails is not known to check anything."""
    reference = reference_of(chapter)
    useless = {sketch.id for sketch in sketches(chapter.checks.read_text(encoding="utf-8"))}
    for mistake in reference.mistakes:
        useless -= {verdict.check for verdict in refusals(chapter, mistake)}
    assert not useless, f"no mistake of {chapter.slug} fails these checks: {sorted(useless)}"
