"""What is hunted: one known mistake, planted in working code, and what it shows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from grader import cards, edit, find, progress, stub, submission, trial
from grader.book import Chapter
from grader.plant import planted
from grader.problems import Fault, Misuse
from grader.reference import Reference
from grader.scenario import Mistake
from grader.submission import Obstacle
from grader.verdict import DONE, WRONG, Verdict, state_of

LATELY = 12  # hunts after which the same mistake may come again
MOST_TRIED = 12  # mistakes that read as if they could be planted, and do not show


@dataclass(frozen=True)
class Quarry:
    """A mistake in working code."""

    mistake: Mistake
    source: str
    right: str  # the function as it was
    wrong: str  # the function as it is
    is_own: bool
    is_whole: bool  # every answer of the chapter stands in it
    symptom: Verdict


def quarry(chapter: Chapter, hunted: list[str], seed: int) -> Quarry:
    """Return a mistake that was not hunted lately, in the learner's code where it fits.

    Where it fits in none of it the book's code is taken, with the answers to
    what has passed, so that no other is given away.
    """
    reference = Reference(chapter)
    mistakes = random.Random(seed).sample(reference.mistakes, len(reference.mistakes))
    own, passing = own_code(chapter)
    known = [*passing, *cards.passed(progress.events()).get(chapter.slug, [])]
    filled = set(known or reference.holes)
    mistakes = [mistake for mistake in mistakes if mistake.in_ in filled]
    fresh = [mistake for mistake in mistakes if mistake.why not in hunted[-LATELY:]]
    is_whole = filled == set(reference.holes)
    tried = 0
    for mistake, source, is_own in codes(reference, fresh or mistakes, own, passing, filled):
        label = f"hunts/{chapter.slug}.py"
        verdicts = trial.of_source(chapter, [mistake.in_], source, label)[mistake.in_]
        told = [why for verdict in verdicts for why in verdict.diagnosis]
        symptom = symptom_of(verdicts)
        if symptom and (mistake.why in told or not is_own):
            base = own if is_own else stub.derive(chapter.source, filled)
            right, wrong = (function_in(text, mistake.in_) for text in (base, source))
            whole = is_whole and not is_own
            return Quarry(mistake, source, right, wrong, is_own, whole, symptom)
        if (tried := tried + 1) == MOST_TRIED:
            break
    if not reference.mistakes:
        raise Misuse(f"{chapter.name} has no known mistake to plant.", "grader list")
    raise Fault(f"No mistake of {chapter.name} shows in any code.", "grader doctor")


def own_code(chapter: Chapter) -> tuple[str, list[str]]:
    """Return the text of the learner's file, and the exercises that pass in it."""
    if edit.is_untouched(chapter):
        return "", []
    try:
        file = submission.read(chapter.exercise, chapter)
        found = trial.of(chapter, find.hole_names(chapter), file, 0)
    except Obstacle:
        return "", []
    return file.source, [hole for hole, verdicts in found.items() if state_of(verdicts) == DONE]


def codes(
    reference: Reference, mistakes: list[Mistake], own: str, passing: list[str], filled: set[str]
) -> Iterator[tuple[Mistake, str, bool]]:
    """Yield each mistake in their code where it can stand there, then in the book's."""
    right = reference.chapter.source
    for mistake in mistakes:
        if mistake.in_ in passing:
            source = planted(own, right, reference.mutant(mistake), mistake.in_)
            if source is not None:
                yield mistake, source, True
    for mistake in mistakes:
        yield mistake, stub.derive(reference.mutant(mistake), filled), False


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
