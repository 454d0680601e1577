"""The file that the events stand in: how it is opened, its versions, what can be wrong with it.

SQLite's own journal and its own care are kept, DELETE and FULL: a write-ahead
log would not work on a folder that comes over a network, and a power cut takes
nothing back for the two milliseconds that it costs.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from grader import book

T = TypeVar("T")
Row = tuple[str, str, str, str, str]

TABLE = """
CREATE TABLE event (
    id INTEGER PRIMARY KEY,  -- the order; a clock can be set back
    time TEXT NOT NULL,  -- with its offset from UTC
    kind TEXT NOT NULL,  -- check, hint, reveal, reset, hunt, explain, predict, sprint
    chapter TEXT NOT NULL,  -- a slug
    exercise TEXT NOT NULL,  -- a hole, or nothing
    about TEXT NOT NULL  -- JSON
)
"""
INDEX = "CREATE INDEX latest ON event (kind, chapter, exercise)"
STEPS = ((TABLE, INDEX),)  # each brings the file to its next version, PRAGMA user_version
COLUMNS = "time, kind, chapter, exercise, about"
ADD = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?)"
PATIENCE = 5.0  # seconds that one terminal waits for another
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
WHY = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another grader keeps it locked",
    sqlite3.SQLITE_READONLY: "it may not be written",
}
SAID: set[str] = set()  # by this process, to the person


class Damage(Exception):
    """A row is there and cannot be read."""


FAILURES = (OSError, sqlite3.Error, Damage)


def file() -> Path:
    """Return where the events are."""
    return book.state() / "progress.db"


def old_hints() -> Path:
    """Return where the first graders kept the hints taken, a line for each."""
    return book.state() / "hints"


def using(work: Callable[[sqlite3.Connection], T]) -> T:
    """Do something with the file; where it is damaged, mend it and do it again."""
    try:
        with opened() as connection:
            return work(connection)
    except (sqlite3.DatabaseError, Damage) as error:
        if isinstance(error, sqlite3.Error) and code(error) not in DAMAGED:
            raise
    from grader.desk import salvage

    with salvage.mended(file()) as connection:
        return work(connection)


@contextlib.contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Yield the workspace's file, made or brought up to date if need be."""
    file().parent.mkdir(exist_ok=True)
    connection = connect(file())
    try:
        if version_of(connection) < len(STEPS):
            with transaction(connection):
                is_new = version_of(connection) == 0  # still: another may have been quicker
                bring_up_to_date(connection)
                if is_new:
                    connection.executemany(ADD, hints_before())
        yield connection
    finally:
        connection.close()


def connect(path: Path | str) -> sqlite3.Connection:
    """Return a connection that begins no transaction by itself and reads text strictly."""
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    connection.text_factory = bytes.decode
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all that is done within be written, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        yield


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Take the steps from the version of a file to ours."""
    for step in STEPS[version_of(connection) :]:
        for statement in step:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file; of one just made it is 0."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_newer(connection: sqlite3.Connection) -> bool:
    """Return whether a newer grader wrote the file: then it is only read."""
    return version_of(connection) > len(STEPS)


def hints_before() -> list[Row]:
    """Return the hints that were taken before there was this table, as its rows."""
    try:
        lines = old_hints().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        time, _, key = line.partition(" ")
        chapter, _, exercise = key.strip().partition(".")
        with contextlib.suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(time).astimezone().isoformat(timespec="milliseconds")
            found.append((moment, "hint", chapter, exercise, "{}"))
    return found


def code(error: sqlite3.Error) -> int:
    """Return SQLite's own number of an error, without its finer distinctions."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def why(error: Exception) -> str:
    """Return in a few words what is in the way."""
    reason = WHY.get(code(error), str(error)) if isinstance(error, sqlite3.Error) else str(error)
    return (getattr(error, "strerror", None) or reason).lower()


def say(sentence: str) -> None:
    """Tell the person something that they need to hear once."""
    if sentence not in SAID:
        print(sentence, file=sys.stderr, flush=True)
    SAID.add(sentence)
