"""The half hour: what passed comes back when it is due, on an empty page."""

import json
import types
from datetime import UTC, datetime, timedelta

import pytest
from book_tools import copy_of_the_book, grader

from grader import book, stub
from grader.desk import cards, page, progress, sprint, task
from grader.problems import Fault

CHAPTER = book.find_chapter("logistic_regression")
HOLES = [hole.name for hole in stub.holes(CHAPTER.source)]
SOLVED = stub.derive(CHAPTER.source, HOLES)
FILE = "sprint/logistic_regression.py"
EMPTY = '    raise NotImplementedError("sigmoid")\n'
ANSWER = "    e = np.exp(-abs(z))\n    return np.where(z >= 0, 1, e) / (1 + e)\n"
WRONG = "    return 1 / (1 + np.exp(z))\n"
DAY = timedelta(days=1)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Return a workspace where chapter 7 is solved; we are in it."""
    root = tmp_path / "my desk ü"
    (root / "exercises").mkdir(parents=True)
    (root / book.MARK).touch()
    monkeypatch.chdir(root)
    monkeypatch.setattr(task, "tasks", lambda chapter: [])
    CHAPTER.exercise.write_text(SOLVED, encoding="utf-8")
    return root


@pytest.fixture
def told(capsys):
    """Run a sprint and return what it printed as one line, and its exit code."""

    def run(now):
        code = sprint.sprint(now)
        return " ".join(capsys.readouterr().out.split()), code

    return run


def passed(*holes):
    for hole in holes:
        progress.note("check", CHAPTER.slug, hole, state="done", checks={}, source="", seconds=1.0)
    return datetime.now().astimezone()


def answer(desk, text, hole=EMPTY):
    source = (desk / FILE).read_text(encoding="utf-8")
    assert source.count(hole) == 1
    (desk / FILE).write_text(source.replace(hole, text), encoding="utf-8")


def last():
    return progress.events("sprint")[-1]


# From the first screen to the last


def test_a_sprint_as_a_learner_has_it(tmp_path, monkeypatch):
    home = copy_of_the_book(tmp_path / "book with ümlaut")
    first = grader(home, "sprint")
    assert first.returncode == 0 and "Nothing has passed yet" in first.stdout
    assert "Next: grader check chapter-00" in first.stdout

    (home / book.MARK).touch()
    monkeypatch.chdir(home)
    own = SOLVED.replace("error", "miss_é")
    CHAPTER.exercise.write_text(own, encoding="utf-8")
    passed("sigmoid")
    early = grader(home, "sprint")
    assert early.returncode == 0, early.stderr
    assert "No page is due; the next is sigmoid, in 2 days" in early.stdout
    assert "grader hunt logistic_regression" in early.stdout
    assert not (home / "sprint").exists()

    age(home, 3)
    begun = grader(home, "sprint")
    assert begun.returncode == 0, begun.stderr
    assert "1. Write sigmoid again, from an empty page: fill in line " in begun.stdout
    source = (home / FILE).read_text(encoding="utf-8")
    body = source.partition("\n\n")[2]
    assert source.startswith("# An empty page: write sigmoid again")
    assert body.count("raise NotImplementedError") == 1 and "miss_é" in body

    line = int(begun.stdout.split("fill in line ")[1].split()[0])
    assert source.splitlines(keepends=True)[line - 1] == EMPTY
    assert grader(home, "sprint").stdout == begun.stdout
    answer(home, WRONG)
    wrong = grader(home, "sprint")
    assert wrong.returncode == 1
    assert "✗" in wrong.stdout and f"Next: mend it in {FILE}" in wrong.stdout
    answer(home, ANSWER, WRONG)
    right = grader(home, "sprint")
    assert right.returncode == 0, right.stdout
    assert "3 of 3" in right.stdout and "Written again from an empty page in " in right.stdout
    assert max(map(len, (begun.stdout + wrong.stdout + right.stdout).splitlines())) <= 80
    after = grader(home, "sprint")
    assert "✓  sigmoid is written again." in after.stdout
    assert CHAPTER.exercise.read_text(encoding="utf-8") == own


def age(home, days):
    """Make every card so many days older, as if it had been dealt then."""
    for event in cards.hand(progress.events()).values():
        card = dict(event.about["card"])
        for key in ("due", "last_review"):
            card[key] = (datetime.fromisoformat(card[key]) - days * DAY).isoformat()
        cards.note(event.chapter, event.exercise, event.about["state"], card)


# What the cards hold


@pytest.mark.parametrize(
    "kinds, minutes, rating",
    [
        ([], 0, "easy"),
        ([], 30, "good"),
        (["hint", "hint"], 0, "hard"),
        (["hint", "reveal"], 0, "again"),
    ],
)
def test_a_card_is_rated_by_the_help_and_the_time_it_took(desk, told, kinds, minutes, rating):
    now = passed("sigmoid") + 3 * DAY
    progress.note("hint", CHAPTER.slug, "log_loss_gradient")
    told(now)
    begun = last()
    assert begun.about["state"] == "open" and begun.about["due"]
    for kind in kinds:
        progress.note(kind, CHAPTER.slug, "sigmoid")
    answer(desk, ANSWER)
    words, code = told(begun.time + timedelta(minutes=minutes))
    assert code == 0 and "It comes back" in words
    about = last().about
    assert (about["state"], about["rating"]) == ("written", rating)
    day = datetime.fromisoformat(about["due"])
    assert day.utcoffset() is not None and (day.hour, day.minute) == (0, 0)
    assert json.loads(json.dumps(about["card"])) == about["card"]


def test_the_more_help_the_sooner_it_comes_back():
    now = datetime(2025, 3, 4, 12, tzinfo=UTC)
    card = cards.review(None, cards.GOOD, now - 3 * DAY)
    days = [
        (cards.due(cards.review(card, rating, now), now) - now).days
        for rating in (cards.AGAIN, cards.HARD, cards.GOOD, cards.EASY)
    ]
    assert days[0] == 1 and days == sorted(set(days))
    assert cards.review(card, cards.GOOD, now) == cards.review(card, cards.GOOD, now)


@pytest.mark.parametrize("kind, rating", [("hint", "hard"), ("reveal", "again"), ("x", "good")])
def test_a_first_card_knows_the_help_that_came_before(desk, kind, rating):
    progress.note(kind, CHAPTER.slug, "sigmoid")
    progress.note("hint", CHAPTER.slug, "softmax")
    passed("sigmoid")
    progress.note("reveal", CHAPTER.slug, "sigmoid")
    cards.deal(progress.events())
    cards.deal(progress.events())
    assert [(e.exercise, e.about["rating"]) for e in progress.events("sprint")] == [
        ("sigmoid", rating)
    ]


def test_a_clock_set_back_puts_nothing_off_for_years():
    now = datetime(2025, 3, 4, 12, tzinfo=UTC)
    future = cards.review(None, cards.GOOD, now + 900 * DAY)
    assert cards.due(future, now) == now + 2 * DAY
    again = cards.review(future, cards.GOOD, now)
    assert timedelta(0) < cards.due(again, now) - now < 60 * DAY


def test_a_card_is_due_from_the_morning_of_its_day():
    evening = datetime(2025, 3, 4, 23, tzinfo=UTC)
    card = cards.review(None, cards.GOOD, evening)
    assert cards.is_due(card, datetime(2025, 3, 6, 1, tzinfo=UTC))
    assert not cards.is_due(card, datetime(2025, 3, 5, 23, 30, tzinfo=UTC))


def test_inputs_are_others_each_time(desk, told):
    now = passed("sigmoid")
    seeds = []
    for _ in range(2):
        now += 300 * DAY
        told(now)
        seeds.append(last().about["seed"])
        answer(desk, ANSWER)
        told(now)
    assert seeds == [1, 2]


# What the page holds


def test_the_longest_due_comes_first_and_one_page_at_a_time(desk, told):
    now = passed("softmax", "sigmoid") + 3 * DAY
    words, _ = told(now)
    assert "Write softmax again" in words  # it passed first
    assert "2 exercises are due" in words
    assert [e.about["state"] for e in progress.events("sprint")] == ["new", "new", "open"]


def test_around_the_page_stands_code_that_carries_it(desk, told):
    CHAPTER.exercise.write_text(
        SOLVED.replace("return np.where(z >= 0, 1, e) / (1 + e)", "return z  # spoilt"),
        encoding="utf-8",
    )
    words, _ = told(passed("log_loss_gradient", "sigmoid") + 3 * DAY)
    assert "Write log_loss_gradient again" in words
    source = page.path_of(CHAPTER).read_text(encoding="utf-8")
    assert "spoilt" not in source and "# hint" not in source  # what it calls is the book's
    assert "    return np.where(z >= 0, 1, e) / (1 + e)\n" in source
    assert source.count("raise NotImplementedError") == len(HOLES) - 1


@pytest.mark.parametrize("harm", ["gone", "broken"])
def test_an_exercise_file_that_cannot_be_read_stops_no_sprint(desk, told, harm):
    now = passed("sigmoid") + 3 * DAY
    if harm == "gone":
        CHAPTER.exercise.unlink()
    else:
        CHAPTER.exercise.write_text("def sigmoid(:")
    assert told(now)[1] == 0
    assert (desk / FILE).read_text(encoding="utf-8").count(EMPTY) == 1


def test_a_page_that_is_lost_is_written_anew_and_a_broken_one_is_called_that(desk, told):
    now = passed("sigmoid") + 3 * DAY
    told(now)
    first = (desk / FILE).read_text(encoding="utf-8")
    (desk / FILE).unlink()
    assert "Write sigmoid again" in told(now)[0]
    assert (desk / FILE).read_text(encoding="utf-8") == first
    (desk / FILE).write_text("def sigmoid(:\n")
    words, code = told(now)
    assert code == 1 and f"{FILE}, line 1: " in words and f"or delete {FILE}" in words
    assert last().about["state"] == "open"


def test_an_older_page_is_kept_aside(desk, told):
    now = passed("sigmoid") + 3 * DAY
    (desk / "sprint").mkdir()
    (desk / FILE).write_text("mine")
    told(now)
    assert [p.read_text() for p in (desk / ".grader" / "kept").iterdir()] == ["mine"]


# Days that end otherwise


def test_a_page_that_is_wrong_the_next_day_was_not_passed(desk, told):
    now = passed("sigmoid") + 3 * DAY
    told(now)
    assert told(now + 2 * DAY)[1] == 0  # still empty: not tried, so not failed
    assert last().about["state"] == "open"
    answer(desk, WRONG)
    words, code = told(last().time + DAY)
    assert code == 0 and "sigmoid comes back tomorrow" in words
    assert (last().about["state"], last().about["rating"]) == ("missed", "again")


def test_a_clock_set_back_rates_no_one_quick(desk, told):
    told(passed("sigmoid") + 3 * DAY)
    begun = last()
    answer(desk, ANSWER)
    words, _ = told(begun.time - timedelta(hours=2))
    assert "-" not in words.partition("Written again")[2].partition(".")[0]
    assert (last().about["rating"], last().about["seconds"]) == ("good", 0.0)


def test_the_day_is_done_when_all_three_are(desk, told, monkeypatch):
    tasks = [types.SimpleNamespace(name="one"), types.SimpleNamespace(name="two")]
    monkeypatch.setattr(task, "tasks", lambda chapter: tasks if chapter == CHAPTER else [])
    now = passed(*HOLES)
    words, _ = told(now)
    assert "grader hunt logistic_regression" in words
    assert "grader explain logistic_regression" in words
    progress.note("hunt", CHAPTER.slug, "sigmoid", state="open", why="x")
    assert "Go on with the hunt in logistic_regression: grader hunt" in told(now)[0]
    progress.note("hunt", CHAPTER.slug, "sigmoid", state="fixed", why="x")
    progress.note("explain", CHAPTER.slug, "one", right={"line": True, "cause": False})
    assert "grader explain" in told(now)[0]
    progress.note("explain", CHAPTER.slug, "one", right={"line": True, "cause": True})
    words, _ = told(now)
    assert "That was today's half hour." in words and "Next" not in words
    words, _ = told(now + DAY)
    assert "1. Find the mistake" in words and "2. Say which line is wrong" in words
    tasks.pop()
    assert "Say which line" not in told(now + DAY)[0]


def test_three_things_are_enough_though_more_is_due(desk, told):
    now = passed(*HOLES[:4])
    cards.deal(progress.events())
    age(desk, 3)
    for hole in HOLES[:3]:
        card = cards.review(None, cards.EASY, now)
        cards.note(CHAPTER.slug, hole, cards.WRITTEN, card)
    words, _ = told(now)
    assert "The rest can wait." in words and f"Write {HOLES[3]} again" in words


def test_what_is_no_more_in_the_book_is_not_asked(desk, told):
    now = passed("sigmoid") + 3 * DAY
    progress.note("check", "no_such_chapter", "f", state="done")
    progress.note("check", CHAPTER.slug, "no_such_hole", state="done")
    cards.note("no_such_chapter", "f", "open", cards.review(None, cards.GOOD, now - 9 * DAY))
    assert "Write sigmoid again" in told(now)[0]


def test_where_nothing_can_be_noted_it_says_so(desk, monkeypatch):
    now = passed("sigmoid")
    monkeypatch.setattr(progress, "note", lambda *_, **__: False)
    with pytest.raises(Fault, match="Nothing can be noted in .grader"):
        sprint.sprint(now)
