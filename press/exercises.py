"""What lets a reader do the exercises in the page: Python, the boxes, the grader's packs."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from press import assets, bundle, packs

COMPRESSED = (".whl", ".zip")
LEVEL = 6  # of gzip: what a server uses that compresses as it sends


@lru_cache(maxsize=1)
def size(runtime: tuple[Path, ...]) -> int:
    """Return how many bytes of some files go to the reader."""
    contents = ((path.suffix, path.read_bytes()) for path in runtime)
    return sum(
        len(data if suffix in COMPRESSED else gzip.compress(data, LEVEL))
        for suffix, data in contents
    )


def assembled() -> tuple[dict[str, bytes], str]:
    """Return each file by its place among the assets; or none, and why."""
    there, why = assets.for_exercises()
    if why:
        return {}, why
    try:
        scripts = bundle.bundled(there)
    except assets.Missing as missing:
        return {}, str(missing)
    runtime = (*sorted(there["pyodide"].iterdir()), there["numpy"])
    found = {f"python/{path.name}": path.read_bytes() for path in runtime}
    for path in (*scripts, bundle.BOX / "box.css"):
        found[f"exercises/{path.name}"] = path.read_bytes()
    found["exercises/licences.txt"] = licences(there).encode()
    sizes = {path.name: path.stat().st_size for path in runtime}
    for name, data in packs.written(size(runtime), sizes):
        found[f"exercises/{name}"] = data
    return found, ""


def licences(there: dict[str, Path]) -> str:
    """Return the licences of the packages that are in the bundles."""
    texts: Iterable[tuple[str, Path]] = ((n, p / "LICENSE") for n, p in there.items())
    return "\n".join(
        f"{name} {assets.PACKAGES[name]['version']}\n\n{path.read_text(encoding='utf-8')}"
        for name, path in texts
        if path.exists()
    )
