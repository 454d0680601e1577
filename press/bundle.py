"""The scripts of the exercises: each of `press/box/` in one file, by esbuild, with its editor.

The same sources are bundled once: what comes out is kept under their hash.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

from press import assets
from press.stop import Stop

BOX = Path(__file__).parent / "box"
ENTRIES = ("box", "editor", "worker")
OPTIONS = (
    "--bundle",
    "--format=esm",
    "--target=es2022",
    "--minify",
    "--charset=utf8",
    "--log-level=error",
    "--color=false",
    "--out-extension:.js=.mjs",
    "--external:./editor.mjs",  # fetched when somebody writes
)
PLACE = re.compile(r"\[ERROR\] (?P<reason>.+)\n\s+(?P<path>\S+?):(?P<line>\d+):\d+:")


def key_of(sources: list[Path]) -> str:
    """Return the hash of all that a bundle is made of."""
    pins = json.dumps(assets.PINS["exercises"], sort_keys=True)
    made_of = [pins, *OPTIONS, *(f"{p.name} {p.read_text(encoding='utf-8')}" for p in sources)]
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()[:12]


def bundled(packages: dict[str, Path]) -> list[Path]:
    """Return the scripts, bundled if these were not before.

    Raises
    ------
    Missing
        If Node is not there.
    Stop
        If one of the scripts is at fault.
    """
    name = f"box-{key_of(sorted(BOX.glob('*.js')))}"
    folder = assets.made(name, lambda node, target: bundle(node, packages, target))
    return [folder / f"{name}.mjs" for name in ENTRIES]


def bundle(node: str, packages: dict[str, Path], target: Path) -> None:
    """Run esbuild, which finds each package where it was unpacked."""
    command = [node, str(packages["esbuild-wasm"] / "bin" / "esbuild"), *OPTIONS]
    found = {name: path for name, path in packages.items() if (path / "package.json").exists()}
    command += [f"--alias:{name}={path}" for name, path in found.items()]
    command += [f"--outdir={target}", *(f"{name}.js" for name in ENTRIES)]
    ran = subprocess.run(
        command,
        cwd=BOX,
        stdin=subprocess.DEVNULL,  # some inputs of ours crash it
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if ran.returncode != 0:
        fault = PLACE.search(ran.stderr)
        if fault is None:
            raise assets.Missing(f"esbuild fails: {ran.stderr.strip() or ran.returncode}")
        raise Stop(BOX / fault["path"], int(fault["line"]), fault["reason"])
