"""The fork server of the teacher's room, on the untrusted side.

It is started shut in, loads NumPy, the scenarios and the earlier chapters
once, and then forks an inmate for each submission. It holds nothing secret,
never runs a line of a learner's, and is confined before it hears of one.

    marker  -- "F" and three pipes -->  warden  -- fork -->  inmate
            -- "N" ------------------>  have it note where it is
            -- "E" ------------------>  kill it, wait, look at its scratch
            <-- how it ended ---------

The inmate speaks to the marker through pipes of its own, so that no bytes of
one submission can pass for another's.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource  # noqa: F401  wait4 looks for it
import signal
import socket
import sys
from typing import Any

import numpy.random  # noqa: F401  loaded here once, not in every inmate

from grader import confine, subject
from grader.classroom import inmate
from grader.codec import decode
from grader.job import Job
from grader.wire import MESSAGE

NEW_USERS = 0x10000000  # CLONE_NEWUSER
FORK, NOTE, END = b"F", b"N", b"E"


def receive(fd: int) -> Any:
    """Return one encoded value, read from a pipe."""
    with os.fdopen(fd, "rb", closefd=False) as pipe:
        (length,) = MESSAGE.unpack(pipe.read(MESSAGE.size))
        return decode(pipe.read(length))


def shut_in(told: dict[str, Any]) -> list[str]:
    """Confine this process; return what was reached beyond what is around it."""
    reached = []
    if told["uid"]:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(*[told["uid"]] * 3)
            os.setresuid(*[told["uid"]] * 3)
            reached.append("own uid")
    if told["users"]:  # bubblewrap makes one for who is not root
        if confine.libc().unshare(NEW_USERS) != 0:
            raise OSError(ctypes.get_errno(), "no user namespace")
    if hasattr(os, "sched_setaffinity"):  # one processor: who is slow starves nobody
        mine = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {mine[told["number"] % len(mine)]})
    confine.no_privileges()
    if "landlock" in told["parts"]:
        confine.landlock(told["readable"], [told["scratch"], os.devnull])
        reached.append("landlock")
    if "seccomp" in told["parts"]:
        confine.seccomp(own=False)
        reached.append("seccomp")
    return reached


class Warden:
    """Forks and ends inmates, one at a time, as the marker says."""

    def __init__(self, job: Job, control: socket.socket) -> None:
        self.job = job
        self.control = control
        self.pid = 0
        self.count = 0
        self.scratch = ""

    def serve(self) -> None:
        """Serve the marker until it has gone."""
        while True:
            word, pipes, _, _ = socket.recv_fds(self.control, 1, 3)
            if word == FORK:
                self.fork(pipes)
            elif word == NOTE:
                os.kill(self.pid, inmate.NOTE)
            elif word == END:
                self.control.sendall(json.dumps(self.end()).encode())
            else:
                return

    def fork(self, pipes: list[int]) -> None:
        """Begin the life of an inmate."""
        self.count += 1
        self.scratch = os.path.join(self.job.told["scratch"], str(self.count))
        os.mkdir(self.scratch)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.control.close()
                inmate.live(self.job, self.scratch, *pipes)
            finally:
                os._exit(70)
        for pipe in pipes:
            os.close(pipe)

    def end(self) -> dict[str, Any]:
        """End the inmate, clear what it left, and return what it used."""
        os.kill(self.pid, signal.SIGKILL)  # its threads with it; it has no children
        _, status, used = os.wait4(self.pid, 0)
        try:
            os.rmdir(self.scratch)
            is_clean = not os.listdir(self.job.told["scratch"])  # it may write beside its own
        except OSError:  # the marker starts another warden, with another scratch
            is_clean = False
        return {
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
            "cpu": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss * 1024,
            "clean": is_clean,
        }


def main() -> None:
    """Serve one marker over the socket that is our standard input."""
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    told = receive(int(sys.argv[-1]))
    confine.die_with_parent()
    job = Job(told)
    subject.bound.names_of(())  # read once for all
    if "seccomp" in told["parts"]:
        confine.program(own=True, others=False)
    reached = shut_in(told)
    gc.collect()
    gc.freeze()  # or every inmate would copy these pages when it collects
    control.sendall(json.dumps(reached).encode())
    Warden(job, control).serve()
