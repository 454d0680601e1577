"""An empty page: a learner's file with one exercise to be written again."""

from __future__ import annotations

from pathlib import Path

from grader import book, edit, stub, submission
from grader.book import Chapter
from grader.desk import aside
from grader.desk.quarry import function_in
from grader.problems import Misuse
from grader.submission import Obstacle, label_of
from grader.verdict import DONE, state_of

HEADER = """\
# An empty page: write {name} again, without looking at what you had.
# Then type: grader sprint
# It is checked on inputs that you have not seen. Your exercise stays as it is.

"""


def path_of(chapter: Chapter) -> Path:
    """Return the file that a chapter's pages are in."""
    return book.workspace() / "sprint" / f"{chapter.slug}.py"


def write(chapter: Chapter, name: str, passed: list[str]) -> None:
    """Write the page, what stood there kept aside.

    Around the hole stands the learner's own code; where that does not carry a
    right answer any more, the book's answers to what has passed.
    """
    path, source = path_of(chapter), own(chapter, name)
    if source is None:
        source = stub.derive(chapter.source, set(passed) - {name})
    if path.exists():
        edit.keep_aside(path)
    edit.write(path, HEADER.format(name=name) + source)


def own(chapter: Chapter, name: str) -> str | None:
    """Return the learner's file with one hole emptied, if the right answer passes in it."""
    try:
        label = label_of(path_of(chapter))
        source = submission.text(edit.with_hole_emptied(chapter, name), label)
    except (Misuse, OSError):
        return None
    hole, answer = (
        function_in(stub.derive(chapter.source, filled), name) for filled in ((), (name,))
    )
    try:
        found = aside.of_source(chapter, [name], source.replace(hole, answer, 1), label)
    except Obstacle:
        return None
    return source if state_of(found[name]) == DONE else None


def line_of(chapter: Chapter, name: str) -> int:
    """Return the line of the page where the answer belongs."""
    try:
        node = submission.read(path_of(chapter), chapter).functions.get(name)
    except Obstacle:
        node = None
    return (node and node.end_lineno) or 1
