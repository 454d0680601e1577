"""Where a learner stands, in the terminal and as a page."""

import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from book_tools import copy_of_the_book, grader

from grader import book, family, stub
from grader.desk import ledger, progress, standing, status_page
from grader.find import hole_names

ARRAYS, LOGISTIC = book.find_chapter("arrays"), book.find_chapter("logistic_regression")
NOW = datetime(2026, 7, 14, 20, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a copy of the book in which one chapter is built on another."""
    home = copy_of_the_book(tmp_path_factory.mktemp("status"))
    path = home / "solutions" / "logistic_regression.py"
    path.write_text(LOGISTIC.source + "\n\nfrom solutions.arrays import standardize\n", "utf-8")
    return home


@pytest.fixture
def home(shared, monkeypatch):
    """Return the copy with nothing tried; this process writes what happened there."""
    shutil.rmtree(shared / ".grader", ignore_errors=True)
    for path in shared.glob("*.html"):
        path.unlink()
    write(shared, ARRAYS, stub.derive(ARRAYS.source))
    write(shared, LOGISTIC, LOGISTIC.source)
    (shared / book.MARK).touch()
    monkeypatch.chdir(shared)
    return shared


def write(home, chapter, source):
    (home / "exercises" / f"{chapter.slug}.py").write_text(source, encoding="utf-8")


def tried(chapter, exercise, state, days_ago=0, source=None):
    """Let an attempt have happened."""
    if source is None:
        node = stub.definitions(stub.parsed(chapter.source))[exercise]
        lines = stub.lines_of(chapter.source)[stub.first_line(node) - 1 : node.end_lineno]
        source = progress.fingerprint("".join(lines))
    happened("check", chapter.slug, exercise, days_ago, state=state, checks={}, source=source)


def happened(kind, slug, exercise, days_ago=0, **about):
    time = (datetime.now().astimezone() - timedelta(days=days_ago)).isoformat()
    with ledger.opened() as connection:
        connection.execute(ledger.ADD, (time, kind, slug, exercise, json.dumps(about)))


def event(kind, exercise, time=NOW, **about):
    return progress.Event(time, kind, "arrays", exercise, about)


def of_arrays(events, now=NOW):
    return {e.name: e for e in standing.standings(events, now)[0].exercises}


# What the events amount to


def test_the_last_attempt_says_whether_an_exercise_is_done():
    first, second, third = hole_names(ARRAYS)[:3]
    done, wrong = {"state": "done", "source": "a"}, {"state": "wrong", "source": "b"}
    exercises = of_arrays(
        [
            event("check", first, **wrong),
            event("check", second, **done),
            event("check", third, **done),
            event("check", first, NOW - timedelta(days=400), **done),  # the clock was set back
            event("check", second, **wrong),
            event("reset", third),
        ]
    )
    assert [exercises[name].state for name in (first, second, third)] == ["done", "wrong", ""]


def test_what_is_due_is_said_by_the_latest_sprint():
    first, second, third, fourth = hole_names(ARRAYS)[:4]
    yesterday, tomorrow = (str(NOW + timedelta(days=n)) for n in (-1, 1))
    exercises = of_arrays(
        [
            event("sprint", first, due=yesterday),
            event("sprint", second, due=tomorrow),
            event("sprint", second, due=yesterday),
            event("sprint", third, due=yesterday),
            event("sprint", third, due=tomorrow),
            event("sprint", fourth, due="some day"),
            event("sprint", "a function that is gone", due=yesterday),
        ]
    )
    assert [name for name, exercise in exercises.items() if exercise.is_due] == [first, second]


@pytest.mark.parametrize(
    ("days", "length"),
    [
        ([], (0, False)),
        ([0], (1, True)),
        ([1], (1, False)),
        ([2], (0, False)),
        ([0, 1, 1, 2, 4], (3, True)),
        ([1, 2, 3], (3, False)),
        ([0, 1, -300], (2, True)),  # once the clock was far ahead
        ([-3, -2, -1], (0, False)),  # and now it is set back
    ],
)
def test_the_streak_counts_days_in_a_row(days, length):
    events = [event("check", "f", NOW - timedelta(days=n)) for n in days]
    assert standing.streak(events, NOW.date()) == length


def test_a_day_is_one_of_trying_by_the_clock_on_the_wall():
    tokyo = datetime.fromisoformat("2026-07-14T06:00:00+09:00")  # still the 13th in London
    assert standing.streak([event("hunt", "", tokyo)], date(2026, 7, 14)) == (1, True)
    assert standing.streak([event("hint", "f", tokyo)], date(2026, 7, 14)) == (0, False)


# The screen


def test_who_has_not_begun_is_told_how_to(home):
    run = grader(home, "status")
    assert run.returncode == 0 and run.stderr == ""
    assert run.stdout.startswith("Nothing is tried yet: ")
    assert "open exercises/arrays.py" in run.stdout
    assert run.stdout.endswith("\nNext: grader check chapter-00\n")
    assert not (home / ".grader").exists(), "to look writes nothing"


def test_the_table_is_by_part_and_says_what_is_next(home):
    tried(LOGISTIC, "sigmoid", "done", days_ago=1)
    tried(LOGISTIC, "softmax", "wrong")
    for _ in range(5):  # of three that there are
        happened("hint", "logistic_regression", "softmax")
    run = grader(home, "status")
    lines = run.stdout.splitlines()
    assert lines[0].split() == ["done", "tried", "hints", "due"]
    part = [chapter for chapter in book.chapters() if chapter.part == LOGISTIC.part]
    every = sum(len(stub.holes(chapter.source)) for chapter in part)
    assert re.search(rf"^Supervised learning +1 of {every} yours$", run.stdout, re.M)
    row = re.search(r"^ +7  logistic regression  (\S{8}) +1 of 8 +2 +3$", run.stdout, re.M)
    assert row and row[1] == "✓····✗··"
    assert "Streak: 2 days, with today." in lines
    assert lines[-1] == "Next: fill in log_loss_gradient, then grader check log_loss_gradient"
    assert max(map(len, lines)) <= 80 and "\x1b" not in run.stdout


def test_code_that_changed_since_its_attempt_is_marked(home):
    tried(LOGISTIC, "sigmoid", "done")
    tried(LOGISTIC, "softmax", "done", source="another")
    run = grader(home, "status")
    assert "✓····~··" in run.stdout and "~ changed since" in run.stdout
    assert "Changed since the last check: softmax." in run.stdout
    assert run.stdout.endswith("\nNext: grader check softmax\n")
    write(home, LOGISTIC, "def")
    assert "~····~··" in grader(home, "status").stdout


def test_what_is_due_comes_first(home):
    tried(LOGISTIC, "sigmoid", "done")
    tomorrow = datetime.now().astimezone() + timedelta(days=1)
    happened("sprint", "logistic_regression", "sigmoid", due=tomorrow.isoformat())
    day = f"{tomorrow.day} {tomorrow:%B}"
    assert f"Nothing is due today; sigmoid is on {day}." in grader(home, "status").stdout
    happened("sprint", "logistic_regression", "sigmoid", due="2026-01-01T00:00:00+00:00")
    run = grader(home, "status")
    assert "Due today: sigmoid." in run.stdout and run.stdout.endswith("Next: grader sprint\n")


def test_narrow_plain_and_coloured_screens(home):
    tried(LOGISTIC, "sigmoid", "done")
    narrow = grader(home, "status", COLUMNS="50").stdout
    *lines, _ = narrow.splitlines()  # but for the command to type, which is one line
    assert max(map(len, lines)) <= 50 and "1 of 8" in narrow
    assert "+......." in grader(home, "status", PYTHONIOENCODING="ascii").stdout
    assert "\x1b[32m✓" in grader(home, "status", NO_COLOR="", FORCE_COLOR="1").stdout


def test_what_was_wrong_before_another_was_mended_is_checked_again(home):
    (home / "exercises" / "arrays.py").write_text(ARRAYS.source, encoding="utf-8")
    for name in hole_names(ARRAYS):
        tried(ARRAYS, name, "done")
    tried(ARRAYS, "NearestMean.fit", "wrong")
    assert "Next: grader hint NearestMean.fit" in grader(home, "status").stdout
    tried(ARRAYS, "one_hot", "done")  # which it calls
    assert "Next: grader check chapter-00" in grader(home, "status").stdout


def test_the_list_marks_what_is_done_and_what_is_begun(home):
    for name in hole_names(LOGISTIC):
        tried(LOGISTIC, name, "done")
    tried(ARRAYS, hole_names(ARRAYS)[0], "wrong")
    lines = grader(home, "list").stdout.splitlines()
    marked = [line[:12] for line in lines if "chapter-" in line and not line.startswith(" ")]
    assert marked == ["· chapter-00", "✓ chapter-07"]


# The page


def test_the_page_stands_alone_and_shows_the_marks(home):
    for name in hole_names(LOGISTIC):
        tried(LOGISTIC, name, "done")
    happened("sprint", "logistic_regression", "sigmoid", due="2026-01-01T00:00:00+00:00")
    run = grader(home, "status", "--html")
    assert run.returncode == 0 and run.stdout.startswith(
        "status.html is written.\nNext: open file:///"
    )
    page = (home / "status.html").read_text(encoding="utf-8")
    assert not re.search(r"https?:|//\w|<script|<link|@import|url\(", page)
    assert page.count("✓ 7 · Logistic regression") == 2, "on the wide map and on the narrow"
    lines = 1 + sum(len(family.builds_on(chapter)) for chapter in book.chapters())  # here 7 on 0
    assert page.count("<path ") == 2 * lines, (
        "a line on each map for each that a chapter is built on"
    )
    assert page.count('title="1 due">1<') == 2 and "Due today: sigmoid." in page
    assert "<code>grader sprint</code>" in page and "Streak: 1 day, with today." in page
    assert 'href="#logistic_regression"' in page and 'id="logistic_regression"' in page
    assert "prefers-color-scheme: dark" in page


def test_names_cannot_break_the_page(monkeypatch):
    monkeypatch.setattr(book.Chapter, "heading", property(lambda _: "<b>&</b>"))
    monkeypatch.setattr(book.Chapter, "part", property(lambda _: 'A "<i>" part'))
    found = standing.standings([], NOW)
    found[0].exercises[0].name = '<img src="x">'
    page = status_page.page(found, (0, False), NOW)
    assert "<b>" not in page and "<i>" not in page and "<img" not in page
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page and "&lt;img src=&quot;x&quot;&gt;" in page


def test_a_file_of_another_s_is_kept_aside(home):
    (home / "notes.html").write_text("mine", encoding="utf-8")
    first = grader(home, "status", "--html", "notes.html")
    assert "What was there is kept in .grader/kept/notes " in first.stdout
    (kept,) = (home / ".grader" / "kept").iterdir()
    assert kept.read_text(encoding="utf-8") == "mine"
    assert status_page.OURS in (home / "notes.html").read_text(encoding="utf-8")
    assert grader(home, "status", "--html", "notes.html").stdout.count("\n") == 2
    assert len(list((home / ".grader" / "kept").iterdir())) == 1


def test_a_folder_gets_a_page_in_it(home):
    (home / "pages").mkdir(exist_ok=True)
    assert "pages/status.html is written" in grader(home, "status", "--html", "pages").stdout
