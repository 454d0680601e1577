"""What Python in the page imports before its first check, compiled: run by that Python.

It comes as sources, and compiling them was half of the time until the first verdict.
"""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode
from py_compile import compile as compile_file

BEST = 9  # of zip's levels


def bytecode(source: bytes, called: str, mode: PycInvalidationMode) -> bytes:
    """Return a module as a file of bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        file, target = Path(folder, "module.py"), Path(folder, "module.pyc")
        file.write_bytes(source)
        compile_file(str(file), str(target), called, doraise=True, invalidation_mode=mode)
        return target.read_bytes()


def imported() -> Iterator[Path]:
    """Yield the file of each module that has been imported from one."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.endswith(".py"):
            yield Path(file)


def library(old: Path, new: Path) -> None:
    """Write Python's library again: of what was imported from it the bytecode alone."""
    needed = {path.relative_to(old).as_posix() for path in imported() if old in path.parents}
    with zipfile.ZipFile(old) as sources, zipfile.ZipFile(new, "w") as made:
        for name in sources.namelist():
            content = sources.read(name)
            if name in needed:
                content = bytecode(content, f"{old / name}", PycInvalidationMode.UNCHECKED_HASH)
            put(made, f"{name}c" if name in needed else name, content)


def beside(new: Path) -> None:
    """Write the bytecode of all other modules, to be unpacked beside their sources."""
    with zipfile.ZipFile(new, "w") as made:
        for path in sorted(path for path in imported() if path.is_file()):
            content = bytecode(path.read_bytes(), f"{path}", PycInvalidationMode.CHECKED_HASH)
            put(made, cache_from_source(str(path)).lstrip("/"), content)


def put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write a file into an archive, without a date."""
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, BEST)
