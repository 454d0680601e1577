"""What lets a reader do the exercises in the page: Python, the boxes, the grader's packs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from press import assets, bundle, packs
from press.runtime import FOLDER, runtime, size


def assembled() -> tuple[dict[str, bytes], str]:
    """Return each file by its place among the assets; or none, and why."""
    there, why = assets.for_exercises()
    if why:
        return {}, why
    try:
        scripts = bundle.bundled(there)
        python = runtime(there)
    except assets.Missing as missing:
        return {}, str(missing)
    found = {f"{FOLDER}/{name}": path.read_bytes() for name, path in python.items()}
    for path in (*scripts, bundle.BOX / "box.css"):
        found[f"exercises/{path.name}"] = path.read_bytes()
    found["exercises/licences.txt"] = licences(there).encode()
    sizes = {name: path.stat().st_size for name, path in python.items()}
    for name, data in packs.written(FOLDER, size(tuple(python.values())), sizes):
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
