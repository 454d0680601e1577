"""The teacher's list of the class: which submission is whose, and what the exports fill in.

Three forms are known, by their header: our own (submission, name, id, email,
of which only the first is needed), Moodle's offline grading worksheet and
Canvas's gradebook. Ours names each submission as it was handed in.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from grader.classroom.naming import Whose, folded, from_folder, is_archive, shown
from grader.classroom.people import Learner
from grader.problems import Misuse

LARGEST = 50 << 20
OWN, MOODLE, CANVAS = "own", "moodle", "canvas"
NEEDED = {  # which columns tell a form, the first of them holding what no two rows share
    MOODLE: ("Identifier",),
    CANVAS: ("ID", "Student"),
    OWN: ("submission",),
}
OUR_COLUMNS = ("submission", "name", "id", "email")
NAMES = {  # which columns may name a submission
    OWN: ("submission", "name", "email"),
    MOODLE: ("Full name", "Username", "ID number", "Email address"),
    CANVAS: ("Student", "SIS Login ID", "SIS User ID"),
}
FORMS = (
    "It has to be ours (submission, and if you like name, id, email), Moodle's grading worksheet "
    "(Identifier, Full name, Email address …) or Canvas's gradebook (Student, ID …)."
)


@dataclass(frozen=True)
class Roster:
    """The class, in the order of its file.

    Parameters
    ----------
    kind : str
        "own", "moodle" or "canvas".
    columns : list of str
        As they stand in the file.
    rows : list of column to text
        One for each learner; the text is as it stands in the file.
    """

    kind: str
    columns: list[str]
    rows: list[dict[str, str]]
    by_id: dict[str, int] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, int | None] = field(default_factory=dict)  # None: more than one row

    def __post_init__(self) -> None:
        for at, row in enumerate(self.rows):
            if id := self.id_of(row):
                self.by_id[id] = at
            if self.kind == OWN:
                self.by_key[key_of(row["submission"]).casefold()] = at
            for name in set(self.names_of(row)):
                self.by_name[name] = None if name in self.by_name else at

    def id_of(self, row: dict[str, str]) -> str:
        """Return the number that a learning platform knows the learner of a row by."""
        if self.kind == MOODLE:
            return row["Identifier"].strip().split(" ")[-1]
        return row.get("ID" if self.kind == CANVAS else "id", "").strip()

    def name_of(self, row: dict[str, str]) -> str:
        """Return the learner's name, the first one first."""
        if self.kind == CANVAS:
            last, comma, first = row["Student"].partition(",")
            return f"{first.strip()} {last.strip()}" if comma else last.strip()
        column = "name" if self.kind == OWN else "Full name"
        return row.get(column, "").strip()

    def names_of(self, row: dict[str, str]) -> Iterator[str]:
        """Yield what a submission of a row's learner may be called."""
        for column in NAMES[self.kind]:
            if name := folded(row.get(column, "")):
                yield name
        yield folded(self.name_of(row)) or "\0"
        if self.kind == OWN:
            yield folded(key_of(row["submission"]))
        if self.kind == CANVAS:
            yield in_canvas(row["Student"])

    def find(self, whose: Whose) -> int | None:
        """Return which row a submission belongs to: by its number, else by its name."""
        if self.kind in (OWN, whose.form) and whose.id in self.by_id:
            return self.by_id[whose.id]
        if whose.id and self.kind == whose.form:
            return None  # a name may belong to two, and the platform tells them apart
        if (row := self.by_key.get(whose.key.casefold())) is not None:
            return row
        known = (self.by_name.get(folded(name)) for name in (whose.key, whose.name))
        return next((row for row in known if row is not None), None)

    def learner(self, at: int, whose: Whose | None) -> Learner:
        """Return the learner of a row; `whose` is what they handed in under, if they did."""
        row = self.rows[at]
        id, name = self.id_of(row), self.name_of(row)
        if whose:
            key, name, id = whose.key, name or whose.name, id or whose.id
        elif self.kind == OWN:
            key = key_of(row["submission"])
        else:
            key = f"{in_canvas(row['Student']) if self.kind == CANVAS else name}_{id}"
        email = row.get("email") or row.get("Email address") or row.get("SIS Login ID", "")
        email = shown(email) if "@" in email else ""
        return Learner(key, shown(name or key), id, email, row)


def key_of(submission: str) -> str:
    """Return the key of a submission from how the roster calls it, with an ending or without."""
    name = submission.strip()
    if is_archive(name):
        return re.sub(r"\.(zip|tar|tar\.gz|tgz)$", "", name, flags=re.I)
    return from_folder(name.removesuffix(".py")).key


def in_canvas(student: str) -> str:
    """Return a name as Canvas begins a file's name with it: small letters and no spaces."""
    return re.sub(r"\W", "", student).lower()


def read(path: Path) -> Roster:
    """Read the list of the class, or raise Misuse with what is wrong with it."""
    table = list(records(path))
    kind, columns = header_of(path, table)
    double = sorted({shown(column) for column in columns if columns.count(column) > 1})
    if double:
        raise Misuse(f"{path} has two columns {double[0]!r}.", "name each column once")
    rows: list[dict[str, str]] = []
    lines: dict[str, int] = {}
    for line, fields in table[1:]:
        if len(fields) > len(columns) and any(fields[len(columns) :]):
            raise Misuse(
                f"{path}, line {line}, has {len(fields)} fields, and the header has "
                f"{len(columns)}.",
                "put a field that holds a comma into quotation marks",
            )
        row = dict(zip(columns, [*fields, *[""] * len(columns)], strict=False))
        if kind == CANVAS and not is_a_student(row):
            continue
        column = NEEDED[kind][0]
        id = row[column].strip()
        if not id:
            raise Misuse(f"{path}, line {line}, has no {column}.", "fill it in, or delete the line")
        alike = (column, key_of(id).casefold() if kind == OWN else id)
        for column, text in (alike, ("id", row.get("id", "").strip())):
            if text and (before := lines.setdefault(f"{column} {text}", line)) != line:
                raise Misuse(
                    f"{path} has {column} {shown(text)!r} in line {before} and in line {line}.",
                    "keep one of them",
                )
        rows.append(row)
    if not rows:
        raise Misuse(f"{path} lists nobody.", "one line below the header for each learner")
    return Roster(kind, columns, rows)


def is_a_student(row: dict[str, str]) -> bool:
    """Return whether a line of Canvas's gradebook is a learner's: above them stand two others."""
    return row["Student"].strip().casefold() not in ("", "points possible")


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of a table that hold something, each with its number."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.", "name a CSV file") from None
    if len(data) > LARGEST:
        raise Misuse(f"{path} is larger than {LARGEST >> 20} MB.", "name a CSV file")
    text = decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                yield reader.line_num, fields
    except csv.Error as error:
        where = f"{path}, line {reader.line_num}"
        raise Misuse(f"{where}, is no CSV: {error}.", "save it as CSV again") from None


def decoded(data: bytes) -> str:
    """Return the text of a table as spreadsheets save it: UTF-8, UTF-16, or as Windows did."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def delimiter_of(text: str) -> str:
    """Return what stands between the fields: in the header a comma, a semicolon or a tab."""
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def header_of(path: Path, table: list[tuple[int, list[str]]]) -> tuple[str, list[str]]:
    """Return the form of a roster and its columns, or raise Misuse with the columns it has."""
    if not table:
        raise Misuse(f"{path} is empty.", FORMS)
    columns = [column.strip() for column in table[0][1]]
    while columns and not columns[-1]:
        columns.pop()
    for kind, needed in NEEDED.items():
        if kind != OWN and set(needed) <= set(columns):
            return kind, columns
    small = [column.casefold() for column in columns]
    if "submission" in small:
        if unknown := [shown(c) for c in columns if c.casefold() not in OUR_COLUMNS]:
            raise Misuse(
                f"{path} has a column that is not known: {', '.join(unknown[:5])}.",
                f"its columns are {', '.join(OUR_COLUMNS)}",
            )
        return OWN, small
    has = ", ".join(shown(column) for column in columns[:20])
    if "name" in small and set(small) <= set(OUR_COLUMNS):
        raise Misuse(f"{path} has no column submission: it has {has}.", FORMS)
    raise Misuse(f"{path} is in no form that is known: its columns are {has}.", FORMS)
