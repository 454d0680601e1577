"""What happened in a workspace: one table of events, only ever added to.

Who asks where a learner stands reads the events; nothing else is kept. The
file is .grader/progress.db, and nothing of it leaves the machine.

SQLite's own journal and its own care are kept, DELETE and FULL: a write-ahead
log would not work on a folder that comes over a network, and a power cut takes
nothing back for the two milliseconds that it costs.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from grader import book
from grader.problems import Misuse
from grader.submission import label_of

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
FAILURES = (OSError, sqlite3.Error, ValueError)
SAID: set[str] = set()  # by this process, to the person


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
        if version_of(connection) > len(STEPS):
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
        return [event_of(row) for row in connection.execute(query, values).fetchall()]

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
    """Return whether we are in a workspace; a hint can be read outside of one too."""
    try:
        return bool(book.workspace())
    except Misuse:
        return False


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
    except (sqlite3.DatabaseError, ValueError) as error:
        if isinstance(error, sqlite3.Error) and code(error) not in DAMAGED:
            raise
    from grader import salvage

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
