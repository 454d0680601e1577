"""One job of the worker: a chapter's exercise, its checks, and how to answer.

On the untrusted side; nothing here knows an expected value.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections.abc import Callable, Collection
from typing import Any

from grader import scenario, subject
from grader.codec import TooLarge, decode, encode
from grader.record import Recorder
from grader.wire import IMPORT, MAX_PRINTED


class Cut(io.TextIOBase):
    """A standard output that passes on the first bytes and drops the rest."""

    encoding = "utf-8"

    def __init__(self, sink: Callable[[bytes], Any]) -> None:
        self.sink = sink
        self.left = MAX_PRINTED

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.left > 0 and text:
            data = text[: self.left].encode(errors="replace")[: self.left]
            self.left -= len(data)
            self.sink(data)
        return len(text)


def crossing(outcome: dict[str, Any]) -> bytes:
    """Return an outcome as bytes, or in its place that it is too large."""
    try:
        return encode(outcome)
    except TooLarge as error:
        return encode({"end": "too large", "message": str(error)})
    except (MemoryError, RecursionError) as error:
        return encode({"end": "too large", "message": type(error).__name__})


def loaded(load: Callable[[], Any], label: str, beneath: Collection[str]) -> dict[str, Any]:
    """Return what happens when an exercise is loaded."""
    nothing: dict[str, Any] = {"used": [], "changed": [], "given": []}
    try:
        load()
    except BaseException as error:
        return {"end": "raised", **nothing, **subject.describe_error(error, label, beneath)}
    return {"end": "returned", "value": None, **nothing}


class Job:
    """What the parent sent at the start, and the scenarios made from it.

    The exercise itself comes last, when all else is loaded.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        sys.meta_path.insert(0, subject.Shelf(told["modules"], told["own"]))
        self.beneath = [label for label, _ in told["own"].values()]
        module = scenario.load_checks(told["checks"], "checks", told["slug"])
        for name in told["preload"]:  # earlier chapters: ours, so loaded but once
            importlib.import_module(name)
        self.checks = {check.id: check for check in scenario.checks_in(module)}

    def load(self) -> Any:
        """Load the exercise: a new module each time."""
        told = self.told
        return subject.load(told["exercise"], told["label"], f"exercises.{told['slug']}")

    def compile(self, answer: bytes) -> None:
        """Compile what is the learner's once for all children, if one has shown it is safe.

        A few lines can take hours and all the memory to compile, and only a
        child has limits.
        """
        with contextlib.suppress(Exception):
            if decode(answer)["end"] == "returned":
                for label, source in self.told["own"].values():
                    subject.compiled(source, label)
                subject.compiled(self.told["exercise"], self.told["label"])

    def answer(self, request: dict[str, Any]) -> bytes:
        """Run one request on the exercise and return the encoded outcome."""
        if request["id"] == IMPORT:
            return crossing(loaded(self.load, self.told["label"], self.beneath))
        return crossing(self.checked(request))

    def checked(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the outcome of one check."""
        told, check, inputs = self.told, self.checks[request["id"]], request["inputs"]
        if inputs is None:
            inputs = scenario.draw(check, request["key"])[0]
        recorder = Recorder(told["label"]) if told["trace"] else None
        tells = check.hole if request.get("tells", True) else ""  # what it was called with
        outcome = scenario.run(
            check,
            self.load,
            inputs,
            told["holes"],
            told["label"],
            told["may_change"],
            self.beneath,
            recorder or subject.Watch(told["may_change"], tells),
        )
        return outcome | {"end": "returned", "value": recorder.calls} if recorder else outcome
