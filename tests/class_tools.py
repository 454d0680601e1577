"""A class on the disk, the command as a teacher types it, and all the processes that it begins."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from grader import book
from grader.classroom import command, people, rehearsal
from grader.classroom.store import Store

CHAPTER = book.find_chapter("logistic_regression")
ONLY = "sigmoid"
WORDS = ["--chapter", "7", "--only", ONLY, "--jobs", "2"]
MEASURED = {"seconds", "cpu", "memory"}  # of a record: no two runs have them alike


def environment(**more):
    """Return what the command is to have around it: nothing of ours."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PYTEST_"))}
    return clean | {"NO_COLOR": "1", "COLUMNS": "80"} | more


def begin(folder, *words, **more):
    """Start `grader class …` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "grader", "class", *map(str, words)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        **more,
    )


def run(folder, *words, **more):
    """Return the exit code of `grader class …` and what it said on either stream."""
    with begin(folder, *words, **more) as process:
        out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def hand_in(folder, count, seed=0):
    """Write what a class hands in, none of which loops."""
    every = rehearsal.invented(CHAPTER, count + count // 20 + 5, seed)
    sources = [source for _, kind, source in every if "loop" not in kind]
    for number, source in enumerate(sources[:count]):
        path = Path(folder, "in", f"learner{number:04}", f"{CHAPTER.slug}.py")
        path.parent.mkdir(parents=True)
        path.write_text(source, encoding="utf-8")


def begun(folder, *names):
    """Make runs that have no mark yet and the same seed."""
    first, *others = (Path(folder, name) for name in names)
    command.opened(first, [CHAPTER], [ONLY], Path(folder, "in")).close()
    for other in others:
        shutil.copytree(first, other)


def records(out):
    """Return the record of each learner, without what is measured, with their order of keys."""
    store = Store(Path(out) / people.RUN)
    found = [(marked.learner.key, marked.record) for marked in store.marked()]
    store.close()
    assert len(dict(found)) == len(found)  # one verdict each
    return {key: {k: v for k, v in r.items() if k not in MEASURED} for key, r in found}


def tree(pid):
    """Return a process with all that it began, the eldest first."""
    try:
        eldest = psutil.Process(pid)
        return [eldest, *eldest.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def is_at_work(process):
    """Return whether a process is the one around a sandbox that holds a submission."""
    is_around = words_of(process)[:1] == [shutil.which("bwrap")]
    return is_around and len(tree(process.pid)) >= 4  # it, its copy inside, the warden


def is_of_pool(process):
    """Return whether a process marks."""
    return any("spawn_main" in word for word in words_of(process))


def words_of(process):
    """Return what a process was started with, nothing if it has gone."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def living(processes):
    """Return those that still run."""
    found = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def all_end(processes, seconds=2.0):
    """Return whether all have ended, some time given."""
    deadline = time.monotonic() + seconds
    while living(processes) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not living(processes)


def kill_all(process):
    """Kill a command with everything it began, as a machine does that loses its power."""
    every = tree(process.pid)
    for one in every:
        kill(one)
    process.communicate()
    return every


def wait_for(process, is_wanted, seconds=20.0):
    """Return those of a command's processes that are wanted, as soon as there is one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if found := [one for one in tree(process.pid) if is_wanted(one)]:
            return found
        time.sleep(0.01)
    raise AssertionError("it never began")


def groups_of(processes):
    """Return the control groups that some processes have left."""
    from grader.classroom import cgroup

    found = [g for f in set(cgroup.folders().values()) for g in f.glob(f"{cgroup.PREFIX}*")]
    pids = {str(process.pid) for process in processes}
    return [g for g in found if set(g.name.removeprefix(cgroup.PREFIX).split("-")) & pids]


def kill(process):
    """Kill one process, if it has not ended by itself."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        pass
