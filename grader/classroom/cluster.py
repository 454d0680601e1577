"""Marking on many machines: the workers of a Dask cluster as the crew of a run."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from typing import Any

from grader.classroom.crew import Settings, leave, mark, versions
from grader.problems import Misuse

REACH = 10  # seconds to find a scheduler


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
        for name in ("distributed", "distributed.client"):  # we say it in a sentence
            logging.getLogger(name).setLevel(logging.CRITICAL)
        with ExitStack() as undo:
            try:
                self.client = Client(address, timeout=REACH, set_as_default=False)
                undo.callback(self.client.close)
                self._compare(settings)
                self.jobs = max(1, sum(self.client.nthreads().values()))
            except (OSError, ValueError, TimeoutError) as error:
                raise Misuse(
                    f"There is no Dask scheduler at {address}: {error}",
                    "dask scheduler, on the machine that is to lead; it prints its address",
                ) from None
            undo.pop_all()
        self.executor = self.client.get_executor(pure=False)

    def _compare(self, settings: Settings) -> None:
        """Raise Misuse where the workers are none, or have another book than we."""
        slugs = [slug for slug, _ in settings.versions]
        if not self.client.nthreads():
            raise Misuse(
                "The cluster has no worker.",
                "dask worker ADDRESS --nthreads 1, on each machine, as often as it has processors",
            )
        told = self.client.run(versions, slugs, on_error="return")
        others = [where for where, found in told.items() if found != dict(settings.versions)]
        if others:
            raise Misuse(
                f"{len(others)} of {len(told)} workers have another version of the book, of NumPy "
                f"or of Python than this machine: {', '.join(sorted(others)[:3])}.",
                "install the same wheel and the same NumPy everywhere (grader doctor --class)",
            )

    def submit(self, *what: Any) -> Future[dict[str, Any]]:
        future: Future[dict[str, Any]] = Future()
        try:
            future = self.executor.submit(mark, *what)
        except Exception:  # of what kind depends on how far the cluster is gone
            future.cancel()
            future.set_running_or_notify_cancel()  # as one is that was on its way
        return future

    def close(self, is_done: bool) -> None:
        from distributed import fire_and_forget

        # each worker ends its sandbox when it is free; a cluster that is gone has none
        with suppress(Exception):
            left = [
                self.client.submit(leave, pure=False, workers=[worker])
                for worker in self.client.nthreads()
            ]
            fire_and_forget(left)
        self.client.close()
