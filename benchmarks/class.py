"""What marking a class costs, beyond the checks themselves, and beside other graders.

    python benchmarks/class.py [SUBMISSIONS [CACHE]]

An invented class of chapter 7 (right, mistaken, unfinished, empty and broken files, no
two alike; without endless loops, of which each costs its limit) is marked by the command
as a teacher types it, in growing numbers, on all cores. Own cost: cores times seconds for
each submission, all included, less the processor time of its checks in one warm process.
Bars: 15 ms, the same from 100 to 10,000, flat memory. Then one exercise, softmax, beside
otter-grader and nbgrader on an equal one, one stream each: at least 50 times their rate.
With SUBMISSIONS the figures are kept in benchmarks/class.json.
"""

import json
import os
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from statistics import mean

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from concurrent.futures import wait

import class_rivals
from platformdirs import user_cache_path

from grader import book, scenario, subject
from grader.classroom import command, crew, intake, rehearsal, reports
from grader.classroom.course import Course
from grader.reference import Reference, on_shelf

CHAPTER = book.find_chapter("logistic_regression")
CORES = len(os.sched_getaffinity(0))
NAME = "x.py", "x"
BAR, TIMES = 15.0, 50


def sources(count):
    """Return the files of a class, none of which loops."""
    made = rehearsal.invented(CHAPTER, count)
    return [source for _, kind, source in made if "loop" not in kind]


def checks_alone(files):
    """Return the milliseconds of all checks of a submission, in one warm process."""
    reference = Reference(CHAPTER, seed=1, kept=False)
    drawn = {id: reference.inputs(check)[0] for id, check in reference.checks.items()}
    spent, holes = [], reference.holes
    with on_shelf(CHAPTER):
        for source in (text for text in files if "os._exit" not in text):
            began = time.process_time()
            for id, check in reference.checks.items():
                inputs = drawn[id] if check.given else scenario.draw(check, 1)[0]
                scenario.run(check, partial(subject.load, source, *NAME), inputs, holes, NAME[0])
            spent.append(1000 * (time.process_time() - began))
    return mean(spent)


def tree(root):
    """Return the processes below one, and itself."""
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                todo += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
            found.append(pid)
        except OSError:
            continue
    return found


def megabytes(pids):
    """Return the memory of some processes, what they share counted once."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


class Watch:
    """Looks at the memory of this process and all below it, once a second."""

    def __init__(self):
        self.seen, self.stop = [], threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.stop.wait(1.0):
            self.seen.append(megabytes(tree(os.getpid())))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def marked(files, place, jobs=CORES, only=()):
    """Return what marking a class and writing its reports took."""
    handed_in, out = place / "class", place / "marks"
    handed_in.mkdir()
    for i, source in enumerate(files):
        (handed_in / f"learner{i:06}_{CHAPTER.slug}.py").write_text(source)
    store = command.opened(out, [CHAPTER], list(only), handed_in)
    settings = command.settings_of(store, (str(handed_in), str(out)), False)
    with Watch() as watch:
        began = time.perf_counter()
        found = intake.entries(handed_in, [CHAPTER])
        with crew.crew(jobs, "", settings) as team:
            # as many as a pool begins with: its start is no cost of a submission
            warm = [
                team.executor.submit(crew.mark, settings, CHAPTER.slug, b"") for _ in range(jobs)
            ]
            wait(warm)
            started = time.perf_counter()
            Course(store, settings, lambda: None).run(found.entries, team)
            seconds = time.perf_counter() - started
        start = started - began
        before = time.perf_counter()
        reports.write(store, out, found.notes, settings)
        reporting = time.perf_counter() - before
    cpu = [entry.record["cpu"] for entry in store.marked() if not entry.record["same_as"]]
    store.close()
    size = (out / command.FILE).stat().st_size
    all_ = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return {
        "submissions": len(files),
        "start_seconds": round(start, 2),
        "seconds": round(seconds, 2),
        "core_ms_each": round(1000 * jobs * seconds / len(files), 2),
        "inmates_cpu_ms_each": round(1000 * mean(cpu), 2),
        "report_seconds": round(reporting, 2),
        "memory_mb": round(max(watch.seen, default=0.0), 1),
        "store_bytes_each": round(size / len(files)),
        "report_bytes_each": round((all_ - size) / len(files)),
    }


def beside_others(cache):
    """Return how many submissions of one exercise each grader marks in a minute, one stream."""
    files = sources(600)
    with tempfile.TemporaryDirectory() as place:
        ours = marked(files, Path(place), jobs=1, only=["softmax"])
    rates = {"ours": round(60 * len(files) / ours["seconds"], 1)}
    theirs = class_rivals.rates(cache, 12)
    return rates | {name: round(rate.per_minute, 1) for name, rate in theirs.items()}


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    cache = (
        Path(sys.argv[2])
        if len(sys.argv) > 2
        else user_cache_path("ground-up", appauthor=False) / "rivals"
    )
    files = sources(most)
    sample = files[:: max(1, len(files) // 200)]
    print(f"{len(files)} submissions, {CORES} cores, load {os.getloadavg()[0]:.1f}")
    runs = []
    for count in sorted({n for n in (100, 1000) if n < most} | {most}):
        before = checks_alone(sample)
        with tempfile.TemporaryDirectory() as place:
            run = marked(files[:count], Path(place))
        run["checks_ms_each"] = round((before + checks_alone(sample)) / 2, 2)
        run["own_ms_each"] = round(run["core_ms_each"] - run["checks_ms_each"], 2)
        runs.append(run)
        print(json.dumps(run))
    print(f"own cost: {runs[-1]['own_ms_each']} ms a submission and core (bar {BAR:g})")
    rates = beside_others(cache)
    least = rates["ours"] / max(rates["otter-grader"], rates["nbgrader"])
    print(rates, f"{least:.0f} times the faster of otter-grader and nbgrader (bar {TIMES})")
    if len(sys.argv) > 1:
        told = {"cores": CORES, "runs": runs, "submissions_a_minute": rates}
        (HERE / "class.json").write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
