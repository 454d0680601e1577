"""An invented class: what thirty or ten thousand learners might hand in.

For the teacher who wants to see it all before the semester, for the tests
and for the benchmark: right answers, each known mistake, holes left empty,
files that do not parse, that loop, that end their process.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from grader import stub
from grader.book import Chapter
from grader.problems import Misuse
from grader.reference import Reference

FIRST = """
    Ada Ben Chloé Dmitri Élodie Farid Grace Hiro Ines João Kofi Lena Mei Nils Olga Priya
""".split()
LAST = """
    Abel Bell Cho Duarte Evans Fischer Gauss Hopper Ito Jansen Khan Lovelace Müller Noether
""".split()
BROKEN: dict[str, Callable[[str], str]] = {
    "a syntax error": lambda source: source + "\ndef unfinished(:\n",
    "a loop while it is loaded": lambda source: source + "\nwhile True:\n    pass\n",
    "an end of its process": lambda source: "import os\n" + source + "\nos._exit(0)\n",
    "an import of what is not there": lambda source: "import tensorflow_of_mine\n" + source,
    "nothing": lambda source: "\n",
}
COLUMNS = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
).split(",")
FIRST_NUMBER = 1001
SHARES = {"right": 0.4, "mistaken": 0.35, "unfinished": 0.15, "empty": 0.05, "broken": 0.05}


def invented(chapter: Chapter, count: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """Return (name, kind, source) of as many invented learners, no two sources alike."""
    rng = np.random.default_rng(seed)
    reference = Reference(chapter, kept=False)
    right, empty = chapter.source, stub.derive(chapter.source)
    holes, every = [hole.name for hole in stub.holes(right)], sorted(BROKEN)
    found = []
    for i in range(count):
        kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        source = empty if kind == "empty" else right
        if kind == "mistaken":
            mistake = reference.mistakes[int(rng.integers(len(reference.mistakes)))]
            source = reference.mutant(mistake)
        elif kind == "unfinished":
            source = stub.derive(right, holes[: int(rng.integers(1, len(holes)))])
        elif kind == "broken":
            kind = every[int(rng.integers(len(every)))]
            source = BROKEN[kind](source)
        name = f"{FIRST[i % len(FIRST)]} {LAST[i // len(FIRST) % len(LAST)]}"
        if i >= len(FIRST) * len(LAST):
            name += f" {i // (len(FIRST) * len(LAST)) + 1}"
        found.append((name, kind, source if kind == "nothing" else f"{source}\n# {name}, {i}\n"))
    return found


def write(folder: Path, chapter: Chapter, count: int) -> tuple[Path, Path]:
    """Write what Moodle would export: the submissions, and the grading worksheet.

    The last learner on the worksheet has handed in nothing.

    Raises
    ------
    Misuse
        If the folder is there already, or the class would be empty.
    """
    if count < 1:
        raise Misuse("--learners is how many hand in: at least 1.", "leave it out")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise Misuse(
            f"{folder} is there already; nothing was written.", "name a new folder"
        ) from None
    except OSError as error:
        raise Misuse(f"{folder} cannot be made: {error.strerror}.", "name another") from None
    submissions, worksheet = folder / "submissions.zip", folder / "worksheet.csv"
    try:
        fill(submissions, worksheet, chapter, count)
    except OSError as error:
        raise Misuse(
            f"{folder} cannot be written to: {error.strerror}.",
            f"make room, remove {folder}, and try again",
        ) from None
    return submissions, worksheet


def fill(submissions: Path, worksheet: Path, chapter: Chapter, count: int) -> None:
    """Write the two files of an invented class."""
    lines = io.StringIO()
    table = csv.writer(lines)
    table.writerow([*COLUMNS])
    with zipfile.ZipFile(submissions, "w", zipfile.ZIP_DEFLATED) as archive:
        for i, (name, _, source) in enumerate(invented(chapter, count)):
            inside = f"{name}_{FIRST_NUMBER + i}_assignsubmission_file/{chapter.slug}.py"
            archive.writestr(inside, source)
            table.writerow(row(name, FIRST_NUMBER + i))
    table.writerow(row("Zoe Late", FIRST_NUMBER + count))
    worksheet.write_text(lines.getvalue(), encoding="utf-8-sig", newline="")


def row(name: str, number: int) -> list[str]:
    """Return a line of Moodle's grading worksheet, not yet graded."""
    email = f"learner{number}@example.org"
    told = [f"Participant {number}", name, email, "Submitted for grading", "", "100.00"]
    return [*told, "Yes", "-", "-", ""]
