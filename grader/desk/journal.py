"""`grader journal`: dated notes in Markdown, only ever added to."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
from datetime import date
from pathlib import Path

from grader import book, screen
from grader.book import Chapter
from grader.problems import FAILED, PASSED, Fault, Misuse
from grader.submission import label_of

AHA = re.compile(r"^## Aha[ \t]*$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(r'^\?\?\?\+? question "(.*)"[ \t]*$', re.MULTILINE)
DAY = re.compile(r"^## (\d{4}-\d\d-\d\d)[ \t]*$", re.MULTILINE)
UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def run(options: argparse.Namespace) -> int:
    """Add a note; without one make today's entry and open it."""
    chapter, note = meant(options.name or "", options.words)
    path = book.workspace() / "journal" / f"{chapter.slug if chapter else 'notes'}.md"
    title = chapter.title.capitalize() if chapter else "Notes"
    if note:
        add(path, title, date.today(), note)
        print(f"Noted in {label_of(path)}.")
        return PASSED
    add(path, title, date.today(), prompts=questions(chapter) if chapter else [])
    return open_in_editor(path)


def meant(name: str, words: list[str]) -> tuple[Chapter | None, str]:
    """Return which chapter is spoken of, if one is, and the note.

    What is no chapter's name begins a note, but for a word that stands alone:
    that was meant to be a chapter. A word that is one may be the note's first.
    """
    note = " ".join(words).strip()
    chapter = book.find_chapter(name)
    if chapter and len(words) > 1 and not any(map(str.isdigit, name)):
        return chapter, f"{name} {note}"
    if chapter or not name.strip():
        return chapter, note
    if not note and " " not in name.strip():
        book.chapter_or_misuse(name)
    return None, f"{name} {note}".strip()


def questions(chapter: Chapter) -> list[str]:
    """Return the aha questions of a chapter's prose."""
    section = AHA.search(chapter.prose.read_text(encoding="utf-8"))
    return QUESTION.findall(section[1]) if section else []


def add(
    path: Path, title: str, day: date, note: str = "", prompts: list[str] | None = None
) -> None:
    """Append to a journal in one write, with the line ends that it has."""
    try:
        data = path.read_bytes() if path.exists() else b""
        if data.startswith(UTF_16):
            raise Misuse(f"{label_of(path)} is saved as UTF-16: save it as UTF-8, then again.")
        added = entry(data.decode(errors="replace"), title, day, note, prompts or [])
        if b"\r\n" in data:
            added = added.replace("\n", "\r\n")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(added.encode(errors="replace"))
    except OSError as error:
        raise Fault(f"{label_of(path)} cannot be written: {error.strerror}.") from None


def entry(text: str, title: str, day: date, note: str, prompts: list[str]) -> str:
    """Return what to append to a journal: the day and the prompts once a day."""
    text = text.replace("\r\n", "\n")
    days = list(DAY.finditer(text))
    is_today = bool(days) and days[-1][1] == f"{day}"
    today = text[days[-1].end() :] if is_today else ""
    parts = [] if text.strip() else [f"# {title}"]
    parts += [] if is_today else [f"## {day}"]
    parts += [note] if note else []
    parts += [f"**{prompt}**" for prompt in prompts if f"**{prompt}**" not in today]
    if not parts:
        return ""
    gap = "\n" * (2 - (text.endswith("\n") + text.endswith("\n\n"))) if text.strip() else ""
    return gap + "\n\n".join(parts) + "\n"


def open_in_editor(path: Path) -> int:
    """Open a file in the person's editor, or say where it is."""
    label = label_of(path)
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    if not editor.strip():
        screen.paragraph(f"Today's entry is in {label}.")
        screen.paragraph("Next: open it; with EDITOR set in your shell, grader journal does that")
        return PASSED
    try:
        is_posix = os.name == "posix"  # elsewhere a program splits its words itself
        words = [*shlex.split(editor), str(path)] if is_posix else f'{editor} "{path}"'
        code = subprocess.run(words).returncode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        raise Misuse(
            f"Your editor {editor!r} does not start ({reason}). Today's entry is in {label}.",
            "set EDITOR to an editor that you have, or open the file yourself",
        ) from None
    if code:
        screen.paragraph(
            f"Your editor {editor!r} ended with code {code}. What you have is in {label}."
        )
    return FAILED if code else PASSED
