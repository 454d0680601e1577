"""The marks for other programs: gradebooks, Gradescope, GitHub, JUnit, JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from grader import screen, told
from grader.classroom import gradebooks, paper
from grader.classroom.people import Learner
from grader.classroom.tally import Record, Source, Tally, by_learner
from grader.report import annotation
from grader.verdict import BAD, CRASHED, DONE, TOO_SLOW, Verdict

PLAIN = screen.Style(colour=False)
MOST_TEXT = 10_000  # characters of a check's words


def words(check: Mapping[str, Any]) -> str:
    """Return what the terminal says of one check."""
    text = "\n".join(screen.check_lines(Verdict(**check), PLAIN, 80))
    return told.xml(text[:MOST_TEXT])


def in_the_way(record: Record) -> str:
    """Return why nothing of a file could be checked, '' where it could."""
    if record["problem"]:
        return told.xml(record["problem"])
    if obstacle := record["obstacle"]:
        excerpt = [screen.clean(text[:200]) for text in obstacle["excerpt"]]
        return told.xml("\n".join([obstacle["sentence"], *excerpt]))
    return ""


def gradescope(record: Record) -> dict[str, Any]:
    """Return the results.json of one submission.

    As in Gradescope's "Autograder Specifications: Output format". Points
    belong to an exercise, so each exercise is one of its tests.
    """
    tests = []
    for number, exercise in enumerate(record["exercises"], 1):
        test = {
            "score": exercise["points"],
            "max_score": exercise["of"],
            "status": "passed" if exercise["state"] == DONE else "failed",
            "name": f"{exercise['name']} ({exercise['level']}): {exercise['state']}",
            "name_format": "text",
            "number": str(number),
            "output": "\n".join(map(words, exercise["checks"])),
            "output_format": "text",
            "visibility": "visible",
        }
        tests.append(test)
    said = in_the_way(record) or f"{record['points']} of {record['of']} points."
    if record["sandbox"]:
        said += f"\nsandbox: {record['sandbox']}"
    return {
        "score": record["points"],
        "execution_time": round(record["seconds"]),
        "output": said,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",  # the teacher's
        "tests": tests,
    }


def job_annotations(record: Record, file: str = "") -> Iterator[str]:
    """Yield the lines that make GitHub Actions mark what failed in a learner's file."""
    file = file or f"exercises/{record['chapter']}.py"
    if text := in_the_way(record):
        yield annotation(file, (record["obstacle"] or {}).get("line") or 1, "grader", text)
    for exercise in record["exercises"]:
        for check in exercise["checks"]:
            if check["state"] in BAD:
                at = [f["line"] for f in check.get("frames", []) if "file" not in f]
                line = at[-1] if at else exercise["line"]
                yield annotation(file, line, exercise["name"], words(check))


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown; its cells are safe already."""
    every = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in every)


def job_summary(record: Record) -> str:
    """Return the page that GitHub Actions shows of one learner's chapter."""
    said = f"### {paper.markdown(gradebooks.name_of(record['chapter']))}\n\n"
    said += f"{record['points']} of {record['of']} points.\n\n"
    if text := in_the_way(record):
        said += paper.markdown(text) + "\n\n"
    rows = [
        [paper.markdown(e["name"]), e["state"], f"{e['points']} of {e['of']}"]
        for e in record["exercises"]
    ]
    return said + table(["exercise", "state", "points"], rows) + "\n"


def class_summary(tally: Tally) -> str:
    """Return the page that GitHub Actions shows of a class; anybody may read it: no names."""
    said = "### The class\n\n"
    said += f"{tally.handed_in} marked, {tally.unmarked} not markable, {tally.missing} missing.\n\n"
    rows = []
    for (chapter, name), task in tally.tasks.items():
        share = task.states[DONE] / task.states["all"]
        rows.append([paper.markdown(chapter), paper.markdown(name), f"{share:.0%}"])
    said += table(["chapter", "exercise", "done"], rows) + "\n"
    found = sorted(tally.mistakes.items(), key=lambda item: -item[1].times)[:10]
    rows = [[paper.markdown(key[1]), paper.markdown(key[2]), f"{e.times}"] for key, e in found]
    return said + table(["exercise", "known mistake", "learners"], rows) + "\n"


def junit_suite(learner: Learner, record: Record, begun: str) -> str:
    """Return one learner's chapter as a testsuite of JUnit's XML.

    As in junit-10.xsd of Jenkins's xUnit plugin, which the publishers of
    Jenkins, GitLab and GitHub read. Wrong is a failure, a crash or a time
    limit an error, an empty hole is skipped.
    """
    cases, counts = [], {"failure": 0, "error": 0, "skipped": 0}
    kinds = {DONE: "", "wrong": "failure", CRASHED: "error", TOO_SLOW: "error"}

    def case(classname: str, name: str, kind: str, state: str, text: str) -> None:
        inside = ""
        if kind:
            counts[kind] += 1
            first = text.strip().partition("\n")[0]
            inside = f"<{kind} type={quoted(state)} message={quoted(first)}>{escape(text)}</{kind}>"
        cases.append(
            f"<testcase classname={quoted(classname)} name={quoted(name)}>{inside}</testcase>"
        )

    if text := in_the_way(record):
        case(record["chapter"], "the file can be checked", "error", "obstacle", text)
    for exercise in record["exercises"]:
        for check in exercise["checks"]:
            kind = kinds.get(check["state"], "skipped")
            place = f"{record['chapter']}.{exercise['name']}"
            case(place, check["sentence"], kind, check["state"], words(check) if kind else "")
    name = f"{learner.name} ({learner.key}), {record['chapter']}"
    return (
        f"<testsuite name={quoted(name)}"
        f' tests="{len(cases)}" failures="{counts["failure"]}" errors="{counts["error"]}"'
        f' skipped="{counts["skipped"]}" time="{record["seconds"]:.3f}"'
        f" timestamp={quoted(begun)}>\n" + "\n".join(cases) + "\n</testsuite>\n"
    )


def quoted(text: str) -> str:
    """Return a text as the value of an XML attribute."""
    return quoteattr(told.xml(" ".join(text[:MOST_TEXT].split())))


def json_line(learner: Learner, record: Record) -> str:
    """Return one record as a line of JSON, with whose it is."""
    who = {"key": learner.key, "name": learner.name, "id": learner.id}
    return json.dumps({"learner": who, **record}, ensure_ascii=False, allow_nan=False) + "\n"


def write(folder: Path, header: Mapping[str, Any], marked: Source, tally: Tally) -> list[Path]:
    """Write every export that applies, and return the files.

    Parameters
    ----------
    folder : Path
    header : mapping
        Of the run; here only "begun" is asked for.
    marked : function
        Returns an iterator over the class; a learner's records stand together.
    tally : Tally
        Of the same class.

    Raises
    ------
    Fault
        If a file cannot be written; what stood there before still does.
    """
    begun, columns, of = str(header["begun"]), tally.columns, tally.of
    is_canvas, is_moodle = gradebooks.is_canvas(columns), gradebooks.is_moodle(columns)
    files: dict[str, TextIO] = {}
    with ExitStack() as stack:
        names = ["marks.jsonl", "junit.xml", "github-summary.md"]
        names += ["moodle.csv"] * (not is_canvas) + ["canvas.csv"] * (not is_moodle)
        for name in names:
            files[name] = stack.enter_context(paper.writing(folder / name))
        moodle = csv.writer(files["moodle.csv"]) if "moodle.csv" in files else None
        canvas = csv.writer(files["canvas.csv"]) if "canvas.csv" in files else None
        own, tasks = gradebooks.canvas_columns(columns, of)
        worksheet = gradebooks.moodle_columns(columns)
        if moodle:
            moodle.writerow(worksheet)
        if canvas:
            canvas.writerow([*own, *tasks])
            canvas.writerow(gradebooks.points_possible(own, of))
        files["github-summary.md"].write(class_summary(tally))
        files["junit.xml"].write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
        for learner, records in by_learner(marked()):
            if moodle:
                moodle.writerow(gradebooks.moodle_row(learner, records, worksheet))
            if canvas:
                canvas.writerow(gradebooks.canvas_row(learner, records, own, of))
            for record in records:
                files["marks.jsonl"].write(json_line(learner, record))
                files["junit.xml"].write(junit_suite(learner, record, begun))
        files["junit.xml"].write("</testsuites>\n")
    return [folder / name for name in names]
