"""What happened in a workspace: one table of events, only ever added to.

Who asks where a learner stands reads the events; nothing else is kept. The
file is .grader/progress.db, and nothing of it leaves the machine.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader import book

VERSION = 1  # of the table, as PRAGMA user_version
PATIENCE = 5.0  # seconds that one terminal waits for another
TABLE = """
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY,
    time TEXT NOT NULL,  -- with its offset from UTC
    kind TEXT NOT NULL,  -- check, hint, reveal, reset, hunt, explain, predict, sprint
    chapter TEXT NOT NULL,  -- a slug
    exercise TEXT NOT NULL,  -- a hole, or nothing
    about TEXT NOT NULL  -- JSON
)
"""


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


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Yield the workspace's file, made if it is not there."""
    folder = book.state()
    folder.mkdir(exist_ok=True)
    connection = sqlite3.connect(folder / "progress.db", timeout=PATIENCE)
    try:
        with connection:
            connection.execute(TABLE)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            yield connection
    finally:
        connection.close()


def note(kind: str, chapter: str, exercise: str = "", **about: Any) -> bool:
    """Add one event, now; return whether it could be written."""
    time = datetime.now().astimezone().isoformat(timespec="milliseconds")
    row = (time, kind, chapter, exercise, json.dumps(about, ensure_ascii=False))
    try:
        with opened() as connection:
            connection.execute(
                "INSERT INTO event (time, kind, chapter, exercise, about) VALUES (?, ?, ?, ?, ?)",
                row,
            )
    except (OSError, sqlite3.Error):
        return False
    return True


def events(kind: str = "") -> list[Event]:
    """Return what happened, of one kind or of all, in the order it was written."""
    chosen = "WHERE kind = ?" if kind else ""
    try:
        with opened() as connection:
            rows = connection.execute(
                f"SELECT time, kind, chapter, exercise, about FROM event {chosen} ORDER BY id",
                (kind,) if kind else (),
            ).fetchall()
    except (OSError, sqlite3.Error):
        return []
    return [
        Event(datetime.fromisoformat(time), kind, chapter, exercise, json.loads(about))
        for time, kind, chapter, exercise, about in rows
    ]
