"""The reports of a run, once all is marked: who is who today, and how it was shut in."""

import csv
import stat

import pytest
from class_tools import ONLY, WORDS, run

from grader import book, stub, systems
from grader.classroom import sandbox

pytestmark = pytest.mark.skipif(not systems.has("fork"), reason="a class is marked on Linux")

CHAPTER = book.find_chapter("logistic_regression")
WORKSHEET = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments
Participant 7,Ada Lovelace,ada@example.org,Submitted for grading,,100.00,
Participant 8,Grace Hopper,grace@example.org,No submission,,100.00,
"""
OWN = "submission,name,email\nAda Lovelace_7,Ada King,ada@example.org\n"


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "class" / "Ada Lovelace_7_assignsubmission_file"
    folder.mkdir(parents=True)
    (folder / f"{CHAPTER.slug}.py").write_text(CHAPTER.source, encoding="utf-8")
    return tmp_path


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_roster_that_comes_after_the_marking_counts(handed_in):
    assert run(handed_in, "mark", "class", *WORDS)[0] == 0
    before = rows(handed_in / "marks" / "moodle.csv")
    assert [(r["Identifier"], r["Grade"], r["Maximum Grade"]) for r in before] == [
        ("Participant 7", "1.00", "1.00")
    ]
    (handed_in / "sheet.csv").write_text(WORKSHEET)
    code, out, err = run(handed_in, "mark", "class", *WORDS, "--roster", "sheet.csv")
    assert code == 0 and "handed in nothing: Grace Hopper" in out, err
    after = rows(handed_in / "marks" / "moodle.csv")
    assert [(r["Email address"], r["Grade"]) for r in after] == [
        ("ada@example.org", "100.00"),
        ("grace@example.org", ""),
    ]


def test_a_roster_of_ones_own_goes_into_both_gradebooks(handed_in):
    (handed_in / "own.csv").write_text(OWN)
    code, _, err = run(handed_in, "mark", "class", *WORDS, "--roster", "own.csv")
    assert code == 0, err
    (row,) = rows(handed_in / "marks" / "moodle.csv")
    assert (row["Full name"], row["Email address"], row["Grade"]) == (
        "Ada King",
        "ada@example.org",
        "1.00",
    )
    assert "Ada King" in (handed_in / "marks" / "canvas.csv").read_text(encoding="utf-8-sig")


def test_marks_that_lie_among_the_submissions_are_nobodys(handed_in):
    for _ in range(2):
        code, out, err = run(handed_in / "class", "mark", ".", *WORDS)
        assert code == 0 and "1 marked, 0 to look at, 0 missing." in out, err
    assert "Left out: marks (the marks of a run)." in out


def test_who_is_to_look_at_is_named_and_why(handed_in):
    folder = handed_in / "class" / "Ben Bell_9_assignsubmission_file"
    folder.mkdir()
    for name in ("logistic_regression.py", "logistic-regression.py"):
        (folder / name).write_text(stub.derive(CHAPTER.source))
    code, out, err = run(handed_in, "mark", "class", *WORDS)
    assert code == 0 and "1 marked, 1 to look at" in out, err
    assert "Ben Bell: 2 files could be meant" in out


def test_the_folder_of_the_marks_is_closed_to_others(handed_in):
    assert run(handed_in, "mark", "class", *WORDS)[0] == 0
    assert stat.S_IMODE((handed_in / "marks").stat().st_mode) == 0o700


def test_unsafe_is_said_where_it_was_and_only_there(handed_in, monkeypatch):
    monkeypatch.setenv("GRADER_WITHOUT", "landlock")
    code, out, err = run(handed_in, "mark", "class", *WORDS, "--unsafe")
    assert code == 0 and "UNSAFE" in out, err
    assert "UNSAFE" in (handed_in / "marks" / "report.html").read_text(encoding="utf-8")
    code, _, err = run(handed_in, "replay", "marks", "Ada Lovelace_7")
    assert code == 2 and "landlock" in err
    assert run(handed_in, "replay", "marks", "Ada Lovelace_7", "--unsafe")[0] == 0
    monkeypatch.delenv("GRADER_WITHOUT")
    if sandbox.means().level >= 2:
        code, out, err = run(handed_in, "mark", "class", *WORDS, "--unsafe", "--out", "safe")
        assert code == 0 and "UNSAFE" not in out, err
        assert f"{ONLY}" in (handed_in / "safe" / "report.html").read_text(encoding="utf-8")


def test_whoever_cannot_read_the_python_is_not_become(tmp_path):
    home = tmp_path / "home"
    (home / "python" / "lib").mkdir(parents=True)
    library = home / "python" / "lib" / "this.py"
    library.touch()
    for folder in (home, home / "python", home / "python" / "lib"):
        folder.chmod(0o755)
    library.chmod(0o644)
    places = [str(home / "python"), str(library), str(tmp_path / "not there")]
    assert sandbox.others_may_read(places, is_alone=False)
    home.chmod(0o700)
    assert sandbox.others_may_read(places, is_alone=False)  # a sandbox makes the way there anew
    assert not sandbox.others_may_read(places, is_alone=True)
    library.chmod(0o600)
    assert not sandbox.others_may_read(places, is_alone=False)


def test_chapters_stand_in_the_order_of_the_book(tmp_path):
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    slugs = ["statistics", "arrays", "costs"]
    for slug in slugs:
        source = stub.derive(book.find_chapter(slug).source)
        (folder / f"{slug}.py").write_text(source, encoding="utf-8")
    code, _, err = run(tmp_path, "mark", "class", "--chapter", *slugs, "--jobs", "1")
    assert code == 0, err
    numbers = sorted(book.find_chapter(slug).number for slug in slugs)
    (row,) = rows(tmp_path / "marks" / "moodle.csv")
    places = [row["Feedback comments"].index(f"chapter-{number:02d}") for number in numbers]
    assert places == sorted(places)
