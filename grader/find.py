"""Which chapter or exercise a person means."""

from __future__ import annotations

from grader import stub
from grader.book import Chapter, chapters, find_chapter
from grader.problems import Misuse, nearest
from grader.stub import Hole


def hole_names(chapter: Chapter) -> list[str]:
    """Return the exercises of a chapter, in order."""
    return [hole.name for hole in stub.holes(chapter.source)]


def exercises(name: str) -> list[tuple[Chapter, Hole]]:
    """Return the exercises called `name`, `chapter.name`, or ending in `.name`."""
    every = [(c, hole) for c in chapters() for hole in stub.holes(c.source)]
    prefix, _, rest = name.partition(".")
    if exact := [item for item in every if item[1].name == name]:
        return exact  # GPT.forward is a function, though GPT is a chapter, too
    if rest and (chapter := find_chapter(prefix)):
        every, name = [item for item in every if item[0] == chapter], rest
    exact = [item for item in every if item[1].name == name]
    return exact or [item for item in every if item[1].name.endswith(f".{name}")]


def is_chapter(name: str) -> bool:
    """Return whether a name means a whole chapter."""
    return find_chapter(name) is not None


def what(name: str) -> tuple[Chapter, list[str]]:
    """Return the chapter that `name` speaks of, and the exercises of it."""
    if chapter := find_chapter(name):
        return chapter, hole_names(chapter)
    chapter, hole = one(name)
    return chapter, [hole.name]


def one(name: str) -> tuple[Chapter, Hole]:
    """Return the one exercise called `name`, or raise Misuse."""
    found = exercises(name)
    if len(found) == 1:
        return found[0]
    if found:
        names = [f"{c.slug}.{hole.name}" for c, hole in found]
        raise Misuse(f"{name!r} is the end of several names: {', '.join(names)}.")
    if chapter := find_chapter(name):
        raise Misuse(
            f"{name} is a chapter; say which exercise: {', '.join(hole_names(chapter))}.",
            f"grader check {chapter.name}",
        )
    known = [c.name for c in chapters()] + [c.slug for c in chapters()]
    known += [hole.name for c in chapters() for hole in stub.holes(c.source)]
    raise Misuse(f"There is no chapter or function {name!r}.{nearest(name, known)}", "grader list")
