"""From save to verdict in `grader watch`, against a plain pytest of the same checks.

    python benchmarks/watch.py [ROUNDS]

Each round changes one exercise of chapter 7, the next each time, and waits
for its verdict; then pytest runs the same checks. The bar: 150 ms, and 1.5
times what the checks themselves take on the reference.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np

from benchmarks.grader import prepare, seconds_of

START = 0.150  # seconds that are free: to hear of the save, and to start a process
REST = 1.0  # seconds a person takes at the least before the next save


def own_seconds(chapter):
    """Return what the checks of each exercise take in one process, on the reference."""
    from grader.reference import Reference, on_shelf
    from grader.subject import load

    seconds, names = {}, {}
    with on_shelf(chapter), np.errstate(all="ignore"):
        code = load(chapter.source, "reference", "reference")
        for check in Reference(chapter).checks.values():
            inputs = check.given(np.random.default_rng(0))[0] if check.given else {}
            inputs = inputs or {"rng": np.random.default_rng(0)}
            began = time.perf_counter()
            try:
                check.scenario(code, **{k: inputs[k] for k in check.arguments})
            except RuntimeError:
                pass
            took = time.perf_counter() - began
            seconds[check.hole] = seconds.get(check.hole, 0.0) + took
            names.setdefault(check.hole, []).append(check.id)
    return seconds, names


def until(stream, start):
    """Return when a line came that starts like this."""
    for line in stream:
        if line.startswith(start):
            return time.perf_counter()
    raise SystemExit("the watch ended")


def changed(chapter, hole, number):
    """Return the solved exercise with one more statement in one function."""
    from grader import stub

    code = stub.answer(chapter.source, hole)
    indent = code[: len(code) - len(code.lstrip())]
    return stub.with_answer(chapter.source, hole, f"{indent}_ = {number}\n{code}")


def main():
    from grader import book, stub

    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    chapter = book.find_chapter("logistic_regression")
    holes = stub.holes(chapter.source)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        prepare(home)
        own, names = own_seconds(chapter)
        path = home / "exercises" / f"{chapter.slug}.py"
        plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        watch = subprocess.Popen(
            [sys.executable, "-m", "grader", "watch", "7"],
            cwd=home,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        until(watch.stdout, "checked at")
        for number in range(-2, rounds):  # two to warm up
            hole = holes[number % len(holes)]
            time.sleep(REST)
            fresh = path.with_suffix(".new")
            fresh.write_text(changed(chapter, hole, number), encoding="utf-8")
            began = time.perf_counter()
            os.replace(fresh, path)
            verdict = until(watch.stdout, f"  {hole.name} ") - began
            until(watch.stdout, "checked at")
            tests = [f"test_plain.py::test_check[{name}]" for name in names[hole.name]]
            rows.append((verdict, own[hole.name], seconds_of([*plain, *tests], home)))
        watch.terminate()
        watch.wait()
    rows = rows[2:]
    own_ms, pytest_ms = (median(row[i] for row in rows) * 1e3 for i in (1, 2))
    ratio = median((v - START) / c for v, c, _ in rows)
    within = sum(v <= START + 1.5 * c for v, c, _ in rows)
    print(f"{rounds} rounds, each on one exercise of chapter 7; medians")
    print(f"from save to verdict                  {median(v for v, _, _ in rows) * 1e3:.0f} ms")
    print(f"the checks themselves                 {own_ms:.1f} ms")
    print(f"pytest of the same checks             {pytest_ms:.0f} ms")
    print(f"watch / pytest                        {median(v / p for v, _, p in rows):.2f}")
    print(f"(watch - 150 ms) / the checks         {ratio:.2f}  (below 0: within the 150 ms)")
    print(f"rounds within 150 ms + 1.5 x checks   {within} of {rounds}")


if __name__ == "__main__":
    main()
