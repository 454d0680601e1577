"""Hints one at a time; which were taken stands in .grader/hints, a line for each."""

from __future__ import annotations

from datetime import datetime

from grader import book, stub
from grader.book import Chapter
from grader.stub import Hole


def taken(key: str) -> int:
    """Return how many hints of an exercise were taken so far."""
    try:
        lines = (book.state() / "hints").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return sum(line.split()[-1:] == [key] for line in lines)


def take(key: str) -> bool:
    """Note that a hint was taken; return whether that could be written."""
    try:
        book.state().mkdir(exist_ok=True)
        with (book.state() / "hints").open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now().isoformat(timespec='seconds')} {key}\n")
    except OSError:
        return False
    return True


def lines(chapter: Chapter, hole: Hole) -> list[str]:
    """Return the hints taken before and the next one, as lines to print."""
    from grader.screen import width, wrapped

    every = stub.hints(chapter.source, hole)
    key = f"{chapter.slug}.{hole.name}"
    shown = min(taken(key) + 1, len(every))
    if not take(key):
        shown = len(every)  # nothing can be noted, so nothing is held back
    said = [f"{hole.name}, hint {shown} of {len(every)}", ""]
    for number, text in enumerate(every[:shown], 1):
        said += wrapped(text, 2, width(), f"{number}. ")
    more = f"grader hint {hole.name}" if shown < len(every) else f"grader reveal {hole.name}"
    return [*said, "", f"Next: grader check {hole.name}, or {more}"]
