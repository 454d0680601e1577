"""The file that explain tasks are answered in: how it begins, and what stands in it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from grader.book import Chapter
from grader.desk.task import Task
from grader.problems import Misuse, nearest
from grader.screen import clean
from grader.submission import MAX_SIZE, Obstacle, label_of, text

LONGEST = 200  # characters of an answer that are read and shown again
PARTS = ("line", "cause", "witness")
FORM = 'An answer looks like  line = 3  or  cause = "b"  or  witness.x = [[0.0, 1.0]].'


def header(chapter: Chapter) -> str:
    """Return how an answer file begins."""
    return (
        f"# Chapter {chapter.number}, {chapter.title}: which line, why, and for which input?\n"
        f"# The functions and the causes: grader explain {chapter.name}\n"
        "# Change what stands behind the signs =, save, and type that again.\n"
        "#   line     the number of the wrong line, or its text in quotes\n"
        "#   cause    a letter in quotes\n"
        "#   witness  an input for which the two versions differ; here they agree\n"
    )


def blank(task: Task) -> str:
    """Return the table of one task, nothing answered yet."""
    return "\n".join([f"[{task.name}]", "line = 0", 'cause = ""', *inputs(task), ""])


def inputs(task: Task) -> list[str]:
    """Return the example as the lines of an answer file."""
    return [f"witness.{name} = {value}" for name, value in task.explain.example.items()]


def read(chapter: Chapter, every: list[Task]) -> dict[str, dict[str, Any]]:
    """Return the answers of a learner's file by task, or raise Misuse."""
    label, again = label_of(chapter.explained), f"grader explain {chapter.name}"
    try:
        with chapter.explained.open("rb") as file:
            source = text(file.read(MAX_SIZE), label)
        found = tomllib.loads(source)
    except OSError as error:
        raise Misuse(f"{label} cannot be read: {error.strerror}.", again) from None
    except Obstacle as obstacle:
        raise Misuse(obstacle.sentence, again) from None
    except (ValueError, RecursionError) as error:
        raise Misuse(unparsable(str(error), source, label), again) from None
    known = [task.name for task in every]
    for name, answer in found.items():
        if name not in known:
            meant = nearest(name, known) or f" They are called {' and '.join(known)}."
            raise Misuse(f"{label}: there is no task [{short(name)}].{meant}", again)
        if not isinstance(answer, dict):
            raise Misuse(f"{label}: {name} must be a table, a line [{name}] of its own.", again)
        for key in answer:
            if key not in PARTS:
                meant = nearest(key, list(PARTS)) or " It has line, cause and witness."
                raise Misuse(f"{label}: [{name}] knows no '{short(key)}'.{meant}", again)
    return found


def unparsable(reason: str, source: str, label: str) -> str:
    """Return where a file stops being TOML: the line, a caret, and what would do."""
    match = re.search(r" ?\(at line (\d+), column (\d+)\)", reason)
    if match is None:
        return f"{label}: {reason}.\n{FORM}"
    line, column = int(match[1]), int(match[2])
    every = source.split("\n")
    shown = every[line - 1] if line <= len(every) else ""
    caret = " " * (min(column, 70) - 1) + "^"
    return (
        f"{label}, line {line}: {reason.replace(match[0], '')}.\n"
        f"    {clean(shown)[:70]}\n    {caret}\n{FORM}"
    )


def short(answer: Any) -> str:
    """Return what was answered as a text that can be shown."""
    said = str(answer)
    return clean(said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…")
