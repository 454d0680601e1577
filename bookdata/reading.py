"""Read what stands in bookdata/files/."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np

FILES = Path(__file__).parent / "files"


def arrays(name: str) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file by their names."""
    with np.load(FILES / name, allow_pickle=False) as file:
        return dict(file)


def text(name: str) -> str:
    """Return a text, unpacked where the name ends in .gz; lines end in \\n."""
    data = (FILES / name).read_bytes()
    plain = gzip.decompress(data) if name.endswith(".gz") else data
    return plain.decode("utf-8").replace("\r\n", "\n")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table in .csv or .csv.gz, each by its columns' names."""
    return list(csv.DictReader(io.StringIO(text(name))))


def numbers(column: list[str]) -> np.ndarray:
    """Return a column as floats, NaN where nothing is written."""
    return np.array([float(value or "nan") for value in column])
