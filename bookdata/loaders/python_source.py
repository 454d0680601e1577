"""The source code of Python's standard library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bookdata.splits import held_out

LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages"}


class PythonSource(NamedTuple):
    """Files of source code, one entry each in every column."""

    paths: list[str]
    texts: list[str]
    train: np.ndarray


def python_source() -> PythonSource:
    """Return the standard library of the Python that runs this, as text.

    All its modules that are written in Python, in the order of their paths,
    without its tests and without what was installed beside it: some 12 MB in
    700 files. It differs a little from one version of Python to the next, and
    so do the results.

    Returns
    -------
    paths : list of str
        In the library: json/decoder.py.
    texts : list of str
        Lines end in a line feed.
    train : array, shape (n,)
        True for the files to learn from, False for the tenth held out.

    References
    ----------
    The Python Software Foundation and the authors of CPython; PSF License
    Agreement; see bookdata/SOURCES.md.
    """
    library = Path(os.__file__).parent
    each = {path.relative_to(library).as_posix(): path for path in library.rglob("*.py")}
    paths = sorted(name for name in each if not LEFT_OUT & set(name.split("/")))
    texts = [
        each[name].read_bytes().decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        for name in paths
    ]
    return PythonSource(paths, texts, held_out(len(paths), share=0.1))
