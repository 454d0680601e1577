"""Shut the current process in, without privilege: Landlock, seccomp, rlimits.

Linux only, through ctypes; what a kernel lacks is left out and not reported.
Landlock closes the file system but for what is named; seccomp closes what
Landlock does not see: sockets, other processes, signals to them.

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
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

# Landlock system calls have the same numbers on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ_FILE, READ_DIR, TRUNCATE = 1 << 2, 1 << 3, 1 << 14
FILE_RIGHTS = (1 << 0) | (1 << 1) | READ_FILE | TRUNCATE | (1 << 15)
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_PDEATHSIG = 38, 22, 1
SECCOMP_MODE_FILTER = 2

# (audit architecture, {name: number}) of the architectures whose numbers we know
CALLS = {
    "x86_64": (
        0xC000003E,
        "socket=41 clone=56 fork=57 vfork=58 kill=62 ptrace=101 rt_sigqueueinfo=129 "
        "mount=165 umount2=166 init_module=175 tkill=200 tgkill=234 kexec_load=246 "
        "add_key=248 request_key=249 keyctl=250 unshare=272 perf_event_open=298 "
        "rt_tgsigqueueinfo=297 open_by_handle_at=304 setns=308 process_vm_readv=310 "
        "process_vm_writev=311 finit_module=313 bpf=321 userfaultfd=323 "
        "pidfd_send_signal=424 io_uring_setup=425 pidfd_open=434 clone3=435 "
        "pidfd_getfd=438",
    ),
    "aarch64": (
        0xC00000B7,
        "umount2=39 mount=40 unshare=97 kexec_load=104 init_module=105 ptrace=117 "
        "kill=129 tkill=130 tgkill=131 rt_sigqueueinfo=138 socket=198 add_key=217 "
        "request_key=218 keyctl=219 clone=220 rt_tgsigqueueinfo=240 "
        "perf_event_open=241 open_by_handle_at=265 setns=268 process_vm_readv=270 "
        "process_vm_writev=271 finit_module=273 bpf=280 userfaultfd=282 "
        "pidfd_send_signal=424 io_uring_setup=425 pidfd_open=434 clone3=435 "
        "pidfd_getfd=438",
    ),
}
OWN_PROCESS_ONLY = ("kill", "tgkill")  # abort() and os.kill(os.getpid()) may
CLONE_THREAD = 0x10000
EPERM, ENOSYS = 1, 38

# Classic BPF: load a word of seccomp_data, compare, return.
LOAD, EQUAL, ATLEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER_AT, ARCH_AT, ARGUMENT_AT = 0, 4, 16


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
    return max(0, libc().syscall(CREATE_RULESET, None, 0, 1))


def available(part: str) -> bool:
    """Return whether the kernel has `landlock` or `seccomp`."""
    if part == "landlock":
        return landlock_version() > 0
    if platform.machine() not in CALLS:
        return False
    # With no program at all the kernel that knows filters answers EFAULT.
    return libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, None, 0, 0) < 0 and (
        ctypes.get_errno() == 14
    )


def no_new_privileges() -> None:
    """Give up set-user-id programs; both parts ask for that first."""
    call(libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


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
        no_new_privileges()
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


def readable(paths: Iterable[str], hidden: Path) -> list[str]:
    """Return `paths`, but where one contains `hidden`, what stands beside it.

    Landlock can open a folder but not close one inside it, so a Python that
    is installed around the book is opened entry by entry.
    """
    opened: list[str] = []
    for path in map(Path, paths):
        try:
            path = path.resolve()
            if path == hidden or hidden in path.parents:
                continue
            if path in hidden.parents:
                opened += readable(map(str, path.iterdir()), hidden)
            else:
                opened.append(str(path))
        except OSError:
            continue
    return opened


def seccomp() -> None:
    """Close sockets, other processes and the kernel's back doors for good."""
    architecture, table = CALLS[platform.machine()]
    numbers = {name: int(n) for name, _, n in (w.partition("=") for w in table.split())}
    deny = (RETURN, 0, 0, ERRNO | EPERM)
    program: list[tuple[int, int, int, int]] = [
        (LOAD, 0, 0, ARCH_AT),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if platform.machine() == "x86_64":
        program += [(ATLEAST, 0, 1, 0x40000000), deny]  # the x32 numbers
    for name in OWN_PROCESS_ONLY:
        own = [(LOAD, 0, 0, ARGUMENT_AT), (EQUAL, 0, 1, os.getpid()), (RETURN, 0, 0, ALLOW), deny]
        program += [(EQUAL, 0, len(own), numbers.pop(name)), *own]
    thread = [(LOAD, 0, 0, ARGUMENT_AT), (BITS, 0, 1, CLONE_THREAD), (RETURN, 0, 0, ALLOW), deny]
    program += [(EQUAL, 0, len(thread), numbers.pop("clone")), *thread]
    # clone3 hides its flags behind a pointer; without it libc falls back to clone
    program += [(EQUAL, 0, 1, numbers.pop("clone3")), (RETURN, 0, 0, ERRNO | ENOSYS)]
    for number in numbers.values():
        program += [(EQUAL, 0, 1, number), deny]
    program.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    no_new_privileges()
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
