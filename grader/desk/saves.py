"""Hear when a file of a folder is saved, on every kind of file system."""

from __future__ import annotations

import os
import queue
import re
import threading
from pathlib import Path

STEP = 10  # milliseconds of quiet after which a save is over
DEBOUNCE = 100  # milliseconds after which it is, quiet or not
POLL = 300  # milliseconds between two looks where the system tells us nothing

# Where another machine writes, or a translating layer lies between, saves are not told of.
SILENT = {"9p", "afs", "ceph", "cifs", "drvfs", "lustre", "nfs", "nfs4", "prl_fs", "smb3", "smbfs"}
SILENT |= {"glusterfs", "ncpfs", "v9fs", "vboxsf", "virtiofs", "vmhgfs"}


def must_poll(folder: Path, mounts: str | None = None) -> bool | None:
    """Return whether a folder has to be looked at again and again; None: watchfiles knows.

    As in watchfiles, WATCHFILES_FORCE_POLLING decides where it is set.
    """
    if told := os.environ.get("WATCHFILES_FORCE_POLLING"):
        return told.lower() not in ("false", "disable", "disabled")
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    path, best, kind = os.path.realpath(folder), "", ""
    for line in mounts.splitlines():
        _, place, name, *_ = line.split(" ")
        place = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), place)
        inside = path == place or path.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best):  # of two at one place the later one counts
            best, kind = place, name
    return kind in SILENT or kind.startswith("fuse")


class Saves:
    """The names of the files that were saved in one folder, heard by a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.polls = must_poll(folder)
        self.names: set[str] = set()  # that nobody has seen to yet
        self.heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self) -> None:
        """Hear of saves until it is over; where the system does not tell, by looking."""
        import watchfiles

        while not self.over.is_set():
            try:
                for changes in watchfiles.watch(
                    self.folder,
                    watch_filter=None,
                    debounce=DEBOUNCE,
                    step=STEP,
                    stop_event=self.over,
                    force_polling=self.polls,
                    poll_delay_ms=POLL,
                    recursive=False,
                ):
                    for _, path in changes:
                        self.heard.put(os.path.basename(path))
            except FileNotFoundError:  # the folder is away: it may come back
                self.over.wait(POLL / 1000)
            except (OSError, RuntimeError):  # as when there are too many watchers already
                self.polls = True
                self.over.wait(POLL / 1000)

    def wait(self, seconds: float) -> None:
        """Put what is saved into `names`; wait for it so many seconds at most."""
        try:
            self.names.add(self.heard.get(timeout=seconds))
            while True:
                self.names.add(self.heard.get_nowait())
        except queue.Empty:
            pass

    def __enter__(self) -> Saves:
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join(1.0)
