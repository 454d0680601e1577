"""How a submission is shut in on this machine, and the start of a warden.

Three levels: processes and limits alone; Landlock and seccomp; both inside
bubblewrap, where files, network and other processes are not there at all.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from grader import book, codec, confine, systems
from grader.classroom.cgroup import Group, has_ended
from grader.classroom.cgroup import available as group_available
from grader.launch import ONE_THREAD
from grader.place import PACKAGE
from grader.problems import Fault, Misuse
from grader.process import clear
from grader.wire import MESSAGE

BOOT = (
    "import sys; sys.path[:] = sys.argv[1:-1]; "
    "from grader.classroom.warden import main; del sys.path[0]; main()"
)
INSIDE = "/ground-up"  # where the grader and the earlier chapters are seen
SCRATCH = "/scratch"
SCRATCH_OUTSIDE = "grader-class-"  # how its name begins without bubblewrap
SCRATCH_SIZE = 64 << 20  # bytes
FIRST_UID, UIDS = 60_900, 200
START_UP = 60.0  # seconds a cold machine may take
NEXT_STEP = "grader doctor --class says what is missing, and how to get it"


@dataclass(frozen=True)
class Means:
    """What this machine has to shut a submission in with."""

    fork: bool
    landlock: bool
    seccomp: bool
    limits: bool
    bubblewrap: str  # the program, '' without it
    refusal: str  # what bubblewrap said when it was tried
    group: bool  # cgroups can be made
    uid: bool  # we may become somebody else

    @property
    def level(self) -> int:
        """The level of confinement that these add up to; 0: none can be marked here."""
        if not self.fork:
            return 0
        if not (self.landlock and self.seccomp and self.limits):
            return 1
        return 3 if self.bubblewrap else 2


@lru_cache(maxsize=1)
def means() -> Means:
    """Return what this machine has, by trying."""
    program = "" if "bubblewrap" in systems.switched_off() else shutil.which("bwrap") or ""
    refusal = tried(program) if program else ""
    return Means(
        fork=systems.has("fork"),
        landlock=systems.has("landlock"),
        seccomp=systems.has("seccomp"),
        limits=systems.has("resource"),
        bubblewrap="" if refusal else program,
        refusal=refusal,
        group="cgroup" not in systems.switched_off() and group_available(),
        uid=systems.IS_LINUX and os.geteuid() == 0,
    )


def tried(program: str) -> str:
    """Return what bubblewrap says when it cannot make its namespaces here, else ''."""
    done = subprocess.run(
        [program, *around(), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true"],
        capture_output=True,
        text=True,
    )
    return (done.stderr.strip() or "it ended without a word") if done.returncode else ""


def require(means: Means, unsafe: bool) -> None:
    """Raise Misuse where a class is not to be marked on this machine."""
    if means.level == 0:
        raise Misuse(
            "A class is marked on Linux: this system cannot start a process for each submission.",
            "a Linux machine, or a container or a virtual machine with one",
        )
    if means.level < 2 and not unsafe:
        lacking = [name for name in ("landlock", "seccomp", "limits") if not getattr(means, name)]
        raise Misuse(
            f"This machine cannot shut a submission in: {' and '.join(lacking)} missing. Its code "
            "could read your files and reach the network.",
            f"{NEXT_STEP}; --unsafe marks all the same, and says so on every report",
        )


def around() -> list[str]:
    """Return the namespaces that bubblewrap is to make."""
    spaces = ["pid", "ipc", "net", "uts"] + ["user"] * (os.geteuid() != 0)
    unshared = [f"--unshare-{space}" for space in spaces] + ["--unshare-cgroup-try"]
    rights = ["--cap-drop", "ALL"]
    if os.geteuid() == 0:  # to become somebody else, before anything else
        rights += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*unshared, *rights, "--die-with-parent", "--new-session"]


def hash_seed(seed: int) -> str:
    """Return what the order of sets hangs on, the same for a whole run."""
    return str(int.from_bytes(sha256(f"{seed} hash".encode()).digest()[:4]))


def others_may_read(places: Sequence[str], is_alone: bool) -> bool:
    """Return whether a user of no rights can read these places.

    Where there is nothing around it `is_alone`, and has to get there as well:
    a Python in the home of root is closed to all others.
    """
    for place in map(Path, places):
        if not place.exists():
            continue
        around = list(place.parents) if is_alone else []
        folders = around + [place] * place.is_dir()
        if any(not folder.stat().st_mode & 0o001 for folder in folders):
            return False
        if not place.is_char_device() and not place.stat().st_mode & 0o004:
            return False
    return True


class Sandbox:
    """A warden, shut in, and the way to speak to it.

    Parameters
    ----------
    job : dict
        What worker.Job is told, but for what depends on the place.
    modules : dict of name to path
        The modules of the book that a submission may import.
    hidden : sequence of paths
        What nobody inside may read: submissions, marks, the book.
    number : int
        Of this one among those at work.
    seed : int
        Of the run.
    """

    def __init__(
        self,
        job: dict[str, Any],
        modules: dict[str, Path],
        hidden: Sequence[Path],
        number: int,
        seed: int,
    ) -> None:
        self.means = means()
        self.scratch = ""
        self.group = Group(number) if self.means.group else None
        self.parts: list[str] = []
        places = {name: str(path) for name, path in modules.items()}
        open_, scratch, path, before = self._outside(places, hidden)
        if self.means.bubblewrap:
            open_, scratch, path, before = self._inside(places, open_, path)
        is_foreign = self.means.uid and others_may_read(
            [*open_, *places.values()], is_alone=not self.means.bubblewrap
        )
        told = job | {
            "modules": places,
            "readable": [*open_, *places.values(), str(Path(places["bookdata"]).parent)],
            "scratch": scratch,
            "parts": [p for p in ("landlock", "seccomp") if getattr(self.means, p)],
            "uid": FIRST_UID + number % UIDS if is_foreign else 0,
            "users": bool(self.means.bubblewrap) and self.means.uid,
            "number": number,
        }
        self.control, theirs = socket.socketpair()
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [
                *before,
                os.path.realpath(sys.executable),
                "-P",
                "-s",
                "-S",
                "-c",
                BOOT,
                *path,
                str(reading),
            ],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[reading],
            env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": hash_seed(seed), **ONE_THREAD},
            preexec_fn=self.group.enter if self.group else None,
            start_new_session=True,
        )
        theirs.close()
        os.close(reading)
        self._begin(writing, codec.encode(told))

    def _begin(self, writing: int, message: bytes) -> None:
        """Send the job and wait until the warden is shut in."""
        self.control.settimeout(START_UP)
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(MESSAGE.pack(len(message)) + message)
            reached: list[str] = json.loads(self.control.recv(4096))
        except (OSError, ValueError):
            systems.kill_group(self.process.pid)  # what is around the warden, and what is in it
            _, said = self.process.communicate()
            self.close()
            raise Fault(
                "The sandbox could not be started.\n" + said.decode(errors="replace")[-1500:],
                "grader doctor --class",
            ) from None
        self.control.settimeout(10.0)
        self.parts = (
            ["bubblewrap"] * bool(self.means.bubblewrap)
            + [part for part in ("landlock", "seccomp") if part in reached]
            + ["limits"] * self.means.limits
            + ["cgroup"] * bool(self.group)
            + ["own uid"] * ("own uid" in reached)
        )

    def _outside(
        self, places: dict[str, str], hidden: Sequence[Path]
    ) -> tuple[list[str], str, list[str], list[str]]:
        """Return what is readable, the scratch, the search path, and nothing around it."""
        self.scratch = tempfile.mkdtemp(prefix=f"{SCRATCH_OUTSIDE}{os.getpid()}-")
        os.chmod(self.scratch, 0o777)
        path = confine.libraries()
        open_ = confine.readable(confine.needed(path), [book.OURS, *hidden])
        if book.IS_CLONE:
            path = [p for p in path if p != str(book.OURS)]
        return open_, self.scratch, [str(Path(PACKAGE).parent), *path], []

    def _inside(
        self, places: dict[str, str], open_: list[str], path: list[str]
    ) -> tuple[list[str], str, list[str], list[str]]:
        """Return the same inside bubblewrap, and the command that goes before."""
        os.rmdir(self.scratch)
        self.scratch = ""
        seen: list[str] = []
        for place in sorted(open_):
            if not place.startswith(("/dev/", "/proc/")) and not any(
                confine.is_inside(place, folder) for folder in seen
            ):
                seen.append(place)
        # what bubblewrap makes on the way to a place, it closes to all but root
        above = {
            str(parent)
            for place in [*seen, f"{INSIDE}/solutions/x"]
            for parent in Path(place).parents
        }
        binds = [["--perms", "0755", "--dir", folder] for folder in sorted(above - {"/"})]
        binds += [["--ro-bind-try", place, place] for place in seen]
        binds += [["--symlink", os.readlink(p), p] for p in ("/lib", "/lib64") if os.path.islink(p)]
        binds += [["--proc", "/proc"], ["--dev", "/dev"]]
        binds += [["--perms", "0777", "--size", str(SCRATCH_SIZE), "--tmpfs", SCRATCH]]
        binds += [["--ro-bind", PACKAGE, f"{INSIDE}/grader"]]
        secret = [name for name in ("checks", "library") if os.path.isdir(f"{PACKAGE}/{name}")]
        binds += [["--tmpfs", f"{INSIDE}/grader/{name}"] for name in secret]
        for name, file in places.items():
            if name == "bookdata":
                binds += [["--ro-bind", str(Path(file).parent), f"{INSIDE}/bookdata"]]
                places[name] = f"{INSIDE}/bookdata/__init__.py"
            else:
                places[name] = f"{INSIDE}/solutions/{Path(file).name}"
                binds += [["--ro-bind", file, places[name]]]
        binds += [["--remount-ro", "/"], ["--chdir", SCRATCH]]
        command = [self.means.bubblewrap, *around(), *(word for bind in binds for word in bind)]
        return open_, SCRATCH, [INSIDE, *path[1:]], [*command, "--"]

    def fork(self, pipes: Sequence[int]) -> None:
        """Have an inmate forked that speaks through these pipes."""
        with suppress(OSError):  # a warden that is gone is noticed when we wait
            socket.send_fds(self.control, [b"F"], pipes)

    def note(self) -> None:
        """Have the inmate note where it is."""
        with suppress(OSError):
            self.control.sendall(b"N")

    def end(self) -> dict[str, Any]:
        """Have the inmate ended; return how it ended and what it used.

        Raises
        ------
        OSError, ValueError
            If the warden is gone.
        """
        self.control.sendall(b"E")
        told: dict[str, Any] = json.loads(self.control.recv(4096))
        return told

    def close(self) -> None:
        """End the warden, all it forked and what they left."""
        systems.kill_group(self.process.pid)
        self.process.kill()
        self.process.wait()
        self.control.close()
        if self.process.stderr:
            self.process.stderr.close()
        if self.group:
            self.group.close()
        if self.scratch:
            clear(self.scratch)


def sweep() -> None:
    """Remove the scratch folders that a run which was killed has left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH_OUTSIDE}*"):
        owner = folder.name.removeprefix(SCRATCH_OUTSIDE).partition("-")[0]
        if owner.isdecimal() and has_ended(owner):
            clear(str(folder))
