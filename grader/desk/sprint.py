"""`grader sprint`: today's half hour, and what was begun of it."""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from grader import book, find, screen, submission
from grader.book import chapters
from grader.desk import cards, hunt, page, progress
from grader.desk.hunt import duration
from grader.desk.progress import Event
from grader.problems import FAILED, PASSED
from grader.submission import Obstacle, label_of
from grader.verdict import DONE, NOT_YET, Verdict, state_of

QUICK = 120.0  # seconds for each point that an exercise counts
TOO_LATE = timedelta(hours=12)  # after which a page that is wrong was not passed
ENOUGH = 3  # things in a day, about ten minutes each
SEEDS = 49  # of fresh inputs, one after the other


@dataclass(frozen=True)
class Item:
    """One thing to do today, or done; `step` is what to type for it."""

    text: str
    step: str = ""


def run(options: argparse.Namespace) -> int:
    """Check the page that was begun, or propose what to do today."""
    book.workspace()  # where there is none, say so
    return sprint(datetime.now().astimezone())


def sprint(now: datetime) -> int:
    """Run the command at a moment."""
    cards.deal(progress.events())
    events = progress.events()
    held = cards.hand(events)
    if not held:
        screen.paragraph(
            "Nothing has passed yet. What you pass comes back here, days later, to be written "
            "again from an empty page."
        )
        screen.paragraph(f"Next: grader check {chapters()[0].name}")
        return PASSED
    if begun := cards.begun(held):
        said = look(begun, events, now)
        if said is not None:
            return said
    write_next(now)
    propose(now)
    return PASSED


def write_next(now: datetime) -> None:
    """Write the page of the card that is longest due, if one is due and none is begun."""
    events = progress.events()
    held = cards.hand(events)
    ripe = [e for e in cards.in_order(held, now) if cards.is_due(e.about["card"], now)]
    if cards.begun(held) or not ripe:
        return
    event = ripe[0]
    own = [e for e in events if (e.kind, e.key) == ("sprint", event.key)]
    pages = [e for e in own if e.about.get("state") == cards.OPEN]
    write(event, events)
    seed = 1 + len(pages) % SEEDS
    cards.note(event.chapter, event.exercise, cards.OPEN, event.about["card"], seed=seed)


def write(event: Event, events: list[Event]) -> None:
    """Write the page of one card."""
    passed = cards.passed(events).get(event.chapter, [])
    page.write(book.chapter_or_misuse(event.chapter), event.exercise, passed)


def look(begun: Event, events: list[Event], now: datetime) -> int | None:
    """Check the page that was begun; None where the day goes on with the rest of it."""
    from grader.desk import aside

    chapter, hole = book.chapter_or_misuse(begun.chapter), begun.exercise
    path, columns = page.path_of(chapter), screen.width()
    if not path.exists():
        write(begun, events)
        return None
    lines = [screen.heading(chapter, columns, path), ""]
    try:
        file = submission.read(path, chapter)
        verdicts = aside.of(chapter, [hole], file, begun.about.get("seed", 0))[hole]
    except Obstacle as obstacle:
        lines += screen.obstacle_lines(obstacle, hunt.style(), columns)
        print("\n".join([*lines, ""]))
        screen.paragraph(
            f"Next: put that right, then grader sprint; or delete {label_of(path)} for a new one"
        )
        return FAILED
    if state_of(verdicts) == NOT_YET:
        return None
    print("\n".join([*lines, *screen.exercise_lines(hole, verdicts, hunt.style(), columns), ""]))
    return settle(begun, verdicts, events, now)


def settle(begun: Event, verdicts: list[Verdict], events: list[Event], now: datetime) -> int | None:
    """Say what the verdicts on a page mean for its card."""
    chapter, hole = find.one(f"{begun.chapter}.{begun.exercise}")
    if state_of(verdicts) != DONE and now - begun.time < TOO_LATE:
        label = label_of(page.path_of(chapter))
        screen.paragraph(
            f"Next: mend it in {label}, then grader sprint; or grader hint {hole.name}"
        )
        return FAILED
    if state_of(verdicts) != DONE:
        card = cards.review(begun.about["card"], cards.AGAIN, now)
        cards.note(chapter.slug, hole.name, cards.MISSED, card, rating=cards.AGAIN)
        screen.paragraph(f"It was begun another day: {hole.name} comes back {when(card, now)}.")
        print()
        return None
    seconds = (now - begun.time).total_seconds()
    is_quick = 0 <= seconds <= QUICK * hole.points
    since = [e for e in events[events.index(begun) + 1 :] if e.key == begun.key]
    rating = cards.with_help(since, cards.EASY if is_quick else cards.GOOD)
    card = cards.review(begun.about["card"], rating, now)
    about = {"rating": rating, "seconds": max(0.0, round(seconds, 1))}
    cards.note(chapter.slug, hole.name, cards.WRITTEN, card, **about)
    how = {cards.AGAIN: "with the answer in view", cards.HARD: "with a hint"}
    taken = f" in {duration(seconds)}" if seconds >= 0 else ""
    screen.paragraph(
        f"Written again {how.get(rating, 'from an empty page')}{taken}. "
        f"It comes back {when(card, now)}."
    )
    screen.paragraph("Next: grader sprint, for what else there is today")
    return PASSED


def propose(now: datetime) -> None:
    """Print what there is for today, and what is done of it."""
    events, columns = progress.events(), screen.width()
    print(screen.both_ends("Today's half hour", f"{now.day} {now:%B %Y}", columns), "", sep="\n")
    rng = random.Random(now.date().toordinal())  # the same all day
    items = [*writing(events, now), *hunting(events, now, rng), *explaining(events, now, rng)]
    for number, item in enumerate(items, 1):
        first = f"{number}. " if item.step else f"{hunt.style().sign(DONE)}  "
        text = f"{item.text}: {item.step}" if item.step else item.text
        print("\n".join(screen.wrapped(text, 2, columns, first)))
    print()
    held = cards.hand(events)
    ripe = sum(cards.is_due(event.about["card"], now) for event in held.values())
    if ripe > 1:
        screen.paragraph(f"{ripe} exercises are due to be written again, one after the other.")
    elif not ripe:
        first_due = cards.in_order(held, now)[0]
        name, day = first_due.exercise, when(first_due.about["card"], now)
        screen.paragraph(f"No page is due; the next is {name}, {day}.")
    steps = [item.step for item in items if item.step]
    if not steps or len(items) - len(steps) >= ENOUGH:
        screen.paragraph("That was today's half hour." + " The rest can wait." * bool(steps))
    if steps:
        screen.paragraph(f"Next: {steps[0]}")


def writing(events: list[Event], now: datetime) -> list[Item]:
    """Return what was written again today, and the page that is begun."""
    items = [
        Item(f"{event.exercise} is written again.")
        for event in events
        if (event.kind, event.about.get("state")) == ("sprint", cards.WRITTEN)
        and is_today(event, now)
    ]
    if begun := cards.begun(cards.hand(events)):
        chapter = book.chapter_or_misuse(begun.chapter)
        label = label_of(page.path_of(chapter))
        line = page.line_of(chapter, begun.exercise)
        step = f"fill in line {line} of {label}, then grader sprint"
        items.append(Item(f"Write {begun.exercise} again, from an empty page", step))
    return items


def hunting(events: list[Event], now: datetime, rng: random.Random) -> list[Item]:
    """Return the hunt of the day."""
    hunts = [event for event in events if event.kind == "hunt"]
    if any(is_today(e, now) and e.about.get("state") == hunt.FIXED for e in hunts):
        return [Item("A planted mistake is found.")]
    if begun := hunt.open_hunt(hunts):
        return [Item(f"Go on with the hunt in {begun.chapter}", "grader hunt")]
    slugs = [chapter.slug for chapter in cards.done(events)] or list(cards.passed(events))
    return [Item("Find the mistake that is planted for you", f"grader hunt {rng.choice(slugs)}")]


def explaining(events: list[Event], now: datetime, rng: random.Random) -> list[Item]:
    """Return the explain task of the day, of a chapter that is done and has one left."""
    right = [e for e in events if e.kind == "explain" and all(e.about["right"].values())]
    if any(is_today(event, now) for event in right):
        return [Item("A mistake is explained.")]
    from grader.desk.task import tasks

    explained = {event.key for event in right}
    having = [
        chapter.slug
        for chapter in cards.done(events)
        if any(f"{chapter.slug}.{task.name}" not in explained for task in tasks(chapter))
    ]
    step = f"grader explain {rng.choice(having)}" if having else ""
    return [Item("Say which line is wrong, and why", step)] if step else []


def is_today(event: Event, now: datetime) -> bool:
    """Return whether something happened on this day of the learner's."""
    return event.time.astimezone(now.tzinfo).date() == now.date()


def when(card: dict[str, Any], now: datetime) -> str:
    """Return when a card comes back, in words."""
    day = cards.due(card, now)
    days = (day.date() - now.date()).days
    if days < 1:
        return "today"
    return "tomorrow" if days == 1 else f"in {days} days, on {day.day} {day:%B}"
