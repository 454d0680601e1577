"""`grader explain`: shows the explain tasks of a chapter, and marks what was answered.

A task is three questions about a function with one wrong line: which line,
why, and for which input it matters. The answers stand in a TOML file of the
workspace; a wrong one is never told the right one.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from typing import Any

from grader import book, edit
from grader.book import Chapter
from grader.desk import progress
from grader.desk.answers import blank, header, inputs, read, short
from grader.desk.task import Task, tasks
from grader.desk.witness import Refused, lines, results
from grader.problems import FAILED, PASSED, Misuse
from grader.screen import Style, both_ends, clean, style_of, width, wrapped
from grader.submission import label_of
from grader.verdict import DONE, NOT_YET, WRONG

NUMBERED = re.compile(r"\s*(\d+)(?:\s.*)?")  # a line may be copied with its number


@dataclass(frozen=True)
class Mark:
    """What one answer is worth, in words."""

    part: str
    state: str
    said: str = ""
    sentence: str = ""
    shown: dict[str, list[str]] = field(default_factory=dict)  # lines by what they are


def run(options: argparse.Namespace) -> int:
    """Show the tasks of a chapter and mark the answers there are."""
    chapter = book.chapter_or_misuse(options.name)
    every = tasks(chapter)
    if not every:
        raise Misuse(f"{chapter.name} has no explain tasks yet.", f"grader check {chapter.name}")
    path, style, columns = chapter.explained, style_of(sys.stdout), width()
    is_there = path.exists()
    answers = read(chapter, every) if is_there else {}
    left = f"chapter {chapter.number}  {chapter.title}"
    print(both_ends(left, label_of(path), columns))
    done = 0
    for task in every:
        answer = answers.get(task.name)
        marks = mark(task, answer or {})
        done += all(m.state == DONE for m in marks)
        print("\n".join(["", *task_lines(task, marks, style, columns)]))
        if is_there and answer is None:
            print("\n".join(["", "    The file has no such table. Put this into it:", ""]))
            print(blank(task), end="")
        if not remember(task, answer or {}, marks):
            print(style("dim", "    (This could not be noted in .grader.)"))
    if not is_there:
        edit.write(path, "\n".join([header(chapter), *map(blank, every)]))
    print("\n".join(["", *last_lines(chapter, done, len(every), columns)]))
    return PASSED if done == len(every) else FAILED


def mark(task: Task, answer: dict[str, Any]) -> list[Mark]:
    """Return what each of the three answers is worth."""
    return [
        mark_line(task, answer.get("line", "")),
        mark_cause(task, answer.get("cause", "")),
        mark_witness(task, answer.get("witness", {})),
    ]


def mark_line(task: Task, answer: Any) -> Mark:
    """Mark the line: its number in the listing, or its text."""
    if answer in (0, "") and answer is not False:
        return Mark("line", NOT_YET)
    last, said = len(task.listing), short(answer)
    match = NUMBERED.fullmatch(said)
    if match and type(answer) in (int, str):
        found = [int(match[1])]
        if not 1 <= found[0] <= last:
            return Mark("line", WRONG, str(found[0]), f"The lines count from 1 to {last}.")
    else:
        every = ["".join(line.partition("#")[0].split()) for line in task.listing]
        wanted = "".join(said.partition("#")[0].split())
        found = [i for i, line in enumerate(every, 1) if line and line == wanted]
        if not found:
            near = difflib.get_close_matches(wanted, every, n=1, cutoff=0.6)
            meant = f" Line {every.index(near[0]) + 1} is the nearest." if near else ""
            return Mark("line", WRONG, "", f"No line of it reads so: {said}.{meant}")
    if task.wrong_lines & set(found):
        return Mark("line", DONE, str(found[0]))
    return Mark("line", WRONG, str(found[0]), "The right version has this line too, as it is.")


def mark_cause(task: Task, answer: Any) -> Mark:
    """Mark the cause: its letter, or its words."""
    if answer == "":
        return Mark("cause", NOT_YET)
    said = short(answer).strip()
    letter = said.rstrip(").").lower()
    cause = task.causes.get(letter) or (said if said in task.causes.values() else "")
    if not cause:
        last = list(task.causes)[-1]
        return Mark("cause", WRONG, said, f"The causes have the letters a to {last}.")
    if cause == task.explain.why:
        return Mark("cause", DONE, letter)
    return Mark("cause", WRONG, letter, task.explain.causes[cause])


def mark_witness(task: Task, answer: Any) -> Mark:
    """Mark the witness: both versions run on it, and must differ."""
    if answer in ({}, "", task.explain.example):
        return Mark("witness", NOT_YET)
    said = ", ".join(f"{k} = {v}" for k, v in answer.items()) if isinstance(answer, dict) else ""
    said = short(said)
    try:
        found = results(task, answer)
    except Refused as refused:
        return Mark("witness", WRONG, said, str(refused))
    if not found.differ:
        sentence = "Here the two versions agree."
        return Mark("witness", WRONG, said, sentence, {"both": lines(found.right)})
    shown = {"right": lines(found.right), "broken": lines(found.broken)}
    return Mark("witness", DONE, said, shown=shown)


def task_lines(task: Task, marks: list[Mark], style: Style, columns: int) -> list[str]:
    """Return what a person sees of one task: what is asked, or the lesson once it is done."""
    right = sum(m.state == DONE for m in marks)
    is_blank = all(m.state == NOT_YET for m in marks)
    word = "not yet" if is_blank else f"{right} of {len(marks)}"
    line = both_ends(f"  {task.name}", word, columns)
    colour = "dim" if is_blank else "green" if right == len(marks) else "red"
    said = [line[: len(line) - len(word)] + style(colour, word)]
    if right < len(marks):
        said += [*question_lines(task, style, columns), ""]
    for m in marks if not is_blank else ():
        said += wrapped(f"{m.part} {m.said}".strip(), 4, columns, f"{style.sign(m.state)} ")
        said += wrapped(clean(m.sentence), 8, columns) if m.sentence else []
        for name, result in m.shown.items():
            for i, row in enumerate(result):
                said.append(f"        {'' if i else name:<9}{clean(row)}")
    if right == len(marks):
        said += ["", *wrapped(task.lesson, 4, columns)]
    return said if not is_blank else said[:-1]


def question_lines(task: Task, style: Style, columns: int) -> list[str]:
    """Return the listing, the causes and what a witness is."""
    said = ["", *wrapped(f"{task.hole}, in which one line is wrong:", 4, columns), ""]
    room = columns - 8
    for number, line in enumerate(task.listing, 1):
        for at in range(0, max(len(line), 1), room):
            margin = f"{':' if at else number:>6}"
            said.append(f"{style('dim', margin)}  {line[at : at + room]}".rstrip())
    said += ["", *wrapped("Which line is it? And why? This is how it looks when", 4, columns)]
    for letter, cause in task.causes.items():
        said += wrapped(cause, 6, columns, f"{letter}) ")
    takes = f"For which input does it matter? {task.explain.takes} Here both versions agree:"
    said += ["", *wrapped(takes.replace("`", ""), 4, columns)]
    for line in inputs(task):
        said += wrapped(line, 6, columns)
    return said


def remember(task: Task, answer: dict[str, Any], marks: list[Mark]) -> bool:
    """Note an attempt, once for the same answers; return whether that could be done."""
    if all(m.state == NOT_YET for m in marks):
        return True
    key = hashlib.sha256(json.dumps(answer, default=str).encode()).hexdigest()[:16]
    slug = task.chapter.slug
    mine = [e for e in progress.events("explain") if e.key == f"{slug}.{task.name}"]
    if mine and mine[-1].about.get("answer") == key:
        return True
    right = {m.part: m.state == DONE for m in marks}
    return progress.note("explain", slug, task.name, right=right, answer=key)


def last_lines(chapter: Chapter, done: int, count: int, columns: int) -> list[str]:
    """Return the score and what to type next."""
    score = f"{done} of {count} task{'s' * (count != 1)}."
    step = f"grader explain {chapter.name}"
    if done == count:
        return [f"{score}  Next: grader hunt {chapter.name}"]
    line = f"{score}  Next: answer in {label_of(chapter.explained)}, then {step}"
    if len(line) <= columns:
        return [line]
    return [
        score,
        *wrapped(f"Next: answer in {label_of(chapter.explained)}, then {step}", 0, columns),
    ]
