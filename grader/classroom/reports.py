"""What a run leaves for people and for other programs, once all is marked."""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.book import chapter_or_misuse
from grader.classroom import exports, pages
from grader.classroom.paper import writing
from grader.classroom.people import Learner
from grader.classroom.similarity import similar
from grader.classroom.store import Store
from grader.classroom.tally import Marked, Tally, is_missing
from grader.problems import Fault, Misuse
from grader.submission import Obstacle, text

MOST_NOTES = 5


def write(store: Store, out: Path, notes: list[str], learners: Mapping[str, Learner]) -> list[str]:
    """Write every report, and return what to tell the teacher, or raise Misuse.

    Parameters
    ----------
    store : Store
    out : Path
        The folder of the marks.
    notes : list of str
        What the teacher should know of what was handed in.
    learners : mapping of key to Learner
        As they are known today: a roster may have come since they were marked.
    """

    def marked() -> Iterator[Marked]:
        for one in store.marked():
            yield Marked(learners.get(one.learner.key, one.learner), one.record)

    tally = Tally.of_all(marked())
    header = header_of(store, out, notes)
    try:
        exports.write(out, header, marked, tally)
        pages.write(out, header, marked, tally)
        if tally.learners == 1:
            alone(store, out)
    except Fault as fault:
        raise Misuse(
            f"{fault.sentence} All marks are kept.",
            "make room, then the same command writes the reports",
        ) from None
    told = [f"{tally.handed_in} marked, {tally.unmarked} to look at, {tally.missing} missing."]
    if header["unsafe"]:
        told.append("UNSAFE: the submissions could read your files. Every report says so.")
    notes = notes + [
        f"{one.learner.name}: {one.record['problem']}"
        for one in marked()
        if one.record["problem"] and not is_missing(one.record)
    ]
    told += notes[:MOST_NOTES] + ["More in the report."] * (len(notes) > MOST_NOTES)
    return [*told, f"Next: open {out / 'report.html'}"]


def header_of(store: Store, out: Path, notes: list[str]) -> dict[str, Any]:
    """Return what is known of a run as a whole."""
    about = store.about
    alike = [
        pair
        for slug in about["chapters"]
        for pair in similar(functools.partial(sources, store, slug), chapter_or_misuse(slug))
    ]
    shut_in = {m.record["sandbox"] for m in store.marked() if m.record["sandbox"]}
    return {
        "chapters": about["chapters"],
        "begun": about["begun"],
        "run": out.resolve().name,
        "seed_kept": True,
        "grader": about["grader"],
        "unsafe": any("landlock" not in how or "seccomp" not in how for how in shut_in),
        "sandbox": "; ".join(sorted(shut_in)),
        "notes": notes,
        "similar": alike,
    }


def sources(store: Store, slug: str) -> Iterator[tuple[str, str]]:
    """Yield each learner's key with the text that was marked, where it is text."""
    for key, data in store.sources(slug):
        try:
            yield key, text(data, key)
        except Obstacle:
            continue


def alone(store: Store, out: Path) -> None:
    """Write what the platforms read that mark one submission at a time."""
    records = [marked.record for marked in store.marked()]
    if len(records) == 1:
        with writing(out / "results.json") as file:
            json.dump(exports.gradescope(records[0]), file, indent=2)
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for record in records:
        for line in exports.job_annotations(record):
            print(line)
        if page := os.environ.get("GITHUB_STEP_SUMMARY"):
            try:
                with open(page, "a", encoding="utf-8") as file:
                    file.write(exports.job_summary(record))
            except OSError as error:
                print(f"No summary: {error}", file=sys.stderr)
