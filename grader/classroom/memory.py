"""What was judged before in a run: most of a class answers what somebody has answered.

A verdict depends on the bytes of the answer alone, for the inputs of a run
are the same for all. So the same bytes are read and compared once.
"""

from __future__ import annotations

from copy import copy
from hashlib import blake2b
from typing import Any

from grader.judge import judge
from grader.process import Reply
from grader.reference import Reference
from grader.runner import outcome_of
from grader.scenario import Check
from grader.verdict import Verdict

MOST_BYTES = 1 << 16  # of an answer that is remembered
MOST = 2000  # answers


class Memory:
    """Outcomes and verdicts of one chapter and seed, by the answers that gave them."""

    def __init__(self) -> None:
        self.outcomes: dict[bytes, dict[str, Any]] = {}
        self.verdicts: dict[bytes, Verdict] = {}

    def outcome(self, reply: Reply, label: str) -> dict[str, Any]:
        """Return what a reply says, with the key that it is remembered by."""
        if reply.end != "answered" or len(reply.answer) > MOST_BYTES:
            return outcome_of(reply, label)
        key = blake2b(reply.id.encode() + b"\0" + reply.answer, digest_size=20).digest()
        if key not in self.outcomes:
            if len(self.outcomes) >= MOST:
                del self.outcomes[next(iter(self.outcomes))]
            self.outcomes[key] = outcome_of(reply, label) | {"key": key}
        return self.outcomes[key] | {"printed": reply.printed.decode(errors="replace")}

    def judge(self, check: Check, outcome: dict[str, Any], reference: Reference) -> Verdict:
        """Return the verdict on an outcome, a new one each time."""
        key = outcome.get("key")
        if key is None:
            return judge(check, outcome, reference)
        if key not in self.verdicts:
            if len(self.verdicts) >= MOST:
                del self.verdicts[next(iter(self.verdicts))]
            self.verdicts[key] = judge(check, outcome, reference)
        verdict = copy(self.verdicts[key])
        verdict.frames, verdict.notes = list(verdict.frames), list(verdict.notes)
        return verdict
