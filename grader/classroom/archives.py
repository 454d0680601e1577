"""Archives as learners and learning platforms make them, read in memory and within limits.

Nothing is ever unpacked to a disk, and no member is read further than it is
asked for: an archive may claim what it likes of itself.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from grader.classroom.naming import DEEPEST, File, is_archive, is_theirs, matters, shown
from grader.submission import Obstacle

MOST_PACKED = 50 << 20  # bytes of one learner's archive
MOST_UNPACKED = 256 << 20  # bytes that are unpacked on the way to a file of it
MOST_MEMBERS = 10_000
MOST_HEADER = 1 << 20  # bytes between two members of a tar
ONLY_FILES = "hand in the exercise files only"
REPACK = "hand it in again as a .zip"


@dataclass(frozen=True)
class Member:
    """A file in an archive; `read` gives its first bytes, as many as it is asked for."""

    name: str
    problem: str
    read: Callable[[int], bytes]


class Metered:
    """What is read of a stream, up to a place that moves on."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, label: str) -> None:
        self.stream = stream
        self.label = label
        self.at = 0
        self.end = MOST_HEADER

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.at += len(data)
        if self.at > self.end:
            raise Obstacle(f"{self.label} unpacks to too much.", ONLY_FILES)
        return data


def zip_problem(info: zipfile.ZipInfo) -> str:
    """Return why a member of a zip is not read, if it is not."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link: links are not followed"
    if kind not in (0, stat.S_IFREG):
        return "is no regular file"
    if info.flag_bits & 1:
        return "is encrypted"
    # zipfile unpacks the rarer kinds without a limit
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a rare way"
    return ""


def tar_problem(info: tarfile.TarInfo) -> str:
    """Return why a member of a tar is not read, if it is not."""
    if info.issym() or info.islnk():
        return "is a link: links are not followed"
    return "" if info.isreg() else "is no regular file"


def unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Return the first bytes of a zip's member."""
    with archive.open(info) as member:
        return member.read(limit)


def untarred(archive: tarfile.TarFile, info: tarfile.TarInfo, limit: int) -> bytes:
    """Return the first bytes of a tar's member."""
    member = archive.extractfile(info)
    return member.read(limit) if member else b""


def zip_members(file: IO[bytes]) -> Iterator[Member]:
    """Yield the files of a zip."""
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield Member(info.filename, zip_problem(info), partial(unzipped, archive, info))


def tar_members(file: IO[bytes], label: str, most: int, unpacked: int) -> Iterator[Member]:
    """Yield the files of a tar, compressed by gzip or not; one is read before the next comes."""
    is_gzip = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    with gzip.GzipFile(fileobj=file) if is_gzip else file as stream:
        metered: Any = Metered(stream, label)  # all that tarfile asks of a stream is read()
        archive: Any = tarfile.open(
            fileobj=metered, mode="r|", encoding="utf-8", errors="surrogateescape"
        )
        count = 0
        while (info := archive.next()) is not None:
            archive.members = []  # which it keeps of itself
            count += 1
            if count > most:
                raise Obstacle(f"{label} holds more than {most:,} files.", ONLY_FILES)
            if info.issparse():
                raise Obstacle(f"{label} holds a sparse file: those are not read.", ONLY_FILES)
            data = info.size if info.isreg() else 0
            metered.end = min(unpacked, info.offset_data + data + MOST_HEADER)
            if not info.isdir():
                yield Member(info.name, tar_problem(info), partial(untarred, archive, info))


def opened(data: bytes, label: str) -> Iterator[Member]:
    """Yield the files of a learner's archive, each to be read before the next comes.

    Raises
    ------
    Obstacle
        If it is too large, holds too much, or cannot be read, whatever is
        wrong with it.
    """
    if len(data) > MOST_PACKED:
        raise Obstacle(f"{label} is larger than {MOST_PACKED >> 20} MB.", ONLY_FILES)
    try:
        if data.startswith(b"PK"):
            if data.count(b"PK\1\2") > MOST_MEMBERS:  # before an object is made of each
                raise Obstacle(f"{label} holds more than {MOST_MEMBERS:,} files.", ONLY_FILES)
            yield from zip_members(io.BytesIO(data))
        else:
            yield from tar_members(io.BytesIO(data), label, MOST_MEMBERS, MOST_UNPACKED)
    except Obstacle:
        raise
    except Exception:  # there is no end to what a malformed archive makes its reader raise
        raise Obstacle(f"{label} is broken, or no .zip, .tar or .tar.gz.", REPACK) from None


def guarded(read: Callable[[int], bytes], label: str, limit: int) -> bytes:
    """Return what `read` does, or raise Obstacle where the archive is broken there."""
    try:
        return read(limit)
    except Obstacle:
        raise
    except Exception:
        raise Obstacle(f"{label} cannot be read: the archive is broken there.") from None


def member_of(archive: File, name: str, number: int, limit: int) -> bytes:
    """Return the first bytes of a member of a learner's archive."""
    data = archive.read(MOST_PACKED + 1)
    for at, member in enumerate(opened(data, archive.origin)):
        if at == number and member.name == name:
            return member.read(limit)
    raise Obstacle(f"{archive.origin} has changed since it was looked into.")


def parts_of(name: str) -> tuple[str, ...] | None:
    """Return the folders and the name of a member, None if it may lie outside the archive."""
    parts = tuple(part for part in name.split("/") if part != ".")
    is_odd = "\\" in name or "\0" in name or re.match(r"\s*[A-Za-z]:", name)
    return None if is_odd or not parts or {"", ".."} & set(parts) else parts


def file_of(member: Member, label: str, read: Callable[[int], bytes]) -> File | None:
    """Return a member as a file in the archive called `label`, None if it does not matter."""
    origin = shown(f"{label}/{member.name}" if label else member.name)
    parts = parts_of(member.name)
    if parts is None:
        last = re.split(r"[/\\:]", member.name)[-1]
        problem = f"{origin} leads out of the archive: it was not taken."
        return File((last,), origin, problem=problem) if matters(last) else None
    if len(parts) > DEEPEST or not matters(parts[-1]) or not all(map(is_theirs, parts[:-1])):
        return None
    problem = f"{origin} {member.problem}." if member.problem else ""
    return File(parts, origin, partial(guarded, read, origin), problem)


def look_into(archive: File) -> list[File]:
    """Return the files of a learner's archive, or raise Obstacle; archives in it stay closed."""
    found = []
    data = archive.read(MOST_PACKED + 1)
    for number, member in enumerate(opened(data, archive.origin)):
        read = partial(member_of, archive, member.name, number)
        file = file_of(member, archive.origin, read)
        if file and not is_archive(file.parts[-1]):
            found.append(file)
    return found
