"""What was fetched: where it is kept, and how a loader reads it.

A data set is kept as one .npz file. Its name ends in a digest of the pinned
archive and of the code that converts it: where one of them has changed, the
file is another, and is made anew. Nothing here fetches.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from bookdata import archives


class NotFetched(LookupError):
    """A data set that has to be fetched first is not there."""


def folder() -> Path:
    """Return where fetched data is kept: the user's cache, or GROUND_UP_CACHE."""
    if told := os.environ.get("GROUND_UP_CACHE"):
        return Path(told).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_cache_dir("ground-up", appauthor=False))


def source_of(name: str) -> archives.Pin | None:
    """Return the archive that a data set is in, None where it is in the repository."""
    loader = importlib.import_module(f"bookdata.loaders.{name}")
    return archives.pin(loader.ARCHIVE) if hasattr(loader, "ARCHIVE") else None


def file_of(name: str) -> Path:
    """Return the file in which a data set is kept, whether it is there or not."""
    loader = importlib.import_module(f"bookdata.loaders.{name}")
    made_by = archives.pin(loader.ARCHIVE).sha256 + inspect.getsource(loader.convert)
    return folder() / f"{name}-{hashlib.sha256(made_by.encode()).hexdigest()[:12]}.npz"


def load(name: str) -> dict[str, np.ndarray]:
    """Return the arrays of a data set that was fetched before.

    Raises
    ------
    NotFetched
        If it was not, or is damaged; it names the command to type.
    """
    try:
        with np.load(file_of(name), allow_pickle=False) as file:
            return dict(file)
    except (FileNotFoundError, NotADirectoryError):
        what = "is not in the repository and was not fetched yet"
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        what = "was fetched, but its file is damaged"
    raise NotFetched(f"The data set {name} {what}. Type: grader data {name}")
