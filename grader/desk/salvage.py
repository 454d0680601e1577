"""Read what is left in a damaged file of progress, without SQLite, and begin a new one.

SQLite gives up at the first page it cannot follow. The rows stand in pages of
their own kind, though, each with its number, so those of every page that is
whole can be had: https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.desk import ledger, progress
from grader.problems import Fault
from grader.submission import label_of

LEAF = 0x0D  # the first byte of a page that holds rows
TEXT = 13  # and every odd number from here on: a text of (number - 13) / 2 bytes
MISSING = 0  # how the id stands in its row: it is the row's number
MAGIC = b"SQLite format 3\0"
VERSION = slice(60, 64)  # where the file's PRAGMA user_version stands
PAGE = 4096  # bytes, unless the file says otherwise


@contextlib.contextmanager
def mended(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a file with what could be read of a damaged one, which is kept aside.

    Where nothing can be written it is a copy in memory.
    """
    seen, data = path.stat(), path.read_bytes()
    rows = readable(data)
    try:
        if data.startswith(MAGIC) and int.from_bytes(data[VERSION]) > len(ledger.STEPS):
            raise Fault("It was written by a newer grader, so it is left as it is.")
        replace(path, seen, rows)
    except (OSError, sqlite3.Error, Fault) as error:
        ledger.say(
            f"{label_of(path)} is damaged; {count(rows)} can be read of it. "
            f"It was not mended: {ledger.why(error)}"
        )
        connection = begun(":memory:", rows)
        connection.execute("PRAGMA query_only = ON")
    else:
        connection = ledger.connect(path)
    try:
        yield connection
    finally:
        connection.close()


def replace(path: Path, seen: os.stat_result, rows: dict[int, ledger.Row]) -> None:
    """Put a new file with some rows in the place of a damaged one."""
    from grader.edit import keep_aside

    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        begun(fresh, rows).close()
        kept = keep_aside(path)
        now = path.stat()
        if (now.st_ino, now.st_size) != (seen.st_ino, seen.st_size):
            return  # another terminal has mended it in the meantime
        # it tells how to undo what was under way in the old file, and would in the new one
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    lost = max(rows, default=0) - len(rows)
    ledger.say(
        f"{label_of(path)} was damaged. The old file is kept as {label_of(kept)}; "
        f"the new one holds what could be read of it: {count(rows)}"
        f"{f', at least {lost} lost' if lost else ''}."
    )


def begun(path: Path | str, rows: dict[int, ledger.Row]) -> sqlite3.Connection:
    """Return a new file that holds some rows."""
    connection = ledger.connect(path)
    with ledger.transaction(connection):
        ledger.bring_up_to_date(connection)
        connection.executemany(
            f"INSERT INTO event (id, {ledger.COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
            [(id, *row) for id, row in sorted(rows.items())],
        )
        if not rows:
            connection.executemany(ledger.ADD, ledger.hints_before())
    return connection


def count(rows: dict[int, ledger.Row]) -> str:
    """Return how many events there are, in words."""
    return f"{len(rows)} event{'s' * (len(rows) != 1)}"


def readable(data: bytes) -> dict[int, ledger.Row]:
    """Return the rows that stand whole in the pages of a file, by their number."""
    told = int.from_bytes(data[16:18]) if data.startswith(MAGIC) else 0
    size = told if told >= 512 else PAGE
    found = {}
    for start in range(0, len(data), size):
        page = data[start : start + size].ljust(size, b"\0")
        if page[0] != LEAF:
            continue
        for place in range(8, 8 + 2 * min(int.from_bytes(page[3:5]), size // 2), 2):
            with contextlib.suppress(IndexError, ValueError):
                id, row = cell(data, page, int.from_bytes(page[place : place + 2]))
                progress.event_of(row)
                found[id] = row
    return found


def cell(data: bytes, page: bytes, at: int) -> tuple[int, Any]:
    """Return one row of a page: its number and its columns but for the number."""
    length, at = varint(page, at)
    id, at = varint(page, at)
    record = payload(data, page, at, length)
    end, at = varint(record, 0)
    kinds = []
    while at < end:
        kind, at = varint(record, at)
        kinds.append(kind)
    if kinds[0] != MISSING or len(kinds) < 6:
        raise ValueError("this is a row of another table")
    row = []
    for kind in kinds[1:6]:
        if kind < TEXT or kind % 2 == 0:
            raise ValueError("a column is no text")
        row.append(record[at : at + (kind - TEXT) // 2].decode())
        at += (kind - TEXT) // 2
    return id, tuple(row)


def payload(data: bytes, page: bytes, at: int, length: int) -> bytes:
    """Return the content of a row; a long one goes on in pages of its own."""
    size = len(page)
    if length <= size - 35:
        return page[at : at + length]
    least = (size - 12) * 32 // 255 - 23
    here = least + (length - least) % (size - 4)
    here = here if here <= size - 35 else least
    content, at = page[at : at + here], at + here
    following = int.from_bytes(page[at : at + 4])
    while len(content) < length:
        if not 0 < following <= len(data) // size:
            raise ValueError("it goes on in a page that is not there")
        more = data[(following - 1) * size : following * size]
        content += more[4 : 4 + length - len(content)]
        following = int.from_bytes(more[:4])
    return content


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number written in one to nine bytes, and where the next thing begins."""
    value = 0
    for i in range(8):
        value = value << 7 | data[at + i] & 0x7F
        if data[at + i] < 0x80:
            return value, at + i + 1
    return value << 8 | data[at + 8], at + 9
