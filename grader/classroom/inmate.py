"""One process of a submission: answers checks one after the other until it is ended.

On the untrusted side. What it is asked comes when it is asked: until then
nothing in this process knows a later check's inputs.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from typing import NoReturn

from grader import confine, subject
from grader.job import Cut, Job
from grader.worker import Link

NOTE = signal.SIGUSR1  # "write down where you are"
FILES = 16 << 20  # bytes of one file


def live(job: Job, scratch: str, reading: int, writing: int, notes: int) -> NoReturn:
    """Shut this process in, and answer what comes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    confine.die_with_parent()  # what the warden asked for itself does not hold for us
    os.dup2(reading, 0)
    os.dup2(writing, 1)
    os.closerange(2, notes)
    os.closerange(notes + 1, 256)
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    link = Link()
    os.chdir(scratch)
    os.environ.clear()
    os.environ.update({"HOME": scratch, "TMPDIR": scratch, "OPENBLAS_NUM_THREADS": "1"})
    parts = job.told["parts"]
    confine.limits(job.told["memory"], int(job.told["seconds"]), FILES, "seccomp" not in parts)
    if "seccomp" in parts:
        confine.seccomp(own=True, others=False)
    faulthandler.register(NOTE, file=notes)  # even from a loop in C that holds the lock
    file = link.receive()
    assert file is not None
    job.told.update(file)
    while request := link.receive():
        printed: list[bytes] = []
        subject.bound.forget()  # the learner's code ran here
        sys.stdout = sys.stderr = Cut(printed.append)
        answer = job.answer(request)
        link.reply({"id": request["id"], "end": "answered"}, answer, b"".join(printed))
    os._exit(0)
