"""Folders as learners hand them in: searched by name, read without following any link."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from grader.classroom.naming import DEEPEST, File, is_theirs, matters, shown
from grader.submission import Obstacle

MOST_VISITED = 10_000  # folders and files of one learner
BARE = {"HEAD", "objects", "refs"}
COPY = "copy the folder with its contents (cp -rL) and mark the copy"
NOT_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


@dataclass
class Listing:
    """The files of one learner that matter, and why some may not be among them."""

    files: list[File] = field(default_factory=list)
    problem: str = ""
    next_step: str = ""


def kind_problem(mode: int, links: int, label: str) -> tuple[str, str]:
    """Return why a file of this kind is not read, and what to do; nothing if it is."""
    if stat.S_ISLNK(mode):
        return f"{label} is a symbolic link: links are not followed.", COPY
    if not stat.S_ISREG(mode):
        return f"{label} is no regular file.", ""
    if links > 1:
        return f"{label} is a hard link: it may be a file from elsewhere.", COPY
    return "", ""


def opened(root: Path, parts: tuple[str, ...]) -> int:
    """Return a descriptor of a file, opened folder by folder so that no link is followed."""
    if os.open not in os.supports_dir_fd:  # Windows
        path = root
        for part in parts:
            path = path / part
            if path.is_symlink():
                raise OSError(errno.ELOOP, "it is a link")
        return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    at = os.open(root, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        for part in parts[:-1]:
            at, above = os.open(part, os.O_RDONLY | FOLDER, dir_fd=at), at
            os.close(above)
        return os.open(parts[-1], os.O_RDONLY | NOT_BLOCKING, dir_fd=at)
    finally:
        os.close(at)


def content(root: Path, parts: tuple[str, ...], label: str, limit: int) -> bytes:
    """Return the first `limit` bytes of a learner's file, or raise Obstacle.

    It is looked at again once it is open: it may have been swapped since it was found.
    """
    try:
        with os.fdopen(opened(root, parts), "rb") as file:
            found = os.fstat(file.fileno())
            problem, next_step = kind_problem(found.st_mode, found.st_nlink, label)
            if problem:
                raise Obstacle(problem, next_step)
            return file.read(min(limit, found.st_size + 1))  # it makes room for all it is told
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise Obstacle(f"{label} is reached through a link.", COPY) from None
        raise Obstacle(f"{label} cannot be read: {error.strerror}.") from None


def file_at(root: Path, parts: tuple[str, ...], label: str) -> File:
    """Return a file of a folder; `label` is where it lies, for people."""
    try:
        found = root.joinpath(*parts).lstat()
    except OSError as error:
        return File(parts, label, problem=f"{label} cannot be read: {error.strerror}.")
    problem, next_step = kind_problem(found.st_mode, found.st_nlink, label)
    return File(parts, label, partial(content, root, parts, label), problem, next_step)


def walk(root: Path, top: str) -> Listing:
    """Return what lies in a learner's folder `top` of `root`, the shallowest first."""
    listing = Listing()
    level: list[tuple[str, ...]] = [(top,)]
    visited = 0
    label = shown(top)
    for depth in range(DEEPEST):
        deeper: list[tuple[str, ...]] = []
        here: list[File] = []
        for folder in level:
            try:
                names = list(names_in(root.joinpath(*folder), MOST_VISITED - visited + 1))
            except OSError as error:
                listing.problem = f"{label} cannot be read: {error.strerror}."
                continue
            visited += len(names)
            if visited > MOST_VISITED:
                # of this depth only a part was seen, by chance: none of it counts
                listing.problem = f"{label} holds more than {MOST_VISITED:,} files."
                listing.next_step = "hand in the exercise files only"
                return listing
            if depth == 0 and {name for name, _ in names} >= BARE:
                listing.problem = f"{label} is a bare git repository: its files lie in no folder."
                listing.next_step = f"git clone {label} beside it, and mark the clone"
                return listing
            for name, is_folder in sorted(names):
                parts = (*folder, name)
                if is_folder and is_theirs(name):
                    deeper.append(parts)
                elif not is_folder and matters(name):
                    here.append(file_at(root, parts, shown("/".join(parts))))
        listing.files += here
        level = deeper
    return listing


def names_in(folder: Path, most: int) -> Iterator[tuple[str, bool]]:
    """Yield at most so many names in a folder, each with whether it is a folder itself."""
    with os.scandir(folder) as found:
        for entry in itertools.islice(found, most):
            is_folder = False
            with contextlib.suppress(OSError):
                is_folder = entry.is_dir(follow_symlinks=False)
            yield entry.name, is_folder
