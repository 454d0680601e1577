"""The record of one run: an SQLite file to which lines are only ever added.

It is written ahead: what was added once is there, whatever kills us. Each
learner has one verdict for each chapter, and the file itself refuses a second.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from grader.classroom.people import Entry, Learner
from grader.classroom.tally import Marked
from grader.problems import Misuse

VERSION = 1
TABLES = """
    CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE source (digest TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE verdict (
        key TEXT NOT NULL, chapter TEXT NOT NULL, learner TEXT NOT NULL, origin TEXT NOT NULL,
        digest TEXT NOT NULL, record TEXT NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
        PRIMARY KEY (key, chapter)
    );
    CREATE INDEX by_digest ON verdict (chapter, digest);
"""
ONLY_ADDED = """
    CREATE TRIGGER {0}_{1} BEFORE {1} ON {0}
    BEGIN SELECT RAISE(ABORT, 'a run is only ever added to'); END;
"""
FULL = ("full", "I/O")  # in what SQLite says of a disk without room


def digest_of(data: bytes) -> str:
    """Return what identical files share."""
    return sha256(data).hexdigest()


class Store:
    """One run's file, open for one process.

    Raises
    ------
    Misuse
        If it is at work elsewhere, or is no such file, or cannot be written.
    """

    def __init__(self, path: Path, about: dict[str, Any] | None = None) -> None:
        self.path = path
        is_new = not path.exists()
        if is_new and about is None:
            raise Misuse(
                f"{path} is not there: no class was marked into this folder.",
                "grader class mark SUBMISSIONS --chapter chapter-07",
            )
        try:
            self.file = sqlite3.connect(path, timeout=0.5, isolation_level=None)
            self.file.execute("PRAGMA locking_mode = EXCLUSIVE")
            self.file.execute("PRAGMA journal_mode = WAL")
            self.file.execute("PRAGMA synchronous = NORMAL")
            self.file.execute("BEGIN IMMEDIATE")
            if not self.file.execute("SELECT 1 FROM sqlite_master").fetchone():
                self._make(about or {})
            self.file.execute("COMMIT")
            self.about = {
                name: json.loads(value)
                for name, value in self.file.execute("SELECT name, value FROM about")
            }
            known = self.about.get("version") == VERSION
        except sqlite3.Error as error:
            raise self._misuse(error) from None
        if not known:
            raise Misuse(
                f"{path} was written by another version of the grader.", "choose another --out"
            )

    def _make(self, about: dict[str, Any]) -> None:
        for statement in TABLES.split(";"):
            self.file.execute(statement)
        for table in ("about", "source", "verdict"):
            for deed in ("UPDATE", "DELETE"):
                self.file.execute(ONLY_ADDED.format(table, deed))
        told = {"version": VERSION, **about}
        lines = [(name, json.dumps(value)) for name, value in told.items()]
        self.file.executemany("INSERT INTO about VALUES (?, ?)", lines)

    def _misuse(self, error: sqlite3.Error) -> Misuse:
        said = str(error)
        if "locked" in said or "busy" in said:
            return Misuse(f"{self.path} is at work: another grader class is marking into it.")
        if any(word in said for word in FULL):
            return Misuse(
                f"{self.path} cannot be written: no space is left. What was marked is kept.",
                "make room, then the same command goes on",
            )
        if "not a database" in said or "malformed" in said:
            return Misuse(
                f"{self.path} is no run of grader class ({said}).", "choose another --out"
            )
        return Misuse(f"{self.path} cannot be used: {said}.", "choose another --out")

    def add(self, entry: Entry, digest: str, data: bytes, record: dict[str, Any]) -> None:
        """Add a verdict with the source that it is of, at once or not at all."""
        who = entry.learner
        told = {"name": who.name, "id": who.id, "email": who.email, "row": dict(who.row)}
        line = (who.key, entry.chapter, json.dumps(told), entry.origin, digest, json.dumps(record))
        try:
            self.file.execute("BEGIN IMMEDIATE")
            if digest:
                self.file.execute(
                    "INSERT OR IGNORE INTO source VALUES (?, ?)", (digest, zlib.compress(data, 1))
                )
            self.file.execute(
                "INSERT INTO verdict (key, chapter, learner, origin, digest, record)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                line,
            )
            self.file.execute("COMMIT")
        except sqlite3.Error as error:
            if self.file.in_transaction:
                self.file.execute("ROLLBACK")
            raise self._misuse(error) from None

    def digest(self, key: str, chapter: str) -> str | None:
        """Return of which file a learner's verdict is, None where there is none yet."""
        found = self.file.execute(
            "SELECT digest FROM verdict WHERE key = ? AND chapter = ?", (key, chapter)
        ).fetchone()
        return found[0] if found else None

    def twin(self, chapter: str, digest: str) -> tuple[str, dict[str, Any]] | None:
        """Return who handed in this very file before, and its record."""
        found = self.file.execute(
            "SELECT key, record FROM verdict WHERE chapter = ? AND digest = ? ORDER BY rowid",
            (chapter, digest),
        ).fetchone()
        return (found[0], json.loads(found[1])) if found else None

    def source(self, digest: str) -> bytes:
        """Return a file that was marked."""
        found = self.file.execute("SELECT data FROM source WHERE digest = ?", (digest,)).fetchone()
        return zlib.decompress(found[0]) if found else b""

    def count(self) -> int:
        """Return how many verdicts there are."""
        return int(self.file.execute("SELECT count(*) FROM verdict").fetchone()[0])

    def marked(self) -> Iterator[Marked]:
        """Yield every verdict, by learner and chapter."""
        lines = self.file.execute(
            "SELECT key, learner, record, origin, digest FROM verdict ORDER BY key, chapter"
        )
        for key, learner, record, _, _ in lines:
            yield Marked(Learner(key, **json.loads(learner)), json.loads(record))

    def sources(self, chapter: str) -> Iterator[tuple[str, bytes]]:
        """Yield each learner's key with the file that was marked."""
        lines = self.file.execute(
            "SELECT key, data FROM verdict JOIN source USING (digest)"
            " WHERE chapter = ? ORDER BY key",
            (chapter,),
        )
        for key, data in lines:
            yield key, zlib.decompress(data)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
