"""What is closed to the learner's code, each tried from there; and nothing else is lost.

What it tries stands in one file, checked once: each attempt prints what came back.
"""

import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from subjects import (
    CHAPTER,
    HOLES,
    STATE,
    STUB,
    begun,
    checked,
    left_running,
    marked,
    result,
    shut_in,
    solved,
    tracked,
)

from grader import book, confine, systems
from grader.screen import Style, exercise_lines
from grader.verdict import CRASHED, DONE, NOT_YET, TOO_SLOW, WAITS, WRONG

HOME = Path.home()
BAIT = str(Path(STATE.name, "bait"))  # stands outside, for what would do harm to the book
TABLE = confine.CALLS.split()
COLUMN = confine.ARCHITECTURES.get(platform.machine(), (0, 1))[1]
CALLS = {n: int(c) for n, c in zip(TABLE[::3], TABLE[COLUMN::3], strict=True) if c != "-"}
PARTLY = ("prlimit64", "prctl", "fcntl", "ioctl", "clone", "clone3", "kill", "tgkill")

LANDLOCK = {
    "read the reference": f"open({str(CHAPTER.solution)!r}).read()",
    "read the checks": f"open({str(CHAPTER.checks)!r}).read()",
    "list the reference's folder": f"os.listdir({str(book.ROOT / 'solutions')!r})",
    "list what the grader keeps": f"os.listdir({str(book.state() / 'cache')!r})",
    "list the exercises": f"os.listdir({str(book.ROOT / 'exercises')!r})",
    "list the home folder": f"os.listdir({str(HOME)!r})",
    "list the root": "os.listdir('/')",
    "read passwords": "open('/etc/passwd').read()",
    "read the parent's memory": f"open('/proc/{os.getpid()}/mem', 'rb').read(1)",
    "read the parent's environment": f"open('/proc/{os.getpid()}/environ', 'rb').read(1)",
    "read the worker's memory": "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
    "list the worker's files": "os.listdir(f'/proc/{os.getppid()}/fd')",
    "find out who runs": "os.listdir('/proc')",
    "write beside scratch": "open('../word', 'w')",
    "write to /tmp": "open('/tmp/grader-word', 'w')",
    "write to the home folder": f"open({str(HOME / 'grader-word')!r}, 'w')",
    "write to a file outside": f"open({BAIT!r}, 'a')",
    "write to NumPy": "open(np.__file__, 'a')",
    "write to shared memory": "open('/dev/shm/grader-word', 'w')",
    "write to a terminal": "open('/dev/tty', 'w')",
    "make a folder": "os.mkdir('/tmp/grader-word')",
    "move a file away": f"os.rename({BAIT!r}, 'x')",
    "remove a file": f"os.remove({BAIT!r})",
    "start a program": "os.execv(sys.executable, ['python', '-c', ''])",
}
SECCOMP = {
    "connect by TCP": "socket.create_connection(('127.0.0.1', 9), 1)",
    "listen by TCP": "socket.create_server(('127.0.0.1', 0))",
    "send by UDP": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "use a path socket": "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
    "fork": "os.fork()",
    "fork by the C library": "checked_call(ctypes.CDLL(None, use_errno=True).fork())",
    "start a subprocess": "subprocess.run([sys.executable, '-c', ''])",
    "start a shell": "checked_call(-os.system('true'), 1)",
    "run what stands in memory": "in_memory()",
    "send the worker a signal": "os.kill(os.getppid(), 0)",
    "send its group a signal": "os.killpg(os.getpgid(os.getppid()), 0)",
    "send the parent a signal": f"os.kill({os.getpid()}, 0)",
    "send all processes a signal": "os.kill(-1, 0)",
    "limit the parent": f"resource.prlimit({os.getpid()}, resource.RLIMIT_CPU, (0, 0))",
    "slow the parent down": f"os.setpriority(os.PRIO_PROCESS, {os.getpid()}, 19)",
    "bind the parent to a core": f"os.sched_setaffinity({os.getpid()}, [0])",
    "trace the worker": "checked_call(c.ptrace(16, os.getppid(), 0, 0))",
    "outlive the worker": "checked_call(c.prctl(1, 0, 0, 0, 0))",
    "leave its group": "os.setpgid(0, os.getpgid(os.getppid()))",
    "leave its session": "os.setsid()",
    "have signals sent to the parent": f"fcntl.fcntl(1, fcntl.F_SETOWN, {os.getpid()})",
    "change the mode of a file": f"os.chmod({BAIT!r}, 0o600)",
    "change the owner of a file": f"os.chown({BAIT!r}, 0, 0)",
    "change the time of a file": f"os.utime({BAIT!r})",
    "cut a file": f"os.truncate({BAIT!r}, 0)",
    "mark a file": f"os.setxattr({BAIT!r}, 'user.word', b'x')",
    "share memory": "checked_call(c.shmget(4242, 4096, 0o1600))",
}
if platform.machine() in confine.ARCHITECTURES:
    SECCOMP |= {
        f"call {name}": f"checked_call(c.syscall({number}, -1, 0, 0, 0, 0))"
        for name, number in CALLS.items()
        if name not in PARTLY
    }
PRIVILEGES = {
    "raise a limit": "resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "change the root": "os.chroot('.')",
    "become another user": "os.setuid(os.getuid() + 1)",
}
OPEN = {
    "write in scratch": "open('word', 'w').write('x')",
    "read it again": "open('word').read()",
    "make and fill a temporary file": "tempfile.TemporaryFile().write(b'x')",
    "keep an array": "np.save('x.npy', np.ones(3)), np.load('x.npy')",
    "read the data of the book": f"os.listdir({str(book.ROOT / 'bookdata')!r})",
    "import from the library": "__import__('wave'), __import__('sqlite3')",
    "import more of NumPy": "__import__('numpy.polynomial'), __import__('numpy.ma')",
    "draw random bytes": "os.urandom(4)",
    "ask for the time": "time.localtime()",
    "run threads": "list(futures.ThreadPoolExecutor(3).map(abs, range(9)))",
    "send itself a signal": "os.kill(os.getpid(), 0)",
    "read its limits": "resource.getrlimit(resource.RLIMIT_AS)",
    "use several cores' worth of algebra": "np.linalg.svd(np.ones((200, 200)))",
}

TRYING = """
import ctypes, fcntl, resource, socket, subprocess, sys, tempfile, time
import os, concurrent.futures as futures
import numpy as np
c = ctypes.CDLL(None, use_errno=True)
def checked_call(result, fails_from=0):
    if result < fails_from: raise OSError(ctypes.get_errno(), "")
    return result
def in_memory():
    handle = os.memfd_create("x")
    os.write(handle, open("/usr/bin/env", "rb").read())
    os.execve(handle, ["x"], {})
def attempt(name, way):
    try: way()
    except BaseException as error:
        print(f"{name}: {type(error).__name__} {getattr(error, 'errno', None)}")
    else: print(f"{name}: done")
"""


ATTEMPTS = (
    (LANDLOCK if shut_in("landlock") else {})
    | (SECCOMP if shut_in("seccomp") else {})
    | (PRIVILEGES if shut_in("seccomp") else {})
    | OPEN
)  # without what refuses them, some would do harm


def came_back(attempts):
    """Return what each attempt came to, made from inside of a check."""
    lines = [f"attempt({name!r}, lambda: ({code}))" for name, code in attempts.items()]
    source = solved({"sigmoid": "\n".join([*lines, "return z"])})
    got = checked(source.replace("def sigmoid", f"{TRYING}\ndef sigmoid", 1), ["sigmoid"])
    printed = got.verdicts["sigmoid"][0].printed
    return dict(line.split(": ", 1) for line in printed.splitlines())


@pytest.fixture(scope="module")
def tried():
    Path(BAIT).write_text("bait")
    (book.state() / "cache").mkdir(parents=True, exist_ok=True)  # there to be listed
    return came_back(ATTEMPTS)


def test_every_attempt_was_made(tried):
    assert tried.keys() == ATTEMPTS.keys()
    assert Path(BAIT).read_text() == "bait"


@pytest.mark.skipif(not shut_in("landlock"), reason="needs Landlock")
@pytest.mark.parametrize("name", LANDLOCK)
def test_the_file_system_is_closed_to_an_attempt_to(tried, name):
    assert tried[name].startswith("PermissionError"), tried[name]


@pytest.mark.skipif(not shut_in("seccomp"), reason="needs seccomp")
@pytest.mark.parametrize("name", SECCOMP)
def test_the_system_refuses_an_attempt_to(tried, name):
    assert tried[name] == "PermissionError 1"


@pytest.mark.skipif(not shut_in("seccomp"), reason="tried only where little can happen")
@pytest.mark.parametrize("name", PRIVILEGES)
def test_even_root_may_not(tried, name):
    assert tried[name].split()[0] in ("PermissionError", "ValueError"), tried[name]


@pytest.mark.parametrize("name", OPEN)
def test_an_honest_file_may(tried, name):
    assert tried[name] == "done"


# What happens to the one exercise: (its lines, its state, words of the first verdict)
ENDS = {
    "ends its process": ("import os; os._exit(0)", CRASHED, "ended its own process"),
    "touches foreign memory": ("import ctypes; ctypes.string_at(0)", CRASHED, "SIGSEGV"),
    "aborts": ("import os; os.abort()", CRASHED, "SIGABRT"),
    "calls exit": ("import sys; sys.exit('passed')", WRONG, "exit()"),
    "recurses for ever": ("return sigmoid(z)", WRONG, "RecursionError"),
    "returns a list a thousand deep": (
        "x = []\nfor _ in range(1000): x = [x]\nreturn x",
        WRONG,
        "",
    ),
    "returns a list of itself": ("x = []\nx.append(x)\nreturn x", WRONG, ""),
    "returns 160 MB": ("return np.zeros(20 << 20)", WRONG, "too large"),
    "returns a view of a terabyte": (
        "return np.broadcast_to(np.zeros(1), (1 << 37,))",
        WRONG,
        "too large",
    ),
    # whether it ends first or is ended first is a race, so words of both
    "closes every file": ("import os; os.closerange(0, 64); return z", CRASHED, "process"),
    "writes garbage to every file": (
        "import os\nfor fd in range(64):\n    try: os.write(fd, b'{\"end\": 1}' * 99)\n"
        "    except OSError: pass\nos._exit(0)",
        CRASHED,
        "unreadable",
    ),
    "fills its answer with 100 MB": (
        "import os, sys\nframe = sys._getframe()\n"
        "while 'printed' not in frame.f_locals: frame = frame.f_back\n"
        "for _ in range(100): os.write(frame.f_locals['answer'], bytes(1 << 20))\nos._exit(0)",
        CRASHED,
        "unreadable",
    ),
    "prints 100 MB": (
        "import os\nfor _ in range(100): os.write(1, b'x' * (1 << 20)); print('x' * (1 << 20))",
        WRONG,
        "",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_one_exercise_alone_is_lost_when_it(name):
    lines, state, words = ENDS[name]
    if ("64" in lines or "frame" in lines) and not systems.has("fork"):
        pytest.skip("the child has pipes of its own only where there is fork")
    got = checked(solved({"sigmoid": lines}), ["sigmoid", "softmax"])
    assert got.states == {"sigmoid": state, "softmax": DONE}
    first = got.verdicts["sigmoid"][0]
    assert words in first.error + first.yours
    assert all(len(verdict.printed) <= 17 << 10 for verdict in got.verdicts["sigmoid"])


@pytest.mark.skipif(not shut_in("resource"), reason="needs limits on memory")
@pytest.mark.parametrize("lines", ["np.ones(1 << 32)", "bytearray(5 << 30)", "[0] * (1 << 31)"])
def test_memory_is_bounded(lines):
    got = checked(solved({"sigmoid": f"x = {lines}\nreturn z"}), ["sigmoid"])
    assert got.states == {"sigmoid": CRASHED}
    assert "memory" in got.verdicts["sigmoid"][0].error


# Each in an exercise of its own; all are stopped from outside, after their three seconds.
ENDLESS = {
    "sigmoid": """
import faulthandler, os, signal, sys, threading
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
    try: signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    except ValueError: pass
faulthandler.cancel_dump_traceback_later()
threading.Thread(target=exec, args=("while True: pass",), daemon=True).start()
while True:
    try: sys.setswitchinterval(1000)
    except BaseException: pass
""",
    "softmax": "import ctypes\nctypes.PyDLL(None).pause()",  # in C, holding the lock
    "log_loss_gradient": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
}
# Each `finally` is compiled once for every way out of its `try`.
BOMB = "def bomb():\n" + "".join(
    f"{' ' * depth}{line}\n"
    for depth in range(1, 14)
    for line in ("try:", " if a: return 1", " if b: return 2", " if c: return 3", "finally:")
)
BOMB += " " * 14 + "pass\n" + STUB
LOOP = "while True: pass"


@pytest.fixture(scope="module", autouse=True)
def begun_early():
    """Begin what takes long, so that the other tests run meanwhile."""
    with tracked():
        runners = [begun(solved(ENDLESS)), begun(BOMB)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GRADER_WITHOUT", "fork")
            runners.append(begun(LOOP))
    with ThreadPoolExecutor() as pool:
        loading = [
            pool.submit(result, r, s) for r, s in zip(runners[1:], (BOMB, LOOP), strict=True)
        ]
        yield runners[0], loading
        for runner in runners:
            runner.close()


SAME = {  # hole: state, in each of three files
    "the reference": (CHAPTER.source, dict.fromkeys(HOLES, DONE)),
    "the stub": (STUB, dict.fromkeys(HOLES, NOT_YET)),
    "one wrong hole": (
        solved({"cross_entropy_gradient": "return W, b"}),
        dict.fromkeys(HOLES, DONE)
        | {"cross_entropy_gradient": WRONG, "SoftmaxRegression.fit": WRONG},
    ),
}
WITHOUT = ["", *systems.PARTS, ",".join(systems.PARTS)]


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("without", WITHOUT, ids=lambda parts: f"without {parts or 'nothing'}")
def test_the_verdicts_are_the_same_whatever_the_system_has(monkeypatch, without, name):
    monkeypatch.setenv("GRADER_WITHOUT", without)
    source, states = SAME[name]
    got = checked(source)
    assert got.states == states
    for part in without.split(","):
        assert part not in got.sandbox or not part


def forging(end, ids=("", "extremes", "extremes", "symmetry")):
    """Return a file that writes frames of the worker's own to every open file."""
    heads = [json.dumps({"id": id, "end": end, "level": "landlock"}) for id in ids]
    return f"""
import os, struct
for fd in range(3, 64):
    for head in {heads!r} * 50:
        try: os.write(fd, struct.pack("<III", len(head), 0, 0) + head.encode())
        except OSError: break
{STUB}"""


@pytest.mark.parametrize("end", ["begun", "returned", "raised", "empty", "died", "answered"])
def test_where_one_worker_runs_all_its_pipe_can_be_forged_to_no_use(monkeypatch, end):
    monkeypatch.setenv("GRADER_WITHOUT", "fork")
    got = checked(forging(end), ["sigmoid"])
    assert got.states.get("sigmoid") != DONE
    assert got.obstacle or got.states
    assert "landlock" not in got.sandbox
    assert got.seconds < 10


OBSTACLES = {
    "an error whose line is a text": "e = SyntaxError('x'); e.lineno = 'one'; raise e",
    "an error whose line is huge": "e = SyntaxError('x'); e.lineno = 10**5000; raise e",
    "an error that no terminal can print": "raise ValueError('\\ud800')",
    "the loss of the built-ins": "vars(__import__('builtins')).clear()",
    "an error as long as a book": "raise ValueError('word ' * (4 << 20))",
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_a_file_cannot_be_loaded_for(name):
    got = checked(OBSTACLES[name])
    assert "cannot be loaded" in got.obstacle
    assert len(got.obstacle) < 2000
    got.obstacle.encode()


# What the worker would never say of an error, as source text.
FORGED = {
    "a line of 5000 digits": "frames=[dict(line=10**5000, function='', text='', values=[])]",
    "a thousand lines": "frames=[dict(line=1, function='f', text='t', values=[])] * 1000",
    "a message of 5 MB": "message='word ' * (1 << 20)",
    "a name of 5 MB": "names=['word ' * (1 << 20)]",
    "half a character": "message='\\ud800', names=['\\ud800']",
    "an argument without end": "given=[['word ' * (1 << 16), 'word ' * (1 << 16)]] * 40",
    "a hole that is not there": "end='empty', hole='word ' * (1 << 20)",
    "a result that is too large": "end='too large', message='word ' * (1 << 20)",
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_told_stays_short_and_can_be_printed_where_it_tells(name):
    got = checked(
        f"""
import grader.codec, grader.job
right = grader.codec.encode
def answer(outcome):
    forged = dict(end="raised", names=["E"], message="", frames=[], used=[], changed=[], given=[])
    return right(forged | dict({FORGED[name]}) if outcome["end"] == "empty" else outcome)
grader.job.encode = answer
{STUB}""",
        ["sigmoid"],
    )
    assert got.states["sigmoid"] not in (DONE, NOT_YET)
    told = "\n".join(exercise_lines("sigmoid", got.verdicts["sigmoid"], Style(False), 80))
    assert len(told) < 10_000
    told.encode()


@pytest.mark.skipif(not shut_in("seccomp"), reason="needs seccomp")
def test_every_thread_is_shut_in_and_nothing_survives_a_worker_that_is_ended():
    """Also the thread that watches the clock: it shares the learner's memory."""
    source = f"""
import ctypes, os, time
ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
for group in (os.getppid(), os.getpgid(os.getppid()), 0):
    try: os.setpgid(0, group)
    except OSError: pass
open("begun", "w").close()
time.sleep(60)
{STUB}"""
    with tracked() as mark:
        runner = begun(source)
        while not list(Path(runner.scratch.name).glob("*/begun")):
            time.sleep(0.01)
        (child,) = [pid for pid in marked(mark) if pid != runner.process.pid]
        threads = list(Path(f"/proc/{child}/task").glob("*/status"))
        statuses = [path.read_text() for path in threads]
        runner.close()
    assert len(statuses) >= 2, "the clock is not watched"
    for status in statuses:
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
        assert "CapPrm:\t0000000000000000" in status
    assert left_running(mark) == []


CLUTTER = {
    "folders deeper than a path": "for _ in range(25): os.mkdir('d' * 200); os.chdir('d' * 200)",
    "a closed folder": "os.makedirs('a/b'); open('a/b/c', 'w').close(); os.mkdir('a/d', 0)",
    "links out of it": f"os.symlink({str(book.ROOT)!r}, 'a'); os.symlink('/', 'b')",
}


@pytest.mark.skipif(not systems.has("fork"), reason="a check has scratch of its own by fork")
@pytest.mark.parametrize("name", CLUTTER)
def test_scratch_is_cleared_of(name):
    got = checked(f"import os\n{CLUTTER[name]}\n{STUB}", ["softmax"])
    assert got.states == {"softmax": NOT_YET}


def test_clearing_does_not_need_the_privileges_of_root(tmp_path):
    """Root may list a folder that is closed; the learner at home may not."""
    script = f"""
import ctypes, os, struct, sys
sys.path.insert(0, {str(book.ROOT)!r})
os.makedirs("a/b/c", exist_ok=True); open("a/b/c/d", "w").close()
os.chmod("a/b", 0); os.chmod("a", 0o300)
if sys.platform == "linux":
    from grader import confine
    confine.no_privileges()
from grader import process
process.clear(os.getcwd())
"""
    folder = tmp_path / "scratch"
    folder.mkdir()
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    assert not folder.exists()


def test_of_an_environment_around_the_grader_all_else_is_readable(tmp_path):
    """A wheel lies among the packages that NumPy is one of."""
    packages, work = tmp_path / "env" / "lib" / "site-packages", tmp_path / "work"
    for folder in ("numpy", "numpy.libs", "grader/library/solutions", "grader/checks"):
        (packages / folder).mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").touch()
    work.mkdir()
    asked = [tmp_path / "env", packages, packages / "grader" / "library", work]
    opened = confine.readable(map(str, asked), [packages / "grader", work])
    assert sorted(opened) == sorted(
        map(str, [tmp_path / "env" / "pyvenv.cfg", packages / "numpy", packages / "numpy.libs"])
    )


def test_of_a_book_that_is_a_virtual_environment_its_packages_are_readable(tmp_path):
    packages = tmp_path / "lib" / "python3" / "site-packages"
    for folder in (packages, tmp_path / "solutions", tmp_path / "bin"):
        folder.mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").touch()
    asked = [tmp_path, tmp_path / "solutions", packages, tmp_path / "bin"]
    assert confine.readable(map(str, asked), [tmp_path]) == [str(packages)]


def test_a_python_inside_of_a_hidden_place_is_readable(tmp_path, monkeypatch):
    (tmp_path / "python" / "lib").mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "python"))
    asked = [tmp_path, tmp_path / "python", tmp_path / "python" / "lib"]
    assert set(confine.readable(map(str, asked), [tmp_path])) == set(map(str, asked[1:]))


def test_of_the_book_only_a_virtual_environment_inside_it_is_readable(tmp_path):
    book_, beside = tmp_path / "book", tmp_path / "lib"
    packages = book_ / ".venv" / "lib" / "site-packages"
    for folder in (packages, book_ / "solutions", beside):
        folder.mkdir(parents=True)
    (book_ / ".venv" / "pyvenv.cfg").touch()
    asked = [book_, book_ / "solutions", packages, tmp_path]
    opened = {Path(path) for path in confine.readable(map(str, asked), [book_])}
    assert opened == {packages, beside}


HONEST = {
    "a thread that does not end": "threading.Thread(target=time.sleep, args=(60,)).start()",
    "a daemon thread": "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "threads that work": "list(ThreadPoolExecutor(4).map(np.linalg.inv, [np.eye(50)] * 9))",
    "handlers for every signal": "[signal.signal(n, print) for n in (1, 2, 3, 10, 12, 14, 15)]",
    "an alarm": "signal.signal(14, lambda *_: None), signal.setitimer(0, 0.001, 0.001)",
    "no clock on it": "faulthandler.cancel_dump_traceback_later()",
    "functions to call at the end": "atexit.register(time.sleep, 60)",
    "no standard output": "setattr(sys, 'stdout', None), setattr(sys, 'stderr', 3)",
    "a deep recursion": "sys.setrecursionlimit(10**6)",
}


@pytest.mark.parametrize("name", HONEST)
def test_a_right_answer_stays_right_with(name):
    before = "import atexit, faulthandler, signal, sys, threading, time\n"
    before += "from concurrent.futures import ThreadPoolExecutor\nimport numpy as np\n"
    hole = "cross_entropy_gradient"
    if not systems.has("fork"):
        pytest.skip("only a process of its own is unmoved by what another check did")
    got = checked(f"{before}{CHAPTER.source}\n{HONEST[name]}\n", [hole])
    assert got.states == {hole: DONE}, got.obstacle
    assert got.seconds < 30


@pytest.mark.skipif(not systems.has("fork"), reason="a process that stops itself is for fork")
def test_what_never_ends_is_stopped_from_outside(begun_early):
    with tracked():
        got = result(begun_early[0], solved(ENDLESS))
    assert {hole: got.states[hole] for hole in ENDLESS} == dict.fromkeys(ENDLESS, TOO_SLOW)
    assert got.states["cross_entropy_gradient"] == WAITS  # it calls softmax
    for hole in ENDLESS:
        first, *others = got.verdicts[hole]
        assert "3 s" in first.error
        assert all(verdict.error.startswith(("not run", "the same")) for verdict in others)


@pytest.mark.parametrize("which", [0, 1], ids=["compiles for hours", "loops without fork"])
def test_a_file_that_cannot_be_loaded_in_time_is_told_so(begun_early, which):
    got = begun_early[1][which].result(60)
    assert "still loading" in got.obstacle or "2 GB while it is loaded" in got.obstacle
    assert got.seconds < 25
