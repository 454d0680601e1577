"""Who handed in what: the names at the top of a folder or an export, sorted by learner."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from grader import book
from grader.book import Chapter
from grader.classroom import archives, exported, folders, naming
from grader.classroom.folders import Listing
from grader.classroom.naming import File, Whose, shown
from grader.classroom.people import RUN
from grader.problems import Misuse

OWN_FOLDERS = "put each learner's files into a folder of their name, and name the folder around"


@dataclass(frozen=True)
class Item:
    """One name at the top of what was handed in: a file, or a folder that can be listed."""

    name: str
    file: File | None = None
    look: Callable[[], Listing] = Listing


@dataclass(frozen=True)
class Parcel:
    """What one learner handed in at once."""

    whose: Whose
    items: list[Item]

    @property
    def label(self) -> str:
        """What it is called, for people."""
        more = len(self.items) - 1
        return shown(self.items[0].name) + (f" and {more} more" if more else "")

    def listing(self) -> Listing:
        """Return its files."""
        found = Listing()
        for item in self.items:
            if item.file:
                found.files.append(item.file)
                continue
            listed = item.look()
            found.files += listed.files
            if listed.problem:
                found.problem, found.next_step = listed.problem, listed.next_step
        return found


def parcels_at(path: Path, chapters: Sequence[Chapter], left_out: list[str]) -> list[Parcel]:
    """Return what was handed in, and tell in `left_out` what is nobody's submission.

    Raises
    ------
    Misuse
        If there is nothing that anybody handed in.
    """
    try:
        is_folder = path.is_dir()
        if not is_folder and not path.is_file():
            what = "is neither a folder nor a file" if path.exists() else "is not there"
            raise Misuse(f"{path} {what}.", "name the folder or the archive of the submissions")
        if not is_folder and not naming.is_archive(path.name):
            raise Misuse(
                f"{path} is no folder, and no .zip, .tar.gz or .tar.",
                "name the folder or the archive of the submissions",
            )
        items = in_folder(path, left_out) if is_folder else in_export(path, left_out)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.", f"ls -l {path}") from None
    found = by_learner(items, chapters, left_out)
    if found:
        return found
    if any(is_a_chapters(item.name) for item in items):
        raise Misuse(f"{path} holds the exercises of one learner.", OWN_FOLDERS)
    what = "is empty" if not items else "holds nothing that a learner handed in"
    raise Misuse(f"{path} {what}.", "name the folder or the archive of the submissions")


def in_folder(root: Path, left_out: list[str]) -> list[Item]:
    """Return the items of a folder, but for the marks of an earlier run."""
    names = list(folders.names_in(root, exported.MOST_OF_ALL + 1))
    if len(names) > exported.MOST_OF_ALL:
        raise Misuse(
            f"{root} holds more than {exported.MOST_OF_ALL:,} submissions.",
            "split it, and mark the parts one after the other",
        )
    found = []
    for name, is_folder in sorted(names):
        if is_folder and (root / name / RUN).is_file():
            left_out.append(f"{shown(name)} (the marks of a run)")
        elif is_folder:
            found.append(Item(name, look=partial(folders.walk, root, name)))
        elif not naming.is_a_programs(name):
            found.append(Item(name, folders.file_at(root, (name,), shown(name))))
    return found


def in_export(path: Path, left_out: list[str]) -> list[Item]:
    """Return the items of an archive that a learning platform exported."""
    members = exported.members_of(path)
    around = path.name.split(".")[0] + "/"
    if members and all(member.name.startswith(around) for member in members):
        # somebody packed the folder of that name, not what is in it
        members = [replace(m, name=m.name.removeprefix(around)) for m in members]
    single: dict[str, File] = {}
    listings: dict[str, Listing] = {}
    counts: dict[str, int] = {}
    for member in members:
        parts = archives.parts_of(member.name)
        if parts is None:
            left_out.append(f"{shown(member.name)} (its path leads out of the archive)")
            continue
        if naming.is_a_programs(parts[0]):
            continue
        if len(parts) == 1:
            label = shown(member.name)
            problem = f"{label} {member.problem}." if member.problem else ""
            read = partial(archives.guarded, member.read, label)
            single[parts[0]] = File(parts, label, read, problem)
            continue
        listing = listings.setdefault(parts[0], Listing())
        counts[parts[0]] = counts.get(parts[0], 0) + 1
        if counts[parts[0]] > folders.MOST_VISITED:
            most = f"more than {folders.MOST_VISITED:,} files"
            listing.files.clear()
            listing.problem = f"{shown(parts[0])} holds {most}."
            listing.next_step = archives.ONLY_FILES
        elif file := archives.file_of(
            replace(member, name="/".join(parts[1:])), shown(parts[0]), member.read
        ):
            listing.files.append(file)
    items = [Item(name, file) for name, file in single.items()]
    items += [Item(top, look=partial(same, listing)) for top, listing in listings.items()]
    return sorted(items, key=lambda item: item.name)


def same(listing: Listing) -> Listing:
    """Return a listing that is known already."""
    return listing


def is_a_chapters(name: str) -> bool:
    """Return whether a file is called after a chapter alone, so that it names no learner."""
    return any(naming.rank(name, chapter.slug, False) for chapter in book.chapters())


def by_learner(
    items: Sequence[Item], chapters: Sequence[Chapter], left_out: list[str]
) -> list[Parcel]:
    """Return the items as parcels: what a platform took apart is put together again."""
    slugs = [chapter.slug for chapter in book.chapters()]
    is_canvas = naming.is_canvas_export([item.name for item in items if item.file])
    together: dict[tuple[str, str], Parcel] = {}
    alone: list[Parcel] = []
    for item in items:
        name, file = item.name, item.file
        if file is None:
            whose = naming.from_folder(name)
        else:
            whose = naming.from_file(name, slugs, is_canvas)
            if whose.form:
                named = replace(file, parts=(whose.file,)) if whose.file else None
                item = Item(name, named)
            elif name.lower().endswith(".py"):
                if is_a_chapters(name):
                    left_out.append(f"{shown(name)} (it names a chapter and no learner)")
                    continue
                if len(chapters) == 1:  # it can be for no other, whatever it is called
                    item = Item(name, replace(file, parts=(f"{chapters[0].slug}.py",)))
            elif not naming.matters(name):
                if not file.problem:
                    left_out.append(f"{shown(name)} (it is no exercise and no archive)")
                    continue
                # it may stand for a folder, but it is a link
                item = Item(name, look=partial(same, Listing([], file.problem, file.next_step)))
        if not whose.form:
            alone.append(Parcel(whose, [item]))
        elif before := together.get((whose.form, whose.key)):
            before.items.append(item)
        else:
            together[whose.form, whose.key] = Parcel(whose, [item])
    return list(itertools.chain(together.values(), alone))
