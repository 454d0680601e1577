"""Shut the current process in, without privilege: Landlock, seccomp, rlimits.

Linux only, through ctypes; what a kernel lacks is left out and not reported.
Landlock closes the file system but for what is named; seccomp closes what
Landlock does not see: sockets, memory and messages that outlive a process,
other processes, the modes, times and owners of files.

References
----------
Linux kernel documentation, userspace-api/landlock and
userspace-api/seccomp_filter; system call numbers from the kernel's tables.
"""

from __future__ import annotations

import ctypes
import os
import platform
import stat
import struct
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

# Landlock system calls have the same numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, READ_DIR, TRUNCATE = 1 << 2, 1 << 3, 1 << 14
FILE_RIGHTS = (1 << 0) | (1 << 1) | READ_FILE | TRUNCATE | (1 << 15)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_PDEATHSIG = 38, 22, 1
SECCOMP_MODE_FILTER = 2
CAPABILITIES_3 = 0x20080522

# Audit architecture, and the column of CALLS with its numbers.
ARCHITECTURES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}
CALLS = """
    socket 41 198  socketpair 53 199
    shmget 29 194  shmat 30 196  shmctl 31 195  mq_open 240 180  mq_unlink 241 181
    semget 64 190  semop 65 193  semtimedop 220 192  semctl 66 191
    msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187

    clone 56 220  clone3 435 435  fork 57 -  vfork 58 -  execve 59 221  execveat 322 281
    setpgid 109 154  setsid 112 157  unshare 272 97  setns 308 268

    kill 62 129  tkill 200 130  tgkill 234 131  rt_sigqueueinfo 129 138
    rt_tgsigqueueinfo 297 240  pidfd_open 434 434  pidfd_getfd 438 438
    pidfd_send_signal 424 424  ptrace 101 117  process_vm_readv 310 270
    process_vm_writev 311 271  process_madvise 440 440  process_mrelease 448 448
    prlimit64 302 261  setpriority 141 140  ioprio_set 251 30  sched_setattr 314 274
    sched_setparam 142 118  sched_setscheduler 144 119  sched_setaffinity 203 122
    migrate_pages 256 238  move_pages 279 239  prctl 157 167  fcntl 72 25

    chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452
    chown 92 -  fchown 93 55  lchown 94 -  fchownat 260 54  ioctl 16 29
    utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88  truncate 76 45
    setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  setxattrat 463 463
    removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16
    removexattrat 466 466  file_setattr 469 469

    mount 165 40  umount2 166 39  open_by_handle_at 304 265  kexec_load 246 104
    init_module 175 105  finit_module 313 273  bpf 321 280  perf_event_open 298 241
    userfaultfd 323 282  io_uring_setup 425 425
    add_key 248 217  request_key 249 218  keyctl 250 219  syslog 103 116
"""
OWN = {"kill", "tgkill", "prlimit64", "prctl", "clone"}  # closed but for the process itself
FORKS = {"fork", "vfork"}
DEPENDING = {"fcntl", "ioctl", "clone3"}  # closed in part
CLONE_THREAD = 0x10000
TERMINAL = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # ioctl: is it one, its size, …
SET_OWNER = (8, 15)  # fcntl: another process is sent this file's signals
EPERM, ENOSYS = 1, 38
SELF, STEP = 0x7FFFFFFE, 8  # no process has this number; bytes of a step of a filter

# Classic BPF: load a word of seccomp_data, compare, return.
LOAD, EQUAL, ATLEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER_AT, ARCH_AT, ARGUMENTS_AT = 0, 4, 16


@lru_cache(maxsize=1)
def libc() -> ctypes.CDLL:
    """Return the C library, with errno kept."""
    return ctypes.CDLL(None, use_errno=True)


def call(result: int, what: str) -> int:
    """Return a C result, or raise OSError if it says that something failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), what)
    return result


def landlock_version() -> int:
    """Return the version of Landlock's interface, 0 without Landlock."""
    return max(0, int(libc().syscall(CREATE_RULESET, None, 0, 1)))


def available(part: str) -> bool:
    """Return whether the kernel has `landlock` or `seccomp`."""
    if part == "landlock":
        return landlock_version() > 0
    if platform.machine() not in ARCHITECTURES:
        return False
    # With no program at all the kernel that knows filters answers EFAULT.
    return libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, None, 0, 0) < 0 and (
        ctypes.get_errno() == 14
    )


def no_privileges() -> None:
    """Give up set-user-id programs, as both parts ask, and what root may do more."""
    call(libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    call(libc().capset(struct.pack("Ii", CAPABILITIES_3, 0), bytes(24)), "capset")


def landlock(read: Iterable[str], write: Iterable[str]) -> None:
    """Close every file but those under `read` (to read) and `write` (to change)."""
    version = landlock_version()
    rights = (1 << 13) - 1  # everything version 1 knows
    rights |= (1 << 13) * (version >= 2) | TRUNCATE * (version >= 3) | (1 << 15) * (version >= 5)
    network = 3 if version >= 4 else 0  # bind and connect, for TCP
    scope = 3 if version >= 6 else 0  # abstract sockets and signals outside
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("QQQ", rights, network, scope)[:size]
    ruleset = call(libc().syscall(CREATE_RULESET, attributes, size, 0), "landlock_create_ruleset")
    try:
        for paths, granted in ((read, READ_FILE | READ_DIR), (write, rights & ~1)):
            for path in paths:
                allow_path(ruleset, path, granted & rights)
        no_privileges()
        call(libc().syscall(RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def allow_path(ruleset: int, path: str, granted: int) -> None:
    """Add one path to a ruleset; a path that is not there needs no rule."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            granted &= FILE_RIGHTS
        rule = struct.pack("=Qi", granted, handle)
        call(libc().syscall(ADD_RULE, ruleset, 1, rule, 0), f"landlock_add_rule {path}")
    finally:
        os.close(handle)


def libraries() -> list[str]:
    """Return where Python and NumPy are found, and nothing that was at hand, as the folder is.

    `python -m` puts the folder in front in which a teacher stands.
    """
    numpy = find_spec("numpy")
    around = {sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr"}
    around |= {str(Path(numpy.origin).parents[1])} if numpy and numpy.origin else set()
    places = set(map(os.path.realpath, around))
    paths = [os.path.realpath(path) for path in sys.path if os.path.isabs(path)]
    return [p for p in paths if p in places or any(is_inside(p, place) for place in places)]


def needed(paths: Iterable[str] | None = None) -> list[str]:
    """Return what Python, NumPy and the C library read: `paths`, and what is always there."""
    system = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom"]
    system += ["/dev/null", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"]
    prefixes = sorted({sys.prefix, sys.base_prefix, sys.exec_prefix})
    return [*prefixes, *filter(os.path.isabs, sys.path if paths is None else paths), *system]


def readable(paths: Iterable[str], hidden: Iterable[Path]) -> list[str]:
    """Return `paths`, but where one contains a hidden place, what stands beside that.

    Landlock can open a folder but not close one inside it, so a Python that
    is installed around the book is opened entry by entry. Of what stands
    inside a hidden place, a Python alone is opened.
    """
    places = [os.path.realpath(place) for place in hidden]
    todo = [os.path.realpath(path) for path in paths]
    opened, seen = [], set[str]()
    while todo:
        path = todo.pop()
        if path in seen or any(is_closed(path, place) for place in places):
            continue
        seen.add(path)
        if not any(is_inside(place, path) for place in places):
            opened.append(path)
            continue
        try:
            entries = list(os.scandir(path))
        except OSError:
            continue
        todo += [os.path.realpath(e.path) if e.is_symlink() else e.path for e in entries]
    return opened


def is_inside(path: str, folder: str) -> bool:
    """Return whether a path lies below a folder."""
    return path.startswith(os.path.join(folder, "")) and path != folder


def is_closed(path: str, place: str) -> bool:
    """Return whether a path is a hidden place or lies in one, but not in its Python."""
    if not is_inside(path, place):
        return path == place
    below = path[len(place) :].split(os.sep)[1:]
    if is_python(place):
        return below[0] not in ("lib", "lib64")
    around = (os.path.join(place, *below[: n + 1]) for n in range(len(below)))
    return not any(map(is_python, around))


def is_python(folder: str) -> bool:
    """Return whether a folder is the root of a Python: a virtual one, or ours."""
    ours = map(os.path.realpath, (sys.prefix, sys.base_prefix))
    return folder in ours or os.path.isfile(os.path.join(folder, "pyvenv.cfg"))


@lru_cache(maxsize=1)
def call_numbers() -> dict[str, int]:
    """Return the numbers of CALLS on this architecture."""
    column, words = ARCHITECTURES[platform.machine()][1], CALLS.split()
    return {n: int(c) for n, c in zip(words[::3], words[column::3], strict=True) if c != "-"}


@lru_cache(maxsize=4)
def program(own: bool, others: bool) -> bytes:
    """Return the filter that `seccomp` sets, for a process whose number is SELF."""
    architecture, numbers = ARCHITECTURES[platform.machine()][0], dict(call_numbers())
    allow, deny = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | EPERM)
    steps: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, ARCH_AT),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if platform.machine() == "x86_64":
        steps += [(ATLEAST, 0, 1, 0x40000000), deny]  # the x32 numbers

    def add(name: str, *answer: tuple[int, int, int, int]) -> None:
        steps.extend([(EQUAL, 0, len(answer), numbers[name]), *answer])

    def depends(name: str, argument: int, values: Iterable[int], is_closed: bool) -> None:
        """Close a call for these values of an argument, or for all others."""
        hit, miss = (deny, allow) if is_closed else (allow, deny)
        tests = [step for value in values for step in ((EQUAL, 0, 1, value), hit)]
        add(name, (LOAD, 0, 0, ARGUMENTS_AT + 8 * argument), *tests, miss)

    if own:
        depends("kill", 0, [SELF], is_closed=False)  # abort() may
        depends("tgkill", 0, [SELF], is_closed=False)
        depends("prlimit64", 0, [0, SELF], is_closed=False)
        depends("prctl", 0, [PR_SET_PDEATHSIG], is_closed=True)
        add("clone", (LOAD, 0, 0, ARGUMENTS_AT), (BITS, 0, 1, CLONE_THREAD), allow, deny)
        for name in FORKS & set(numbers):
            add(name, deny)
    if others:
        depends("fcntl", 1, SET_OWNER, is_closed=True)
        depends("ioctl", 1, TERMINAL, is_closed=False)
        # clone3 hides its flags behind a pointer; without it libc falls back to clone
        add("clone3", (RETURN, 0, 0, ERRNO | ENOSYS))
        for name in numbers.keys() - OWN - FORKS - DEPENDING:
            add(name, deny)
    steps.append(allow)
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def seccomp(own: bool = True, others: bool = True) -> None:
    """Close what is in CALLS for good, but for what concerns this process alone.

    A process that starts others like itself closes the `others` first, and
    each that it starts what a process may do on its `own` account: no further
    process, no signal to another.
    """
    code = program(own, others).replace(struct.pack("I", SELF), struct.pack("I", os.getpid()))
    buffer = ctypes.create_string_buffer(code)
    header = struct.pack("HxxxxxxQ", len(code) // STEP, ctypes.addressof(buffer))
    no_privileges()
    call(libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, 0, 0), "seccomp")


def limits(memory: int, seconds: int, file_size: int, alone: bool) -> None:
    """Bound memory, processor time, files, and leave no core behind.

    `alone` also forbids new processes, for a system without seccomp; it does
    not bind root, and where threads count as processes it forbids them too.
    """
    import resource

    bounds = {"RLIMIT_NPROC": 0} if alone else {}
    bounds |= {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": file_size,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_CORE": 0,
    }
    for name, bound in bounds.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        if hard != resource.RLIM_INFINITY:
            bound = min(bound, hard)
        try:
            resource.setrlimit(kind, (bound, bound))
        except (ValueError, OSError):  # macOS refuses some
            continue


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux)."""
    import signal

    libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
