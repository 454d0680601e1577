"""Who does the marking: processes of this machine, or the workers of a Dask cluster.

Both are asked through the same interface, that of concurrent.futures.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from grader import book, systems
from grader.problems import Misuse
from grader.reference import Reference

if TYPE_CHECKING:
    from grader.classroom.marker import Marker

ONE_AT_A_TIME = Lock()
REACH = 10  # seconds to find a scheduler


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
    """

    seed: int
    hidden: tuple[str, ...]
    unsafe: bool
    versions: tuple[tuple[str, str], ...]
    only: tuple[str, ...] = ()


def version_of(slug: str) -> str:
    """Return what a chapter's marks depend on, as this machine has it."""
    return Reference(book.chapter_or_misuse(slug), kept=False).key().hex()


class OtherVersion(Exception):
    """This worker has another book, NumPy or Python than the teacher."""


@functools.lru_cache(maxsize=8)
def marker(settings: Settings, slug: str) -> Marker:
    """Return this process's marker of one chapter, with a sandbox of its own."""
    from grader.classroom import sandbox
    from grader.classroom.marker import Marker

    if dict(settings.versions)[slug] != version_of(slug):
        raise OtherVersion(slug)
    sandbox.require(sandbox.means(), settings.unsafe)
    hidden = [Path(path) for path in settings.hidden]
    chapter = book.chapter_or_misuse(slug)
    return Marker(chapter, settings.seed, hidden, os.getpid(), settings.only)


def mark(settings: Settings, slug: str, data: bytes) -> dict[str, Any]:
    """Return the record of one submission; runs where the work is done."""
    with ONE_AT_A_TIME:
        return marker(settings, slug).mark(data)


def begin() -> None:
    """Make ready a process of the pool: it ends with its parent, not by Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if systems.IS_LINUX:
        from grader import confine

        confine.die_with_parent()


class Processes:
    """Marks in processes of this machine; a pool that broke is made anew."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.executor = self._made()

    def _made(self) -> Executor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.jobs, mp_context=spawn, initializer=begin)

    def mend(self) -> None:
        """Go on with a new pool."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self._made()

    def close(self, is_done: bool) -> None:
        """End the pool: at once, unless all is done."""
        self.executor.shutdown(wait=is_done, cancel_futures=True)


class Cluster:
    """Marks on the workers of a Dask scheduler; it does a lost worker's work again itself."""

    def __init__(self, address: str, settings: Settings) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise Misuse(
                "A cluster needs Dask's distributed, which is not installed.",
                "pip install 'ground-up[class]'",
            ) from None
        try:
            self.client = Client(address, timeout=REACH, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise Misuse(
                f"There is no Dask scheduler at {address}: {error}",
                "dask scheduler, on the machine that is to lead; it prints its address",
            ) from None
        self._compare(settings)
        self.jobs = max(1, sum(self.client.nthreads().values()))
        self.executor = self.client.get_executor(pure=False)

    def _compare(self, settings: Settings) -> None:
        """Raise Misuse where the workers are none, or have another book than we."""
        slugs = [slug for slug, _ in settings.versions]
        if not self.client.nthreads():
            self.client.close()
            raise Misuse(
                "The cluster has no worker.",
                "dask worker ADDRESS --nthreads 1, on each machine, as often as it has processors",
            )
        told = self.client.run(versions, slugs, on_error="return")
        others = [where for where, found in told.items() if found != dict(settings.versions)]
        if others:
            self.client.close()
            raise Misuse(
                f"{len(others)} of {len(told)} workers have another version of the book, of NumPy "
                f"or of Python than this machine: {', '.join(sorted(others)[:3])}.",
                "install the same wheel and the same NumPy everywhere (grader doctor --class)",
            )

    def mend(self) -> None:
        """Do nothing: the scheduler goes on with the workers it has."""

    def close(self, is_done: bool) -> None:
        """Leave the cluster as it was found."""
        self.client.close()


def versions(slugs: list[str]) -> dict[str, str]:
    """Return what the marks depend on, on the machine where this runs."""
    return {slug: version_of(slug) for slug in slugs}


@contextmanager
def crew(jobs: int, scheduler: str, settings: Settings) -> Iterator[Processes | Cluster]:
    """Have a crew, and see it off."""
    made = Cluster(scheduler, settings) if scheduler else Processes(jobs)
    is_done = False
    try:
        yield made
        is_done = True
    finally:
        made.close(is_done)
