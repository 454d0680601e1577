"""How fast otter-grader, nbgrader and plain pytest mark a class, each in its own way.

    python benchmarks/class_rivals.py [SUBMISSIONS] [CACHE]

One exercise, a stable `softmax(scores)`, with four asserted cases of a point
each, and the same submissions for all: a third right, a third wrong, a third
broken. All three have to give the marks written beside the submissions below.
The graders live in virtual environments in CACHE, made on the first run, with
this environment's NumPy. This way needs no Docker, as `otter grade` does, and
is faster than `otter run` for each. With all three, the asserts run in the
process of the learner's own code.

Only marking is timed, in one stream: one submission after another. What a
command needs once for a whole class is taken off, to the rivals' good: the
time for one submission is subtracted from that for all.
"""

import csv
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent, indent

import platformdirs

OTTER, NBGRADER = "otter-grader[grading]==7.0.0", "nbgrader==0.9.6"
WAYS = {
    "otter-grader": "otter.api.grade_submission in a loop, a kernel for each submission",
    "nbgrader": "nbgrader autograde for the class, a kernel for each submission",
    "pytest": "pytest -q, a process for each submission",
}

CASES = {
    "rows_sum": """\
        rows = softmax(np.array([[0.1, 0.2, 0.3], [3.0, 1.0, -2.0]]))
        assert np.allclose(rows.sum(-1), 1)
        """,
    "values": """\
        wanted = [0.09003057, 0.24472847, 0.66524096]
        assert np.allclose(softmax(np.array([1.0, 2.0, 3.0])), wanted, atol=1e-8)
        """,
    "stable": """\
        extremes = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]])
        assert np.allclose(softmax(extremes), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]])
        """,
    "three_axes": """\
        blocks = np.log(np.arange(1.0, 25.0)).reshape(2, 3, 4)
        wanted = np.arange(1.0, 25.0).reshape(2, 3, 4)
        assert np.allclose(softmax(blocks), wanted / wanted.sum(-1, keepdims=True))
        """,
}
CASES = {name: dedent(case) for name, case in CASES.items()}

RIGHT = """\
import numpy as np


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""
SHIFT = " - scores.max(axis=-1, keepdims=True)"
KINDS = [  # right, wrong, broken, and again; with the points each deserves
    (4, RIGHT),
    (3, RIGHT.replace(SHIFT, "")),  # overflows
    (0, RIGHT.replace("    e =", "    raise NotImplementedError\n    e =")),
    (4, RIGHT.replace("return", "out =") + "    return out\n"),
    (1, RIGHT.replace("axis=-1", "axis=0")),
    (0, RIGHT.replace("(scores):", "(scores)")),  # no Python
    (4, RIGHT.replace("scores.max(", "np.max(scores, ")),
    (1, RIGHT.replace("e.sum(axis=-1, keepdims=True)", "e.sum()")),  # over everything
    (0, ""),
]


@dataclass(frozen=True)
class Rate:
    """How fast a class was marked, and the points each learner was given."""

    per_minute: float
    cpu: float  # processor seconds for each submission
    marks: dict[str, float]
    way: str


def submissions(n: int) -> dict[str, tuple[int, str]]:
    """Return the points deserved and the source, different for each, by learner."""
    every = {}
    for i in range(n):
        learner, (points, source) = f"learner-{i:05}", KINDS[i % len(KINDS)]
        every[learner] = points, source and f"{source}\n# {learner}\n"
    return every


def run(command: list, home: Path, succeeds: bool = True) -> str:
    """Return the output of a command, in its environment and without the user's settings."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"
    private = {name: str(home / "settings") for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR")}
    private |= {"JUPYTER_DATA_DIR": str(home / "data"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    ended = subprocess.run(
        [str(word) for word in command],
        cwd=home,
        env={**os.environ, **private, **single, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if succeeds and ended.returncode:
        raise SystemExit(f"{command[0]} ended with {ended.returncode}:\n{ended.stdout[-3000:]}")
    return ended.stdout


def environment(folder: Path, requirement: str) -> Path:
    """Return the commands' folder of a virtual environment, made unless it is there."""
    wanted = [requirement, f"numpy=={version('numpy')}"]
    home = folder.resolve() / re.split(r"\W", requirement)[0]
    done = home / "installed.json"  # written last: a broken installation is made again
    if not done.exists() or json.loads(done.read_text()) != wanted:
        home.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-m", "venv", "--clear", home], folder)
        run([home / "bin" / "python", "-m", "pip", "install", "-q", *wanted], folder)
        done.write_text(json.dumps(wanted))
    return home / "bin"


def as_functions(prefix: str, argument: str, decorator: str = "") -> str:
    """Return the cases as the source of test functions."""
    return "\n\n".join(
        f"{decorator}def {prefix}{name}({argument}):\n{indent(case, '    ')}"
        for name, case in CASES.items()
    )


def otter(folder: Path, home: Path):
    """Return functions that mark some submissions with otter-grader, and give all marks."""
    commands, marks = environment(folder, OTTER), {}
    (home / "tests").mkdir()
    (home / "tests" / "softmax.py").write_text(
        "import numpy as np\nfrom otter.test_files import test_case\n\n"
        'OK_FORMAT = False\nname = "softmax"\npoints = None\n\n\n'
        + as_functions("case_", "softmax", "@test_case(points=1)\n")
    )
    run([commands / "otter", "generate", "-t", "tests", "-o", "autograder.zip"], home)
    (home / "mark.py").write_text(
        "import json, sys\nfrom pathlib import Path\nfrom otter.api import grade_submission\n\n"
        "marks = {Path(one).stem: grade_submission(one, quiet=True).total for one in sys.argv[1:]}"
        '\nPath("marks.json").write_text(json.dumps(marks))\n'
    )

    def mark(sources):
        for learner, source in sources.items():
            (home / f"{learner}.py").write_text(source)
        run([commands / "python", "mark.py", *(f"{learner}.py" for learner in sources)], home)
        marks.update(json.loads((home / "marks.json").read_text()))

    return mark, lambda: marks


def nbgrader(folder: Path, home: Path):
    """Return functions that mark some submissions with nbgrader, and give all marks."""
    commands = environment(folder, NBGRADER)
    (home / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "class"\n'
    )

    def cell(name, source, **roles):
        kept = {"grade": False, "solution": False, "locked": False, "task": False, **roles}
        kept |= {"schema_version": 3, "grade_id": name}
        return {
            "cell_type": "code",
            "id": name,
            "metadata": {"nbgrader": kept},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }

    cells = [
        cell("imports", "import numpy as np", locked=True),
        cell("answer", f"### BEGIN SOLUTION\n{RIGHT}### END SOLUTION", solution=True),
        *(cell(name, case, grade=True, locked=True, points=1) for name, case in CASES.items()),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (home / "source" / "task").mkdir(parents=True)
    (home / "source" / "task" / "task.ipynb").write_text(json.dumps(book))
    run([commands / "nbgrader", "generate_assignment", "task"], home)
    release = json.loads((home / "release" / "task" / "task.ipynb").read_text())
    answer = next(c for c in release["cells"] if c["metadata"]["nbgrader"]["solution"])

    def mark(sources):
        for learner, source in sources.items():
            answer["source"] = source
            (home / "submitted" / learner / "task").mkdir(parents=True)
            (home / "submitted" / learner / "task" / "task.ipynb").write_text(json.dumps(release))
        run([commands / "nbgrader", "autograde", "task"], home)  # those marked before are skipped

    def marks():
        run([commands / "nbgrader", "export", "--to", "marks.csv"], home)
        with (home / "marks.csv").open(newline="") as rows:
            return {row["student_id"]: float(row["score"]) for row in csv.DictReader(rows)}

    return mark, marks


def pytest(folder: Path, home: Path):
    """Return functions that mark some submissions with pytest, and give all marks."""
    marks = {}
    (home / "pytest.ini").write_text("[pytest]\n")  # so that none above is found
    (home / "test_softmax.py").write_text(
        "import numpy as np\nfrom submission import softmax\n\n\n" + as_functions("test_", "")
    )
    # -B: bytecode of the learner before, of the same size and second, would be taken
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]

    def mark(sources):
        for learner, source in sources.items():
            (home / "submission.py").write_text(source)
            printed = run([*command, "test_softmax.py"], home, succeeds=False)
            passed = re.search(r"(\d+) passed", printed.splitlines()[-1])
            marks[learner] = float(passed[1]) if passed else 0.0

    return mark, lambda: marks


def spent(mark: Callable, sources: dict[str, str]) -> tuple[float, float]:
    """Return the wall and the processor time of marking some submissions."""

    def now():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.perf_counter(), used.ru_utime + used.ru_stime

    began = now()
    mark(sources)
    return tuple(b - a for a, b in zip(began, now(), strict=True))


def rates(folder: Path, n: int) -> dict[str, Rate]:
    """Return each rival's rate on n submissions, two at least; its environment is in the folder."""
    if n < 2:
        raise ValueError("a rate needs two submissions or more")
    folder.mkdir(parents=True, exist_ok=True)
    every, found = submissions(n), {}
    for name, rival in {"otter-grader": otter, "nbgrader": nbgrader, "pytest": pytest}.items():
        with tempfile.TemporaryDirectory() as home:
            mark, marks = rival(folder, Path(home).resolve())
            mark({"warm-up": RIGHT})  # bytecode
            one = spent(mark, {"first": RIGHT})
            rest = spent(mark, {learner: source for learner, (_, source) in every.items()})
            wall, cpu = ((b - a) / (n - 1) for a, b in zip(one, rest, strict=True))
            given = marks()
        given = {learner: given[learner] for learner in every}
        assert given == {learner: points for learner, (points, _) in every.items()}, (name, given)
        found[name] = Rate(60 / wall, cpu, given, WAYS[name])
    return found


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    kept = platformdirs.user_cache_path("ground-up", appauthor=False) / "rivals"
    cache = Path(sys.argv[2]) if len(sys.argv) > 2 else kept
    print(f"{n} submissions; load before {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, rate in rates(cache, n).items():
        print(f"{name:12} {rate.per_minute:6.1f} a minute, {rate.cpu:.2f} s of processor time each")
        print(f"{'':12} {rate.way}; points {sum(rate.marks.values()):.0f} of {4 * n}")
    print(f"load after {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
