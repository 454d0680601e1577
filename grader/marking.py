"""Turn the outcomes of an exercise's checks into its verdicts.

The same for every runner: the worker process, `--debug`, a web page.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from grader.diagnose import diagnose
from grader.judge import judge
from grader.reference import Reference
from grader.stub import Hole, lines_of
from grader.submission import Submission, missing, other_signature
from grader.verdict import BAD, CRASHED, TOO_SLOW, WAITS, WRONG, Verdict, state_of

if TYPE_CHECKING:
    from grader.desk.own import Layer


class Marking:
    """Marks one submission, exercise by exercise, in the order of the holes."""

    def __init__(
        self, reference: Reference, submission: Submission, beneath: Sequence[Layer] = ()
    ) -> None:
        self.reference = reference
        self.submission = submission
        self.beneath = {layer.label: layer for layer in beneath}
        self.states: dict[str, str] = {}  # of the exercises marked so far
        self.judge = judge

    def mark(self, hole: Hole, outcomes: dict[str, Any]) -> list[Verdict]:
        """Return the verdicts on one exercise.

        Parameters
        ----------
        hole : Hole
        outcomes : dict of check id to outcome
            Besides the outcomes of scenario.run: {"end": "late" | "died" |
            "skipped", …} for what the runner saw from outside. Any of them
            may carry "printed".
        """
        self.states.pop(hole.name, None)  # what it was before
        verdicts = [self.verdict(id, hole, outcome) for id, outcome in outcomes.items()]
        answered = {id: o for id, o in outcomes.items() if o["end"] in ("returned", "raised")}
        failed = [v.check for v in verdicts if v.state == WRONG and v.check in answered]
        told = diagnose(hole.name, answered, failed, self.reference)
        for verdict in verdicts:
            verdict.diagnosis = told.get(verdict.check, [])
            verdict.frames = self.placed(verdict.frames)
            if verdict.state in BAD:
                self.explain(verdict, hole, outcomes[verdict.check])
        waiting = [verdict.waits_for for verdict in verdicts if verdict.waits_for]
        for verdict in verdicts:
            if waiting and outcomes[verdict.check]["end"] == "skipped":
                wait_for(waiting[0], verdict)  # it was not run for the same reason
        for verdict, earlier in pairs(verdicts):
            if verdict.error and (verdict.error, path_of(verdict)) == (
                earlier.error,
                path_of(earlier),
            ):
                verdict.error, verdict.frames = "the same again", []
        self.states[hole.name] = state_of(verdicts)
        return verdicts

    def verdict(self, id: str, hole: Hole, outcome: dict[str, Any]) -> Verdict:
        check = self.reference.checks[id]
        if sentence := missing(hole, self.submission):
            return Verdict(id, hole.name, check.sentence, WRONG, error=sentence)
        if outcome["end"] in ("late", "died", "skipped"):
            verdict = Verdict(id, hole.name, check.sentence, TOO_SLOW)
            layer = self.beneath.get(outcome.get("file", ""))
            ended(verdict, outcome, check.limit, layer.file if layer else self.submission)
        else:
            verdict = self.judge(check, outcome, self.reference)
        verdict.printed = outcome.get("printed", "")
        return verdict

    def placed(self, frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the lines of an error where the learner has them, without the book's."""
        found = []
        for frame in frames:
            layer = self.beneath.get(frame.get("file", self.submission.label))
            if layer is not None:
                frame = frame | {"line": layer.line_of_theirs(frame["line"])}
            if frame["line"] and (layer or "file" not in frame):
                found.append(frame)
        return found

    def explain(self, verdict: Verdict, hole: Hole, outcome: dict[str, Any]) -> None:
        """Add what is known from outside: inputs, other arguments, an earlier exercise at fault."""
        verdict.given = outcome.get("given", [])
        if note := other_signature(hole, self.submission):
            verdict.notes.append(note)
        last = verdict.frames[-1] if verdict.frames else {"function": "", "file": ""}
        where = "" if "file" in last else last["function"]
        used = [name for name in outcome.get("used", []) if self.states.get(name) in BAD]
        if where != hole.name and self.states.get(where) in BAD:
            wait_for(where, verdict)  # it broke inside the other one
        elif used:
            verdict.diagnosis = []  # it may look like a mistake that was not made here
            verdict.notes.append(f"It calls {used[-1]}, which is not right yet: mend that first.")


def wait_for(name: str, verdict: Verdict) -> None:
    """Turn a verdict into one that waits for another exercise, with nothing else to say."""
    verdict.state, verdict.waits_for = WAITS, name
    verdict.error, verdict.frames, verdict.diagnosis, verdict.notes = "", [], [], []
    verdict.given = []


def path_of(verdict: Verdict) -> list[tuple[str, int]]:
    """Return the lines of the learner's that an error went through."""
    return [(frame.get("file", ""), frame["line"]) for frame in verdict.frames]


def pairs(verdicts: list[Verdict]) -> list[tuple[Verdict, Verdict]]:
    """Return each verdict with the one before it, last pair first."""
    return list(zip(verdicts[1:], verdicts, strict=False))[::-1]


def ended(verdict: Verdict, outcome: dict[str, Any], limit: float, submission: Submission) -> None:
    """Put into a verdict how a check ended that never answered."""
    if outcome["end"] == "skipped":
        why = outcome.get("why") or "another check of this exercise was too slow"
        verdict.error = f"not run: {why}"
    elif outcome["end"] == "late":
        verdict.error = f"stopped after {outcome.get('limit', limit):g} s, its limit"
        lines = lines_of(submission.source)
        if 0 < (line := outcome.get("line", 0)) <= len(lines):
            text = lines[line - 1].strip()
            function = submission.function_at(line) or "the module"
            verdict.frames = [{"line": line, "function": function, "text": text, "values": []}]
            if "file" in outcome:
                verdict.frames[0]["file"] = outcome["file"]
    else:
        verdict.state = CRASHED
        verdict.error = outcome.get("why") or death(outcome.get("signal", 0))


def death(number: int) -> str:
    """Return in words how a process ended."""
    if not number:
        return "the code ended its own process"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    words = {
        "SIGKILL": "killed, perhaps for lack of memory",
        "SIGSEGV": "it touched memory that is not its own",
        "SIGABRT": "aborted",
        "SIGXCPU": "it used up its processor time",
        "SIGXFSZ": "it wrote a file that is too large",
        "SIGSYS": "it called the system in a way that is closed here",
    }
    return f"the process died ({name}: {words[name]})" if name in words else f"({name})"
