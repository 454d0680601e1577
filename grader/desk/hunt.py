"""`grader hunt`: find the mistake that is planted in working code, against the clock."""

from __future__ import annotations

import argparse
import difflib
import random
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from grader import book, edit, find, screen, submission
from grader.book import Chapter, chapters
from grader.desk import cards, progress
from grader.desk.progress import Event
from grader.problems import FAILED, PASSED, Fault, Misuse
from grader.submission import Obstacle, label_of
from grader.verdict import DONE, NOT_YET, Verdict, state_of

if TYPE_CHECKING:
    from grader.desk.quarry import Quarry

OPEN, FIXED, GIVEN_UP = "open", "fixed", "given up"
END = "grader hunt --give-up"
HEADER = """\
# A hunt in chapter {number}, {title}: one mistake is planted in this file.
# Find it, mend it here, and type: grader hunt
# To be shown it instead: grader hunt --give-up
# Your exercise itself is as it was.

"""


def run(options: argparse.Namespace) -> int:
    """Begin a hunt, or look at the one that is open."""
    now = datetime.now().astimezone()
    chapter = book.chapter_or_misuse(options.name) if options.name else None
    event = open_hunt(progress.events("hunt"), chapter)
    if options.give_up:
        if event is None:
            where = f" in chapter {chapter.number}" if chapter else ""
            raise Misuse(f"No hunt is open{where}.", "grader hunt")
        return give_up(event, now)
    if event:
        return look(event, now)
    seed = time.time_ns() & 0xFFFFFFFF
    events = progress.events()
    if chapter is None and not cards.passed(events):
        first = chapters()[0].name
        raise Misuse(
            "Nothing of yours passes yet, and a hunt in the book's code would show its answers.",
            f"grader check {first}, or all the same: grader hunt {first}",
        )
    return begin(chapter or choose(events, random.Random(seed)), seed)


def open_hunt(events: list[Event], chapter: Chapter | None = None) -> Event | None:
    """Return the hunt that is open, of one chapter or the last begun of all."""
    last = {event.chapter: event for event in events}
    for event in reversed(events):
        found = book.find_chapter(event.chapter)
        if (
            event is last[event.chapter]
            and event.about.get("state") == OPEN
            and found
            and found == (chapter or found)
            and event.exercise in find.hole_names(found)
        ):
            return event
    return None


def choose(events: list[Event], rng: random.Random) -> Chapter:
    """Return a chapter to hunt in: one that is done, else one begun, else the first."""
    begun = {e.chapter for e in events if e.kind == "check" and e.about.get("state") != NOT_YET}
    among = cards.done(events) or [c for c in chapters() if c.slug in begun]
    return rng.choice(among or list(chapters()[:1]))


def path_of(chapter: Chapter) -> Path:
    """Return the file that a chapter's hunts are in."""
    return book.workspace() / "hunts" / f"{chapter.slug}.py"


def begin(chapter: Chapter, seed: int) -> int:
    """Plant a mistake and show what can be seen of it."""
    from grader.desk.quarry import quarry

    begun = [e for e in progress.events("hunt") if e.about.get("state") == OPEN]
    hunted = [e.about.get("why", "") for e in begun if e.chapter == chapter.slug]
    found = quarry(chapter, hunted, seed)
    path = path_of(chapter)
    kept = label_of(edit.keep_aside(path).parent) if path.exists() else ""
    header = HEADER.format(number=chapter.number, title=chapter.title)
    edit.write(path, header + found.source)
    remember(chapter, found, seed)
    print(screen.heading(chapter, screen.width(), path), "", sep="\n")
    screen.paragraph(f"One mistake is planted in {label_of(path)}, {found.whose}. What it shows:")
    show(found.symptom)
    if kept:
        screen.paragraph(f"The file of the last hunt is kept in {kept}/.")
    screen.paragraph("The clock is running.")
    screen.paragraph(f"Next: find it in {label_of(path)}, mend it there, then grader hunt")
    return PASSED


def remember(chapter: Chapter, found: Quarry, seed: int) -> None:
    """Note that a hunt is open, and what was planted."""
    about = {
        "state": OPEN,
        "why": found.mistake.why,
        "right": found.right,
        "wrong": found.wrong,
        "whose": found.whose,
        "check": found.symptom.check,
        "error": found.symptom.error,
        "seed": seed,
    }
    if not progress.note("hunt", chapter.slug, found.mistake.in_, **about):
        raise Fault(
            f"{label_of(path_of(chapter))} is written, but nothing can be noted in "
            f"{label_of(book.state())}: no hunt can be open.",
            "grader doctor",
        )


def look(event: Event, now: datetime) -> int:
    """Check the hunted file: the symptom as it is now, or the lesson."""
    from grader.desk import aside
    from grader.desk.quarry import function_in

    chapter = book.chapter_or_misuse(event.chapter)
    path = path_of(chapter)
    if not path.exists():
        raise Misuse(f"{label_of(path)} is gone.", f"{END}, and then grader hunt for another")
    print(screen.heading(chapter, screen.width(), path), "", sep="\n")
    try:
        file = submission.read(path, chapter)
        verdicts = aside.of(chapter, [event.exercise], file, 0)[event.exercise]
    except Obstacle as obstacle:
        print("\n".join(screen.obstacle_lines(obstacle, style(), screen.width())), "", sep="\n")
        screen.paragraph(f"Next: put that right, then grader hunt; or {END}")
        return FAILED
    if state_of(verdicts) != DONE:
        screen.paragraph(f"Not yet{after(event, now)}. What it shows now:")
        show(as_it_is(verdicts, event))
        screen.paragraph(f"Next: mend it, then grader hunt; or {END}")
        return FAILED
    print(f"  {style().sign(DONE)} Found and mended{after(event, now)}.", "", sep="\n")
    fixed = function_in(file.source, event.exercise)
    wrong, right = (event.about.get(key, "") for key in ("wrong", "right"))
    if dedent(fixed) == dedent(wrong):
        screen.paragraph(f"It was in {event.exercise}, and still is: you mended it from elsewhere.")
        difference(wrong, right, "right")
    else:
        screen.paragraph(f"It was in {event.exercise}:")
        difference(wrong, fixed, "yours")
    lesson(chapter, event)
    close(event, FIXED, now)
    return PASSED


def give_up(event: Event, now: datetime) -> int:
    """Show what was planted, and the lesson."""
    chapter = book.chapter_or_misuse(event.chapter)
    print(screen.heading(chapter, screen.width(), path_of(chapter)), "", sep="\n")
    screen.paragraph(f"It is in {event.exercise}:")
    difference(event.about.get("wrong", ""), event.about.get("right", ""), "right")
    lesson(chapter, event)
    close(event, GIVEN_UP, now)
    return PASSED


def close(event: Event, state: str, now: datetime) -> None:
    """Note how a hunt ended, and say what comes next."""
    why, seed = event.about.get("why", ""), event.about.get("seed")
    about = {"state": state, "seconds": seconds(event, now), "why": why, "seed": seed}
    if not progress.note("hunt", event.chapter, event.exercise, **about):
        screen.paragraph(
            f"This could not be noted in {label_of(book.state())}: the hunt stays open."
        )
    screen.paragraph("Next: grader hunt, for another")


def as_it_is(verdicts: list[Verdict], event: Event) -> Verdict:
    """Return the failed check to show: the first one again if it still fails.

    Where it was is told of errors that are the learner's own, not of what was
    planted.
    """
    failed = [verdict for verdict in verdicts if verdict.state != DONE]
    chosen = next((v for v in failed if v.check == event.about.get("check")), failed[0])
    if chosen.state == NOT_YET:
        chosen = replace(chosen, notes=["It is empty now."])
    is_planted = any(v.error == event.about.get("error") for v in failed if v.error)
    return replace(chosen, diagnosis=[], frames=[] if is_planted else chosen.frames)


def lesson(chapter: Chapter, event: Event) -> None:
    """Say what was wrong, and what is to be learned from it."""
    from grader.reference import Reference

    why = event.about.get("why", "")
    screen.paragraph(f"The mistake: {why}.")
    for mistake in Reference(chapter).mistakes:
        if (mistake.why, mistake.in_) == (why, event.exercise):
            if text := getattr(mistake, "lesson", ""):
                screen.paragraph(text)
            return


def difference(wrong: str, right: str, name: str) -> None:
    """Print the lines in which two versions of a function differ: what is planted, and theirs."""
    before, after = (dedent(text).splitlines() for text in (wrong, right))
    changed = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
    changed = [line for line in changed if line[1:].strip() and not line.startswith("@@")]
    texts = dedent("\n".join(line[1:] for line in changed)).splitlines()
    rows = [(line[0] == "-", text) for line, text in zip(changed, texts, strict=True)]
    if not any(is_planted for is_planted, _ in rows):
        rows.insert(0, (True, "(nothing: a line is missing)"))
    if all(is_planted for is_planted, _ in rows):
        rows.append((False, "(nothing: that line is too many)"))
    last = None
    for is_planted, text in rows:
        label = "" if is_planted == last else "planted" if is_planted else name
        colour, last = "red" if is_planted else "green", is_planted
        for line in screen.beside_name(f"{label:<9}", screen.clean(text), screen.width()):
            print(style()(colour, line))
    print()


def show(verdict: Verdict) -> None:
    """Print one failed check."""
    print("\n".join(["", *screen.check_lines(verdict, style(), screen.width()), ""]))


def seconds(event: Event, now: datetime) -> float | None:
    """Return how long a hunt has been open; None if the clock was set back."""
    passed = (now - event.time).total_seconds()
    return round(passed, 1) if passed >= 0 else None


def after(event: Event, now: datetime) -> str:
    """Return ' after …', nothing where the clock does not know."""
    passed = seconds(event, now)
    return "" if passed is None else f" after {duration(passed)}"


def duration(seconds: float) -> str:
    """Return a time as a person says it."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)} s"
    if minutes < 60:
        return f"{minutes} min {int(seconds % 60)} s"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // (24 * 60)} days"


def style() -> screen.Style:
    """Return the style of what is printed."""
    return screen.style_of(sys.stdout)
