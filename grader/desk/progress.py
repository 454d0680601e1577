"""What happened in a workspace: one table of events, only ever added to.

Who asks where a learner stands reads the events; nothing else is kept. The
file is .grader/progress.db, and nothing of it leaves the machine.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader import book
from grader.desk.ledger import (
    ADD,
    COLUMNS,
    FAILURES,
    Damage,
    file,
    is_newer,
    old_hints,
    say,
    transaction,
    using,
    why,
)
from grader.problems import Misuse
from grader.submission import label_of


@dataclass(frozen=True)
class Event:
    """One thing that happened, with what there is to say about it."""

    time: datetime
    kind: str
    chapter: str
    exercise: str
    about: dict[str, Any]

    @property
    def key(self) -> str:
        """The exercise by a name that no other chapter has."""
        return f"{self.chapter}.{self.exercise}"


def event_of(row: Iterable[Any]) -> Event:
    """Return the event that a row holds; raise ValueError where it is damaged."""
    time, kind, chapter, exercise, about = row
    if not all(isinstance(text, str) for text in (time, kind, chapter, exercise, about)):
        raise ValueError("a column is no text")
    if not isinstance(told := json.loads(about), dict):
        raise ValueError("what is told of the event is no object")
    moment = datetime.fromisoformat(time)
    if moment.tzinfo is None:
        raise ValueError("a time without its offset")
    return Event(moment, kind, chapter, exercise, told)


def note(kind: str, chapter: str, exercise: str = "", **about: Any) -> bool:
    """Add one event, now; return whether it could be written."""
    return note_each(kind, chapter, {exercise: about})


def note_each(kind: str, chapter: str, abouts: dict[str, dict[str, Any]]) -> bool:
    """Add an event for each of some exercises, all or none; return whether they are written.

    Where nothing can be written, the person is told so, once.
    """
    if not has_place():
        return False
    time = datetime.now().astimezone().isoformat(timespec="milliseconds")
    rows = [(time, kind, chapter, exercise, json.dumps(a)) for exercise, a in abouts.items()]

    def add(connection: sqlite3.Connection) -> bool:
        if is_newer(connection):
            say(f"Progress is not kept: {label_of(file())} was written by a newer grader.")
            return False
        with transaction(connection):
            connection.executemany(ADD, rows)
        return True

    try:
        return using(add)
    except FAILURES as error:
        say(f"Progress is not kept: {label_of(file())} cannot be written ({why(error)}).")
        return False


def note_attempts(chapter: str, attempts: dict[str, dict[str, Any]]) -> bool:
    """Add the attempts that say something new; return whether that could be written.

    The same code with the same verdicts is no new attempt: who checks a whole
    chapter for one function, or has every save checked, would bury what was
    tried under copies. Nor is it one to leave an exercise empty.
    """
    before = {e.exercise: e.about for e in latest("check", "reset") if e.chapter == chapter}

    def is_new(exercise: str, about: dict[str, Any]) -> bool:
        told = before.get(exercise, {})
        if about["state"] == told.get("state", "not yet") == "not yet":
            return False
        return any(about[name] != told.get(name) for name in ("state", "checks", "source"))

    new = {exercise: about for exercise, about in attempts.items() if is_new(exercise, about)}
    return note_each("check", chapter, new) if new else True


def events(kind: str = "") -> list[Event]:
    """Return what happened, of one kind or of all, in the order it was written."""
    return read("WHERE kind = ?" if kind else "", (kind,) if kind else ())


def latest(*kinds: str) -> list[Event]:
    """Return the last event of each exercise that is of one of these kinds."""
    listed = ", ".join("?" * len(kinds))
    last = f"SELECT max(id) FROM event WHERE kind IN ({listed}) GROUP BY chapter, exercise"
    return read(f"WHERE id IN ({last})", kinds)


def read(where: str, values: tuple[str, ...]) -> list[Event]:
    """Return the events that a condition chooses; none where the file cannot be read."""
    if not has_place() or not (file().exists() or old_hints().exists()):
        return []

    def rows(connection: sqlite3.Connection) -> list[Event]:
        query = f"SELECT {COLUMNS} FROM event {where} ORDER BY id"
        try:
            return [event_of(row) for row in connection.execute(query, values).fetchall()]
        except ValueError as error:
            raise Damage(error) from None

    try:
        return using(rows)
    except FAILURES as error:
        say(f"Your progress in {label_of(file())} cannot be read ({why(error)}).")
        return []


def fingerprint(source: str) -> str:
    """Return what tells two texts apart, but for their line ends."""
    from hashlib import sha256

    return sha256("\n".join(source.splitlines()).encode(errors="replace")).hexdigest()[:16]


def has_place() -> bool:
    """Return whether we are in a workspace; the list can be read outside of one too."""
    try:
        return bool(book.workspace())
    except Misuse:
        return False
