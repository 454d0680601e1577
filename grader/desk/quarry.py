"""What is hunted: one known mistake, planted in working code, and what it shows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from grader import edit, find, stub, submission
from grader.book import Chapter
from grader.desk import aside, cards, progress
from grader.desk.plant import planted
from grader.problems import Fault, Misuse
from grader.reference import Reference
from grader.scenario import Mistake
from grader.submission import Obstacle
from grader.verdict import DONE, WRONG, Verdict, state_of

LATELY = 12  # hunts after which the same mistake may come again
MOST_TRIED = 8  # mistakes that can stand in the learner's code and do not show there


@dataclass(frozen=True)
class Quarry:
    """A mistake in working code."""

    mistake: Mistake
    source: str
    right: str  # the function as it was
    wrong: str  # the function as it is
    symptom: Verdict
    whose: str  # code it is, in words


def quarry(chapter: Chapter, hunted: list[str], seed: int) -> Quarry:
    """Return a mistake that was not hunted lately, in the learner's code where it fits.

    Where it fits in none of it the book's code is taken, with the answers to
    what has passed, so that no other is given away.
    """
    reference = Reference(chapter)
    if not reference.mistakes:
        raise Misuse(f"{chapter.name} has no known mistake to plant.", "grader list")
    own, passing = own_code(chapter)
    known = [*passing, *cards.passed(progress.events()).get(chapter.slug, [])]
    filled = set(known or reference.holes)
    mistakes = random.Random(seed).sample(reference.mistakes, len(reference.mistakes))
    mistakes = [mistake for mistake in mistakes if mistake.in_ in filled]
    fresh = [mistake for mistake in mistakes if mistake.why not in hunted[-LATELY:]] or mistakes
    for mistake, source in islice(in_own(reference, fresh, own, passing), MOST_TRIED):
        verdicts = verdicts_on(chapter, mistake, source)
        symptom = symptom_of(verdicts)
        if symptom and any(mistake.why in verdict.diagnosis for verdict in verdicts):
            right, wrong = (function_in(text, mistake.in_) for text in (own, source))
            return Quarry(mistake, source, right, wrong, symptom, "your own code")
    whose = "the book's code"
    if filled == set(reference.holes):
        whose += ", with its answers in it"
    for mistake in fresh:
        source = stub.derive(reference.mutant(mistake), filled)
        if symptom := symptom_of(verdicts_on(chapter, mistake, source)):
            texts = (stub.derive(chapter.source, filled), source)
            right, wrong = (function_in(text, mistake.in_) for text in texts)
            return Quarry(mistake, source, right, wrong, symptom, whose)
    raise Fault(f"No mistake of {chapter.name} shows in any code.", "grader doctor")


def in_own(
    reference: Reference, mistakes: list[Mistake], own: str, passing: list[str]
) -> Iterator[tuple[Mistake, str]]:
    """Yield the mistakes that can stand in the learner's code, with that code."""
    for mistake in mistakes:
        if mistake.in_ in passing:
            right, wrong = reference.chapter.source, reference.mutant(mistake)
            if source := planted(own, right, wrong, mistake.in_):
                yield mistake, source


def verdicts_on(chapter: Chapter, mistake: Mistake, source: str) -> list[Verdict]:
    """Return what the checks of a mistake's own exercise say of a source."""
    label = f"hunts/{chapter.slug}.py"
    return aside.of_source(chapter, [mistake.in_], source, label)[mistake.in_]


def own_code(chapter: Chapter) -> tuple[str, list[str]]:
    """Return the text of the learner's file, and the exercises that pass in it."""
    try:
        if edit.is_untouched(chapter):
            return "", []
        file = submission.read(chapter.exercise, chapter)
        found = aside.of(chapter, find.hole_names(chapter), file, 0)
    except (Obstacle, OSError):
        return "", []
    return file.source, [hole for hole, verdicts in found.items() if state_of(verdicts) == DONE]


def symptom_of(verdicts: list[Verdict]) -> Verdict | None:
    """Return one failed check without what it betrays, values before words.

    None where nothing failed, or where a check did not come to its end.
    """
    failed = [verdict for verdict in verdicts if verdict.state == WRONG]
    if not failed or any(verdict.state not in (DONE, WRONG) for verdict in verdicts):
        return None
    chosen = next((verdict for verdict in failed if verdict.wanted), failed[0])
    return replace(chosen, diagnosis=[], frames=[])


def function_in(source: str, name: str) -> str:
    """Return the text of one function, nothing if it is not there."""
    node = stub.definitions(stub.tree(source)).get(name)
    if node is None:
        return ""
    return "".join(stub.lines_of(source)[stub.first_line(node) - 1 : node.end_lineno])
