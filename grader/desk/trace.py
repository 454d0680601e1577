"""`grader trace`: the first call of an exercise whose result is not the reference's.

The learner's code runs in the worker, as in `grader check`, and its calls are
recorded there; those of the reference are, here.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader import find, screen, session
from grader.problems import FAILED, PASSED
from grader.runner import Apart
from grader.stub import lines_of
from grader.submission import Submission
from grader.verdict import DONE, NOT_YET, TOO_SLOW, WAITS, WRONG, Verdict

if TYPE_CHECKING:
    from grader.compare import Difference
    from grader.desk.calls import Call, Finding
    from grader.reference import Reference
    from grader.scenario import Check
    from grader.screen import Style

PATIENCE = 4  # times a check's own limit: recording takes its time, too


class Tracing(Apart):
    """Runs the same checks, but brings back the calls."""

    traces = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_id = {id: replace(s, limit=PATIENCE * s.limit) for id, s in self.by_id.items()}


def run(options: argparse.Namespace) -> int:
    """Follow an exercise that fails, and say where it parts from the reference."""
    chapter, hole = find.one(options.name)
    columns, style = screen.width(), screen.style_of(sys.stdout)
    result = session.Result(chapter)

    def take(name: str, verdicts: list[Verdict]) -> None:
        result.exercises[name] = verdicts

    print(screen.heading(chapter, columns) + "\n")
    runner, tracer = Apart(chapter), Tracing(chapter, holes=[])
    with runner, tracer:
        session.run_checks(runner, result, list(runner.holes), take)
        if result.obstacle:
            print("\n".join(screen.obstacle_lines(result.obstacle, style, columns)))
            print(f"\nNext: {result.obstacle.next_step or f'grader check {chapter.name}'}")
            return FAILED
        failed = [v for v in result.exercises[hole.name] if v.state not in (DONE, TOO_SLOW)]
        if sentence := nothing_to_follow(hole.name, result, failed):
            print(sentence)
            return PASSED if result.states[hole.name] == DONE else FAILED
        tracer.submission = runner.submission
        tracer.start()
        outcomes = tracer.outcomes(hole.name)
        from grader.desk.calls import calls_in, first_difference  # NumPy, now that it is needed

        done = {name for name, state in result.states.items() if state == DONE}
        count = 0
        for verdict in failed:
            check = runner.reference.checks[verdict.check]
            yours = calls_in(outcomes[verdict.check].get("value"))
            wanted = recorded(runner.reference, check)
            count += len(yours)
            if found := first_difference(yours, wanted, done):
                print("\n".join(told(found, verdict, runner.submission, style, columns)))
                return FAILED
    print("\n".join(nothing_found(hole.name, count, columns)))
    return FAILED


def nothing_to_follow(hole: str, result: session.Result, failed: list[Verdict]) -> str:
    """Return why an exercise cannot be followed, if that is so, and what to do next."""
    state = result.states[hole]
    if state == DONE:
        return f"{hole} passes its checks.\nNext: grader check {result.chapter.name}"
    if state == NOT_YET:
        return f"{hole} is not filled in yet.\nNext: grader hint {hole}"
    if state == WAITS:
        other = failed[0].waits_for
        return f"{hole} waits for {other}.\nNext: grader check {other}"
    if not failed:
        return f"{hole} does not come to an end.\nNext: grader check {hole}"
    return ""


def recorded(reference: Reference, check: Check) -> list[Call]:
    """Return the calls of the reference in one check."""
    import numpy as np

    from grader import scenario, subject
    from grader.desk.calls import calls_in
    from grader.record import Recorder
    from grader.reference import on_shelf

    label = f"reference of {reference.chapter.slug}"
    recorder = Recorder(label)

    def load() -> Any:
        return subject.load(reference.chapter.source, label, f"reference_{reference.chapter.slug}")

    with on_shelf(reference.chapter), np.errstate(all="ignore"):
        inputs = reference.inputs(check)[0]
        scenario.run(check, load, inputs, reference.holes, label, watch=recorder)
    return calls_in(recorder.calls)


def told(found: Finding, verdict: Verdict, file: Submission, style: Style, width: int) -> list[str]:
    """Return where the two part, and what that means."""
    from grader.desk.calls import shown, value_of

    call, lines = found.call, lines_of(file.source)
    said = screen.wrapped(verdict.sentence, 2, width, style("red", style.fail) + " ") + [""]
    place = f"Call {found.number} of {call.name}"
    if 0 < call.line <= len(lines):
        function = file.function_at(call.line)
        said += screen.wrapped(f"{place}, from line {call.line}, in {function}:", 2, width)
        said += [screen.cut(f"      {lines[call.line - 1].strip()}", width)]
    else:
        said += screen.wrapped(f"{place}, made by the check:", 2, width)
    plain = [pair for pair in zip(call.names, call.before, strict=True) if "." not in pair[0]]
    room = max([7, *(len(name) for name, _ in plain)]) + 2
    for name, data in plain:  # without the objects that are reached from these
        said.append(screen.cut(f"        {name:<{room}}{shown(value_of(data))}", width))
    if found.given:
        name, difference = found.given
        said += difference_of(f"{name} differs already:", difference, width)
    said += difference_of(f"{found.what}:", found.difference, width)
    culprit = call.hole
    if found.given:
        culprit = found.caller or verdict.hole
        where = found.caller or file.function_at(call.line) or verdict.hole
        meaning = (
            f"It was given another {found.given[0]} than in the reference, so the fault lies "
            f"before it, in {where}."
        )
    elif found.is_done:
        meaning = (
            f"Given the same, {call.name} gives something else, but {call.hole} passes its own "
            "checks: that may only be another way to do it."
        )
    else:
        meaning = f"Given the same, {call.name} gives something else: the fault is in it."
    said += ["", *screen.wrapped(" ".join([meaning, *found.counts]), 2, width)]
    return [*said, "", f"Next: grader hint {culprit}"]


def difference_of(name: str, difference: Difference, width: int) -> list[str]:
    """Return the lines of one difference under its name."""
    parts = Verdict("", "", "", WRONG, **vars(difference))
    return screen.wrapped(name, 4, width) + screen.difference_lines(parts, width)


def nothing_found(hole: str, count: int, width: int) -> list[str]:
    """Return what to do where no call differs."""
    words = (
        f"In {count} calls nothing was found that the reference does otherwise, as far as it "
        "can be compared: look at what happens between them."
    )
    if not count:
        words = "No call could be recorded: the process ended before it could tell of one."
    return [*screen.wrapped(words, 0, width), "", f"Next: grader hint {hole}"]
