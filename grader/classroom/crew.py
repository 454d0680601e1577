"""Who does the marking: processes of this machine, or the workers of a Dask cluster.

Both are asked through the same interface, that of concurrent.futures.
"""

from __future__ import annotations

import errno
import functools
import itertools
import multiprocessing.util
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from grader import book, systems
from grader.classroom import cgroup, sandbox
from grader.problems import Fault
from grader.reference import Reference

if TYPE_CHECKING:
    from grader.classroom.marker import Marker

ONE_AT_A_TIME = Lock()
INTERRUPTS = {
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
}


@dataclass(frozen=True)
class Settings:
    """What every marker of a run has to know.

    Parameters
    ----------
    seed : int
    hidden : tuple of str
        Paths that no submission may read.
    unsafe : bool
        Whether to mark where no submission can be shut in.
    versions : tuple of (slug, key)
        Of the chapters, as the teacher's machine has them.
    only : tuple of str
        The exercises that count; all without any.
    level : int
        Of confinement, that no marker may stay below.
    """

    seed: int
    hidden: tuple[str, ...]
    unsafe: bool
    versions: tuple[tuple[str, str], ...]
    only: tuple[str, ...] = ()
    level: int = 0


def version_of(slug: str) -> str:
    """Return what a chapter's marks depend on, as this machine has it."""
    return Reference(book.chapter_or_misuse(slug), kept=False).key().hex()


def versions(slugs: list[str]) -> dict[str, str]:
    """Return what the marks depend on, on the machine where this runs."""
    return {slug: version_of(slug) for slug in slugs}


class OtherVersion(Exception):
    """This worker has another book, NumPy or Python than the teacher."""


at_hand: dict[tuple[Settings, str], Marker] = {}  # one at most: each holds a sandbox


def marker(settings: Settings, slug: str) -> Marker:
    """Return this process's marker of one chapter, in place of the one before."""
    from grader.classroom.marker import Marker

    if (settings, slug) not in at_hand:
        let_go()
        if dict(settings.versions)[slug] != version_of(slug):
            raise OtherVersion(slug)
        means = sandbox.means()
        sandbox.require(means, settings.unsafe)
        if means.level < settings.level:
            sandbox.means.cache_clear()  # it is tried again
            raise Fault(
                "A submission can be shut in less well than when the run began.\n" + means.refusal,
                sandbox.NEXT_STEP,
            )
        hidden = [Path(path) for path in settings.hidden]
        chapter = book.chapter_or_misuse(slug)
        at_hand[settings, slug] = Marker(chapter, settings.seed, hidden, number(), settings.only)
    return at_hand[settings, slug]


@functools.lru_cache(maxsize=1)
def number() -> int:
    """Return what tells this process from the others that mark on this machine.

    The first number that is free, as a name of a socket: the kernel gives it
    back when we end, however that is.
    """
    for number in itertools.count() if systems.IS_LINUX else ():
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0ground-up-{number}")
        except OSError as error:
            name.close()
            if error.errno != errno.EADDRINUSE:
                break
        else:
            name.detach()  # open until we end
            return number
    return os.getpid()


def mark(settings: Settings, slug: str, data: bytes) -> dict[str, Any]:
    """Return the record of one submission; runs where the work is done."""
    with ONE_AT_A_TIME:
        return marker(settings, slug).mark(data)


def leave() -> None:
    """End this process's sandbox, when it is not marking."""
    with ONE_AT_A_TIME:
        let_go()


def let_go() -> None:
    """End this process's sandbox."""
    while at_hand:
        at_hand.popitem()[1].close()


def begin() -> None:
    """Make ready a process of the pool: it ends with its parent, not by Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, INTERRUPTS)
    if systems.IS_LINUX:
        from grader import confine

        confine.die_with_parent()
    parent = multiprocessing.parent_process()
    if parent is None or not parent.is_alive():  # it ended before it could take us with it
        os._exit(1)
    multiprocessing.util.Finalize(None, leave, exitpriority=1)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off, so that the processes that begin here begin whole, and do not hear of it.

    They inherit the mask; other threads of ours, without one, may hear of it in our stead.
    """
    came: list[int] = []
    before = {n: signal.signal(n, lambda n, _: came.append(n)) for n in INTERRUPTS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            os.kill(os.getpid(), number)


class Crew(Protocol):
    """Who marks, `jobs` side by side."""

    jobs: int

    def submit(self, *what: Any) -> Future[dict[str, Any]]:
        """Have one submission marked: what `mark` takes."""

    def close(self, is_done: bool) -> None:
        """See them off: at once, unless all is done."""


class Processes:
    """Marks in processes of this machine; a pool that broke is made anew."""

    def __init__(self, jobs: int) -> None:
        cgroup.sweep()
        sandbox.sweep()
        self.jobs = jobs
        self.executor = self._made()

    def _made(self) -> Executor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.jobs, mp_context=spawn, initializer=begin)

    def submit(self, *what: Any) -> Future[dict[str, Any]]:
        with uninterrupted():
            try:
                return self.executor.submit(mark, *what)
            except BrokenExecutor:
                self._end()
                self.executor = self._made()
                return self.executor.submit(mark, *what)

    def _end(self) -> None:
        for process in multiprocessing.active_children():
            process.kill()
        self.executor.shutdown(cancel_futures=True)

    def close(self, is_done: bool) -> None:
        try:
            if is_done:
                self.executor.shutdown()
        finally:  # somebody may not want to wait for the end
            self._end()
            cgroup.sweep()
            sandbox.sweep()


@contextmanager
def crew(jobs: int, scheduler: str, settings: Settings) -> Iterator[Crew]:
    """Have a crew, and see it off."""
    made: Crew
    if scheduler:
        from grader.classroom.cluster import Cluster

        made = Cluster(scheduler, settings)
    else:
        made = Processes(jobs)
    is_done = False
    try:
        yield made
        is_done = True
    finally:
        made.close(is_done)
