"""What leaves the teacher's room: files written whole, texts harmless where they will stand."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TextIO

from grader.problems import Fault
from grader.screen import clean
from grader.submission import label_of

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NO_SLUG = re.compile(r"[^a-z0-9]+")
# a cell begins with it, or with what another program takes for the end of the cell before
FORMULA = re.compile(r"(?:^|(?<=[;,|\"]))(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
MARKDOWN = re.compile(r"[^\w\s.,:;?/'\"=-]")
MAX_TEXT = 400  # of one text in a report


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


def line(text: str, most: int = MAX_TEXT) -> str:
    """Return a text as one line that can be printed, its end cut if it is long."""
    text = " ".join(NOT_XML.sub("", clean(text[: 4 * most])).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def lines(text: str, most: int, columns: int) -> list[str]:
    """Return the first lines of a text as they are, with a last one that says what is cut."""
    every = NOT_XML.sub("", clean(text)).split("\n")
    shown = [t if len(t) <= columns else f"{t[: columns - 1]}…" for t in every[:most]]
    return shown + [f"… and {len(every) - most:,} lines more"] * (len(every) > most)


def html(text: str, most: int = MAX_TEXT) -> str:
    """Return a text as one line of HTML."""
    return escape(line(text, most))


def cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula.

    As OWASP has it (CSV Injection): an apostrophe before `= + - @`, wherever
    another separator would begin a cell, too. A tab is no more in it.
    """
    return FORMULA.sub("'", line(text))


def markdown(text: str) -> str:
    """Return a text that Markdown takes literally, in a table too."""
    return MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", line(text))


def xml(text: str) -> str:
    """Return the characters of a text that XML allows; they are not escaped."""
    return NOT_XML.sub("", clean(text))


def file_name(key: str) -> str:
    """Return what the page of a learner is called: letters that every system knows."""
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{NO_SLUG.sub('-', plain).strip('-')[:40] or 'learner'}-{digest}.html"
