"""What the site needs of others: fonts, KaTeX, a shim; from pinned npm packages.

The versions and their hashes stand in `packages.json`. `npm pack` fetches an
archive from whatever registry the machine uses; nothing in it is executed or
installed, and an archive with another hash is thrown away. Where npm is not
there, the book is printed without, and says what it lacks.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from grader.book import ROOT

PACKAGES: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "packages.json").read_text(encoding="utf-8")
)
CACHE = ROOT / "build" / "assets"
SECONDS = 120
# without a network the answer comes at once, and not after npm has asked three times
OPTIONS = ("--ignore-scripts", "--prefer-offline", "--fetch-retries=0")


class Missing(RuntimeError):
    """A package could not be had."""


def folder_of(name: str) -> Path:
    """Return where the files of a package lie once they are fetched."""
    return CACHE / f"{name.replace('/', '-').lstrip('@')}-{PACKAGES[name]['version']}"


def fetch(name: str) -> Path:
    """Return the folder of a package's files, fetched if they are not there yet.

    Raises
    ------
    Missing
        If npm is not there, the registry does not answer, or the archive is
        not the one that was pinned.
    """
    folder = folder_of(name)
    if folder.exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        spec = f"{name}@{PACKAGES[name]['version']}"
        try:
            subprocess.run(
                [npm, "pack", spec, *OPTIONS, "--pack-destination", temporary],
                check=True,
                capture_output=True,
                timeout=SECONDS,
            )
        except (subprocess.SubprocessError, OSError):
            raise Missing(f"npm cannot fetch {spec}") from None
        archive = next(Path(temporary).glob("*.tgz"))
        unpack(name, archive, Path(temporary) / "files")
        try:
            (Path(temporary) / "files").rename(folder)
        except OSError:  # another build was here first
            if not folder.exists():
                raise
    return folder


def unpack(name: str, archive: Path, target: Path) -> None:
    """Take the files that are wanted out of an archive whose hash is right."""
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != PACKAGES[name]["integrity"]:
        raise Missing(f"{name} {PACKAGES[name]['version']} has not the hash that is pinned")
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            path = member.name.partition("/")[2]
            wanted = any(fnmatch.fnmatch(path, each) for each in PACKAGES[name]["files"])
            content = tar.extractfile(member) if wanted and member.isfile() else None
            if content is not None:
                (target / Path(path).name).parent.mkdir(parents=True, exist_ok=True)
                (target / Path(path).name).write_bytes(content.read())


@lru_cache(maxsize=1)
def available() -> tuple[dict[str, Path], list[str]]:
    """Return the folders of what could be had, and what could not, once a process."""

    def attempt(name: str) -> Path | str:
        try:
            return fetch(name)
        except Missing as missing:
            return str(missing)

    with ThreadPoolExecutor(len(PACKAGES)) as pool:
        found = dict(zip(PACKAGES, pool.map(attempt, PACKAGES), strict=True))
    there = {name: path for name, path in found.items() if isinstance(path, Path)}
    return there, sorted({reason for reason in found.values() if isinstance(reason, str)})
