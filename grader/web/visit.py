"""What a page of the book asks of the grader, and what it is told: JSON both ways.

One visit lasts as long as the worker of the page; it keeps what is the same
from check to check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from grader import submission
from grader.book import Chapter, chapter_or_misuse, chapters
from grader.desk.own import Layer, builds_on, imported, told
from grader.find import hole_names
from grader.reference import Reference, take_out
from grader.submission import Obstacle
from grader.told import block, check_part, line
from grader.verdict import DONE, NOT_YET, WAITS, WRONG, Verdict, state_of
from grader.web.boxes import Written, text_of, written
from grader.web.inside import Clock, Inside

Asked = dict[str, Any]
Texts = Mapping[str, str]


@lru_cache(maxsize=4)
def reference_of(chapter: Chapter) -> Reference:
    """Return what the checks of a chapter are compared with, kept for the visit."""
    return Reference(chapter, kept=False)


class Visit:
    """The grader for one reader of the book."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.chapter: Chapter | None = None

    def needs(self, asked: str) -> str:
        """Return the chapters whose files a check needs, as JSON."""
        about = json.loads(asked)
        known = {f"solutions.{chapter.slug}": chapter.slug for chapter in chapters()}
        found = {about["chapter"]: None} | dict.fromkeys(about.get("own") or {})
        for text in about["texts"].values():
            try:
                names = imported(text_of("", text).source)
            except (Obstacle, SyntaxError, ValueError, RecursionError, MemoryError):
                continue  # the check will say so
            found |= {known[name]: None for name in sorted(names & known.keys())}
        return json.dumps(list(found))

    def check(self, asked: str) -> str:
        """Check one exercise and return what the page shows, as JSON."""
        about: Asked = json.loads(asked)
        chapter, hole, texts = chapter_or_misuse(about["chapter"]), about["hole"], about["texts"]
        if chapter != self.chapter:
            take_out("solutions")  # so that none of a later chapter's stays to be imported
            self.chapter = chapter
        beneath = ""
        try:
            if texts.get(hole, "").strip():
                text_of(hole, texts[hole])
            work = written(chapter, texts)
            ends = ((about[end], end) for end in ("late", "died") if about.get(end) is not None)
            with Inside(reference_of(chapter), work, self.clock, next(ends, None)) as runner:
                if about.get("own") is not None:
                    every = layers(chapter, work.file, about["own"])
                    runner.beneath = [layer for layer in every if layer.yours]
                    beneath = told(every)
                verdicts = runner.verdicts(hole)
        except Obstacle as obstacle:
            return json.dumps(stopped(hole, obstacle) | {"beneath": beneath})
        passed = {name: True for name, state in runner.states.items() if state == DONE}
        return json.dumps(answer(hole, verdicts, work) | {"passed": passed, "beneath": beneath})


class Passed(Layer):
    """An earlier chapter that is the reader's: boxes on another page, and no file."""

    @property
    def label(self) -> str:
        return self.chapter.title


def layers(chapter: Chapter, file: submission.Submission, own: Mapping[str, Texts]) -> list[Layer]:
    """Return what is underneath a chapter: the reader's where all of it has passed."""
    before = [c for c in chapters() if c.number < chapter.number]
    return [layer(c, own.get(c.slug, {})) for c in builds_on([chapter.source, file.source], before)]


def layer(chapter: Chapter, texts: Texts) -> Layer:
    """Return one earlier chapter as it is put underneath."""
    names = hole_names(chapter)
    missing = [name for name in names if name not in texts]
    if missing:
        return Layer(chapter, why="not passed here")
    work = written(chapter, texts)
    lines = [place[1] if place else 0 for place in work.places]
    return Passed(chapter, names, "", work.file, lines)


def stopped(hole: str, obstacle: Obstacle) -> dict[str, Any]:
    """Return what is told where nothing could be checked."""
    is_here = obstacle.line and obstacle.sentence.startswith((f"{hole},", f"{hole} "))
    return {
        "hole": hole,
        "state": WRONG,
        "checks": [],
        "html": block(obstacle.excerpt) if obstacle.excerpt else "",
        "summary": line(obstacle.sentence),
        "marks": [{"line": obstacle.line, "message": obstacle.sentence}] if is_here else [],
        "passed": {},
    }


def answer(hole: str, verdicts: list[Verdict], work: Written) -> dict[str, Any]:
    """Return what is told of an exercise that was checked."""
    state = state_of(verdicts)
    for verdict in verdicts:
        verdict.frames = [placed(frame, hole, work) for frame in verdict.frames]
    shown = [v for v in verdicts if state != NOT_YET or v.printed]
    checks = "".join(check_part(vars(verdict)) for verdict in shown)
    return {
        "hole": hole,
        "state": state,
        "checks": [verdict.as_dict() for verdict in verdicts],
        "html": f'<ul class="checks">\n{checks}</ul>\n' if shown else "",
        "summary": summary(state, verdicts),
        "marks": marks(verdicts),
    }


def placed(frame: dict[str, Any], hole: str, work: Written) -> dict[str, Any]:
    """Return a line of an error with its place in a box; another box's says which."""
    if "file" in frame:
        return frame
    place = work.place(frame["line"])
    if place is None:
        return frame | {"file": "what is given"}
    name, line = place
    return frame | {"line": line} | ({"file": name} if name != hole else {})


def marks(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    """Return what to mark in the box: the innermost line of each error, once."""
    found: dict[int, str] = {}
    for verdict in verdicts:
        here = [frame["line"] for frame in verdict.frames if "file" not in frame]
        if here and verdict.error:
            found.setdefault(here[-1], verdict.error)
    return [{"line": line, "message": message} for line, message in sorted(found.items())]


def summary(state: str, verdicts: list[Verdict]) -> str:
    """Return the state of an exercise in a line."""
    done = sum(verdict.state == DONE for verdict in verdicts)
    if state == NOT_YET:
        return "Not yet: nothing is written here."
    if state == WAITS:
        name = next(verdict.waits_for for verdict in verdicts if verdict.waits_for)
        return f"It waits for {name}."
    if state == DONE:
        return f"All {len(verdicts)} checks pass."
    return f"{done} of {len(verdicts)} checks pass."
