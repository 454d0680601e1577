"""One check as HTML: how it ended and what helps, in the order of the terminal.

For a teacher's pages and for a page of the book. Texts of a learner's come in
here, so whatever is told is cut, escaped, and without signs that steer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from textwrap import dedent
from typing import Any

from grader import screen
from grader.screen import clean
from grader.verdict import DONE, NOT_YET, WAITS

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MAX_TEXT = 400  # of one text in a report
WIDE = 100_000  # columns: the page ends its lines itself
PLAIN = screen.Style(colour=False)


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


def xml(text: str) -> str:
    """Return the characters of a text that XML allows; they are not escaped."""
    return NOT_XML.sub("", clean(text))


def sign(state: str) -> str:
    """Return the sign of a state, with its colour."""
    kind = "done" if state == DONE else "quiet" if state in (NOT_YET, WAITS) else "bad"
    return f'<span class="sign {kind}">{PLAIN.sign(state)}</span>'


def block(code: Sequence[str]) -> str:
    """Return lines in a box, without the margin that all of them have."""
    cut = "\n".join(part for text in code for part in lines(text, 1, 1000))
    return f"<pre>{escape(dedent(cut))}</pre>\n"


def check_part(check: Mapping[str, Any]) -> str:
    """Return one check: its sentence, and what helps, in the order of the terminal."""
    said = f"<li>{sign(check['state'])} {html(check['sentence'])}\n"
    if name := check.get("waits_for"):
        said += f"<p>It waits for <code>{html(name)}</code>.</p>\n"
    wanted, error = check.get("wanted", ""), check.get("error", "")
    rows = []
    if check.get("given") and (wanted or error):
        given = " ".join(screen.given_lines(check["given"], WIDE))
        rows.append(("given", given.strip().removeprefix("given")))
    if wanted:
        rows += [("in", check["where"])] if check.get("where") else []
        rows += [("yours", check.get("yours", "")), ("wanted", wanted)]
    if rows:
        cells = (f"<dt>{name}<dd>{html(text, 1500)}" for name, text in rows)
        said += f"<dl>{''.join(cells)}</dl>\n"
    if wanted and check.get("remark"):
        said += f"<p>{html(check['remark'])}</p>\n"
    if error:
        said += f'<p class="bad">{html(error)}</p>\n'
    if frames := check.get("frames"):
        said += block([line for f in frames for line in screen.frame_lines(f, f is frames[-1], 90)])
    if why := check.get("diagnosis"):
        said += f"<p>This is how it looks when {html(' or when '.join(why))}.</p>\n"
    said += "".join(f"<p>{html(note)}</p>\n" for note in check.get("notes", []))
    if printed := check.get("printed"):
        shown = lines(printed, screen.MAX_PRINTED_LINES, 300)
        said += f'<p class="quiet">printed:</p>\n<pre>{escape(chr(10).join(shown))}</pre>\n'
    return said
