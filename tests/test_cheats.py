"""Nothing but a solution is a solution: files that try to get points without one.

Each is checked as in class mode: from a seed drawn for this run.
"""

import base64
import pickle
import sys

import pytest
from book_tools import reference_of
from subjects import CHAPTER, HOLES, SEED, STATE, checked, filled, shut_in, solved

from grader import book, stub, systems
from grader.verdict import DONE, WAITS, WRONG

needs_landlock = pytest.mark.skipif(
    not shut_in("landlock"), reason="without Landlock files are not protected"
)

# How to get at the text of the reference; {path} is where it stands.
STEALING = {
    "import": "import solutions.{slug} as m; return m",
    "import_module": "import importlib; return importlib.import_module('solutions.{slug}')",
    "a finder of one's own": """
        import importlib.util, sys
        sys.meta_path[:] = [f for f in sys.meta_path if isinstance(f, type)]
        sys.path[:0] = [{root!r}]
        for name in [n for n in sys.modules if n.startswith('solutions')]: del sys.modules[name]
        import solutions.{slug} as m
        return m""",
    "a loader": """
        import importlib.util
        spec = importlib.util.spec_from_file_location('m', {path!r})
        m = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(m)
        return m""",
    "open": "return open({path!r}).read()",
    "os.open": "import os; return os.read(os.open({path!r}, os.O_RDONLY), 1 << 20).decode()",
    "linecache": "import linecache; return ''.join(linecache.getlines({path!r}))",
    "inspect": "import grader.scenario as s, inspect; return inspect.getsource(s.load_checks)",
    "runpy": "import runpy; m = type('M', (), runpy.run_path({path!r})); return m",
    "NumPy": "import numpy as np; return np.fromfile({path!r}, 'u1').tobytes().decode()",
    "a memory map": "import numpy as np; return np.memmap({path!r}, 'u1').tobytes().decode()",
    "the C library": """
        import ctypes
        c = ctypes.CDLL(None)
        buffer = ctypes.create_string_buffer(1 << 20)
        c.read(c.open({path!r}.encode(), 0), buffer, 1 << 20)
        return buffer.value.decode()""",
    "a symbolic link": "import os; os.symlink({path!r}, 'x'); return open('x').read()",
    "a hard link": "import os; os.link({path!r}, 'x'); return open('x').read()",
    "a handle on the path": """
        import os
        handle = os.open({path!r}, os.O_PATH)
        return open(f'/proc/self/fd/{{handle}}').read()""",
    "the folder of another process": """
        import os
        return open(f'/proc/{{os.getppid()}}/root{path}').read()""",
    "another program": "import subprocess; return subprocess.check_output(['cat', {path!r}])",
    "what Python keeps compiled": """
        import glob, marshal, types
        (kept,) = glob.glob({root!r} + '/solutions/__pycache__/{slug}.*.pyc')
        m = types.ModuleType('m')
        exec(marshal.loads(open(kept, 'rb').read()[16:]), m.__dict__)
        return m""",
}

STOLEN = """
def stolen():
{lines}
def answers():
    import types
    got = stolen()
    if isinstance(got, (str, bytes)):
        module = types.ModuleType('m')
        exec(got, module.__dict__)
        got = module
    return got
try:
    for name, value in vars(answers()).items():
        if not name.startswith('__'):
            globals()[name] = value
except Exception as error:
    print(type(error).__name__, error)
"""


def stealing(lines):
    """Return a file that replaces its own definitions by those it gets at."""
    lines = lines.format(root=str(book.ROOT), path=str(CHAPTER.solution), slug=CHAPTER.slug)
    if "\n" in lines:
        margin = min(len(li) - len(li.lstrip()) for li in lines.splitlines() if li.strip())
        lines = "\n".join(line[margin:] for line in lines.strip("\n").splitlines())
    indented = "\n".join(f"    {line}" for line in lines.splitlines())
    return stub.derive(CHAPTER.source) + STOLEN.format(lines=indented)


@needs_landlock
@pytest.mark.parametrize("way", STEALING)
def test_the_reference_cannot_be_had_by(way):
    got = checked(stealing(STEALING[way]))
    assert DONE not in got.states.values(), got.states


def test_a_file_that_replaces_its_definitions_by_right_ones_would_pass(tmp_path):
    """The thieves above fail because they find nothing, not because they are clumsy."""
    text = base64.b64encode(CHAPTER.source.encode()).decode()
    got = checked(stealing(f"import base64; return base64.b64decode('{text}').decode()"))
    assert set(got.states.values()) == {DONE}, got.states


# (before the definitions, in each hole)
CHEATS = {
    "prints that it passed": (
        """
import os, sys
def answer(hole):
    print(f"PASSED {hole} 3 of 3\\n1 passed in 0.01s")
    os.write(1, b"done\\n"), os.write(2, b"done\\n")
    print('{"end": "returned", "state": "done"}', file=sys.__stdout__)
""",
        "return answer(hole)",
    ),
    "ends its process with success": ("import os", "os._exit(0)"),
    "calls exit": ("import sys", "sys.exit(0)"),
    "raises what a check expects, always": ("", "raise RuntimeError('not converged')"),
    "raises an error of many names": (
        """
class Everything(RuntimeError, ValueError, KeyError, AssertionError):
    def __eq__(self, other): return True
    __hash__ = None
    def __str__(self): return "passed"
""",
        "raise Everything",
    ),
    "raises what ends a test runner": (
        "",
        "raise (KeyboardInterrupt, GeneratorExit)[len(hole) % 2]",
    ),
    "pretends that another exercise is empty": (
        f"NEXT = dict(zip({HOLES!r}, {HOLES!r}[1:] + {HOLES!r}[:1]))",
        "raise NotImplementedError(NEXT[hole])",
    ),
    "finds the answers in the frames above": (
        """
import sys
def answer(hole):
    frame, words = sys._getframe(1), ("reference", "expected", "wanted", "known", "answer", "y_new")
    while frame := frame.f_back:
        for space in (frame.f_locals, frame.f_globals):
            for name, value in list(space.items()):
                inner = value if isinstance(value, dict) else getattr(value, "__dict__", {})
                for key, found in [(name, value), *inner.items()]:
                    if str(key).lower() in words and not callable(found): return found
""",
        "return answer(hole)",
    ),
    "finds the answers among all objects": (
        """
import gc
def answer(hole):
    last = hole.rpartition(".")[2]
    for thing in gc.get_objects():
        if callable(thing) and getattr(thing, "__name__", "") == last:
            if getattr(thing, "__module__", "").startswith(("solutions", "reference")): return thing
        if isinstance(thing, dict) and ("known" in thing or "wanted" in thing):
            return thing.get("known", thing.get("wanted"))
""",
        "return answer(hole)",
    ),
    "makes every comparison true": (
        """
import builtins, numpy as np, numpy.testing, math, operator
def yes(*args, **kwargs): return True
for name in ("allclose", "isclose", "array_equal", "array_equiv", "all", "any", "isnan"):
    setattr(np, name, yes)
for name in dir(np.testing):
    if name.startswith("assert"): setattr(np.testing, name, yes)
np.mean = np.sum = lambda *args, **kwargs: 1.0
np.abs = np.absolute = lambda *args, **kwargs: 0.0
math.isclose = operator.eq = builtins.all = builtins.any = yes
import grader.compare as c
c.walk = c.differ_by = c.form_differs = lambda *args: None
""",
        "return 0.0",
    ),
    "makes chance certain": (
        """
import numpy as np
np.random.default_rng = lambda *seed: None
np.random.seed(0)
class Generator:
    def __getattr__(self, name): return lambda *args, **kwargs: np.zeros(kwargs.get("size", 1))
np.random.Generator = Generator
""",
        "return 0.0",
    ),
    "returns an object that is equal to everything": (
        """
class Same:
    shape, ndim, size, dtype = (), 0, 1, float
    def __eq__(self, other): return True
    def __array__(self, *args, **kwargs): raise SystemExit(0)
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __iter__(self): return iter([self, self, self])
    def __len__(self): return 3
    def __getitem__(self, key): return self
    __hash__ = None
    for name in ("add", "radd", "mul", "rmul", "matmul", "rmatmul", "gt", "lt", "sub", "rsub"):
        locals()[f"__{name}__"] = lambda self, *other: self
    __class__ = property(lambda self: float)
""",
        "return Same()",
    ),
    "returns an array of a class of its own": (
        """
import numpy as np
class Lie(np.ndarray):
    def __eq__(self, other): return np.True_
    def __array_ufunc__(self, *args, **kwargs): return np.zeros(3)
    def __array_function__(self, *args, **kwargs): return True
    def tobytes(self, *args): return b""
    dtype = property(lambda self: np.dtype(float))
    shape = property(lambda self: (3,))
""",
        "return np.zeros(3).view(Lie)",
    ),
    "returns numbers and texts of a class of its own": (
        """
class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = __sub__
    def hex(self): return "nan"
    __hash__ = None
class Pair(tuple):
    def __iter__(self): return iter(())
    def __len__(self): return 2
""",
        "return Pair([Number(), Number()])",
    ),
    "returns not-a-number, which differs from nothing": (
        "import numpy as np",
        "return np.full(3, np.nan), np.nan",
    ),
    "changes its inputs so that zero is right": (
        """
import sys
import numpy as np
def answer(local):
    for value in local.values():
        if isinstance(value, np.ndarray) and value.flags.writeable: value[...] = 0
    frame = sys._getframe(1)
    while frame := frame.f_back:
        for value in frame.f_locals.values():
            if isinstance(value, np.ndarray) and value.flags.writeable: value[...] = 0
    return np.float64(0)
""",
        "return answer(locals())",
    ),
    "puts other scenarios in place": (
        """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith("grader."):
        for key, value in list(vars(module).items()):
            if hasattr(value, "__check__"):
                object.__setattr__(value.__check__, "scenario", lambda code, **inputs: None)
                object.__setattr__(value.__check__, "expect", lambda *args: None)
                object.__setattr__(value.__check__, "hole", "none")
                value.__code__ = (lambda *args, **kwargs: None).__code__
import grader.scenario, grader.worker
nothing = {"used": [], "changed": [], "given": []}
grader.scenario.run = lambda *args: {"end": "returned", "value": None, **nothing}
""",
        "return None",
    ),
    "writes another answer than it gave": (
        """
import grader.codec, grader.job
right = grader.codec.encode
def encode(outcome):
    nothing = {"used": [], "changed": [], "given": []}
    return right({"end": "done", "state": "done", "value": True, **nothing})
grader.codec.encode = grader.job.encode = encode
""",
        "return None",
    ),
    "answers with the question": (
        """
import grader.codec, grader.job
right = grader.codec.encode
class Same: pass
def encode(outcome):
    opaque = grader.codec.Opaque("ndarray")
    return right({"end": "returned", "used": [], "changed": [], "given": [], "value": opaque})
grader.codec.encode = grader.job.encode = encode
""",
        "return None",
    ),
    "writes answers to every open file": (
        f"""
import json, os, struct
from grader import codec
IDS = {[sketch.id for sketch in reference_of(CHAPTER).checks.values()]!r}
def answer(hole):
    nothing = {{"used": [], "changed": [], "given": []}}
    outcome = codec.encode({{"end": "returned", "value": None, **nothing}})
    for id in ["", *IDS]:
        for end in ("begun", "answered", "done", "returned"):
            head = json.dumps({{"id": id, "end": end, "level": "landlock"}}).encode()
            frame = struct.pack("<III", len(head), len(outcome), 0) + head + outcome
            for fd in range(64):
                try:
                    os.set_blocking(fd, False)
                    os.write(fd, frame)
                except OSError: pass
    os._exit(0)
""",
        "return answer(hole)",
    ),
    "edits the module that is checked": (
        """
import sys, types
class Module(types.ModuleType):
    def __getattribute__(self, name): return lambda *args, **kwargs: True
sys.modules[__name__].__class__ = Module
sys.modules["exercises.logistic_regression"] = Module("x")
""",
        "return None",
    ),
    "traces the grader and changes what it holds": (
        """
import sys, ctypes
def trace(frame, event, arg):
    if event == "return" and frame.f_code.co_name == "run":
        outcome = frame.f_locals.get("outcome")
        if isinstance(outcome, dict): outcome.update(end="returned", value=True, state="done")
    return trace
frame = sys._getframe()
while frame:
    frame.f_trace = trace
    frame = frame.f_back
sys.settrace(trace), sys.setprofile(trace)
""",
        "return None",
    ),
    "stops or ends the process above": (
        """
import ctypes, os, signal
def answer(hole):
    above = os.getppid()
    for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGTERM):
        for target in (above, 0, -above, -os.getpgid(above)):
            try: os.kill(target, number)
            except OSError: pass
    import resource
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_AS):
        try: resource.prlimit(above, kind, (0, 0))
        except OSError: pass
""",
        "return answer(hole)",
    ),
}


def needs_seccomp(name):
    return name == "stops or ends the process above" and not shut_in("seccomp")


@pytest.mark.parametrize("name", CHEATS)
def test_no_exercise_is_done_by_a_file_that(name):
    if needs_seccomp(name):
        pytest.skip("without seccomp other processes are not protected")
    before, body = CHEATS[name]
    got = checked(filled(body, before))
    assert DONE not in got.states.values(), got.states
    assert got.seconds < 30


def test_the_error_that_one_check_expects_passes_that_one_alone():
    before, body = CHEATS["raises what a check expects, always"]
    assert checked(filled(body, before)).passed == ["separable"]


def test_an_exercise_waits_for_the_one_it_pretends_is_empty():
    before, body = CHEATS["pretends that another exercise is empty"]
    assert set(checked(filled(body, before)).states.values()) == {WAITS}


def test_answers_kept_from_another_seed_pass_only_where_nothing_is_drawn():
    """At home the seed is 0: who has seen those answers has not seen these."""
    reference = reference_of(CHAPTER)
    kept = {id: reference.outcome(check).get("value") for id, check in reference.checks.items()}
    packed = base64.b64encode(pickle.dumps(kept)).decode()
    before = f"""
import base64, pickle, sys
KEPT = pickle.loads(base64.b64decode("{packed}"))
import grader.job
right = grader.job.encode
def encode(outcome):
    request = sys._getframe(2).f_locals["request"]
    return right(dict(end="returned", value=KEPT.get(request["id"]), used=[], changed=[], given=[]))
grader.job.encode = encode
"""
    at_home = checked(filled("return None", before), seed=0)
    assert DONE in at_home.states.values(), "they were not even the right ones for seed 0"
    got = checked(filled("return None", before))
    assert DONE not in got.states.values()
    drawn = {id for id, check in reference.checks.items() if check.arguments}
    assert not drawn & set(got.passed)


# Each of them leaves a word and looks for it: (leave, find)
CARRIERS = {
    "scratch": ("open('word', 'w').write('x')", "open('word').read()"),
    "the folder above": ("open('../word', 'w').write('x')", "open('../word').read()"),
    "/tmp": ("open('/tmp/grader-word', 'w').write('x')", "open('/tmp/grader-word').read()"),
    "/dev/shm": ("open('/dev/shm/word', 'w').write('x')", "open('/dev/shm/word').read()"),
    "the environment": ("os.environ.update(WORD='x')", "os.environ['WORD']"),
    "a module": ("setattr(grader.worker, 'word', 'x')", "grader.worker.word"),
    "shared memory": ("call(shmget, 4242, 4096, 0o1600)", "call(shmget, 4242, 4096, 0o600)"),
    "a semaphore": ("call(semget, 4242, 1, 0o1600)", "call(semget, 4242, 1, 0o600)"),
    "a queue": ("call(msgget, 4242, 0o1600)", "call(msgget, 4242, 0o600)"),
    "the limits above": (
        "resource.prlimit(above, resource.RLIMIT_CORE, (7, 7))",
        "resource.prlimit(above, resource.RLIMIT_CORE).index(7)",
    ),
    "the priority above": (
        "os.setpriority(os.PRIO_PROCESS, above, 3)",
        "[0, 0, 0, 1].index(os.getpriority(os.PRIO_PROCESS, above) // 3 * 3 or 9)",
    ),
    "the time of a file": (
        "os.utime(os.__file__, (4242, 4242))",
        "[4242].index(int(os.stat(os.__file__).st_mtime))",
    ),
    "the mode of a file": (
        "os.chmod(np.__file__, 0o604)",
        "[0o100604].index(os.stat(np.__file__).st_mode)",
    ),
    "an attribute of a file": (
        "os.setxattr(np.__file__, 'user.word', b'x')",
        "os.getxattr(np.__file__, 'user.word')",
    ),
}


@needs_landlock
@pytest.mark.skipif(not shut_in("seccomp"), reason="without seccomp there is shared memory")
def test_no_check_can_leave_a_word_for_the_next():
    import platform

    from grader.confine import ARCHITECTURES, CALLS

    words, column = CALLS.split(), ARCHITECTURES[platform.machine()][1]
    numbers = dict(zip(words[::3], words[column::3], strict=True))
    tried = "\n".join(
        f"tell({name!r}, lambda: {find})\ntell('', lambda: {leave})"
        for name, (leave, find) in CARRIERS.items()
    )
    before = f"""
import ctypes, grader.worker, os, resource
import numpy as np
shmget, semget, msgget = {numbers["shmget"]}, {numbers["semget"]}, {numbers["msgget"]}
above = os.getppid()
def call(*args):
    if ctypes.CDLL(None).syscall(*args) < 0: raise OSError
def tell(name, way):
    try: way()
    except (OSError, KeyError, AttributeError, ValueError, IndexError): return
    if name: print(f"carried by {{name}}")
{tried}
"""
    got = checked(filled("return None", before))
    assert DONE not in got.states.values()
    assert "carried" not in got.printed


@needs_landlock
def test_what_the_reference_answered_cannot_be_overwritten():
    kept = book.Path(STATE.name) / "cache"
    checked(CHAPTER.source)
    before = {path: path.read_bytes() for path in kept.iterdir()}
    assert before, "the reference's answers are not kept"
    source = f"""
import glob, os
def answer(hole):
    for folder in ({str(kept)!r}, {str(book.ROOT / ".grader" / "cache")!r}):
        for path in [{str(kept / f"{CHAPTER.slug}-{SEED}")!r}, *glob.glob(folder + "/*")]:
            for way in (lambda: open(path, "wb").write(b""), lambda: os.remove(path),
                        lambda: os.truncate(path, 0), lambda: print("read", open(path).read())):
                try: way()
                except OSError: pass
"""
    got = checked(filled(before=source))
    assert DONE not in got.states.values()
    assert "read" not in got.printed
    assert {path: path.read_bytes() for path in kept.iterdir()} == before


@pytest.mark.skipif(not systems.has("fork"), reason="writes the library anew in each check")
@pytest.mark.parametrize("module", ["scipy.special", "sklearn.linear_model"])
def test_a_library_that_does_the_work_is_refused_even_where_it_is_right(module):
    """The library stands in scratch, so that none need be installed."""
    hole = "sigmoid" if module == "scipy.special" else "LogisticRegression.fit"
    name = hole.partition(".")[0] if module != "scipy.special" else "expit"
    right = CHAPTER.source.replace("def sigmoid(", "def expit(z): return sigmoid(z)\ndef sigmoid(")
    top, last = module.split(".")
    files = f"""
import os, sys
os.mkdir({top!r})
open("{top}/__init__.py", "w").close()
open("{top}/{last}.py", "w").write({right!r})
sys.path.insert(0, os.getcwd())
"""
    used = {
        "sigmoid": f"from {module} import {name}\nreturn {name}(z)",
        "LogisticRegression.fit": f"from {module} import {name}\nm = {name}(self.learning_rate, "
        "self.steps, self.l2).fit(X, self.classes_[y.astype(int)])\n"
        "self.w_, self.b_ = m.w_, m.b_\nreturn self",
    }[hole]
    got = checked(files + solved({hole: used}), [hole])
    assert got.states == {hole: WRONG}
    assert "write it yourself" in got.verdicts[hole][0].error
    # under another name the very same code is right
    other = "helpers.work"
    allowed = (files + solved({hole: used})).replace(module, other)
    allowed = allowed.replace(f'"{top}/{last}.py"', '"helpers/work.py"')
    allowed = allowed.replace(f'"{top}/__init__.py"', '"helpers/__init__.py"')
    allowed = allowed.replace(f"os.mkdir({top!r})", "os.mkdir('helpers')")
    assert checked(allowed, [hole]).states == {hole: DONE}


SEARCH = """
import ctypes, os, re, struct
def numbers_in_memory():
    # write() says EFAULT where there is no memory, so nothing crashes
    c, (r, w), found = ctypes.CDLL(None), os.pipe(), set()
    kind = re.compile(re.escape(struct.pack("<Q", id(int))) + b"[\\1\\2]\\0{7}(.{8})", re.DOTALL)
    base = id(object()) & ~4095
    for distance in range(-(128 << 20), 128 << 20, 4096):
        if c.write(w, ctypes.c_void_p(base + distance), 4096) == 4096:
            for match in kind.finditer(os.read(r, 4096)):
                low, high = struct.unpack("<II", match[1])
                found |= {low, low | high << 30}
    return found
"""


@pytest.mark.skipif(sys.platform != "linux" or not systems.has("fork"), reason="reads memory")
def test_where_the_inputs_are_given_the_seed_is_not_in_memory():
    """It would tell the labels that only the comparator may know."""
    # the seed itself must not stand in this source, or it is found here
    body = "if is_given():\n"
    body += "    seen = {{n ^ 0xABCDEF for n in numbers_in_memory()}}\n"
    body += "    print('found' if {masked} in seen else 'not found')\n"
    before = (
        SEARCH
        + """
import sys
def is_given():
    frame = sys._getframe()
    while frame := frame.f_back:
        if "X_new" in frame.f_locals: return True
    return False
"""
    )
    body = body.format(masked=SEED ^ 0xABCDEF) + "self.w_, self.b_ = np.zeros(2), 0.0\nreturn self"
    got = checked(before + solved({"LogisticRegression.fit": body}), ["LogisticRegression.fit"])
    assert got.printed.strip() == "not found"
