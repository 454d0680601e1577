"""The two gradebooks: a row of Moodle's grading worksheet, a row of Canvas's gradebook.

Moodle: the worksheet of docs.moodle.org, "Assignment settings: offline grading
worksheet". It is read back by the columns Identifier, Grade, Last modified
(grade) and Feedback comments; the others are for people. One worksheet is one
assignment: a learner's chapters are added up.

Canvas: the Instructor Guide, "How do I import grades in the Gradebook?".
Student, ID, SIS User ID, SIS Login ID and Section come first, then a column
for each assignment; the second row holds the points possible. A column that
is called as no assignment is becomes a new one.

Where a roster of the same kind was given its cells come back as they were:
the platform knows its members by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from grader.book import find_chapter
from grader.classroom.paper import cell
from grader.classroom.people import Learner
from grader.classroom.tally import Record, is_missing, points
from grader.told import line
from grader.verdict import DONE

MOODLE = [
    "Identifier",
    "Full name",
    "Email address",
    "Status",
    "Grade",
    "Maximum Grade",
    "Grade can be changed",
    "Last modified (grade)",
    "Feedback comments",
]
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
CANVAS_OWN = {*CANVAS, "Integration ID", "Root Account"}
ASSIGNMENT = re.compile(r"(.+?)(?: \(\d+\))?")  # Canvas writes its number behind the name


def is_moodle(columns: Sequence[str]) -> bool:
    """Return whether a roster is Moodle's grading worksheet, with a column to fill in."""
    return {"identifier", "grade"} <= {column.lower() for column in columns}


def is_canvas(columns: Sequence[str]) -> bool:
    """Return whether a roster is Canvas's gradebook."""
    return {"Student", "ID"} <= set(columns)


def name_of(slug: str) -> str:
    """Return what an assignment is called: the chapter's number and heading."""
    chapter = find_chapter(slug)
    return f"{chapter.name} {chapter.heading}" if chapter else slug


def feedback(records: Sequence[Record]) -> str:
    """Return what Moodle shows the learner, which it takes for HTML: the book's words alone."""
    said = []
    for record in records:
        head = f"{name_of(record['chapter'])}: " if len(records) > 1 else ""
        if record["problem"]:
            text = record["problem"]
        else:
            text = f"{record['points']} of {record['of']} points."
            if record["obstacle"]:
                text += f" The file could not be checked: {record['obstacle']['sentence']}"
            for is_done, word in ((True, "Done"), (False, "Not yet done")):
                names = [e["name"] for e in record["exercises"] if (e["state"] == DONE) is is_done]
                text += f" {word}: {', '.join(names)}." if names else ""
        said.append(head + escape(line(text, 2000), quote=False))
    return " ".join(said)


def moodle_columns(columns: Sequence[str]) -> list[str]:
    """Return the head of the worksheet: the roster's own, where it is one."""
    return list(columns) if is_moodle(columns) else MOODLE


def moodle_row(learner: Learner, records: Sequence[Record], columns: Sequence[str]) -> list[str]:
    """Return a learner's line of the worksheet.

    The grade is put on the worksheet's own scale; where nothing was marked it
    stays as it was, which Moodle leaves alone.
    """
    mark, said = points(records), feedback(records)
    if not (is_moodle(columns) and is_moodle(list(learner.row))):
        mine = {
            "Identifier": f"Participant {learner.id}" if learner.id else cell(learner.key),
            "Full name": cell(learner.name),
            "Email address": cell(learner.email),
            "Status": "" if all(map(is_missing, records)) else "Submitted for grading",
            "Grade": f"{mark[0]:.2f}" if mark else "",
            "Maximum Grade": f"{sum(record['of'] for record in records):.2f}",
            "Grade can be changed": "Yes",
            "Feedback comments": cell(said),
        }
        if is_moodle(columns):  # who is not in the roster stands in its columns
            mine = {name.lower(): value for name, value in mine.items()}
            return [mine.get(column.lower(), "") for column in columns]
        return [mine.get(column, "") for column in columns]
    row = dict(learner.row)
    known = {column.lower(): column for column in row}
    if mark and mark[1]:
        row[known["grade"]] = scaled(mark, row.get(known.get("maximum grade", ""), ""))
    if "feedback comments" in known:
        row[known["feedback comments"]] = cell(said)
    return [row.get(column, "") for column in columns]


def scaled(mark: tuple[int, int], maximum: str) -> str:
    """Return a mark on the scale that ends at a maximum, written as that one is."""
    try:
        most = float(maximum.strip().replace(",", "."))
    except ValueError:
        most = float(mark[1])
    text = f"{mark[0] * most / mark[1]:.2f}"
    return text.replace(".", ",") if "," in maximum else text


def canvas_columns(columns: Sequence[str], of: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """Return the head of the gradebook: who, then one column for each chapter.

    A chapter's column is the roster's where it is called as the chapter is:
    chapter-07, with or without the heading, or the slug.
    """
    own = [column for column in columns if column in CANVAS_OWN] if is_canvas(columns) else CANVAS
    return own, [assignment(slug, columns) for slug in of]


def assignment(slug: str, columns: Sequence[str]) -> str:
    """Return the column of a chapter."""
    name = name_of(slug)
    known = {name.lower(), name.partition(" ")[0].lower(), slug, slug.replace("_", "-")}
    for column in columns:
        match = ASSIGNMENT.fullmatch(column)
        if match and match[1].lower() in known:
            return column
    return name


def points_possible(own: Sequence[str], of: Mapping[str, int]) -> list[str]:
    """Return the second row of the gradebook."""
    return ["    Points Possible", *[""] * (len(own) - 1), *(f"{most}" for most in of.values())]


def canvas_row(
    learner: Learner, records: Sequence[Record], own: Sequence[str], of: Mapping[str, int]
) -> list[str]:
    """Return a learner's line of the gradebook; an empty cell leaves a score as it is."""
    if is_canvas(list(learner.row)):
        who = [learner.row.get(column, "") for column in own]
    else:
        mine = {"Student": cell(learner.name), "ID": cell(learner.id)}
        who = [mine.get(column, "") for column in own]
    return who + list(scores(records, of))


def scores(records: Sequence[Record], of: Mapping[str, int]) -> Iterator[str]:
    """Yield a learner's points in each chapter."""
    by_chapter = {record["chapter"]: record for record in records}
    for slug in of:
        record = by_chapter.get(slug)
        yield "" if record is None or record["problem"] else f"{record['points']}"
