"""What leaves the teacher's room: files written whole, texts harmless where they will stand."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from grader.problems import Fault
from grader.submission import label_of
from grader.told import line

NO_SLUG = re.compile(r"[^a-z0-9]+")
# a cell begins with it, or with what another program takes for the end of the cell before
FORMULA = re.compile(r"(?:^|(?<=[;,|\"]))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
MARKDOWN = re.compile(r"[^\w\s.,:;?/'\"=-]")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a file that is there whole or not at all, or raise Fault."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a text of a learner's may hold half a character
        with fresh.open("w", encoding="utf-8", errors="replace", newline="") as file:
            yield file
        os.replace(fresh, path)
    except OSError as error:
        raise Fault(
            f"{label_of(path.parent)} cannot be written to: {error.strerror or error}.",
            "The marks are kept in the run: make room, then export again.",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink()


def cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula.

    As OWASP has it (CSV Injection): an apostrophe before `= + - @`, wherever
    another separator would begin a cell, too. A tab is no more in it.
    """
    return FORMULA.sub("'", line(text))


def markdown(text: str) -> str:
    """Return a text that Markdown takes literally, in a table too."""
    return MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", line(text))


def file_name(key: str) -> str:
    """Return what the page of a learner is called: letters that every system knows."""
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{NO_SLUG.sub('-', plain).strip('-')[:40] or 'learner'}-{digest}.html"
