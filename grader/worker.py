"""The untrusted side: runs scenarios on the learner's code, and answers.

Started by grader.process. Where the system can fork, this process itself
never runs a line of the learner's: it loads NumPy once, and children do the
rest. Elsewhere everything happens here, one check after the other, and the
parent starts a new worker after a crash.

    parent  -- job, file, request … -->  worker  -- fork -->  child
            <-- frame (header, answer, printed) --   <-- answer --

A frame's answer is whatever the child wrote; only the parent decodes it.
"""

from __future__ import annotations

import builtins
import faulthandler
import json
import os
import sys
from typing import Any

import numpy.random  # noqa: F401  loaded here once, not in every child

from grader import confine, subject, systems
from grader.codec import decode
from grader.job import Cut, Job
from grader.wire import FRAME, MESSAGE


class Link:
    """The two pipes to the parent."""

    def __init__(self) -> None:
        """Move them away from where the learner's code reads and prints."""
        self.reading, self.writing = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)

    @property
    def pipes(self) -> list[int]:
        return [self.reading, self.writing]

    def receive(self) -> dict[str, Any] | None:
        """Return the next message, None when the parent has gone."""
        try:
            (length,) = MESSAGE.unpack(self._read(MESSAGE.size))
            message = decode(self._read(length))
        except EOFError:
            return None
        assert isinstance(message, dict)
        return message

    def reply(self, header: dict[str, Any], answer: bytes = b"", printed: bytes = b"") -> None:
        """Send one frame."""
        head = json.dumps(header).encode()
        lengths = FRAME.pack(len(head), len(answer), len(printed))
        view = memoryview(lengths + head + answer + printed)
        while view:
            view = view[os.write(self.writing, view) :]

    def _read(self, length: int) -> bytes:
        parts = []
        while length:
            data = os.read(self.reading, min(length, 1 << 20))
            if not data:
                raise EOFError
            parts.append(data)
            length -= len(data)
        return b"".join(parts)


def serve_here(job: Job, link: Link) -> None:
    """Answer every request in this process: for systems that cannot fork."""
    os.environ.clear()
    os.chdir(job.told["scratch"])
    where = os.path.join(job.told["scratch"], "where")
    while request := link.receive():
        link.reply({"id": request["id"], "end": "begun"})
        printed: list[bytes] = []
        subject.bound.forget()  # the learner's code ran here
        with open(where, "wb") as file:
            faulthandler.dump_traceback_later(request["limit"], file=file)
            sys.stdout = sys.stderr = Cut(printed.append)
            try:
                answer = job.answer(request)
            finally:
                sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
                faulthandler.cancel_dump_traceback_later()
        link.reply({"id": request["id"], "end": "answered"}, answer, b"".join(printed))


def main() -> None:
    """Serve one parent over the pipes that are our standard input and output."""
    link = Link()
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # what `site` would have added
    if systems.IS_LINUX:
        confine.die_with_parent()
    told = link.receive()
    if told is None:
        return
    job = Job(told)
    file = link.receive()  # `grader watch` sends the rest ahead
    if file is None:
        return
    told.update(file)
    if told["fork"]:
        from grader.children import Children

        Children(job, link).serve()
    else:
        serve_here(job, link)
