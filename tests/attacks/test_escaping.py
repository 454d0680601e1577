"""Attempts to get out: to other files, processes and machines, past limits and rights."""

import platform

import pytest
from attacks.room import KEY, OURS, WORD, Attack
from subjects import filled

from grader import confine

TABLE = confine.CALLS.split()
COLUMN = confine.ARCHITECTURES.get(platform.machine(), (0, 1))[1]
CALLS = {n: int(c) for n, c in zip(TABLE[::3], TABLE[COLUMN::3], strict=True) if c != "-"}


def call(name, *arguments):
    """Return lines of Python that make a system call, and fail where it does."""
    return f"checked(c.syscall({CALLS[name]}, {', '.join(map(str, arguments or (0, 0, 0)))}))"


# What is tried: (what stops it, {attempt: code})
GROUPS = {
    "writes to files that are not its own": (
        "Landlock: scratch alone can be written; bubblewrap: all else is read-only or not there.",
        {
            "in the folder for all": f"open('/tmp/{WORD}', 'w')",
            "in shared memory": f"open('/dev/shm/{WORD}', 'w')",
            "in a queue": f"open('/dev/mqueue/{WORD}', 'w')",
            "beside the library": f"open(os.path.dirname(os.__file__) + '/{WORD}', 'w')",
            "into the library": "open(os.__file__, 'a')",
            "into NumPy": "open(np.__file__, 'a')",
            "into the grader": "open(sys.modules['grader'].__file__, 'a')",
            "into an earlier chapter": "open(sys.modules['solutions.inputs'].__file__, 'a')",
            "to a terminal": "open('/dev/tty', 'w')",
            "to a disk": "open('/dev/sda', 'r+b')",
            "to memory": "open('/dev/mem', 'r+b')",
            "to the kernel": "open('/proc/sys/kernel/hostname', 'w')",
            "to its control group": "open('/sys/fs/cgroup/cgroup.procs', 'w')",
            "to its own life": "open('/proc/self/oom_score_adj', 'w')",
            "by a link": f"os.symlink('/tmp', 'up') or open('up/{WORD}', 'w')",
            "by a device of its own": "os.mknod('disk', 0o60666, os.makedev(8, 0))",
            "with another mode": "os.chmod('.', 0o4777)",
            "with another owner": "os.chown('.', 1, 1)",
        },
    ),
    "reaches other processes": (
        "seccomp: no signal, no tracing, no memory of others; the pid namespace shows none.",
        {
            "end the warden": "os.kill(os.getppid(), 9)",
            "stop the warden": "os.kill(os.getppid(), 19)",
            "ask for the warden": "os.kill(os.getppid(), 0)",
            "end the first": "os.kill(1, 9)",
            "end all": "os.kill(-1, 9)",
            "end its group": "os.kill(0, 9)",
            "end the group of the warden": "os.killpg(os.getpgid(os.getppid()), 9)",
            "by a thread's number": call("tkill", "os.getppid()", 9),
            "by a thread's group": call("tgkill", "os.getppid()", "os.getppid()", 9),
            "by a queue": call("rt_sigqueueinfo", "os.getppid()", 9, 0),
            "by a handle": call("pidfd_open", "os.getppid()", 0),
            "a file by a handle": call("pidfd_getfd", 0, 0, 0),
            "trace it": call("ptrace", 16, "os.getppid()", 0, 0),
            "read its memory": call("process_vm_readv", "os.getppid()", 0, 0, 0, 0, 0),
            "write its memory": call("process_vm_writev", "os.getppid()", 0, 0, 0, 0, 0),
            "its memory as a file": "open(f'/proc/{os.getppid()}/mem', 'r+b')",
            "take its limits": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))",
            "slow it down": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
            "slow all down": "os.setpriority(os.PRIO_USER, 0, 19)",
            "bind it": "os.sched_setaffinity(os.getppid(), [0])",
            "have signals sent to it": "fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
        },
    ),
    "raises its limits and rights": (
        "Limits without a way back, no privileges, no namespaces of its own.",
        {
            "memory": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
            "time": "resource.setrlimit(resource.RLIMIT_CPU, (-1, -1))",
            "files": "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))",
            "open files": "resource.setrlimit(resource.RLIMIT_NOFILE, (9999, 9999))",
            "priority": "os.nice(-5)",
            "idle class": "os.nice(1)",
            "all processors": "os.sched_setaffinity(0, range(64))",
            "real time": call("sched_setscheduler", 0, 1, 0),
            "root, or another": "os.setuid(0 if os.getuid() else 1)",
            "another user": "os.setuid(os.getuid() + 1)",
            "another group": "os.setgid(os.getgid() + 1)",
            "a user namespace": call("unshare", 0x10000000),
            "a mount namespace": call("unshare", 0x20000),
            "a namespace of another": call("setns", 0, 0),
            "a mount": call("mount", 0, 0, 0, 0, 0),
            "no mount": call("umount2", 0, 0),
            "another root": "os.chroot('.')",
            "outlive the warden": "checked(c.prctl(1, 0, 0, 0, 0))",
            "a filter for the kernel": call("bpf"),
            "counters of the kernel": call("perf_event_open"),
            "faults of its own": call("userfaultfd"),
            "rings of the kernel": call("io_uring_setup"),
            "keys of the kernel": call("keyctl"),
            "a module of the kernel": call("init_module"),
        },
    ),
    "starts processes": (
        "seccomp: threads, but no process and no program.",
        {
            "fork": "os.fork()",
            "fork by the C library": "checked(c.fork())",
            "vfork": "checked(c.syscall(58))" if platform.machine() == "x86_64" else "os.fork()",
            "clone": call("clone", 17, 0, 0, 0, 0),
            "clone in another way": call("clone3", 0, 0),
            "a process of multiprocessing": "multiprocessing.get_context('fork').Process().start()",
            "another of its kind": "multiprocessing.get_context('spawn').Process().start()",
            "a subprocess": "subprocess.run([sys.executable, '-c', ''])",
            "a shell": "checked(-os.system('true'))",
            "posix_spawn": "os.posix_spawn(sys.executable, ['python'], {})",
            "in place of itself": "os.execv(sys.executable, ['python', '-c', ''])",
            "a session": "os.setsid()",
            "a group": "os.setpgid(0, 0)",
        },
    ),
    "reaches the network and other programs": (
        "seccomp: no sockets; the network namespace holds not even loopback.",
        {
            "TCP here": "socket.create_connection(('127.0.0.1', 9), 1)",
            "TCP outside": "socket.create_connection(('1.1.1.1', 80), 1)",
            "TCP by IPv6": "socket.create_connection(('::1', 9), 1)",
            "a server": "socket.create_server(('127.0.0.1', 0))",
            "UDP": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
            "a name": "socket.getaddrinfo('example.org', 80)",
            "a page": "urllib.request.urlopen('http://127.0.0.1:9/', timeout=1)",
            "a path": "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
            "an abstract name": "socket.socket(socket.AF_UNIX).connect('\\0x')",
            "a pair": "socket.socketpair()",
            "the kernel": "socket.socket(16, socket.SOCK_RAW)",
            "raw": "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            "the machine around": "socket.socket(40, socket.SOCK_STREAM)",
            "by system call": call("socket", 2, 1, 0),
        },
    ),
    "shares memory and messages": (
        "seccomp: nothing that outlives a process; the ipc namespace ends with the sandbox.",
        {
            "memory": call("shmget", KEY, 4096, 0o1600),
            "a semaphore": call("semget", KEY, 1, 0o1600),
            "messages": call("msgget", KEY, 0o1600),
            "a queue": call("mq_open", f"b'{WORD}'", 0o102, 0o600, 0),
            "memory of Python's": f"shared_memory.SharedMemory('{WORD}', True, 64)",
            "keys": call("add_key", 0, 0, 0, 0, 0),
        },
    ),
    "looks for the warden's descriptors": (
        "All are closed before the first line of a learner's is read.",
        {
            "a socket": "[0][not any(stat.S_ISSOCK(about.st_mode) for _, about in opened())]",
            "any but pipes and the null device": "[0][len(unknown()) == 0]",
            "more than it needs": "[0][len(opened()) <= 7]",
            "send one": "socket.send_fds(socket.socket(fileno=os.dup(1)), [b'E'], [0])",
            "word to the warden": "[c.send(fd, b'E', 1, 0) for fd in range(3, 99)].remove(1)",
        },
    ),
}
TRYING = """
import ctypes, fcntl, multiprocessing, os, resource, socket, stat, subprocess, sys, urllib.request
from multiprocessing import shared_memory
import numpy as np
c = ctypes.CDLL(None, use_errno=True)
def checked(result):
    if result < 0: raise OSError(ctypes.get_errno(), "")
def opened():
    found = []
    for fd in range(1024):
        try: found.append((fd, os.fstat(fd)))
        except OSError: pass
    return found
def unknown():
    null = os.stat(os.devnull)
    return [fd for fd, about in opened()
            if not stat.S_ISFIFO(about.st_mode) and about.st_rdev != null.st_rdev]
def attempt(name, way):
    try: way()
    except BaseException as error: print(f"{name}: {type(error).__name__}")
    else: print(f"{name}: done")
"""


def trying(attempts):
    """Return a file that makes each attempt once and prints what came back."""
    lines = [f"    attempt({name!r}, lambda: {code})\n" for name, code in attempts.items()]
    look = "def look():\n" + "".join(lines)
    return filled("if hole == 'sigmoid': look()\nreturn 0.0", TRYING + look)


HARM = "Not tried: nothing would stop it."
ATTACKS = {
    name: Attack(stopped, trying(attempts), plain=OURS if "warden's" in name else HARM)
    for name, (stopped, attempts) in GROUPS.items()
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attempt_succeeds_of_one_that(room, name):
    record = room.withstands(ATTACKS[name])
    (exercise,) = [e for e in record["exercises"] if e["name"] == "sigmoid"]
    assert exercise["state"] == "wrong", exercise["checks"][0]
    came = dict(line.split(": ", 1) for line in exercise["checks"][0]["printed"].splitlines())
    assert came.keys() == GROUPS[name][1].keys()
    assert {attempt for attempt, end in came.items() if not end.endswith("rror")} == set()
