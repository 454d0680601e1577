"""A class marked by a Dask cluster: a scheduler and workers, each a process on loopback."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import class_tools
import psutil
import pytest
from book_tools import copy_of_the_book
from class_tools import CHAPTER, ONLY, WORDS, all_end, hand_in, records, run, tree

from grader.classroom import sandbox

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(
    sandbox.means().level < 2, reason="this machine cannot shut a submission in"
)
SECRET = "hunter2"
MARK = ["mark", "in", "--chapter", "7", "--only", ONLY]


class Machines:
    """A scheduler and what joins it, until all of it is killed."""

    def __init__(self, folder):
        self.folder = folder
        self.begun = []
        self.scheduler = self.begin("scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = self.said(self.scheduler, r"Scheduler at:\s+(tcp://\S+)")

    def begin(self, kind, *words, **around):
        path = self.folder / f"{kind}{len(self.begun)}.log"
        with path.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words, "--no-dashboard"],
                cwd=self.folder,
                env=class_tools.environment(A_TOKEN=SECRET, **around),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process.log = path
        self.begun.append(process)
        return process

    def worker(self, **around):
        """Add a worker, and return its process when it has joined."""
        words = (self.address, "--nthreads", "1", "--local-directory", str(self.folder))
        process = self.begin("worker", *words, **around)
        self.said(process, r"Registered to:")
        return process

    def said(self, process, pattern):
        """Return what a process says, as soon as it has."""
        deadline = time.monotonic() + 40
        while not (match := re.search(pattern, process.log.read_text())):
            assert time.monotonic() < deadline and process.poll() is None, process.log.read_text()
            time.sleep(0.02)
        return match[match.lastindex or 0]

    def sandboxes(self):
        """Return what is around the submissions that are being marked."""
        every = [one for process in self.begun for one in tree(process.pid)]
        return [one for one in every if class_tools.is_at_work(one)]

    def end(self):
        every = [one for process in self.begun for one in tree(process.pid)]
        for one in every:
            class_tools.kill(one)
        for process in self.begun:
            process.wait()
        assert all_end(every)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers and their scheduler."""
    machines = Machines(tmp_path_factory.mktemp("cluster"))
    try:
        machines.worker()
        machines.worker()
        yield machines
    finally:
        machines.end()


@pytest.fixture(scope="module")
def class_of_40(tmp_path_factory):
    """A folder with what a class handed in, and its marks by processes of this machine."""
    root = tmp_path_factory.mktemp("class")
    hand_in(root, 40)
    class_tools.begun(root, "local", "cluster", "killed", "gone", "stopped")
    code, _, err = run(root, "mark", "in", *WORDS, "--out", "local")
    assert (code, err) == (0, "")
    found = records(root / "local")
    assert len(found) == 40
    return root, found


def slow_class(folder, count):
    """Write submissions that take a while each."""
    hand_in(folder, count)
    for number, path in enumerate(sorted(Path(folder, "in").rglob("*.py"))):
        path.write_text(f"import time\ntime.sleep(0.4)\n{CHAPTER.source}\n# {number}\n")


def test_marks_are_those_of_this_machine_and_nothing_is_left(cluster, class_of_40):
    root, found = class_of_40
    before = len(tree(cluster.begun[1].pid))
    words = [*MARK, "--scheduler", cluster.address, "--out", "cluster"]
    process = class_tools.begin(root, *words)
    seen = set()
    while process.poll() is None:
        for one in cluster.sandboxes():
            for inside in tree(one.pid):
                with contextlib.suppress(psutil.Error):
                    seen |= set(inside.environ().values())
        time.sleep(0.01)
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert records(root / "cluster") == found
    assert seen and SECRET not in seen  # what a worker holds is not for a submission
    time.sleep(0.5)
    assert not cluster.sandboxes()
    assert len(tree(cluster.begun[1].pid)) <= before + 1  # Python's own tracker of semaphores


def test_a_worker_that_is_killed_costs_nobody_a_point(cluster, class_of_40):
    root, found = class_of_40
    extra = cluster.worker()
    process = class_tools.begin(root, *MARK, "--scheduler", cluster.address, "--out", "killed")
    victims = []
    while not victims and process.poll() is None:
        mine = tree(extra.pid)
        victims = mine if any(class_tools.is_at_work(one) for one in mine) else []
        time.sleep(0.005)
    assert victims
    for one in victims:
        class_tools.kill(one)
    assert all_end(victims)  # its sandbox with it
    _, err = process.communicate(timeout=90)
    assert (process.returncode, err) == (0, "")
    assert records(root / "killed") == found


def test_no_future_is_kept(cluster):
    script = """if True:
        import json, sys
        from grader.classroom import cluster, crew
        slug, address, source = sys.argv[1:]
        settings = crew.Settings(1, (), False, ((slug, crew.version_of(slug)),), ("sigmoid",))
        team = cluster.Cluster(address, settings)
        counts = []
        for _ in range(4):
            for future in [team.submit(settings, slug, source.encode()) for _ in range(8)]:
                points = future.result()["points"]
            del future
            team.client.sync(lambda: __import__("asyncio").sleep(0.2))
            counts.append([len(team.client.futures), len(team.executor._futures), points])
        team.close(True)
        print(json.dumps(counts))
    """
    ran = subprocess.run(
        [sys.executable, "-c", script, CHAPTER.slug, cluster.address, CHAPTER.source],
        env=class_tools.environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [[0, 0, 1]] * 4


def test_ctrl_c_leaves_the_cluster_and_stops_at_once(cluster, tmp_path):
    slow_class(tmp_path, 12)
    process = class_tools.begin(tmp_path, *MARK, "--scheduler", cluster.address)
    while not cluster.sandboxes() and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert process.returncode == 130 and "Stopped: " in err and "Traceback" not in err
    deadline = time.monotonic() + 8  # what is being marked ends by itself
    while cluster.sandboxes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not cluster.sandboxes()


def test_a_scheduler_that_is_killed_is_told_of_and_the_run_goes_on_here(tmp_path):
    slow_class(tmp_path, 9)
    machines = Machines(tmp_path)
    try:
        machines.worker()
        process = class_tools.begin(tmp_path, *MARK, "--scheduler", machines.address)
        deadline = time.monotonic() + 30
        while not machines.sandboxes() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(2.5)
        machines.scheduler.kill()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 3
        sentence, next_step = err.splitlines()
        assert sentence == "The cluster is gone. What was marked is kept."
        assert next_step.startswith("Next: the same command goes on")
    finally:
        machines.end()
    before = records(tmp_path / "marks")
    assert 0 < len(before) < 9
    code, _, err = run(tmp_path, "mark", "in", *WORDS)
    assert (code, err) == (0, "")
    after = records(tmp_path / "marks")
    assert len(after) == 9 and before.items() <= after.items()


def test_a_cluster_without_workers_or_with_others_is_refused(tmp_path, class_of_40):
    shutil.copytree(class_of_40[0] / "in", tmp_path / "in")
    other = copy_of_the_book(tmp_path / "book")
    path = other / "grader" / "checks" / f"{CHAPTER.slug}.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# of next year\n", encoding="utf-8")
    machines = Machines(tmp_path)
    try:
        words = [*MARK, "--scheduler", machines.address]
        code, out, err = run(tmp_path, *words)
        assert (code, out) == (2, "") and err.startswith("The cluster has no worker.\nNext: ")
        machines.worker(PYTHONPATH=str(other))
        code, out, err = run(tmp_path, *words)
        assert (code, out) == (2, "")
        assert err.startswith("1 of 1 workers have another version of the book")
        assert "Next: install the same wheel" in err
        machines.worker()
        code, out, err = run(tmp_path, *words)
        assert code == 2 and err.startswith("1 of 2 workers have another version")
    finally:
        machines.end()
    assert records(tmp_path / "marks") == {}
