"""The rules of names: whose submission this is, and which of its files is the chapter's.

Whose it is. Moodle calls what it exports FULLNAME_NUMBER_assignsubmission_file, with
the file's name behind it or a folder of that name; Canvas calls each file
NAME_USERNUMBER_FILENUMBER_FILE, with LATE before the numbers of a late one. Anything
else belongs to whom its folder, archive or file is named after, without the ending; a
single file may say both, as in ada_naive_bayes.py.

Which file it is. Case, hyphens and underscores are all one here.

1. The file of a chapter is called as in the book: naive_bayes.py.
2. If there is none, one with the chapter's number before it or the number of a copy
   behind it counts: 12-naive-bayes.py, naive_bayes-1.py, naive_bayes (1).py.
3. If there is none and only one chapter is marked, one whose name ends so counts:
   lovelace_naive_bayes.py.

Of several, the one in the fewest folders counts, and of two as deep the one in a folder
called exercises. Canvas numbers what is handed in again: there the highest number counts.
If two are left, neither is marked. Folders called solutions, grader or tests are the
book's own, and those that begin with a dot or two underscores are a program's: what
lies in them was not handed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from grader.screen import clean

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
OTHER_ARCHIVES = (".rar", ".7z", ".gz", ".bz2", ".tbz2", ".xz", ".txz", ".zst")
NOT_THEIRS = {"solutions", "grader", "tests"}
DEEPEST = 12  # folders within folders

MOODLE = re.compile(r"(.+?)(?:_(\d+))?_assignsubmission_([a-z]+)(?:_(.*))?", re.S)
CANVAS = re.compile(r"(.+?)(?:_LATE)?_(\d+)_(?:\d+_(.+)|(?:text|link)\.html)", re.S)
NAMELESS = re.compile(r"(?:LATE_)?(anon_(\w+?))_(?:\d+_(.+)|(?:text|link)\.html)", re.S)
FILE = re.compile(r"(.+?)(?:-(\d+)| ?\((\d+)\))?\.py", re.S | re.I)
CHAPTER_NUMBER = re.compile(r"(?:chapter_?)?\d+_")
UNSHOWN = re.compile(r"[\s\u2028\u2029\u061c\ufeff\ud800-\udfff]+")
MOST_SHOWN = 100


def shown(text: str) -> str:
    """Return a name that somebody else chose as one short line that steers nothing."""
    line = UNSHOWN.sub(lambda m: " " if m[0].isspace() else "\N{REPLACEMENT CHARACTER}", text)
    line = clean(line).strip()
    return line if len(line) <= MOST_SHOWN else line[: MOST_SHOWN - 1] + "…"


def folded(text: str) -> str:
    """Return a name so that two ways to write it are alike."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s_-]+", "_", text).strip("_")


def is_a_programs(name: str) -> bool:
    """Return whether a program made this folder or file for itself, by its name."""
    return name.startswith((".", "__")) or name.casefold() in ("desktop.ini", "thumbs.db")


def is_theirs(name: str) -> bool:
    """Return whether a folder or file may be what a learner handed in, by its name."""
    return not is_a_programs(name) and name.casefold() not in NOT_THEIRS


def is_archive(name: str) -> bool:
    """Return whether a file is opened to look for others in it."""
    return name.lower().endswith(ARCHIVES)


def is_other_archive(name: str) -> bool:
    """Return whether a file is an archive of a kind that is not opened here."""
    return name.lower().endswith(OTHER_ARCHIVES) and not is_archive(name)


def matters(name: str) -> bool:
    """Return whether a file can hold an exercise, or tell why there is none."""
    lower = name.lower()
    is_one = lower.endswith((".py", ".ipynb", *ARCHIVES, *OTHER_ARCHIVES))
    return is_one and is_theirs(name)


@dataclass(frozen=True)
class Whose:
    """Whose a submission is, as far as its name tells; all as it is spelt there."""

    key: str
    name: str
    id: str = ""
    form: str = ""  # "moodle", "canvas"; "file" where the name ends in a chapter's
    file: str = ""  # what the learner called the file


def from_moodle(name: str) -> Whose | None:
    """Return whose it is if Moodle named it."""
    if not (match := MOODLE.fullmatch(name)):
        return None
    person, number, kind, file = match.groups("")
    key = f"{person}_{number}" if number else person
    if person.endswith("Participant"):  # they are marked without their names
        person = f"{person} {number}"
    return Whose(key, person, number, "moodle", file if kind == "file" else "")


def from_canvas(name: str) -> Whose | None:
    """Return whose it is if Canvas named it."""
    if match := NAMELESS.fullmatch(name):
        return Whose(match[1], match[1].replace("_", " "), match[2], "canvas", match[3] or "")
    if match := CANVAS.fullmatch(name):
        return Whose(f"{match[1]}_{match[2]}", match[1], match[2], "canvas", match[3] or "")
    return None


def is_canvas_export(files: Sequence[str]) -> bool:
    """Return whether Canvas named these files: any name with two numbers in it may look so."""
    return 2 * sum(from_canvas(name) is not None for name in files) > len(files)


def from_folder(name: str) -> Whose:
    """Return whose a folder is."""
    key = name.removesuffix(".git") or name
    return from_moodle(name) or Whose(key, key)


def from_file(name: str, slugs: Sequence[str], is_canvas: bool) -> Whose:
    """Return whose a file is that lies in no folder of somebody's.

    `slugs` are those of all chapters: they may end the name.
    """
    by_system = from_moodle(name) or (from_canvas(name) if is_canvas else None)
    if by_system:
        return by_system
    endings = [e for e in (*ARCHIVES, *OTHER_ARCHIVES) if name.lower().endswith(e)]
    if endings or not name.lower().endswith(".py"):
        key = name[: -max(map(len, endings))] if endings else name
        return Whose(key or name, key or name)
    stem = name[: -len(".py")]
    for slug in sorted(slugs, key=len, reverse=True):
        if match := re.fullmatch(rf"(.+?)[-_ ]+{spelt(slug)}", stem, re.S | re.I):
            return Whose(match[1], match[1], form="file", file=f"{slug}.py")
    return Whose(stem, stem)


def spelt(slug: str) -> str:
    """Return the pattern of a chapter's slug in a file's name."""
    return re.escape(slug).replace("_", "[-_ ]")


@dataclass(frozen=True)
class File:
    """One file that was handed in.

    Parameters
    ----------
    parts : tuple of str
        The folders that it lies in and its name.
    origin : str
        Where that is, for people.
    read : function
        Returns its first bytes, as many as it is given, or raises Obstacle.
    problem, next_step : str
        Why it cannot be taken, and what to do about it.
    """

    parts: tuple[str, ...]
    origin: str
    read: Callable[[int], bytes] = lambda limit: b""
    problem: str = ""
    next_step: str = ""


@lru_cache(maxsize=4096)
def rank(name: str, slug: str, is_only: bool) -> tuple[int, int] | None:
    """Return by which rule a file is the chapter's and the number of its copy; None: it is not."""
    if not (match := FILE.fullmatch(name)):
        return None
    stem, number = folded(match[1]), int((match[2] or match[3] or "0")[:6])
    if stem == slug:
        return (2 if number else 1), number
    if CHAPTER_NUMBER.sub("", stem, count=1) == slug:
        return 2, number
    return (3, number) if is_only and stem.endswith(f"_{slug}") else None


def choose(files: Sequence[File], slug: str, is_only: bool, is_numbered: bool) -> list[File]:
    """Return the files that count equally for a chapter: one, none, or too many.

    Parameters
    ----------
    files : sequence of File
    slug : str
        The chapter's.
    is_only : bool
        Whether no other chapter is marked.
    is_numbered : bool
        Whether the number of a copy says which is the last.
    """
    found: dict[tuple[int, ...], list[File]] = {}
    for file in files:
        if not (place := rank(file.parts[-1], slug, is_only)):
            continue
        rule, number = place
        if is_numbered:
            rule, number = max(rule, 2), -number
        else:
            number = 0
        is_elsewhere = "exercises" not in file.parts[-2:-1]
        order = (bool(file.problem), rule, number, len(file.parts), is_elsewhere)
        found.setdefault(order, []).append(file)
    return found[min(found)] if found else []
