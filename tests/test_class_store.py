"""A run's file: one verdict each, only ever added to, whole whatever kills process or disk."""

import json
import multiprocessing
import random
import shutil
import sqlite3

import pytest

from grader.classroom.people import Entry, Learner
from grader.classroom.store import VERSION, Store, digest_of
from grader.problems import Misuse

SLUG = "logistic_regression"
ABOUT = {"seed": 1 << 100, "chapters": [SLUG]}


def add(store, number, data=b"x = 1\n", **record):
    """Add one verdict."""
    learner = Learner(f"learner{number}", f"Learner {number}", str(number), row={"Group": "B"})
    entry = Entry(learner, SLUG, f"in/{number}")
    store.add(entry, digest_of(data) if data else "", data, {"points": number, **record})


@pytest.fixture
def store(tmp_path):
    """A store with three verdicts, two of them of one file."""
    store = Store(tmp_path / "run.sqlite", ABOUT)
    for number in range(2):
        add(store, number)
    add(store, 2, b"y = 2\n")
    yield store
    store.close()


def test_what_was_added_is_there_after_it_was_closed(store):
    store.close()
    again = Store(store.path)
    assert again.about == {"version": VERSION, **ABOUT}
    assert [m.record["points"] for m in again.marked()] == [0, 1, 2]
    assert next(again.marked()).learner == Learner("learner0", "Learner 0", "0", "", {"Group": "B"})
    assert again.source(digest_of(b"y = 2\n")) == b"y = 2\n"
    assert again.twin(SLUG, digest_of(b"x = 1\n")) == ("learner0", {"points": 0})
    assert again.twin(SLUG, digest_of(b"z")) is None
    assert again.digest("learner2", SLUG) == digest_of(b"y = 2\n")
    assert again.digest("learner3", SLUG) is None
    assert [key for key, _ in again.sources(SLUG)] == ["learner0", "learner1", "learner2"]
    assert again.count() == 3
    again.close()


def test_an_identical_file_is_kept_once(store):
    assert store.file.execute("SELECT count(*) FROM source").fetchone() == (2,)


@pytest.mark.parametrize("table", ["about", "source", "verdict"])
def test_the_file_itself_refuses_any_change(store, table):
    before = store.file.execute(f"SELECT * FROM {table}").fetchall()
    column = store.file.execute(f"SELECT * FROM {table}").description[-1][0]
    store.close()
    other = sqlite3.connect(store.path)  # whoever opens it
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        other.execute(f"UPDATE {table} SET {column} = ''")
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        other.execute(f"DELETE FROM {table}")
    line = ", ".join("?" * len(before[0]))
    changed = (*before[0][:-1], "changed")
    if table == "source":
        other.execute(f"INSERT OR REPLACE INTO {table} VALUES ({line})", changed)
    else:
        with pytest.raises(sqlite3.IntegrityError, match="there already"):
            other.execute(f"INSERT OR REPLACE INTO {table} VALUES ({line})", changed)
    assert other.execute(f"SELECT * FROM {table}").fetchall() == before
    other.close()


def test_a_second_verdict_is_refused(store):
    with pytest.raises(Misuse, match="there already"):
        add(store, 1, b"z = 3\n")
    assert [m.record["points"] for m in store.marked()] == [0, 1, 2]
    assert store.source(digest_of(b"z = 3\n")) == b""  # at once or not at all
    add(store, 3)
    assert store.count() == 4


def open_it(path, answers):
    try:
        Store(path, ABOUT).close()
        answers.put("opened")
    except Misuse as misuse:
        answers.put((misuse.sentence, misuse.next_step))


def test_a_second_process_is_kept_out_and_let_in_afterwards(store):
    spawn = multiprocessing.get_context("spawn")
    answers = spawn.Queue()

    def ask():
        process = spawn.Process(target=open_it, args=(store.path, answers))
        process.start()
        answer = answers.get(timeout=30)
        process.join()
        process.close()
        return answer

    sentence, next_step = ask()
    assert "another grader class is marking into it" in sentence and "wait" in next_step
    store.close()
    assert ask() == "opened"
    answers.close()
    answers.join_thread()


@pytest.mark.parametrize("seed", range(12))
def test_a_torn_log_loses_its_end_and_nothing_else(store, tmp_path, seed):
    for number in range(3, 30):
        add(store, number, f"x = {number}\n".encode())
    # as after kill -9: nobody has tidied up
    torn = tmp_path / "torn.sqlite"
    shutil.copy(store.path, torn)
    log = store.path.with_name("run.sqlite-wal").read_bytes()
    rng = random.Random(seed)
    size = rng.randrange(len(log))
    torn.with_name("torn.sqlite-wal").write_bytes(log[:size] + rng.randbytes(seed % 3 * 100))
    again = Store(torn, ABOUT)
    kept = again.count()
    records = {m.learner.key: m.record["points"] for m in again.marked()}
    assert records == {f"learner{number}": number for number in range(kept)}
    assert len(list(again.sources(SLUG))) == kept
    add(again, 100)
    assert again.count() == kept + 1
    assert again.file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    again.close()


def test_a_full_disk_says_so_and_keeps_what_was_marked(store):
    (pages,) = store.file.execute("PRAGMA page_count").fetchone()
    store.file.execute(f"PRAGMA max_page_count = {pages + 4}")
    count = 3
    with pytest.raises(Misuse, match=r"no space is left .* What was marked is kept") as refused:
        for count in range(3, 1000):
            add(store, count, random.Random(count).randbytes(1000))
    assert "make room" in refused.value.next_step
    assert store.count() == count > 3
    store.close()
    again = Store(store.path)
    add(again, count)
    assert [m.record["points"] for m in again.marked()].count(count) == 1
    again.close()


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (b"# not a database, but longer than the head of one\n" * 100, "no run of grader class"),
        (None, "cannot be used"),  # a folder
    ],
)
def test_what_is_no_run_is_refused_and_left_as_it_is(tmp_path, what, said):
    path = tmp_path / "run.sqlite"
    path.mkdir() if what is None else path.write_bytes(what)
    with pytest.raises(Misuse, match=said) as refused:
        Store(path, ABOUT)
    assert refused.value.next_step == "choose another --out"
    assert path.is_dir() if what is None else path.read_bytes() == what


def test_a_database_of_others_is_refused(tmp_path):
    path = tmp_path / "run.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE song (name TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(Misuse, match="no run of grader class"):
        Store(path, ABOUT)
    assert path.read_bytes() == before


def test_a_run_of_another_version_is_refused(tmp_path):
    for _ in ("made", "opened again"):
        with pytest.raises(Misuse, match="another version of the grader"):
            Store(tmp_path / "run.sqlite", ABOUT | {"version": VERSION + 1})


def test_a_damaged_file_is_told_of(store):
    for number in range(3, 60):
        add(store, number, f"x = {number}\n".encode(), more=json.dumps(list(range(200))))
    store.close()
    data = bytearray(store.path.read_bytes())
    data[8192:-4096] = random.Random(0).randbytes(len(data) - 12288)
    store.path.write_bytes(data)
    with pytest.raises(Misuse, match="damaged|cannot be used"):
        again = Store(store.path)
        try:
            list(again.marked())
        finally:
            again.close()
