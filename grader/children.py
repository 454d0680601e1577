"""Answer requests in children: each is forked, shut in, and ended afterwards.

The process that forks never runs a line of the learner's. A few children
work side by side, as many as there are processors, and none can see another.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import select
import signal
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn

from grader import confine, subject, systems
from grader.job import Cut, Job
from grader.wire import IMPORT, MAX_BODY, MAX_PRINTED

if TYPE_CHECKING:
    from grader.worker import Link

GRACE = 0.3  # seconds between the note where it was and the kill


class Child:
    """One request at work in a process of its own."""

    def __init__(self, job: Job, request: dict[str, Any], number: int, foreign: list[int]) -> None:
        self.job = job
        self.request = request
        self.scratch = os.path.join(job.told["scratch"], f"{os.getpid()}-{number}")
        os.mkdir(self.scratch)
        self.answer, answer_out = os.pipe()
        self.printed, printed_out = os.pipe()
        self.level, level_out = os.pipe()
        self.parts: dict[int, list[bytes]] = {self.answer: [], self.printed: []}
        self.room = {self.answer: MAX_BODY, self.printed: MAX_PRINTED}
        self.is_open = True
        self.deadline = time.monotonic() + request["limit"] + GRACE
        self.pid = os.fork()
        if self.pid == 0:
            try:
                for fd in (self.answer, self.printed, self.level, *foreign):
                    os.close(fd)
                self.work(answer_out, printed_out, level_out)
            finally:
                os._exit(70)
        for fd in (answer_out, printed_out, level_out):
            os.close(fd)
        with contextlib.suppress(OSError):
            os.setpgid(self.pid, self.pid)  # both sides set it: whichever comes first

    def work(self, answer: int, printed: int, level: int) -> NoReturn:
        """Shut this process in, answer, and end."""
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.chdir(self.scratch)
        os.environ.clear()
        home = {"HOME": self.scratch, "TMPDIR": self.scratch}
        os.environ.update(home | {"OPENBLAS_NUM_THREADS": "1"})
        os.write(level, self.shut_in().encode())
        # Now only: its thread would not be shut in, and threads share their memory.
        faulthandler.dump_traceback_later(self.request["limit"], file=answer)
        os.close(level)
        sys.stdout = sys.stderr = Cut(lambda data: os.write(1, data))
        data = self.job.answer(self.request)
        faulthandler.cancel_dump_traceback_later()
        view = memoryview(data)
        while view:
            view = view[os.write(answer, view) :]
        os._exit(0)

    def shut_in(self) -> str:
        """Confine this process as far as the system can; return how far."""
        reached, told = [], self.job.told
        if systems.IS_LINUX:
            confine.die_with_parent()
            confine.no_privileges()
        with contextlib.suppress(OSError):  # the report says what was reached
            if "landlock" in told["parts"]:
                confine.landlock(told["readable"], [self.scratch])
                reached.append("landlock")
        with contextlib.suppress(OSError):
            if "seccomp" in told["parts"]:
                confine.seccomp()
                reached.append("seccomp")
        if "resource" in told["parts"]:
            seconds = int(self.request["limit"] + 5)
            confine.limits(told["memory"], seconds, 16 << 20, "seccomp" not in reached)
            reached.append("limits")
        return " + ".join(reached) or "processes"

    def read(self, fd: int) -> bool:
        """Take what has come through one pipe; return whether it is still open."""
        data = os.read(fd, 1 << 20)
        if self.room[fd] > 0:
            self.parts[fd].append(data[: self.room[fd]])
            self.room[fd] -= len(data)
        self.is_open = self.is_open and (bool(data) or fd != self.answer)
        return bool(data)

    def finish(self) -> tuple[dict[str, Any], bytes, bytes]:
        """End the process for good and return how it ended, its answer, its prints."""
        os.set_blocking(self.printed, False)
        with contextlib.suppress(OSError):  # what was printed before the answer
            while self.room[self.printed] > 0 and self.read(self.printed):
                pass
        systems.kill_group(self.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # it may have left its group
        status = os.waitpid(self.pid, 0)[1]
        level = os.read(self.level, 100).decode(errors="replace")
        for fd in self.pipes:
            os.close(fd)
        try:
            os.rmdir(self.scratch)
        except OSError:
            from grader.process import clear

            clear(self.scratch)
        answer, printed = (b"".join(self.parts[fd]) for fd in (self.answer, self.printed))
        header: dict[str, Any] = {"id": self.request["id"], "end": "answered", "level": level}
        if self.is_open or answer.startswith(b"Timeout ("):  # the note where it was
            header["end"] = "late"
        elif not answer:
            header["end"] = "died"
            header["signal"] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return header, answer, printed

    @property
    def pipes(self) -> list[int]:
        """Our ends of its pipes."""
        return [self.answer, self.printed, self.level]


class Children:
    """The children at work, and the requests that wait for one."""

    def __init__(self, job: Job, link: Link) -> None:
        self.job = job
        self.link = link
        self.waiting: deque[dict[str, Any]] = deque()
        self.running: list[Child] = []
        self.by_pipe: dict[int, Child] = {}
        self.skip: set[str] = set()  # holes that were too slow once
        self.count = 0
        self.poll = select.poll()
        self.poll.register(link.reading, select.POLLIN)
        if "seccomp" in job.told["parts"]:
            confine.program(own=True, others=True)  # once for all
        subject.bound.names_of(())  # likewise
        gc.freeze()  # or every child would copy these pages when it collects

    def serve(self) -> None:
        """Serve requests until the parent has gone or the exercise cannot be loaded."""
        is_loaded = True
        while is_loaded:
            self.start()
            for fd, _ in self.poll.poll(self.milliseconds_left()):
                if fd == self.link.reading:
                    request = self.link.receive()
                    if request is None:
                        is_loaded = False
                    else:
                        self.waiting.append(request)
                elif not self.by_pipe[fd].read(fd):
                    self.poll.unregister(fd)
            for child in list(self.running):
                if not child.is_open or time.monotonic() >= child.deadline:
                    is_loaded = self.finish(child) and is_loaded
        for child in self.running:
            child.finish()

    def start(self) -> None:
        """Start what may run now: as many as there are processors, the import alone."""
        while self.waiting and len(self.running) < self.job.told["at_once"]:
            if any(child.request["id"] == IMPORT for child in self.running):
                return
            request = self.waiting.popleft()
            if request["hole"] in self.skip:
                self.link.reply({"id": request["id"], "end": "skipped"})
                continue
            foreign = [*self.link.pipes, *(fd for c in self.running for fd in c.pipes)]
            self.count += 1
            child = Child(self.job, request, self.count, foreign)
            self.running.append(child)
            for fd in (child.answer, child.printed):
                self.by_pipe[fd] = child
                self.poll.register(fd, select.POLLIN)

    def milliseconds_left(self) -> float | None:
        """Return how long nothing needs to be done unless something comes."""
        if not self.running:
            return None
        left = min(child.deadline for child in self.running) - time.monotonic()
        return max(0.0, float(left)) * 1000

    def finish(self, child: Child) -> bool:
        """Pass on what a child has to say; return whether it makes sense to go on."""
        self.running.remove(child)
        for fd in (child.answer, child.printed):
            del self.by_pipe[fd]
            with contextlib.suppress(KeyError):
                self.poll.unregister(fd)
        header, answer, printed = child.finish()
        if header["end"] == "late":
            self.skip.add(child.request["hole"])
        if child.request["id"] == IMPORT:
            self.job.compile(answer)
        self.link.reply(header, answer, printed)
        return bool(child.request["id"] != IMPORT or header["end"] == "answered")
