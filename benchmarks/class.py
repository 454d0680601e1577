"""What marking a class costs, beyond the checks themselves, and beside other graders.

    python benchmarks/class.py [SUBMISSIONS [CACHE]]

An invented class of chapter 7 (right, mistaken, unfinished, empty and broken files, no
two alike; without endless loops, of which each costs its limit) is marked as the
command does it, in growing numbers, on all cores. Own cost: the processor time of all
processes for each submission, less that of its checks in one warm process; the reports
are told apart.
Bars: 15 ms, the same from 100 to 10,000, flat memory. Then one exercise, softmax, beside
otter-grader and nbgrader on an equal one, one stream each: at least 50 times their rate.
With SUBMISSIONS the figures are kept in benchmarks/class.json.
"""

import json
import os
import pickle
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
from contextlib import suppress

import class_rivals
from platformdirs import user_cache_path

from grader import book, scenario, subject
from grader.classroom import command, crew, intake, rehearsal, reports
from grader.classroom.course import Course
from grader.classroom.people import RUN
from grader.reference import Reference, on_shelf

CHAPTER = book.find_chapter("logistic_regression")
CORES = len(os.sched_getaffinity(0))
NAME = "x.py", "x"
BAR, TIMES = 15.0, 50


def sources(count):
    """Return the files of a class, none of which loops."""
    made = rehearsal.invented(CHAPTER, count + count // 20 + 5)
    return [source for _, kind, source in made if "loop" not in kind][:count]


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


def spent(root):
    """Return the milliseconds of processor time of a process, all below it, and who ended there."""
    ticks = 0
    for pid in tree(root):
        with suppress(OSError):
            ticks += sum(
                map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])
            )
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")


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
    """Looks once a second at the memory of this process, and of all below it."""

    def __init__(self):
        self.mine, self.below, self.stop = [0.0], [0.0], threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.stop.wait(1.0):
            pids = tree(os.getpid())
            self.mine.append(megabytes([os.getpid()]))
            self.below.append(megabytes(pid for pid in pids if pid != os.getpid()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def marked(files, place, jobs=CORES, only=()):
    """Return what marking a class and writing its reports took, for each submission."""
    handed_in, out = place / "class", place / "marks"
    handed_in.mkdir()
    for i, source in enumerate(files):
        (handed_in / f"learner{i:06}_{CHAPTER.slug}.py").write_text(source)
    store = command.opened(out, [CHAPTER], list(only), handed_in)
    settings = command.settings_of(store, (str(handed_in), str(out)), False, 2)
    found = intake.entries(handed_in, [CHAPTER])
    with Watch() as watch:
        with crew.crew(jobs, "", settings) as team:
            # the start of the pool is no cost of a submission
            wait([team.submit(settings, CHAPTER.slug, files[0].encode()) for _ in range(2 * jobs)])
            began, before, mine = time.perf_counter(), spent(os.getpid()), time.process_time()
            Course(store, settings, lambda: None).run(found.entries, team)
            marking, cpu = time.perf_counter() - began, spent(os.getpid()) - before
        before = time.process_time()
        reports.write(store, out, found.notes, {})
        mine, reporting = time.process_time() - mine, time.process_time() - before
    records = [entry.record for entry in store.marked()]
    store.close()
    size = (out / RUN).stat().st_size
    rest = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) - size
    n = len(files)
    return {
        "seconds": round(marking, 2),
        "marking_ms": round(cpu / n, 2),
        "report_ms": round(1000 * reporting / n, 2),
        "teacher_ms": round(1000 * mine / n, 2),
        "worker_mb": round(max(watch.below) / jobs, 1),
        "teacher_mb": round(max(watch.mine), 1),
        "store_bytes": round(size / n),
        "report_bytes": round(rest / n),
        "sent_bytes": round(mean(len(pickle.dumps((settings, CHAPTER.slug, f))) for f in files)),
        "returned_bytes": round(mean(len(pickle.dumps(record)) for record in records)),
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
    own = {}
    for count in sorted({n for n in (100, 1000) if n < most} | {most}):
        before = checks_alone(sample)
        with tempfile.TemporaryDirectory() as place:
            run = marked(files[:count], Path(place))
        checks = (before + checks_alone(sample)) / 2
        own[str(count)] = round(run["marking_ms"] - checks, 2)
        print(count, f"own {own[str(count)]} ms, checks {checks:.1f} ms", json.dumps(run))
    print(f"own cost: {own[str(most)]} ms a submission and core (bar {BAR:g})")
    rates = beside_others(cache)
    times = rates["ours"] / max(rates["otter-grader"], rates["nbgrader"])
    print(rates, f"{times:.0f} times the faster of otter-grader and nbgrader (bar {TIMES})")
    if len(sys.argv) > 1:
        cpu = round(run["marking_ms"] + run["report_ms"], 2)
        told = {"chapter": CHAPTER.slug, "submissions": len(files), "cpu_ms": cpu}
        told |= {"own_ms": own[str(most)], **run, "own_ms_by_size": own}
        told["submissions_a_minute"] = rates
        (HERE / "class.json").write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main()
