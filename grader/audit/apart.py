"""Do jobs side by side, each in a process of its own that can be ended."""

from __future__ import annotations

import _thread
import gc
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from typing import Any

from grader import confine, systems
from grader.problems import Fault
from grader.wire import MEMORY

DEAF = 300.0  # seconds after which a child is ended that waits for something


class Late:
    """The result of a job that did not end."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """End what takes more processor time: the process, or without fork what it does."""
    if systems.has("fork"):
        signal.setitimer(signal.ITIMER_PROF, seconds)  # its signal ends this process
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    else:
        # a script's background has it ignored, and then nothing would end
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        timer = threading.Timer(seconds, _thread.interrupt_main)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            signal.signal(signal.SIGINT, before)


def all_of(jobs: Sequence[Callable[[], Any]]) -> Iterator[tuple[int, Any]]:
    """Do every job, as many at a time as there are processors.

    Yields
    ------
    number : int
    result : what the job returned, Late where it did not end
    """
    if not systems.has("fork"):
        yield from ((number, job()) for number, job in enumerate(jobs))
        return
    context = multiprocessing.get_context("fork")
    waiting = list(enumerate(jobs))[::-1]
    running: dict[Any, tuple[int, Any, float]] = {}  # by the pipe that it answers through
    gc.freeze()  # or every child would copy these pages when it collects
    try:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                number, job = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=child, args=(theirs, job), daemon=True)
                process.start()
                theirs.close()
                running[ours] = number, process, time.monotonic() + DEAF
            for pipe in wait(list(running), 1.0) or late(running):
                number, process, _ = running.pop(pipe)
                yield number, answer(pipe, process)
    finally:
        for _, process, _ in running.values():
            process.kill()
        gc.unfreeze()


def late(running: dict[Any, tuple[int, Any, float]]) -> list[Any]:
    """Return the pipes of children that should have answered long ago."""
    return [pipe for pipe, (_, _, end) in running.items() if time.monotonic() > end]


def child(pipe: Any, job: Callable[[], Any]) -> None:
    """Do one job in silence and within limits."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    if systems.has("resource"):
        confine.limits(MEMORY, 600, 16 << 20, alone=False)
    try:
        pipe.send((job(), ""))
    except BaseException:
        pipe.send((None, traceback.format_exc()))


def answer(pipe: Any, process: Any) -> Any:
    """Return what a child has to say, and see to it that it has ended."""
    result, error = Late(), ""
    if pipe.poll():
        with suppress(EOFError):  # it was ended before it could answer
            result, error = pipe.recv()
    process.kill()
    process.join()
    pipe.close()
    if error:
        raise Fault(f"The audit itself failed in one of its processes.\n{error}")
    return result
