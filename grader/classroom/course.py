"""The course of a run: from what was handed in to one verdict for each, whatever happens."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field
from typing import Any

from grader import stub
from grader.book import chapter_or_misuse
from grader.classroom import crew
from grader.classroom.marker import empty_record
from grader.classroom.people import Entry
from grader.classroom.store import Store, digest_of
from grader.problems import Fault, Misuse, Problem
from grader.submission import Obstacle

AHEAD = 2  # submissions on their way for each that is being marked
STALL = 300.0  # seconds without a single answer
UNMARKABLE = "The marking itself broke off twice: look at this one by hand"


@dataclass
class Flight:
    """A submission on its way, with those that handed in the very same file."""

    entry: Entry
    digest: str
    data: bytes
    twins: list[Entry] = field(default_factory=list)
    is_suspect: bool = False  # it was on its way when the marking broke off


class Course:
    """Marks entries and puts each verdict into the store as it comes.

    Parameters
    ----------
    store : Store
    settings : crew.Settings
    tick : function
        Called for each verdict.
    """

    def __init__(self, store: Store, settings: crew.Settings, tick: Callable[[], Any]) -> None:
        self.store = store
        self.settings = settings
        self.tick = tick
        self.flying: dict[Future[dict[str, Any]], Flight] = {}
        self.suspects: deque[Flight] = deque()
        self.changed: list[str] = []  # who handed in something else since their verdict

    def run(self, entries: Iterable[Entry], team: crew.Crew) -> None:
        """Mark every entry that has no verdict yet."""
        todo = iter(entries)
        is_more = True
        while is_more or self.flying or self.suspects:
            if self.suspects and not self.flying:  # one at a time, to know which it was
                suspect = self.suspects.popleft()
                self._prove(suspect.entry.chapter, team)
                self._fly(suspect, team)
            while is_more and not self.suspects and len(self.flying) < AHEAD * team.jobs:
                entry = next(todo, None)
                if entry is None:
                    is_more = False
                elif flight := self._begun(entry):
                    self._fly(flight, team)
            if self.flying:
                self._land()

    def _begun(self, entry: Entry) -> Flight | None:
        """Return a flight for an entry, None if it needs none or waits for its twin's."""
        data, problem = b"", entry.problem
        if not problem:
            try:
                data = entry.read()
            except Obstacle as obstacle:
                problem = str(obstacle)
            except OSError as error:
                problem = f"{entry.origin} cannot be read: {error.strerror}"
        digest = digest_of(data) if not problem else ""
        before = self.store.digest(entry.learner.key, entry.chapter)
        if before is not None:
            if before != digest:
                self.changed.append(entry.learner.name)
            self.tick()
            return None
        if problem:
            self._add(entry, "", b"", self._empty(entry, problem))
            return None
        if twin := self.store.twin(entry.chapter, digest):
            self._add(entry, digest, data, twin[1] | {"same_as": twin[0]})
            return None
        for flight in (*self.flying.values(), *self.suspects):
            if (flight.entry.chapter, flight.digest) == (entry.chapter, digest):
                flight.twins.append(entry)
                return None
        return Flight(entry, digest, data)

    def _empty(self, entry: Entry, problem: str) -> dict[str, Any]:
        chapter = chapter_or_misuse(entry.chapter)
        return empty_record(chapter, self.settings.only, problem)

    def _fly(self, flight: Flight, team: crew.Crew) -> None:
        future = team.submit(self.settings, flight.entry.chapter, flight.data)
        self.flying[future] = flight

    def _prove(self, slug: str, team: crew.Crew) -> None:
        """Raise Fault if not even an empty exercise is marked: then no submission is to blame."""
        empty = stub.derive(chapter_or_misuse(slug).source).encode()
        try:
            team.submit(self.settings, slug, empty).result(STALL)
        except Problem:
            raise
        except Exception as error:
            raise Fault(
                f"Nothing can be marked here any more ({type(error).__name__}). What was marked "
                "is kept.",
                "grader doctor --class; then the same command goes on",
            ) from None

    def _land(self) -> None:
        """Take what has come back."""
        done, _ = wait(self.flying, timeout=STALL, return_when=FIRST_COMPLETED)
        if not done:
            raise Fault(
                f"Nothing was marked for {STALL:g} seconds. What was marked is kept.",
                "the same command goes on",
            )
        for future in done:
            flight = self.flying.pop(future)
            try:
                record = future.result()
            except CancelledError:
                raise Fault(
                    "The cluster is gone. What was marked is kept.",
                    "the same command goes on: when it is back, or here without --scheduler",
                ) from None
            except crew.OtherVersion:
                raise Misuse(
                    "A worker that came later has another version of the book.",
                    "install the same wheel everywhere; the same command goes on",
                ) from None
            except Misuse:
                raise
            except Exception as error:  # its process died, or ours were not up to it
                if not flight.is_suspect:
                    flight.is_suspect = True
                    self.suspects.append(flight)
                    continue
                why = str(error).partition("\n")[0] or type(error).__name__
                problem = f"{UNMARKABLE} ({why})."
                record = self._empty(flight.entry, problem)
            self._landed(flight, record)

    def _landed(self, flight: Flight, record: dict[str, Any]) -> None:
        self._add(flight.entry, flight.digest, flight.data, record)
        for twin in flight.twins:
            same = record | {"same_as": flight.entry.learner.key}
            self._add(twin, flight.digest, flight.data, same)

    def _add(self, entry: Entry, digest: str, data: bytes, record: dict[str, Any]) -> None:
        self.store.add(entry, digest, data, record)
        self.tick()
