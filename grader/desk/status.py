"""`grader status`: where you stand in the book, what is due and what is next."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from grader import screen
from grader.desk import progress
from grader.desk.standing import Exercise, Standing, next_step, parts, standings, streak
from grader.problems import PASSED
from grader.screen import Style, both_ends, cut, wrapped
from grader.submission import label_of
from grader.verdict import DONE, NOT_YET, WRONG

CHANGED = "~"
LEAST, ENOUGH = 12, 24  # columns of a title
HEADS = (("done", 9), ("tried", 7), ("hints", 7), ("due", 5))  # and their columns
NAMED = 3  # exercises that are due and named


def run(options: argparse.Namespace) -> int:
    """Print the table, or write the page."""
    now = datetime.now().astimezone()
    events = progress.events()
    found = standings(events, now)
    row = streak(events, now.date())
    if options.html is not None:
        from grader.desk import status_page

        path = Path(options.html) if options.html else None
        print("\n".join(status_page.write(path, found, row, now)))
        return PASSED
    style, columns = screen.style_of(sys.stdout), screen.width()
    told = overview(found, row, now, style, columns) if events else beginning(found, columns)
    print("\n".join(told))
    return PASSED


def beginning(found: list[Standing], columns: int) -> list[str]:
    """Return the first screen: nothing was tried yet."""
    first = found[0].chapter
    holes = sum(len(standing.exercises) for standing in found)
    name = label_of(first.exercise)
    return [
        *wrapped(
            f"Nothing is tried yet: {len(found)} chapters, {holes} functions for you to write.",
            0,
            columns,
        ),
        *wrapped(
            f"Read chapter {first.number}, {first.title}, open {name}, write what is missing at "
            "its first `# your turn`, and ask what the grader says.",
            0,
            columns,
        ),
        "",
        f"Next: grader check {first.name}",
    ]


def overview(
    found: list[Standing], row: tuple[int, bool], now: datetime, style: Style, columns: int
) -> list[str]:
    """Return the table by part, the streak, what is due and the next command."""
    lines = table(found, style, columns)
    states = {"done": DONE, "tried": WRONG, "not yet": NOT_YET}
    signs = [f"{style.sign(state)} {word}" for word, state in states.items()]
    changed = [e for s in found for e in s.exercises if e.is_changed]
    if changed:
        signs.append(f"{style('yellow', CHANGED)} changed since")
    lines += ["", "  ".join(signs), ""]
    if changed:
        lines += wrapped(f"Changed since the last check: {listed(changed)}.", 0, columns)
    lines += wrapped(due_sentence(found, now), 0, columns)
    lines += [*wrapped(streak_sentence(row), 0, columns), "", f"Next: {next_step(found)}"]
    return lines


def table(found: list[Standing], style: Style, columns: int) -> list[str]:
    """Return a heading for each part and a row for each chapter, as wide as there is room."""
    titles = max(len(s.chapter.title) for s in found)
    signs = max(len(s.exercises) for s in found)
    is_wide = 6 + min(titles, ENOUGH) + 2 + signs + sum(width for _, width in HEADS) <= columns
    shown = [head for head in HEADS if is_wide or head[0] in ("done", "due")]
    numbers = sum(width for _, width in shown)
    titles = max(LEAST, min(titles, columns - 6 - 2 - signs - numbers))
    full = 6 + titles + 2 + signs + numbers
    lines = [" " * (full - numbers) + "".join(f"{head:>{width}}" for head, width in shown)]
    for part, members in parts(found).items():
        yours, holes = sum(s.done for s in members), sum(len(s.exercises) for s in members)
        lines += ["", style("bold", both_ends(part, f"{yours} of {holes} yours", full))]
        for s in members:
            told = {"done": f"{s.done} of {len(s.exercises)}", "tried": s.tried, "hints": s.hints}
            told["due"] = len(s.due)
            cells = [f"{told[head] or '':>{width}}" for head, width in shown]
            marks = "".join(sign(e, style) for e in s.exercises) + " " * (signs - len(s.exercises))
            title = f"{s.chapter.number:>4}  {cut(s.chapter.title, titles):<{titles}}"
            lines += [f"{title}  {marks}{''.join(cells)}".rstrip()]
    return lines


def word(exercise: Exercise) -> str:
    """Return the state of one exercise: done, tried, not yet or changed since."""
    if exercise.is_changed:
        return "changed since"
    return DONE if exercise.is_done else "tried" if exercise.state else NOT_YET


def sign(exercise: Exercise, style: Style) -> str:
    """Return the sign of one exercise."""
    if exercise.is_changed:
        return style("yellow", CHANGED)
    return style.sign(exercise.state or NOT_YET)


def listed(exercises: list[Exercise]) -> str:
    """Return the names of some exercises, the first few of many."""
    names = [exercise.name for exercise in exercises[:NAMED]]
    more = len(exercises) - len(names)
    if more:
        return f"{', '.join(names)} and {more} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def due_sentence(found: list[Standing], now: datetime) -> str:
    """Return what is due, or when something will be."""
    every = [e for s in found for e in s.exercises if e.due]
    if due := [e for e in every if e.is_due]:
        return f"Due today: {listed(due)}."
    if not every:
        return "Nothing is due: what you pass comes back in a sprint."
    first = min(every, key=lambda e: e.due or now)
    assert first.due
    day = first.due.astimezone().date()
    return f"Nothing is due today; {first.name} is on {day.day} {day:%B}."


def streak_sentence(row: tuple[int, bool]) -> str:
    """Return how many days in a row something was tried."""
    days, with_today = row
    if not days:
        return "Streak: none at present; one attempt today begins it."
    length = f"{days} day{'s' * (days != 1)}"
    if with_today:
        return f"Streak: {length}, with today."
    return f"Streak: {length}; an attempt today makes it {days + 1}."
