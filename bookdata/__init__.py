"""Real data for the chapters: one function per data set, NumPy out, no network.

`bookdata.digits` is the function `digits` of bookdata/loaders/digits.py, which
is imported when it is first asked for; so a new data set is a new file there,
and nothing that other chapters import is touched. What a loader needs is in
the repository, or was fetched before with the command `grader data`.

Where each comes from and under which licence: bookdata/SOURCES.md.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from bookdata.splits import held_out as held_out


def names() -> list[str]:
    """Return the names of all data sets, sorted."""
    files = (Path(__file__).parent / "loaders").glob("*.py")
    return sorted(path.stem for path in files if path.stem != "__init__")


def __getattr__(name: str) -> Any:
    if name in names():
        return getattr(importlib.import_module(f"bookdata.loaders.{name}"), name)
    import difflib

    near = difflib.get_close_matches(name, names(), n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise AttributeError(f"bookdata has no data set {name!r}.{hint}")


def __dir__() -> list[str]:
    return sorted([*names(), "held_out", "names"])
