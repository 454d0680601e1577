"""What the site needs of others: fonts, KaTeX, Python for the page; all pinned.

The versions and their hashes stand in `packages.json`. `npm pack` fetches an
archive from whatever registry the machine uses; nothing in it is installed, and
an archive with another hash is thrown away. NumPy as a page needs it comes from
what the publisher names, or out of a wheel that pip fetches; its hash is that of
Pyodide's own lock. Where something is not to be had, the book is printed without
it, and says what it lacks.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

from bookdata import fetching
from bookdata.archives import Pin
from grader.book import ROOT

PINS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "packages.json").read_text(encoding="utf-8")
)
PACKAGES = PINS["page"] | PINS["exercises"]
CACHE = ROOT / "build" / "assets"
SECONDS = 120
# without a network the answer comes at once, and not after npm has asked three times
OPTIONS = ("--ignore-scripts", "--prefer-offline", "--fetch-retries=0")
NUMPY_FILE = "GROUND_UP_NUMPY"  # variables that a publisher may set: the wheel itself,
NUMPY_URL = "GROUND_UP_NUMPY_URL"  # or the address of a folder that has it
WHEEL = "open-webui"  # has it too, in this folder:
INSIDE = "open_webui/frontend/pyodide"


class Missing(RuntimeError):
    """A package could not be had."""


def folder_of(name: str) -> Path:
    """Return where the files of a package lie once they are fetched."""
    return CACHE / f"{name.replace('/', '+')}@{PACKAGES[name]['version']}"


def fetch(name: str) -> Path:
    """Return the folder of a package's files, fetched if they are not there yet."""
    return fetch_all([name])[name]


def fetch_all(names: Iterable[str]) -> dict[str, Path]:
    """Return the folders of some packages; what is not there is fetched, all at once.

    Raises
    ------
    Missing
        If npm is not there, the registry does not answer, or an archive is
        not the one that was pinned.
    """
    folders = {name: folder_of(name) for name in names}
    wanted = [name for name, folder in folders.items() if not folder.exists()]
    if not wanted:
        return folders
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    specs = [f"{name}@{PACKAGES[name]['version']}" for name in wanted]
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        try:
            subprocess.run(
                [npm, "pack", *specs, *OPTIONS, "--pack-destination", temporary],
                check=True,
                capture_output=True,
                timeout=SECONDS,
            )
        except (subprocess.SubprocessError, OSError):
            more = f" or {len(specs) - 1} more" if specs[1:] else ""
            raise Missing(f"npm cannot fetch {specs[0]}{more}") from None
        for name in wanted:
            files = Path(temporary) / folders[name].name
            archive = f"{name.replace('/', '-').lstrip('@')}-{PACKAGES[name]['version']}.tgz"
            unpack(name, Path(temporary) / archive, files)
            settle(files, folders[name])
    return folders


def made(name: str, make: Callable[[str, Path], None]) -> Path:
    """Return a folder that Node makes, once: `make` is called with Node and a folder to write.

    Raises
    ------
    Missing
        If Node is not there.
    """
    folder = CACHE / name
    if not folder.exists():
        node = shutil.which("node")
        if node is None:
            raise Missing("node is not installed")
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            make(node, Path(temporary) / "made")
            settle(Path(temporary) / "made", folder)
    return folder


def settle(fresh: Path, place: Path) -> None:
    """Move a folder that is whole to its place."""
    try:
        fresh.rename(place)
    except OSError:  # another build was here first
        if not place.exists():
            raise


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
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(content.read())


def numpy(pyodide: Path) -> Path:
    """Return NumPy's wheel for the page: the very one that Pyodide's lock names.

    Raises
    ------
    Missing
        If it cannot be had, or what was had is another.
    """
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    wanted = lock["packages"]["numpy"]
    wheel = CACHE / str(wanted["file_name"])

    def is_right(data: bytes) -> bool:
        return hashlib.sha256(data).hexdigest() == wanted["sha256"]

    if not (wheel.exists() and is_right(wheel.read_bytes())):
        source, data = had(wheel.name)
        if not is_right(data):
            raise Missing(f"{source} is not the {wheel.name} that Pyodide names")
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            fresh = Path(temporary) / wheel.name
            fresh.write_bytes(data)
            fresh.replace(wheel)
    return wheel


def had(name: str) -> tuple[str, bytes]:
    """Return where a wheel comes from, and its bytes: what a publisher names goes first."""
    if given := os.environ.get(NUMPY_FILE):
        try:
            return given, Path(given).read_bytes()
        except OSError as error:
            raise Missing(f"{NUMPY_FILE} names {given}: {error.strerror or error}") from None
    if base := os.environ.get(NUMPY_URL):
        address = f"{base.rstrip('/')}/{name}"
        try:
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:
                return address, answer.read()
        except (OSError, ValueError) as error:
            raise Missing(f"{NUMPY_URL} leads to {address}: {error}") from None
    pin = Pin(WHEEL, **PINS["wheels"][WHEEL])
    with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
        try:
            whole = fetching.download(pin, Path(temporary), lambda so_far: None)
        except fetching.Failed as failed:
            raise Missing(failed.sentence.rstrip(".")) from None
        with zipfile.ZipFile(whole) as archive:
            return str(pin), archive.read(f"{INSIDE}/{name}")


@lru_cache(maxsize=1)
def available() -> tuple[dict[str, Path], list[str]]:
    """Return the folders of what every page takes, and what could not be had, once a process."""

    def attempt(name: str) -> Path | str:
        try:
            return fetch(name)
        except Missing as missing:
            return str(missing)

    with ThreadPoolExecutor(len(PINS["page"])) as pool:
        found = dict(zip(PINS["page"], pool.map(attempt, PINS["page"]), strict=True))
    there = {name: path for name, path in found.items() if isinstance(path, Path)}
    return there, sorted({reason for reason in found.values() if isinstance(reason, str)})


@lru_cache(maxsize=1)
def for_exercises() -> tuple[dict[str, Path], str]:
    """Return what exercises in the page take, or why it is not there, once a process."""
    try:
        there = fetch_all(PINS["exercises"])
        return there | {"numpy": numpy(there["pyodide"])}, ""
    except Missing as missing:
        return {}, str(missing)
