"""How long `grader check` takes, against the floor and against plain pytest.

    python benchmarks/grader.py [PAIRS]

Each ratio is the median over pairs of runs that alternate in one go: absolute
times mean nothing on a busy machine. Bars: 2.0 and 1.2; aims: 1.3 and 0.8.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

PLAIN = '''
"""The same scenarios asserted in one process, the expected values at hand."""
import pickle
from pathlib import Path

import numpy as np
import pytest

from exercises import {slug} as code
from grader.checks import {slug} as checks

WANTED = pickle.loads(Path(__file__).with_name("wanted.pickle").read_bytes())


@pytest.mark.parametrize("name", list(WANTED))
def test_check(name):
    check = getattr(checks, name).__check__
    inputs, known, wanted = WANTED[name]
    if inputs is None:
        inputs = {{"rng": np.random.default_rng(0)}} if "rng" in check.arguments else {{}}
    if wanted is None:
        with pytest.raises(RuntimeError):
            check.scenario(code, **inputs)
    else:
        assert check.expect(check.scenario(code, **inputs), wanted, known) is None
'''


def prepare(home):
    """Write a copy of the book, solved, and the plain tests beside it."""
    import numpy as np
    from book_tools import copy_of_the_book

    from grader import book
    from grader.reference import Reference, on_shelf
    from grader.subject import load

    copy_of_the_book(home)
    chapter = book.find_chapter("logistic_regression")
    shutil.copy(chapter.solution, home / "exercises" / f"{chapter.slug}.py")
    (home / "exercises" / "__init__.py").touch()
    reference, wanted, seconds = Reference(chapter), {}, 0.0
    with on_shelf(chapter):
        for check in reference.checks.values():
            code = load(chapter.source, "reference", "reference")
            inputs, known = check.given(np.random.default_rng(0)) if check.given else (None, None)
            fresh = inputs or {"rng": np.random.default_rng(0)}
            began = time.perf_counter()
            try:
                value = check.scenario(code, **{k: fresh[k] for k in check.arguments})
            except RuntimeError:
                value = None
            seconds += time.perf_counter() - began
            wanted[check.id] = inputs, known, value
    (home / "wanted.pickle").write_bytes(pickle.dumps(wanted))
    (home / "test_plain.py").write_text(PLAIN.format(slug=chapter.slug))
    return seconds


def seconds_of(command, home):
    """Return the wall time of one run, which has to succeed."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    began = time.perf_counter()
    subprocess.run(command, cwd=home, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    ours = [sys.executable, "-m", "grader", "check", "7"]
    floor = [sys.executable, "-c", "import numpy, pytest"]
    plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_plain.py"]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        checks = prepare(home)
        for command in (ours, floor, plain):  # bytecode and the kept answers
            seconds_of(command, home)
        rounds = [[seconds_of(c, home) for c in (ours, floor, plain)] for _ in range(pairs)]
        ours[-2:] = ["--help"]
        bare = [sys.executable, "-c", "pass"]
        light = [seconds_of(ours, home) - seconds_of(bare, home) for _ in range(pairs)]
    print(f"the checks themselves take {checks:.2f} s on the reference; {pairs} pairs")
    print(f"grader check / import numpy, pytest    {median(a / b for a, b, _ in rounds):.2f}")
    print(f"grader check / plain pytest -q         {median(a / c for a, _, c in rounds):.2f}")
    print(f"grader --help over bare Python         {median(light) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
