"""The one archive that a learning platform exports for a whole class.

The platform made it, so its size is trusted further than that of a learner's
archive; its names and contents are not.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from grader.classroom.archives import (
    MOST_PACKED,
    Member,
    tar_members,
    unzipped,
    zip_problem,
)
from grader.classroom.naming import is_archive, matters
from grader.problems import Misuse
from grader.submission import MAX_SIZE, Obstacle

MOST_OF_ALL = 200_000  # members
MOST_KEPT = 256 << 20  # bytes held of a tar, compressed
UNPACK = "unpack it, and name the folder that it makes"


class Exported:
    """The zip that a learning platform exports: open all the while."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process = 0

    @property
    def archive(self) -> zipfile.ZipFile:
        """The archive, opened by this process: two would move each other's place in the file."""
        if self.process != os.getpid():
            self.opened = zipfile.ZipFile(self.path)
            self.process = os.getpid()
        return self.opened

    def read(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        """Return the first bytes of a member."""
        return unzipped(self.archive, info, limit)

    def members(self) -> Iterator[Member]:
        """Yield its files, to be read at any time."""
        infos = self.archive.infolist()
        if len(infos) > MOST_OF_ALL:
            raise Misuse(f"{self.path} holds more than {MOST_OF_ALL:,} files.", UNPACK)
        for info in infos:
            if not info.is_dir():
                yield Member(info.filename, zip_problem(info), partial(self.read, info))


def tar_kept(path: Path) -> Iterator[Member]:
    """Yield the files of an exported tar: those that matter are kept, compressed, as it passes."""
    kept = 0
    with path.open("rb") as file:
        for member in tar_members(file, str(path), MOST_OF_ALL, 1 << 40):
            packed = b""
            name = member.name.split("/")[-1]
            if matters(name) and not member.problem:
                limit = MOST_PACKED if is_archive(name) else MAX_SIZE
                packed = zlib.compress(member.read(limit + 1), 1)
            kept += len(packed)
            if kept > MOST_KEPT:
                raise Misuse(f"{path} is too large to be marked as it is.", UNPACK)
            yield Member(member.name, member.problem, partial(held, packed))


def held(packed: bytes, limit: int) -> bytes:
    """Return the first bytes of what is kept compressed."""
    return zlib.decompressobj().decompress(packed, limit)


def members_of(path: Path) -> list[Member]:
    """Return the files of an archive that a platform exported, or raise Misuse."""
    try:
        with path.open("rb") as file:
            is_zip = file.read(2) == b"PK"
        return list(Exported(path).members() if is_zip else tar_kept(path))
    except Misuse:
        raise
    except Obstacle as error:
        raise Misuse(error.sentence, UNPACK) from None
    except OSError as error:
        why = error.strerror or "it is broken"
        raise Misuse(f"{path} cannot be read: {why}.", "export it again") from None
    except Exception:
        raise Misuse(
            f"{path} is broken, or no archive of a kind that is opened here.",
            "export it again, as .zip, .tar.gz or .tar",
        ) from None
