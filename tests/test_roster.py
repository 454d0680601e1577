"""The list of the class is read in its three forms, and what is wrong with one is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.classroom import naming, roster
from grader.problems import Misuse

MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    '"Last modified (submission)","Last modified (grade)",Feedback comments\r\n'
    'Participant 12345,Ada Lovelace,ada@example.org,"Submitted for grading",,100.00,Yes,-,-,\r\n'
    'Participant 12346,"Hopper, Grace",grace@example.org,"No submission",,100.00,Yes,-,-,\r\n'
)
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Logistic regression (881)\r\n"
    ",,,,,Manual Posting\r\n"
    "    Points Possible,,,,,16.00\r\n"
    '"Lovelace, Ada",4711,S1,ada@example.org,Monday,\r\n'
    '"Hopper, Grace",4712,S2,ghopper,Monday,3\r\n'
)


@pytest.fixture
def saved(tmp_path):
    def save(text: str | bytes) -> Path:
        path = tmp_path / "roster.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return save


def row_of(known: roster.Roster, key: str, name: str = "", id: str = "", form: str = "") -> int:
    found = known.find(naming.Whose(key, name or key, id, form))
    return -1 if found is None else found


def test_our_form(saved):
    known = roster.read(
        saved("submission,name,id,email\nada.zip,Ada Lovelace,7,a@x.org\nteam-1,,,\n")
    )
    assert known.kind == "own"
    assert known.columns == ["submission", "name", "id", "email"]
    assert row_of(known, "ada") == 0
    assert row_of(known, "ADA") == 0
    assert row_of(known, "Ada_Lovelace") == 0
    assert row_of(known, "someone", id="7") == 0
    assert row_of(known, "team 1") == 1
    assert row_of(known, "grace") == -1
    ada = known.learner(0, None)
    assert (ada.key, ada.name, ada.id, ada.email) == ("ada", "Ada Lovelace", "7", "a@x.org")
    assert ada.row["submission"] == "ada.zip"


def test_what_a_submission_is_called_goes_before_anybodys_name(saved):
    known = roster.read(saved("submission,name\nada,Grace\ngrace,Ada\n"))
    assert [row_of(known, "ada"), row_of(known, "grace")] == [0, 1]


def test_a_name_that_two_have_finds_neither(saved):
    known = roster.read(saved("submission,name\na,Ann Lee\nb,Ann Lee\n"))
    assert row_of(known, "ann lee") == -1


@pytest.mark.parametrize("mark, encoding", [(b"\xef\xbb\xbf", "utf-8"), (b"", "cp1252")])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_as_spreadsheets_save_it(saved, mark, encoding, between):
    text = f"Submission{between}Name\r\nzoe{between}Zoë Müller\r\n\r\n"
    known = roster.read(saved(mark + text.encode(encoding)))
    assert known.rows == [{"submission": "zoe", "name": "Zoë Müller"}]


def test_utf_16_of_a_spreadsheet(saved):
    known = roster.read(saved("submission\tname\nzoe\tZoë\n".encode("utf-16")))
    assert known.rows[0]["name"] == "Zoë"


def test_moodles_worksheet(saved):
    known = roster.read(saved(b"\xef\xbb\xbf" + MOODLE.encode()))
    assert known.kind == "moodle"
    assert known.columns[0] == "Identifier"
    assert known.columns[-1] == "Feedback comments"
    assert [row["Identifier"] for row in known.rows] == ["Participant 12345", "Participant 12346"]
    assert row_of(known, "Ada Lovelace_12345", "Ada Lovelace", "12345", "moodle") == 0
    assert row_of(known, "Participant_12346", "Participant 12346", "12346", "moodle") == 1
    assert row_of(known, "ada lovelace") == 0
    grace = known.learner(1, None)
    assert (grace.key, grace.id) == ("Hopper, Grace_12346", "12346")
    assert grace.email == "grace@example.org"


def test_moodles_number_goes_before_the_name(saved):
    known = roster.read(saved(MOODLE))
    assert row_of(known, "Ada Lovelace_999", "Ada Lovelace", "999", "moodle") == -1


def test_canvas_gradebook_without_its_two_lines_that_are_nobodys(saved):
    known = roster.read(saved(CANVAS))
    assert known.kind == "canvas"
    assert [row["ID"] for row in known.rows] == ["4711", "4712"]
    assert row_of(known, "lovelaceada_4711", "lovelaceada", "4711", "canvas") == 0
    assert row_of(known, "Grace Hopper") == 1
    assert row_of(known, "ghopper") == 1
    assert row_of(known, "hoppergrace") == 1
    ada = known.learner(0, None)
    assert (ada.key, ada.name, ada.id) == ("lovelaceada_4711", "Ada Lovelace", "4711")
    assert ada.email == "ada@example.org"
    assert known.learner(1, None).email == ""


@pytest.mark.parametrize(
    "text, words",
    [
        ("submission,nickname\nada,x\n", ["nickname", "not known"]),
        ("name,email\nada,x\n", ["no column submission", "name, email"]),
        ("who,what\nada,x\n", ["no form that is known", "who, what"]),
        ("submission,name,name\nada,x,y\n", ["two columns 'name'"]),
        ("submission,id\nada,1\ngrace,1\n", ["id '1'", "line 2", "line 3"]),
        ("submission\nada\nAda.zip\n", ["'ada'", "line 2", "line 3"]),
        ("submission,name\n,Ada\n", ["line 2", "no submission"]),
        ("submission,name\nada,Lovelace, Ada\n", ["line 2", "3 fields"]),
        (MOODLE + MOODLE.splitlines()[1], ["Participant 12345", "line 2", "line 4"]),
        (CANVAS + '"Lovelace, A.",4711,,,,\n', ["ID '4711'", "line 4", "line 6"]),
        (CANVAS + '"Noether, Emmy",,,,,\n', ["line 6", "no ID"]),
        ("submission,name\n", ["lists nobody"]),
        ("", ["is empty"]),
        ('submission\n"' + "a" * 200_000, ["no CSV"]),
    ],
)
def test_what_is_wrong_is_said(saved, text, words):
    with pytest.raises(Misuse) as told:
        roster.read(saved(text))
    assert told.value.next_step
    for word in words:
        assert word in told.value.sentence


def test_no_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Misuse, match="cannot be read"):
            roster.read(path)


def test_bytes_that_are_no_text_do_not_stop_it(saved):
    with pytest.raises(Misuse, match="no form that is known"):
        roster.read(saved(bytes(range(256))))


def test_a_name_that_steers_a_terminal_is_shown_clean(saved):
    known = roster.read(saved('submission,name\nada,"A\x1b[31mda\nLove\u202elace"\n'))
    learner = known.learner(0, None)
    assert learner.name == "A\ufffd[31mda Love\ufffdlace"
    assert learner.row["name"] == "A\x1b[31mda\nLove\u202elace"
