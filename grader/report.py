"""Reports for machines: JSON with a versioned schema, annotations for Actions."""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING, Any

from grader import screen
from grader.submission import label_of
from grader.verdict import DONE, NOT_YET, Verdict

if TYPE_CHECKING:
    from grader.session import Result

VERSION = 1  # of the JSON; it changes when a reader would have to


def check_id(result: Result, verdict: Verdict) -> str:
    """Return the name of a check that stays the same from run to run."""
    return f"{result.chapter.slug}::{verdict.hole}::{verdict.check}"


def as_json(result: Result, holes: list[str]) -> str:
    """Return the whole result as JSON text."""
    states = result.states
    exercises = [
        {
            "name": hole,
            "state": states[hole],
            "line": result.lines.get(hole, 1),
            "checks": [{"id": check_id(result, v), **v.as_dict()} for v in verdicts],
        }
        for hole, verdicts in result.exercises.items()
    ]
    done = sum(state == DONE for state in states.values())
    data: dict[str, Any] = {
        "version": VERSION,
        "chapter": result.chapter.slug,
        "number": result.chapter.number,
        "file": label_of(result.chapter.exercise),
        "sandbox": result.sandbox,
        "score": {"done": done, "exercises": len(holes)},
        "obstacle": vars(result.obstacle) if result.obstacle else None,
        "exercises": exercises,
    }
    if result.beneath is not None:
        data["own"] = [layer.as_dict() for layer in result.beneath]
    return json.dumps(data, indent=2, ensure_ascii=False)


def escaped(text: str, is_property: bool = False) -> str:
    """Return text that cannot end an Actions command early."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_property else text


def annotation(file: str, line: int, title: str, message: str) -> str:
    """Return the line that makes GitHub Actions mark a place in a file."""
    place = f"file={escaped(file, True)},line={line},title={escaped(title, True)}"
    return f"::error {place}::{escaped(message)}"


def tell_actions(result: Result, stream: IO[str]) -> None:
    """Annotate each failed check, and write the summary page if there is one."""
    file = label_of(result.chapter.exercise)
    plain = screen.Style(colour=False)
    if result.obstacle:
        lines = screen.obstacle_lines(result.obstacle, plain)
        print(annotation(file, result.obstacle.line or 1, "grader", "\n".join(lines)), file=stream)
    for hole, verdicts in result.exercises.items():
        for verdict in verdicts:
            if verdict.state not in (DONE, NOT_YET):
                at = [frame["line"] for frame in verdict.frames if "file" not in frame]
                line = at[-1] if at else result.lines.get(hole, 1)
                text = "\n".join(screen.check_lines(verdict, plain, 80))
                print(annotation(file, line, hole, text), file=stream)
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        try:
            with open(path, "a", encoding="utf-8") as page:
                page.write(summary_page(result))
        except OSError as error:
            print(f"::warning::No summary: {escaped(str(error))}", file=stream)


def summary_page(result: Result) -> str:
    """Return the result as a table in Markdown."""
    rows = [f"| `{hole}` | {state} |" for hole, state in result.states.items()]
    head = f"### {result.chapter.name}: {result.chapter.title}\n\n"
    if result.obstacle:
        head += screen.clean(result.obstacle.sentence) + "\n\n"
    return head + "\n".join(["| exercise | state |", "| --- | --- |", *rows]) + "\n\n"
