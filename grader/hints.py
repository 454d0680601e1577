"""Hints one at a time; each that was taken is an event of the workspace."""

from __future__ import annotations

from grader import book, stub
from grader.book import Chapter
from grader.desk import progress
from grader.stub import Hole


def taken(chapter: Chapter, hole: Hole) -> int:
    """Return how many hints of an exercise were taken so far."""
    key = f"{chapter.slug}.{hole.name}"
    return sum(event.key == key for event in progress.events("hint"))


def lines(chapter: Chapter, hole: Hole) -> list[str]:
    """Return the hints taken before and the next one, as lines to print."""
    from grader.screen import width, wrapped

    book.workspace()  # where there is none, say so
    every = stub.hints(chapter.source, hole)
    shown = min(taken(chapter, hole) + 1, len(every))
    if not progress.note("hint", chapter.slug, hole.name, number=shown):
        shown = len(every)  # nothing can be noted, so nothing is held back
    said = [f"{hole.name}, hint {shown} of {len(every)}", ""]
    for number, text in enumerate(every[:shown], 1):
        said += wrapped(text, 2, width(), f"{number}. ")
    more = f"grader hint {hole.name}" if shown < len(every) else f"grader reveal {hole.name}"
    return [*said, "", f"Next: grader check {hole.name}, or {more}"]
