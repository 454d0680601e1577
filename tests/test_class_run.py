"""`grader class` as a teacher types it: its marks, its refusals, and what kills it."""

import contextlib
import fcntl
import functools
import os
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import zipfile

import class_killed
import class_tools
import psutil
import pytest
from book_tools import reference_of, verdicts_on
from class_tools import ONLY, WORDS, all_end, groups_of, hand_in, records, run, tree

from grader import book, stub
from grader.classroom import cgroup, command, course, crew, marker, sandbox
from grader.classroom.people import Entry, Learner
from grader.classroom.store import Store
from grader.problems import Fault, Misuse
from grader.reference import Reference
from grader.submission import Obstacle

pytestmark = pytest.mark.skipif(
    sandbox.means().level < 2, reason="this machine cannot shut a submission in"
)
PYTHON_WORDS = ("Traceback", "Error:", "grader/")


@pytest.fixture(scope="module")
def class_of_60(tmp_path_factory):
    """A folder with what a class handed in, and its marks when nothing went wrong."""
    root = tmp_path_factory.mktemp("class")
    hand_in(root, 60)
    class_tools.begun(root, "undisturbed", *(f"run{i}" for i in range(8)))
    code, out, err = run(root, "mark", "in", *WORDS, "--out", "undisturbed")
    assert (code, err) == (0, "")
    assert "60 marked, 0 to look at, 0 missing." in out
    found = records(root / "undisturbed")
    assert len(found) == 60
    assert {record["points"] for record in found.values()} == {0, 1}
    return root, found


def test_from_the_rehearsal_to_the_gradebook_and_back(tmp_path):
    code, out, _ = run(tmp_path, "rehearse", "demo", "--chapter", "chapter-07", "--learners", "5")
    assert code == 0
    words = re.search(r"Next: grader class (mark .*)", out)[1].split()
    code, out, err = run(tmp_path, *words, "--only", ONLY)
    assert (code, err) == (0, "")  # no bar where nobody looks on
    assert out.splitlines() == [
        "5 marked, 0 to look at, 1 missing.",
        "1 of the roster handed in nothing: Zoe Late.",
        "Next: open marks/report.html",
    ]
    assert {"moodle.csv", "report.html", "marks.jsonl"} <= set(os.listdir(tmp_path / "marks"))
    again = run(tmp_path, *words, "--only", ONLY)
    assert again == (0, out, "")  # nothing is marked twice, all is written again

    code, out, _ = run(tmp_path, "replay", "marks", "1001")
    assert code == 0 and "The same marks as in the run." in out
    code, out, _ = run(tmp_path, "replay", "marks", "Zoe Late")
    assert code == 0 and "Nothing was handed in" in out


def test_a_bar_for_a_person_in_lines_that_fit(tmp_path, class_of_60):
    shutil.copytree(class_of_60[0] / "in", tmp_path / "in")
    mine, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    words = [sys.executable, "-m", "grader", "class", "mark", "in", *WORDS]
    around = {k: v for k, v in class_tools.environment().items() if k != "COLUMNS"}
    process = subprocess.Popen(words, cwd=tmp_path, env=around, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while True:
            shown += os.read(mine, 1 << 16)
    os.close(mine)
    assert process.wait() == 0
    bar, *lines = shown.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
    assert re.search(r"100%.* 60 of 60, [\d.]+/s, 00:00", bar)
    assert lines[-1] == "Next: open marks/report.html"
    assert max(len(line) for line in [*bar.split("\r"), *lines]) <= 40


def states(verdicts):
    """Return the state of every check."""
    return {(v.hole, v.check): v.state for of_one in verdicts.values() for v in of_one}


@pytest.mark.parametrize("slug", ["arrays", "costs", "logistic_regression"])
def test_marks_are_those_of_grader_check(slug):
    chapter = book.find_chapter(slug)
    mistakes = reference_of(chapter).mistakes[::8]
    sources = [chapter.source, stub.derive(chapter.source)]
    sources += [reference_of(chapter).mutant(mistake) for mistake in mistakes]
    for seed in (1, 1 << 90):
        reference = Reference(chapter, seed, kept=False)
        made = marker.Marker(chapter, seed, number=crew.number())
        try:
            found = [made.mark(source.encode()) for source in sources]
        finally:
            made.close()
        for source, record in zip(sources, found, strict=True):
            wanted = states(verdicts_on(chapter, source, reference=reference, seed=seed))
            assert wanted == {
                (exercise["name"], check["check"]): check["state"]
                for exercise in record["exercises"]
                for check in exercise["checks"]
            }
        right, empty, *mistaken = found
        assert right["points"] == right["of"] > 0 == empty["points"]
        for mistake, record in zip(mistakes, mistaken, strict=True):  # under either seed
            marks = {exercise["name"]: exercise["points"] for exercise in record["exercises"]}
            assert marks[mistake.in_] == 0


def refusals(root):
    """Return what a teacher may get wrong: the words, and a part of what is said."""
    (root / "empty").mkdir()
    (root / "broken.zip").write_bytes(b"PK\x03\x04 and then nothing of the kind")
    (root / "roster.csv").write_text("colour,shape\nred,round\n")
    with zipfile.ZipFile(root / "good.zip", "w") as archive:
        archive.writestr("Ada_1_assignsubmission_file/logistic_regression.py", "x = 1\n")
    (root / "text").mkdir()
    (root / "text" / "run.sqlite").write_text("no database, and longer than the head of one " * 9)
    (root / "file").write_text("")
    other = ["--chapter", "8"]
    return [
        (["mark", "nowhere", *WORDS], "nowhere is not there"),
        (["mark", "empty", *WORDS], "empty"),
        (["mark", "broken.zip", *WORDS], "broken.zip"),
        (["mark", "roster.csv", *WORDS], "roster.csv"),
        (["mark", "in", *WORDS, "--roster", "roster.csv"], "colour"),
        (["mark", "in", *WORDS, "--roster", "nowhere.csv"], "nowhere.csv"),
        (["mark", "in", "--chapter", "99"], "99"),
        (["mark", "in", *WORDS[:2], "--only", "sigmod"], "Did you mean sigmoid?"),
        (["mark", "in", *WORDS, "--jobs", "0"], "at least 1"),
        (["mark", "in", *WORDS, "--jobs", "two"], "two"),
        (["mark", "in", *WORDS, "--out", "file"], "file cannot be made"),
        (["mark", "in", *WORDS, "--out", "text"], "no run of grader class"),
        (["mark", "in", *other, "--out", "marks"], "with other chapters"),
        (["mark", "in", *WORDS[:2], "--out", "marks"], "with other exercises"),
        (["mark", "in", *WORDS, "--scheduler", "tcp://127.0.0.1:9"], "no Dask scheduler at"),
        (["mark", "in", *WORDS, "--scheduler", "nonsense"], "no Dask scheduler at"),
        (["mark", "in"], "--chapter"),
        (["replay", "empty", "Ada"], "no class was marked"),
        (["replay", "marks", "Nobody"], "no learner 'Nobody'"),
        (["rehearse", "empty", "--chapter", "7"], "is there already"),
        (["rehearse", "new", "--chapter", "7", "--learners", "0"], "at least 1"),
        (["rehearse", "file/new", "--chapter", "7"], "cannot be made"),
        (["unmark"], "no command 'unmark'"),
    ]


def test_what_a_teacher_gets_wrong_has_a_sentence_and_a_next_step(tmp_path, class_of_60):
    root, found = class_of_60
    shutil.copytree(root / "in", tmp_path / "in")
    shutil.copytree(root / "undisturbed", tmp_path / "marks")
    for words, part in refusals(tmp_path):
        code, out, err = run(tmp_path, *words)
        assert (code, out) == (2, ""), (words, out, err)
        next_step = err.splitlines()[-1]
        assert part in err, (words, err)
        assert next_step.startswith("Next: "), (words, err)
        assert not any(word in err for word in PYTHON_WORDS), (words, err)
    assert records(tmp_path / "marks") == found


def test_another_version_of_the_book_does_not_go_on_with_a_run(tmp_path, monkeypatch):
    hand_in(tmp_path, 2)
    class_tools.begun(tmp_path, "marks")
    monkeypatch.setattr(crew, "version_of", lambda slug: "another")
    with pytest.raises(Misuse, match="another version of the book") as refused:
        class_tools.begun(tmp_path, "marks")
    assert refused.value.next_step == "choose another --out"


def test_two_runs_into_one_folder(class_of_60):
    root, found = class_of_60
    first = class_tools.begin(root, "mark", "in", *WORDS, "--out", "run7")
    class_tools.wait_for(first, class_tools.is_of_pool)
    code, out, err = run(root, "mark", "in", *WORDS, "--out", "run7")
    assert (code, out) == (2, "") and "is at work" in err and "Next: wait" in err
    first.communicate(timeout=60)
    assert first.returncode == 0
    assert records(root / "run7") == found


def test_a_disk_that_fills(tmp_path, class_of_60):
    shutil.copytree(class_of_60[0] / "in", tmp_path / "in")
    shutil.copytree(class_of_60[0] / "run0", tmp_path / "marks")

    def bounded(size, *words):
        return run(
            tmp_path,
            *words or ("mark", "in", *WORDS),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        )

    code, out, err = bounded(120_000)  # the store
    assert (code, out) == (2, "")
    assert "cannot be written: no space is left" in err and "What was marked is kept." in err
    assert "Next: make room, then the same command goes on" in err
    some = records(tmp_path / "marks")
    assert 0 < len(some) < len(class_of_60[1])
    code, out, err = run(tmp_path, "mark", "in", *WORDS)
    assert (code, err) == (0, "")
    assert records(tmp_path / "marks") == class_of_60[1]
    report = (tmp_path / "marks" / "report.html").read_bytes()
    code, out, err = bounded(5_000)  # the reports
    assert (code, out) == (2, "") and "Next: make room" in err
    assert (tmp_path / "marks" / "report.html").read_bytes() == report
    assert not [name for name in os.listdir(tmp_path / "marks") if name.startswith(".")]
    code, out, err = bounded(500, "rehearse", "demo", "--chapter", "7")
    assert (code, out) == (2, "") and "Next: make room" in err


def test_ctrl_c_stops_at_once_and_the_same_command_goes_on(class_of_60):
    root, found = class_of_60
    told = []
    for seconds in (0, 0.05, 0.3, 0.5, 0.6):
        process = class_tools.begin(root, "mark", "in", *WORDS, "--out", "run1")
        class_tools.wait_for(process, class_tools.is_of_pool)
        time.sleep(seconds)
        every = tree(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        began = time.monotonic()
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - began < 2
        assert process.returncode in (130, 0), err
        assert all_end(every) and not groups_of(every)
        if process.returncode == 130:
            assert out == "" and err.startswith("\nStopped") and len(err.splitlines()) <= 3
            told += re.findall(r"Stopped: (\d+) of 60 are marked", err)
    assert told == sorted(told, key=int)
    code, _, err = run(root, "mark", "in", *WORDS, "--out", "run1")
    assert (code, err) == (0, "")
    assert records(root / "run1") == found


def test_killed_whole_at_any_moment_and_resumed(class_of_60):
    root, found = class_of_60
    *told, end, _ = class_killed.killed(root, "run2", found, kills=5, seconds=1.0)
    assert len(told) == 5 and end.startswith("one verdict for each of 60")


def test_nobody_lives_on_without_the_command(class_of_60):
    root, _ = class_of_60
    process = class_tools.begin(root, "mark", "in", *WORDS, "--out", "run3")
    class_tools.wait_for(process, class_tools.is_at_work)
    time.sleep(0.3)
    every = tree(process.pid)
    assert len(every) > 4
    process.kill()
    assert all_end(every)
    process.communicate()


def test_a_marking_process_that_is_killed_costs_nobody_a_point(class_of_60):
    root, found = class_of_60
    process = class_tools.begin(root, "mark", "in", *WORDS, "--out", "run4")
    class_tools.wait_for(process, class_tools.is_at_work)
    time.sleep(0.3)
    class_tools.kill(class_tools.wait_for(process, class_tools.is_of_pool)[0])
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert records(root / "run4") == found


def test_a_sandbox_that_is_killed_costs_nobody_a_point(class_of_60):
    root, found = class_of_60
    process = class_tools.begin(root, "mark", "in", *WORDS, "--out", "run5", "--jobs", "1")
    killed = []

    def is_next(one):
        return class_tools.is_at_work(one) and one not in killed

    for _ in range(3):
        killed += class_tools.wait_for(process, is_next)
        class_tools.kill(killed[-1])
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert records(root / "run5") == found


class Team:
    """A crew that fails as it is told."""

    jobs = 2

    def __init__(self, mark):
        self.mark = mark
        self.asked = []

    def submit(self, settings, slug, data):
        from concurrent.futures import Future

        self.asked.append(data)
        future = Future()
        try:
            future.set_result(self.mark(data))
        except Exception as error:
            future.set_exception(error)
        return future


CHAPTER = class_tools.CHAPTER
EMPTY = stub.derive(CHAPTER.source).encode()


def course_of(tmp_path, mark, files):
    """Return a store after a course, and the files that the crew was asked for."""
    store = Store(tmp_path / "run.sqlite", {"seed": 1})
    entries = [
        Entry(Learner(str(i), f"Learner {i}"), CHAPTER.slug, read=functools.partial(bytes, file))
        for i, file in enumerate(files)
    ]
    team = Team(mark)
    try:
        course.Course(store, crew.Settings(1, (), False, ()), lambda: None).run(entries, team)
        return {m.learner.key: m.record for m in store.marked()}, team.asked
    finally:
        store.close()


def test_who_breaks_the_marking_twice_is_looked_at_by_hand_and_no_other(tmp_path):
    def mark(data):
        if data == b"bad":
            raise EOFError("it broke")
        return {"points": 1, "same_as": ""}

    found, asked = course_of(tmp_path, mark, [b"good", b"bad", b"fine", b"bad"])
    assert [found[key].get("problem") for key in "02"] == [None, None]
    assert "broke off twice" in found["1"]["problem"] and "it broke" in found["1"]["problem"]
    assert found["3"]["same_as"] == "1" and found["1"]["points"] == found["3"]["points"] == 0
    assert asked.count(b"bad") == 2 and asked.count(EMPTY) == 1


def test_nobody_is_blamed_where_nothing_can_be_marked(tmp_path):
    def mark(data):
        raise EOFError

    with pytest.raises(Fault, match="Nothing can be marked here any more"):
        course_of(tmp_path, mark, [b"good", b"fine"])
    store = Store(tmp_path / "run.sqlite")
    assert store.count() == 0
    store.close()


def test_a_worker_of_another_version_that_comes_later_is_told_of(tmp_path):
    def mark(data):
        if data == b"second":
            raise crew.OtherVersion(CHAPTER.slug)
        return {"points": 1, "same_as": ""}

    with pytest.raises(Misuse, match="another version") as refused:
        course_of(tmp_path, mark, [b"first", b"second"])
    assert "the same command goes on" in refused.value.next_step
    store = Store(tmp_path / "run.sqlite")
    assert store.count() <= 1
    store.close()


def test_a_group_of_one_that_nobody_has_taken_notice_of_is_swept():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert cgroup.has_ended(str(process.pid))
    assert cgroup.has_ended(str(process.pid))
    assert not cgroup.has_ended(str(os.getpid()))


def test_what_cannot_be_read_is_a_problem_of_one(tmp_path):
    def unreadable():
        raise Obstacle("It is too large.", "hand in less")

    def gone():
        raise FileNotFoundError(2, "No such file or directory")

    store = Store(tmp_path / "run.sqlite", {"seed": 1})
    entries = [
        Entry(Learner(str(i), f"Learner {i}"), CHAPTER.slug, "in/x.py", read=read)
        for i, read in enumerate([unreadable, gone, lambda: b"good"])
    ]
    ticks = []
    made = course.Course(store, crew.Settings(1, (), False, ()), lambda: ticks.append(1))
    team = Team(lambda data: {"points": 1, "problem": "", "same_as": ""})
    made.run(entries, team)
    said = [m.record["problem"] for m in store.marked()]
    assert said == ["It is too large.", "in/x.py cannot be read: No such file or directory", ""]
    assert len(ticks) == 3
    entries[2] = Entry(entries[2].learner, CHAPTER.slug, read=lambda: b"better")
    again = course.Course(store, made.settings, lambda: None)
    again.run(entries, team)
    assert again.changed == ["Learner 2"] and team.asked == [b"good"]
    store.close()


def test_every_marking_process_has_a_number_of_its_own():
    import multiprocessing

    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1) as pool:
        theirs = pool.apply(crew.number)
        assert isinstance(theirs, int) and theirs != crew.number() == crew.number()


def test_no_marking_process_stays_below_the_level_of_the_run(monkeypatch):
    import dataclasses

    weak = dataclasses.replace(sandbox.means(), bubblewrap="", refusal="not today")

    def means():
        return weak

    means.cache_clear = lambda: None
    monkeypatch.setattr(sandbox, "means", means)
    versions = ((CHAPTER.slug, crew.version_of(CHAPTER.slug)),)
    settings = crew.Settings(1, (), False, versions, (ONLY,), level=3)
    with pytest.raises(Fault, match="less well than when the run began"):
        crew.mark(settings, CHAPTER.slug, EMPTY)
    assert not crew.at_hand


def test_only_is_kept_in_the_order_of_the_book():
    names = [hole.name for hole in stub.holes(CHAPTER.source)]
    assert command.chosen([names[2], names[0], names[0]], [CHAPTER]) == [names[0], names[2]]
