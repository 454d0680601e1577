"""The untrusted side: runs scenarios on the learner's code, and answers.

Started by grader.process. Where the system can fork, this process itself
never runs a line of the learner's: it loads NumPy once, then forks a child
for each check; the child shuts itself in, loads the exercise, runs one
scenario, sends its answer and ends. Elsewhere everything happens here, one
check after the other, and the parent starts a new worker after a crash.

    parent  -- job, request, request … -->  worker  -- fork -->  child
            <-- frame (header, answer, printed) --   <-- answer --

A frame's answer is whatever the child wrote; only the parent decodes it.
"""

from __future__ import annotations

import builtins
import contextlib
import faulthandler
import importlib
import io
import itertools
import json
import os
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.random  # noqa: F401  loaded here once, not in every child

from grader import confine, scenario, subject, systems
from grader.codec import TooLarge, decode, encode

FRAME = struct.Struct("<III")
MESSAGE = struct.Struct("<I")
MAX_ANSWER = 80 << 20
MAX_PRINTED = 16 << 10
GRACE = 0.3  # seconds between the note where it was and the kill
IMPORT = ""  # the request that only loads the exercise


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


class Worker:
    """One job: a chapter's exercise and its checks."""

    def __init__(self, job: dict[str, Any], reply: Callable[..., None]) -> None:
        self.job = job
        self.reply = reply
        self.skip: set[str] = set()  # holes that were too slow once
        self.numbers = itertools.count()  # of the children's scratch folders
        sys.meta_path.insert(0, subject.Shelf(job["modules"]))
        module = scenario.load_checks(job["checks"], "checks", job["slug"])
        for name in job["preload"]:  # earlier chapters: ours, so loaded but once
            importlib.import_module(name)
        self.checks = {check.id: check for check in scenario.checks_in(module)}

    def answer(self, request: dict[str, Any]) -> bytes:
        """Run one request on the exercise and return the encoded outcome."""
        job = self.job
        outcome: dict[str, Any]

        def load() -> Any:
            return subject.load(job["exercise"], job["label"], f"exercises.{job['slug']}")

        if request["id"] == IMPORT:
            try:
                load()
                outcome = {"end": "returned", "value": None, "used": [], "changed": []}
            except BaseException as error:
                outcome = {"end": "raised", "used": [], "changed": []}
                outcome |= subject.describe_error(error, job["label"])
        else:
            check = self.checks[request["id"]]
            inputs = request["inputs"]
            if inputs is None:
                inputs = scenario.draw(check, request["seed"])[0]
            outcome = scenario.run(
                check, load, inputs, job["holes"], job["label"], job["may_change"]
            )
        try:
            return encode(outcome)
        except TooLarge as error:
            return encode({"end": "too large", "message": str(error)})

    def serve(self, request: dict[str, Any]) -> bool:
        """Answer one request; return whether it makes sense to go on."""
        if request["hole"] in self.skip:
            self.reply({"id": request["id"], "end": "skipped"})
            return True
        header, answer, printed = (
            self.serve_in_child(request) if self.job["fork"] else self.serve_here(request)
        )
        if header["end"] == "late":
            self.skip.add(request["hole"])
        elif request["id"] == IMPORT:
            self.compile(answer)
        self.reply({"id": request["id"], **header}, answer, printed)
        return bool(request["id"] != IMPORT or header["end"] == "answered")

    def compile(self, answer: bytes) -> None:
        """Compile the exercise once for all children, if one has shown that it is safe.

        A few lines can take hours and all the memory to compile, and only a
        child has limits.
        """
        with contextlib.suppress(Exception):
            if decode(answer)["end"] == "returned":
                subject.compiled(self.job["exercise"], self.job["label"])

    def serve_here(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes, bytes]:
        """Answer in this process: for systems that cannot fork."""
        self.reply({"id": request["id"], "end": "begun"})
        os.chdir(self.job["scratch"])
        printed: list[bytes] = []
        where = os.path.join(self.job["scratch"], "where")
        with open(where, "wb") as file:
            faulthandler.dump_traceback_later(request["limit"], file=file)
            sys.stdout = sys.stderr = Cut(printed.append)
            try:
                answer = self.answer(request)
            finally:
                sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
                faulthandler.cancel_dump_traceback_later()
        return {"end": "answered", "level": "processes"}, answer, b"".join(printed)

    def serve_in_child(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes, bytes]:
        """Answer in a child that is forked, shut in, and ended afterwards."""
        answer_in, answer_out = os.pipe()
        printed_in, printed_out = os.pipe()
        level_in, level_out = os.pipe()
        scratch = os.path.join(self.job["scratch"], f"{os.getpid()}-{next(self.numbers)}")
        os.mkdir(scratch)
        pid = os.fork()
        if pid == 0:
            try:
                for fd in (answer_in, printed_in, level_in, *self.job["control"]):
                    os.close(fd)
                self.be_child(request, answer_out, printed_out, level_out, scratch)
            finally:
                os._exit(70)
        for fd in (answer_out, printed_out, level_out):
            os.close(fd)
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)  # both sides set it: whichever comes first
        answer, printed, in_time = self.collect(
            answer_in, printed_in, time.monotonic() + request["limit"] + GRACE
        )
        systems.kill_group(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)  # it may have left its group
        status = os.waitpid(pid, 0)[1]
        level = os.read(level_in, 100).decode(errors="replace")
        for fd in (answer_in, printed_in, level_in):
            os.close(fd)
        try:
            os.rmdir(scratch)
        except OSError:
            from grader.process import clear

            clear(scratch)
        header: dict[str, Any] = {"end": "answered", "level": level}
        if not in_time or answer.startswith(b"Timeout ("):  # the note where it was
            header["end"] = "late"
        elif not answer:
            header["end"] = "died"
            header["signal"] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return header, answer, printed

    def collect(
        self, answer_in: int, printed_in: int, deadline: float
    ) -> tuple[bytes, bytes, bool]:
        """Read the child's answer and prints until it ends or is late."""
        import select

        parts: dict[int, list[bytes]] = {answer_in: [], printed_in: []}
        room = {answer_in: MAX_ANSWER, printed_in: MAX_PRINTED}
        waiting = select.poll()
        waiting.register(answer_in, select.POLLIN)
        waiting.register(printed_in, select.POLLIN)
        is_open = True
        while is_open:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            for fd, _ in waiting.poll(left * 1000):
                data = os.read(fd, 1 << 20)
                if not data:
                    waiting.unregister(fd)
                    is_open = is_open and fd != answer_in
                elif room[fd] > 0:
                    parts[fd].append(data[: room[fd]])
                    room[fd] -= len(data)
        os.set_blocking(printed_in, False)
        with contextlib.suppress(OSError):  # what was printed before the answer
            while room[printed_in] > 0 and (data := os.read(printed_in, 1 << 16)):
                parts[printed_in].append(data[: room[printed_in]])
                room[printed_in] -= len(data)
        return b"".join(parts[answer_in]), b"".join(parts[printed_in]), not is_open

    def be_child(
        self, request: dict[str, Any], answer: int, printed: int, level: int, scratch: str
    ) -> None:
        """Shut this process in, answer, and end; never returns."""
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.chdir(scratch)
        os.environ.clear()
        os.environ.update({"HOME": scratch, "TMPDIR": scratch, "OPENBLAS_NUM_THREADS": "1"})
        os.write(level, self.shut_in(request, scratch).encode())
        # Now only: its thread would not be shut in, and threads share their memory.
        faulthandler.dump_traceback_later(request["limit"], file=answer)
        os.close(level)
        sys.stdout = sys.stderr = Cut(lambda data: os.write(1, data))
        data = self.answer(request)
        faulthandler.cancel_dump_traceback_later()
        view = memoryview(data)
        while view:
            view = view[os.write(answer, view) :]
        os._exit(0)

    def shut_in(self, request: dict[str, Any], scratch: str) -> str:
        """Confine this process as far as the system can; return how far."""
        reached = []
        parts = self.job["parts"]
        if sys.platform == "linux":
            confine.die_with_parent()
            confine.no_privileges()
        for part in ("landlock", "seccomp"):
            if part not in parts:
                continue
            try:
                if part == "landlock":
                    confine.landlock(self.job["readable"], [scratch])
                else:
                    confine.seccomp()
                reached.append(part)
            except OSError:
                continue  # the report says what was reached
        if "resource" in parts:
            seconds = int(request["limit"] + 5)
            confine.limits(self.job["memory"], seconds, 16 << 20, "seccomp" not in reached)
            reached.append("limits")
        return " + ".join(reached) or "processes"


def main() -> None:
    """Serve one parent over the pipes that are our standard input and output."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # what `site` would have added
    if sys.platform == "linux":
        confine.die_with_parent()

    def receive() -> dict[str, Any]:
        (length,) = MESSAGE.unpack(read_exactly(reading, MESSAGE.size))
        message = decode(read_exactly(reading, length))
        assert isinstance(message, dict)
        return message

    def reply(header: dict[str, Any], answer: bytes = b"", printed: bytes = b"") -> None:
        head = json.dumps(header).encode()
        view = memoryview(
            FRAME.pack(len(head), len(answer), len(printed)) + head + answer + printed
        )
        while view:
            view = view[os.write(writing, view) :]

    with np.errstate():
        worker = Worker(receive() | {"control": (reading, writing)}, reply)
        while worker.serve(receive()):
            pass


def read_exactly(fd: int, length: int) -> bytes:
    """Return so many bytes; end quietly when the parent has gone."""
    parts = []
    while length:
        data = os.read(fd, min(length, 1 << 20))
        if not data:
            os._exit(0)
        parts.append(data)
        length -= len(data)
    return b"".join(parts)


if __name__ == "__main__":
    main()
