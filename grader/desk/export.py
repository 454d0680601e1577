"""`grader export`: what was written in the workspace, as a file for the page of the book."""

from __future__ import annotations

import argparse
import ast
import os
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from grader import book, edit, stub, submission
from grader.desk import exchange, progress, texts
from grader.desk.beside import Statement, statements
from grader.desk.exchange import counted, listed
from grader.desk.standing import Standing, standings
from grader.desk.update import as_given
from grader.problems import FAILED, PASSED, Misuse
from grader.screen import paragraph
from grader.submission import Obstacle, Submission, label_of


@dataclass
class Taken:
    """The exercises of one chapter as texts, and what there is to say about it."""

    exercises: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    is_whole: bool = True


def run(options: argparse.Namespace) -> int:
    """Write the file, then say what is in it and what is not."""
    path = destination(options.file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a learner's source
        taken = {
            standing.chapter.slug: take(standing)
            for standing in standings(progress.events(), datetime.now().astimezone())
        }
    found = {slug: one.exercises for slug, one in taken.items() if one.exercises}
    every = [exercise for chapter in found.values() for exercise in chapter.values()]
    if every:
        kept = write(path, exchange.content(found))
        number = f"{counted(len(every), 'exercise')} of {counted(len(found), 'chapter')}"
        passed = sum(exercise["passed"] for exercise in every)
        paragraph(f"{path} is written: {number}, {passed or 'none'} passed.{kept}")
    said = [sentence for one in taken.values() for sentence in one.said]
    for sentence in said:
        paragraph(sentence)
    if every:
        print(f"\nNext: {exchange.TAKEN}, at the foot of a chapter's page")
    else:
        paragraph(f"Nothing was exported{'' if said else ': no exercise is written yet'}.")
        print("\nNext: grader check")
    return PASSED if all(one.is_whole for one in taken.values()) else FAILED


def destination(name: str) -> Path:
    """Return the file that is meant, or raise Misuse where another's would be lost."""
    path = Path(name or exchange.NAME)
    path = path / exchange.NAME if path.is_dir() else path
    if not path.parent.is_dir():
        raise Misuse(f"There is no folder {path.parent}.")
    if os.path.lexists(path):
        try:
            if not path.is_file():  # reading of a device might never end
                raise ValueError
            exchange.exercises(exchange.start_of(path))
        except ValueError:
            raise Misuse(
                f"{path} is there already, and is no export; it was left as it is.",
                f"grader export {path.stem}-export.json",
            ) from None
        except OSError as error:
            raise Misuse(f"{path} cannot be read: {error.strerror}.") from None
    return path


def write(path: Path, content: bytes) -> str:
    """Write the file; return where an older one is kept, if there was another."""
    kept = ""
    if path.exists() and path.read_bytes() != content:
        kept = f" The one before is kept in {label_of(edit.keep_aside(path))}."
    edit.write(path, content)
    return kept


def take(standing: Standing) -> Taken:
    """Return what is written in the exercises of one chapter."""
    chapter, found = standing.chapter, Taken()
    if not chapter.exercise.exists() or edit.is_as_derived(chapter.exercise, chapter):
        return found
    given = stub.derive(chapter.source)
    try:
        file = submission.read(chapter.exercise, chapter)
    except Obstacle as obstacle:
        return Taken(said=[f"{obstacle.sentence} Nothing of it was exported."], is_whole=False)
    along = set[str]()
    for exercise in standing.exercises:
        name = exercise.name
        try:
            text, with_it = texts.taken(file.source, name, given)
            if texts.is_empty(text, texts.taken(given, name, given)[0]):
                continue
        except (texts.Unfit, RecursionError) as error:
            found.said.append(f"{name} was not exported: {why(error)}.")
            found.is_whole = False
            continue
        passed = exercise.is_done and not exercise.is_changed
        found.exercises[name] = {"text": text, "passed": passed}
        along.update(with_it)
    if left := [s.key for s in beside(file, standing) if s.key not in along]:
        found.said.append(
            f"Only in {file.label}: {listed(left)}. With a function comes what it needs of yours "
            "in the module, with a method what it needs in its class."
        )
    return found


def why(error: Exception) -> str:
    """Return what is in the way of a text."""
    return str(error) if isinstance(error, texts.Unfit) else "it is nested too deeply"


def beside(file: Submission, standing: Standing) -> list[Statement]:
    """Return what the learner wrote or changed in a file beside the exercises."""
    chapter = standing.chapter
    sources = [stub.derive(chapter.source), as_given(book.workspace(), chapter) or ""]
    books: dict[str, list[Any]] = {}
    for source in sources:
        for s in statements(source):
            books.setdefault(s.key, []).append(s.node)
    holes = {exercise.name for exercise in standing.exercises}
    found = list[Statement]()
    for s in statements(file.source):
        is_inside = any(s.owner == one.key or s.owner.startswith(f"{one.key}.") for one in found)
        if s.key in holes or is_inside or isinstance(s.node, ast.ClassDef) and s.key in books:
            continue
        if texts.meaning(s.node) not in map(texts.meaning, books.get(s.key, [])):
            found.append(s)
    return found
