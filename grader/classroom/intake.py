"""What a class handed in: for every learner and every chapter one entry.

A folder of folders, of git repositories, of archives or of single files, or
the one archive that Moodle or Canvas exports. Whose a submission is and which
file of it counts: the rules stand in `grader.classroom.naming`.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from grader.book import Chapter
from grader.classroom import archives, naming
from grader.classroom.naming import File, shown
from grader.classroom.parcels import Parcel, parcels_at
from grader.classroom.people import Entry, Learner
from grader.classroom.roster import Roster
from grader.submission import MAX_SIZE, Obstacle

MOST_TOLD = 20  # names in a note
MOST_OPENED = 5  # archives of one learner


@dataclass
class Intake:
    """What there is to mark, by the learners' keys, and sentences for the teacher."""

    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def entries(path: Path, chapters: Sequence[Chapter], roster: Roster | None = None) -> Intake:
    """Return an entry for every learner and chapter; the files are read when they are wanted.

    Parameters
    ----------
    path : Path
        A folder, or the archive that a learning platform exports.
    chapters : sequence of Chapter
    roster : Roster, optional
        Its learners get entries even if they handed in nothing.

    Raises
    ------
    Misuse
        If there is nothing at `path` that anybody handed in.
    """
    left_out: list[str] = []
    parcels = parcels_at(path, chapters, left_out)
    class_ = with_keys(people(parcels, roster))
    found = [
        entry
        for learner, theirs in class_
        for entry in entries_of(learner, theirs, [chapter.slug for chapter in chapters])
    ]
    return Intake(found, list(notes(class_, roster, left_out)))


def people(
    parcels: Sequence[Parcel], roster: Roster | None
) -> Iterator[tuple[Learner, list[Parcel]]]:
    """Yield the learners, each with what was handed in under their name."""
    of_row: dict[int, list[Parcel]] = {}
    of_name: dict[str, list[Parcel]] = {}
    for parcel in parcels:
        row = roster.find(parcel.whose) if roster else None
        if row is None:
            name = unicodedata.normalize("NFC", parcel.whose.key)
            of_name.setdefault(name, []).append(parcel)
        else:
            of_row.setdefault(row, []).append(parcel)
    for theirs in of_name.values():
        whose = theirs[0].whose
        yield Learner(whose.key, shown(whose.name), whose.id), theirs
    if roster:
        for row in range(len(roster.rows)):
            theirs = of_row.get(row, [])
            yield roster.learner(row, theirs[0].whose if theirs else None), theirs


def with_keys(
    class_: Iterator[tuple[Learner, list[Parcel]]],
) -> list[tuple[Learner, list[Parcel]]]:
    """Return the learners in the order of their keys: each can be shown, no two are alike."""
    found: dict[str, tuple[Learner, list[Parcel]]] = {}
    for learner, theirs in sorted(class_, key=lambda pair: pair[0].key):
        plain = shown(learner.key) or "nameless"
        key, number = plain, 2
        while key in found:
            key, number = f"{plain} ({number})", number + 1
        found[key] = replace(learner, key=key), theirs
    return [found[key] for key in sorted(found)]


def entries_of(learner: Learner, parcels: list[Parcel], slugs: Sequence[str]) -> Iterator[Entry]:
    """Yield the entries of one learner, one for each chapter."""
    if len(parcels) != 1:
        labels = [parcel.label for parcel in parcels]
        problem, next_step = "Nothing was handed in.", ""
        if labels:
            problem = f"Handed in {times(len(labels))}: {listed(labels)}."
            next_step = "keep the one that counts"
        for slug in slugs:
            yield Entry(learner, slug, ", ".join(labels[:MOST_TOLD]), problem, next_step)
        return
    search = Search(parcels[0], is_only=len(slugs) == 1)
    for slug in slugs:
        file = search.file_for(slug)
        if file.problem:
            yield Entry(learner, slug, file.origin, file.problem, file.next_step)
        else:
            read = partial(file.read, MAX_SIZE + 1)
            yield Entry(learner, slug, file.origin, read=read)


class Search:
    """Looks for the chapters' files in what one learner handed in."""

    def __init__(self, parcel: Parcel, is_only: bool) -> None:
        self.parcel = parcel
        self.is_only = is_only
        self.listing = parcel.listing()
        self.packed: list[File] | None = None  # what lies in archives, once they were opened

    def file_for(self, slug: str) -> File:
        """Return the file of a chapter, or one that only says why there is none."""
        found = self.chosen(self.listing.files, slug) or self.chosen(self.in_archives(), slug)
        if len(found) == 1:
            return found[0]
        if found:
            return self.without(
                f"{len(found)} files could be meant: {listed([f.origin for f in found])}.",
                f"keep one, and call it {slug}.py",
            )
        if self.listing.problem:
            return self.without(self.listing.problem, self.listing.next_step)
        return self.without(
            f"There is no {slug}.py.{self.instead(slug)}", f"ask for the file {slug}.py"
        )

    def chosen(self, files: Sequence[File], slug: str) -> list[File]:
        """Return those of the files that count for a chapter."""
        is_numbered = self.parcel.whose.form == "canvas"
        return naming.choose(files, slug, self.is_only, is_numbered)

    def without(self, problem: str, next_step: str) -> File:
        """Return what stands for a file that is not there."""
        return File((), self.parcel.label, problem=problem, next_step=next_step)

    def in_archives(self) -> list[File]:
        """Return the files in the archives that were handed in; one that is broken is told of."""
        if self.packed is not None:
            return self.packed
        self.packed = []
        closed = [file for file in self.listing.files if naming.is_archive(file.parts[-1])]
        for archive in closed[:MOST_OPENED]:
            problem, next_step = archive.problem, archive.next_step
            if not problem:
                try:
                    self.packed += archives.look_into(archive)
                except Obstacle as error:
                    problem, next_step = error.sentence, error.next_step
            if problem:
                self.listing.problem, self.listing.next_step = problem, next_step
        if len(closed) > MOST_OPENED:
            self.listing.problem = f"More than {MOST_OPENED} archives: the others stayed closed."
            self.listing.next_step = "hand in one"
        return self.packed

    def instead(self, slug: str) -> str:
        """Return which of the files may be the missing one."""
        files = [*self.listing.files, *self.in_archives()]
        names = list({file.parts[-1]: None for file in files})[:100]
        for name in names:
            if naming.is_other_archive(name):
                return f" {shown(name)} is an archive of a kind that is not opened here."
        near = difflib.get_close_matches(f"{slug}.py", names, n=1, cutoff=0.5)
        if near:
            return f" There is {shown(near[0])}: was it renamed?"
        return f" There is {listed([shown(name) for name in names])}." if names else ""


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them, not too many."""
    if len(names) > MOST_TOLD:
        return f"{', '.join(names[:MOST_TOLD])} and {len(names) - MOST_TOLD:,} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def times(count: int) -> str:
    """Return a number of times in words."""
    return "twice" if count == 2 else f"{count} times"


def notes(
    class_: Sequence[tuple[Learner, list[Parcel]]], roster: Roster | None, left_out: Sequence[str]
) -> Iterator[str]:
    """Yield what the teacher should know of who handed in."""
    absent = [learner.name for learner, theirs in class_ if not theirs]
    strange = [learner.key for learner, theirs in class_ if roster and not learner.row]
    if absent:
        yield f"{len(absent):,} of the roster handed in nothing: {listed(absent)}."
    if strange:
        are = "is" if len(strange) == 1 else "are"
        yield f"{len(strange):,} handed in and {are} not on the roster: {listed(strange)}."
    twice = [(learner, theirs) for learner, theirs in class_ if len(theirs) > 1]
    for learner, theirs in twice[:MOST_TOLD]:
        labels = [parcel.label for parcel in theirs]
        yield f"{learner.name} handed in {times(len(labels))}, and is not marked: {listed(labels)}."
    if len(twice) > MOST_TOLD:
        yield f"{len(twice) - MOST_TOLD:,} more handed in more than once, and are not marked."
    if left_out:
        yield f"Left out: {listed(left_out)}."
