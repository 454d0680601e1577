"""What is tried on the checks of a chapter, and what must come of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from textwrap import indent
from typing import Any

from grader import stub
from grader.audit.apart import Late, all_of
from grader.audit.graft import graft
from grader.audit.mutants import Mutant, mutants
from grader.audit.scores import BAR, Figures, HoleFigures, listed, percent, survivors_of
from grader.audit.trial import NOTHING, Answers, draws, refusal, verdict
from grader.book import Chapter
from grader.outline import marks
from grader.problems import Misuse
from grader.stub import Hole
from grader.submission import label_of
from grader.verdict import DONE

SEEDS = 50
LUCK = range(5)  # seeds under each of which a known mistake must be refused
CONSTANTS = ("pass", "return 0", "return 1", 'return ""', "return True", "return self")


@dataclass(frozen=True)
class Trial:
    """One thing that is tried, and how."""

    kind: str  # stub, right, mistake, idle, mutant
    hole: str
    name: str
    job: Callable[[], Any]
    mutant: Mutant | None = None


class Strictness:
    """The audit of one chapter."""

    def __init__(self, chapter: Chapter) -> None:
        self.chapter = chapter
        self.holes = stub.holes(chapter.source)
        self.answers = {seed: Answers(chapter, seed) for seed in LUCK}
        for answers in self.answers.values():  # here, once for all the children
            for check in answers.checks.values():
                answers.outcome(check)
        self.listed = listed(chapter)
        self.trials = [*self.whole(), *(t for hole in self.holes for t in self.on(hole))]
        self.results: dict[int, Any] = {}

    def run(self) -> Iterator[int]:
        """Try everything; yield how much is done."""
        for number, result in all_of([trial.job for trial in self.trials]):
            self.results[number] = result
            yield len(self.results)

    def whole(self) -> Iterator[Trial]:
        """Yield what is tried on all checks: the stub, and what must be accepted."""
        empty = stub.derive(self.chapter.source)
        yield Trial("stub", "", "the empty exercise", partial(self.passes, empty))
        other = second_solution(self.chapter, empty)
        for seed in range(SEEDS):
            yield Trial("right", "", f"with seed {seed}", partial(self.refusals, other, seed))

    def on(self, hole: Hole) -> Iterator[Trial]:
        """Yield what the checks of one hole must refuse."""
        for mistake in self.answers[0].mistakes:
            if mistake.in_ == hole.name:
                source = self.answers[0].mutant(mistake)
                job = partial(self.accepted_once, source, hole.name)
                yield Trial("mistake", hole.name, mistake.why, job)
        for name, source in idle(self.chapter.source, hole):
            yield Trial("idle", hole.name, name, partial(self.refused, source, hole.name))
        zeros = partial(self.refused, self.chapter.source, hole.name, hole.name)
        yield Trial("idle", hole.name, "zeros in the shape of the answer", zeros)
        for mutant in mutants(self.chapter.source, hole):
            job = partial(self.refused, mutant.source, hole.name)
            yield Trial("mutant", hole.name, mutant.after, job, mutant)

    def passes(self, source: str) -> list[str]:
        """Return the checks that pass a source."""
        answers = self.answers[0]
        return [c.id for c in answers.checks.values() if verdict(answers, source, c) == DONE]

    def refusals(self, other: str, seed: int) -> list[str]:
        """Return who is refused by which check; after the first seed, of those that draw."""
        answers = self.answers.get(seed) or Answers(self.chapter, seed)
        sources = {"the reference": self.chapter.source, "the second solution": other}
        return [
            f"{who} by {check.id}"
            for check in answers.checks.values()
            for who, source in sources.items()
            if (not seed or draws(check)) and verdict(answers, source, check) != DONE
        ]

    def accepted_once(self, source: str, hole: str) -> list[int]:
        """Return the seeds under which no check of a hole refuses a source."""
        return [s for s, a in self.answers.items() if refusal(a, source, a.of(hole)) is None]

    def refused(self, source: str, hole: str, zeroed: str | None = None) -> Any:
        """Return what refuses a source, if anything."""
        answers = self.answers[0]
        return refusal(answers, source, answers.of(hole), zeroed)

    def figures(self) -> Figures:
        """Return what came of it, counted."""
        counts = [check.hole for check in self.answers[0].checks.values()]
        holes = {hole.name: HoleFigures(counts.count(hole.name)) for hole in self.holes}
        figures = Figures(holes, SEEDS, single_precision(self.chapter), 0, 0)
        for trial, result in self.done():
            if trial.kind == "stub":
                figures.stub_passes += count(result)
            elif trial.kind == "right":
                figures.right_refused += count(result)
            elif trial.kind == "mistake":
                holes[trial.hole].mistakes.count(is_refused(trial, result))
            elif trial.kind == "idle":
                holes[trial.hole].idle.count(is_refused(trial, result))
            elif trial.mutant:
                holes[trial.hole].mutants.count(is_refused(trial, result))
                is_listed = trial.mutant.change in self.listed
                holes[trial.hole].equivalent += is_listed and not is_refused(trial, result)
        return figures

    def done(self) -> Iterator[tuple[Trial, Any]]:
        """Yield every trial that says something, with what came of it."""
        for number, trial in enumerate(self.trials):
            if self.results[number] != NOTHING:
                yield trial, self.results[number]

    def findings(self) -> Iterator[str | Mutant]:
        """Yield what is not as it should be: a sentence, or a mutant that survived."""
        survived = set()
        for trial, result in self.done():
            if trial.kind == "stub" and count(result):
                yield f"The empty exercise passes {named(result)}."
            elif trial.kind == "right" and count(result):
                yield f"Refused {trial.name}, though it is right: {named(result)}."
            elif trial.kind == "mistake" and isinstance(result, Late):
                yield f"{trial.hole}: a check does not end with this mistake: {trial.name}."
            elif trial.kind == "mistake" and result:
                seeds = ", ".join(map(str, result))
                yield f"{trial.hole}: nothing refuses this mistake with seed {seeds}: {trial.name}."
            elif trial.kind == "idle" and not is_refused(trial, result):
                yield f"{trial.hole}: nothing refuses `{trial.name}`."
            elif trial.mutant and not is_refused(trial, result):
                survived.add(trial.mutant.change)
                if trial.mutant.change not in self.listed:
                    yield trial.mutant
        for hole, before, after in sorted(self.listed.keys() - survived):
            label = label_of(survivors_of(self.chapter))
            yield f"{label}: {hole}, {before} → {after}: no such mutant survives; take it out."
        if (rejected := self.figures().rejected) < BAR:
            yield f"{percent(rejected)} of the mutants are rejected; the bar is {percent(BAR)}."


def second_solution(chapter: Chapter, empty: str) -> str:
    """Return the exercise as the other way fills it, or raise Misuse."""
    label = label_of(chapter.other_way)
    try:
        return graft(empty, chapter.other_way.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misuse(f"{label} is not there: the second solution, which must pass.") from None
    except SyntaxError as error:
        raise Misuse(f"{label}, line {error.lineno}: {error.msg}.") from None


def is_refused(trial: Trial, result: Any) -> bool:
    """Return whether what must be refused was, be it by not ending."""
    if isinstance(result, Late):
        return True
    return not result if trial.kind == "mistake" else result is not None


def count(result: Any) -> int:
    """Return how many checks a result names; what did not end counts as one."""
    return 1 if isinstance(result, Late) else len(result)


def named(result: Any) -> str:
    """Return the checks that a result names."""
    return "it did not end" if isinstance(result, Late) else ", ".join(result)


def idle(source: str, hole: Hole) -> Iterator[tuple[str, str]]:
    """Yield bodies that do nothing for a hole: their line, and the whole source."""
    node: Any = stub.definitions(stub.parsed(source))[hole.name]
    arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    first = next((a for a in arguments if a != "self"), None)
    lines = [line for line in CONSTANTS if line != "return self" or "self" in arguments]
    margin = " " * node.body[-1].col_offset
    for line in (*lines, *([f"return {first}"] if first else [])):
        yield line, stub.with_answer(source, hole, indent(line, margin) + "\n")


def single_precision(chapter: Chapter) -> int:
    """Return how many checks speak of float32."""
    module = stub.parsed(chapter.checks.read_text(encoding="utf-8"))
    return sum("float32" in ast.unparse(node) for node in module.body if marks(node))
