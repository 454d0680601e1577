"""The record of one run: an SQLite file to which lines are only ever added.

It is written ahead: what was added once is there, whatever kills us. Each
learner has one verdict for each chapter, and the file itself refuses a second.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
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
NOT_TWICE = """
    CREATE TRIGGER {0}_twice BEFORE INSERT ON {0}
    WHEN EXISTS (SELECT 1 FROM {0} WHERE {1}) BEGIN SELECT RAISE({2}); END;
"""
SAME = {"about": "name = NEW.name", "source": "digest = NEW.digest"}
SAME["verdict"] = "key = NEW.key AND chapter = NEW.chapter"


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
        with self._told():
            self.file = sqlite3.connect(path, timeout=0.5, isolation_level=None)
        try:
            with self._told():
                self._begin(about or {})
        except BaseException:
            self.close()
            raise

    def _begin(self, about: dict[str, Any]) -> None:
        told, is_made = "SELECT name, value FROM about", "SELECT 1 FROM sqlite_master"
        self.file.execute("PRAGMA locking_mode = EXCLUSIVE")
        if self.file.execute(is_made).fetchone():
            self.file.execute(told)  # another program's file is left as it is
        self.file.execute("PRAGMA journal_mode = WAL")
        self.file.execute("PRAGMA synchronous = NORMAL")
        self.file.execute("BEGIN IMMEDIATE")
        if not self.file.execute(is_made).fetchone():
            self._make(about)
        self.file.execute("COMMIT")
        lines = self.file.execute(told)
        self.about = {name: json.loads(value) for name, value in lines}
        if self.about.get("version") != VERSION:
            raise Misuse(
                f"{self.path} was written by another version of the grader.", "choose another --out"
            )

    def _make(self, about: dict[str, Any]) -> None:
        for statement in TABLES.split(";"):
            self.file.execute(statement)
        for table, same in SAME.items():
            for deed in ("UPDATE", "DELETE"):
                self.file.execute(ONLY_ADDED.format(table, deed))
            deed = "IGNORE" if table == "source" else "ABORT, 'it is there already'"
            self.file.execute(NOT_TWICE.format(table, same, deed))  # REPLACE asks no other trigger
        told = {"version": VERSION, **about}
        lines = [(name, json.dumps(value)) for name, value in told.items()]
        self.file.executemany("INSERT INTO about VALUES (?, ?)", lines)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into a sentence and a next step."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._misuse(str(error)) from None

    def _misuse(self, said: str) -> Misuse:
        if "locked" in said or "busy" in said:
            return Misuse(
                f"{self.path} is at work: another grader class is marking into it.",
                "wait until it has ended, or choose another --out",
            )
        if "full" in said or "I/O" in said:
            return Misuse(
                f"{self.path} cannot be written: no space is left ({said}). "
                "What was marked is kept.",
                "make room, then the same command goes on",
            )
        if "not a database" in said or "malformed" in said or "no such table" in said:
            return Misuse(
                f"{self.path} is no run of grader class, or is damaged ({said}).",
                "choose another --out",
            )
        return Misuse(f"{self.path} cannot be used: {said}.", "choose another --out")

    def _lines(self, question: str, *what: str) -> Iterator[Any]:
        with self._told():
            yield from self.file.execute(question, what)

    def add(self, entry: Entry, digest: str, data: bytes, record: dict[str, Any]) -> None:
        """Add a verdict with the source that it is of, at once or not at all."""
        who = entry.learner
        told = {"name": who.name, "id": who.id, "email": who.email, "row": dict(who.row)}
        line = (who.key, entry.chapter, json.dumps(told), entry.origin, digest, json.dumps(record))
        try:
            with self._told():
                self.file.execute("BEGIN IMMEDIATE")
                if digest:
                    packed = zlib.compress(data, 1)
                    self.file.execute("INSERT INTO source VALUES (?, ?)", (digest, packed))
                self.file.execute(
                    "INSERT INTO verdict (key, chapter, learner, origin, digest, record)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    line,
                )
                self.file.execute("COMMIT")
        finally:
            if self.file.in_transaction:
                self.file.execute("ROLLBACK")

    def digest(self, key: str, chapter: str) -> str | None:
        """Return of which file a learner's verdict is, None where there is none yet."""
        question = "SELECT digest FROM verdict WHERE key = ? AND chapter = ?"
        return next((digest for (digest,) in self._lines(question, key, chapter)), None)

    def twin(self, chapter: str, digest: str) -> tuple[str, dict[str, Any]] | None:
        """Return who handed in this very file first, and the record of it."""
        question = (
            "SELECT key, record FROM verdict WHERE chapter = ? AND digest = ?"
            " ORDER BY rowid LIMIT 1"
        )
        lines = self._lines(question, chapter, digest)
        return next(((key, json.loads(record)) for key, record in lines), None)

    def source(self, digest: str) -> bytes:
        """Return a file that was marked."""
        lines = self._lines("SELECT data FROM source WHERE digest = ?", digest)
        return next((zlib.decompress(data) for (data,) in lines), b"")

    def count(self) -> int:
        """Return how many verdicts there are."""
        return int(next(self._lines("SELECT count(*) FROM verdict"))[0])

    def marked(self) -> Iterator[Marked]:
        """Yield every verdict, by learner and in the order of the book."""
        order = f" {' '.join(self.about.get('chapters', []))} "
        question = (
            "SELECT key, learner, record FROM verdict ORDER BY key, instr(?, ' ' || chapter || ' ')"
        )
        for key, learner, record in self._lines(question, order):
            yield Marked(Learner(key, **json.loads(learner)), json.loads(record))

    def sources(self, chapter: str) -> Iterator[tuple[str, bytes]]:
        """Yield each learner's key with the file that was marked."""
        question = (
            "SELECT key, data FROM verdict JOIN source USING (digest)"
            " WHERE chapter = ? ORDER BY key"
        )
        for key, data in self._lines(question, chapter):
            yield key, zlib.decompress(data)

    def close(self) -> None:
        """Close the file."""
        self.file.close()
