"""Python for the page: Pyodide's files and NumPy, and what they import first as bytecode."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
from functools import lru_cache
from pathlib import Path

from press import assets, packs

HERE = Path(__file__).parent
FOLDER = f"python-{assets.PACKAGES['pyodide']['version']}"  # a browser mixes up no two
MAKERS = (HERE / "precompile.mjs", HERE / "precompile.py")
SECONDS = 300
COMPRESSED = (".whl", ".zip")
LEVEL = 6  # of gzip: what a server uses that compresses as it sends


def runtime(there: dict[str, Path]) -> dict[str, Path]:
    """Return the files of Python by their names, those that are compiled made if need be.

    Raises
    ------
    Missing
        If Node is not there, or Python does not run in it.
    """
    _, core = packs.core()
    pins = json.dumps(assets.PINS["exercises"], sort_keys=True).encode()
    made_of = (pins, core, *(path.read_bytes() for path in MAKERS))
    name = f"python-{hashlib.sha256(b'-'.join(made_of)).hexdigest()[:12]}"
    folder = assets.made(name, lambda node, target: precompile(node, there, core, target))
    files = (*there["pyodide"].iterdir(), there["numpy"], *folder.iterdir())
    return {path.name: path for path in files}  # the last of a name: the library, made again


def precompile(node: str, there: dict[str, Path], core: bytes, target: Path) -> None:
    """Let Pyodide compile its own library, NumPy and the grader, as far as each visit needs it."""
    pack = target.with_suffix(".zip")
    pack.write_bytes(core)
    try:
        subprocess.run(
            [node, MAKERS[0], there["pyodide"], there["numpy"], pack, target],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"").decode(errors="replace").strip() or error
        raise assets.Missing(f"Python for the page cannot be compiled: {said}") from None


@lru_cache(maxsize=1)
def size(files: tuple[Path, ...]) -> int:
    """Return how many bytes of some files go to the reader."""
    contents = ((path.suffix, path.read_bytes()) for path in files)
    return sum(
        len(data if suffix in COMPRESSED else gzip.compress(data, LEVEL))
        for suffix, data in contents
    )
