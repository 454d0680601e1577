"""When to write what again: a card of spaced repetition for each exercise passed.

The cards stand in the events of kind sprint: the last one of an exercise
holds its card, as the library writes it, and the day on which that is due.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from grader import book, find
from grader.book import Chapter, chapters
from grader.desk import progress
from grader.desk.progress import Event
from grader.problems import Fault
from grader.submission import label_of
from grader.verdict import DONE

AGAIN, HARD, GOOD, EASY = "again", "hard", "good", "easy"
NEW, OPEN, WRITTEN, MISSED = "new", "open", "written", "missed"


def passed(events: list[Event]) -> dict[str, list[str]]:
    """Return the exercises that passed once, by the slug of their chapter."""
    keys = {event.key for event in events if is_pass(event)}
    found = {c.slug: [h for h in find.hole_names(c) if f"{c.slug}.{h}" in keys] for c in chapters()}
    return {slug: holes for slug, holes in found.items() if holes}


def is_pass(event: Event) -> bool:
    """Return whether an exercise passed here."""
    return event.kind == "check" and event.about.get("state") == DONE


def done(events: list[Event]) -> list[Chapter]:
    """Return the chapters of which every exercise passed once, in reading order."""
    by_slug = passed(events)
    return [c for c in chapters() if by_slug.get(c.slug) == find.hole_names(c)]


def with_help(events: list[Event], rating: str) -> str:
    """Return a rating, lowered by the hints and the answer that were looked at."""
    kinds = {event.kind for event in events}
    return AGAIN if "reveal" in kinds else HARD if "hint" in kinds else rating


def review(card: dict[str, Any] | None, rating: str, now: datetime) -> dict[str, Any]:
    """Return a card after one more review; one that is new if there was none.

    Without steps of minutes, which suit words and not exercises, and without
    chance.
    """
    from fsrs import Card, Rating, Scheduler

    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    now = now.astimezone(UTC)
    old = Card.from_dict(card) if card else Card(card_id=0, due=now)  # type: ignore[arg-type]
    new, _ = scheduler.review_card(old, Rating[rating.capitalize()], now)
    return dict(new.to_dict())


def due(card: dict[str, Any], now: datetime) -> datetime:
    """Return when a card is due, in the learner's time.

    One reviewed in the future was so before the clock was set back: then its
    time counts from now.
    """
    at, last = (datetime.fromisoformat(card[key]) for key in ("due", "last_review"))
    return (at if last <= now else now + (at - last)).astimezone(now.tzinfo)


def is_due(card: dict[str, Any], now: datetime) -> bool:
    """Return whether the day has come, whatever the hour."""
    return due(card, now).date() <= now.date()


def deal(events: list[Event]) -> None:
    """Give every exercise that has passed its card, rated by the help it took."""
    held = {event.key for event in events if event.kind == "sprint"}
    for slug, holes in passed(events).items():
        for hole in holes:
            if f"{slug}.{hole}" not in held:
                own = [event for event in events if event.key == f"{slug}.{hole}"]
                first = next(i for i, event in enumerate(own) if is_pass(event))
                rating = with_help(own[:first], GOOD)
                note(slug, hole, NEW, review(None, rating, own[first].time), rating=rating)


def note(slug: str, hole: str, state: str, card: dict[str, Any], **about: Any) -> None:
    """Note what became of a card, or raise Fault."""
    day = datetime.fromisoformat(card["due"]).astimezone()
    day = day.replace(hour=0, minute=0, second=0, microsecond=0)
    about |= {"state": state, "card": card, "due": day.isoformat()}
    if not progress.note("sprint", slug, hole, **about):
        raise Fault(
            f"Nothing can be noted in {label_of(book.state())}, so nothing can be repeated.",
            "grader doctor",
        )


def hand(events: list[Event]) -> dict[str, Event]:
    """Return the last event of every card whose exercise is still in the book."""
    there = {f"{c.slug}.{hole}" for c in chapters() for hole in find.hole_names(c)}
    return {
        event.key: event
        for event in events
        if event.kind == "sprint" and event.key in there and "card" in event.about
    }


def in_order(held: dict[str, Event], now: datetime) -> list[Event]:
    """Return the cards, the longest overdue first."""
    return sorted(held.values(), key=lambda event: due(event.about["card"], now))


def begun(held: dict[str, Event]) -> Event | None:
    """Return the card whose page was begun, if one was."""
    return next((event for event in held.values() if event.about.get("state") == OPEN), None)
