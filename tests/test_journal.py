"""The journal: notes are added, never changed, and the person's editor is asked."""

import re
import sys
from datetime import date

import pytest
from book_tools import copy_of_the_book, grader

from grader import book
from grader.desk import journal
from grader.problems import Fault, Misuse

DAY = date(2025, 3, 4)
FILE = "journal/logistic_regression.md"
NO_EDITOR = {"VISUAL": "", "EDITOR": ""}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of_the_book(tmp_path_factory.mktemp("book with ümlaut"))


def test_notes_and_the_day_s_questions_stand_in_one_file(home):
    noted = grader(home, "journal", "7", "the", "bias is", "not penalised: why?")
    assert (noted.returncode, noted.stdout) == (0, f"Noted in {FILE}.\n")
    first = (home / FILE).read_text(encoding="utf-8")
    assert re.fullmatch(
        r"# Logistic regression\n\n## \d{4}-\d\d-\d\d\n\nthe bias is not penalised: why\?\n", first
    )
    opened = grader(home, "journal", "logistic_regression", **NO_EDITOR)
    assert opened.returncode == 0 and FILE in opened.stdout and "Next: open it" in opened.stdout
    second = (home / FILE).read_text(encoding="utf-8")
    assert second.startswith(first)
    assert second.count("\n**") == 4
    assert "**Why does the line describe the log-odds and not the probability?**" in second
    grader(home, "journal", "7", **NO_EDITOR)
    assert (home / FILE).read_text(encoding="utf-8") == second


def test_the_editor_is_given_the_file(home):
    program = home / "my editor.py"
    program.write_text("import sys; print('edits', *sys.argv[1:])")
    command = f'"{sys.executable}" "{program}" --wait'
    opened = grader(home, "journal", "0", VISUAL=command, EDITOR="other")
    assert opened.stdout == f"edits --wait {home / 'journal' / 'arrays.md'}\n", opened.stderr
    assert opened.returncode == 0
    missing = grader(home, "journal", "0", VISUAL="", EDITOR="no-such-editor -w")
    assert missing.returncode == 2 and "Traceback" not in missing.stderr
    assert "'no-such-editor -w' does not start" in missing.stderr
    assert "journal/arrays.md" in missing.stderr and "Next: set EDITOR" in missing.stderr
    failing = grader(home, "journal", "0", EDITOR=f'"{sys.executable}" -c "exit(7)"')
    assert failing.returncode == 1
    assert "ended with code 7" in " ".join(failing.stdout.split())
    assert "journal/arrays.md" in failing.stdout


def test_a_note_needs_no_chapter_but_a_lone_word_is_one(home):
    assert grader(home, "journal", "an idea on the way").stdout == "Noted in journal/notes.md.\n"
    assert grader(home, "journal", "today", "I", "saw").stdout == "Noted in journal/notes.md.\n"
    text = (home / "journal" / "notes.md").read_text(encoding="utf-8")
    assert text.startswith("# Notes\n\n## ")
    assert text.endswith("\n\nan idea on the way\n\ntoday I saw\n")
    unknown = grader(home, "journal", "logistik")
    assert unknown.returncode == 2 and "Did you mean logistic_regression?" in unknown.stderr


def test_a_note_may_begin_with_a_word_that_is_a_chapter(home):
    grader(home, "journal", "arrays", "are", "great")
    text = (home / "journal" / "arrays.md").read_text(encoding="utf-8")
    assert text.endswith("\n\narrays are great\n")


def test_every_chapter_asks_its_questions(chapter):
    asked = journal.questions(chapter)
    section = chapter.prose.read_text(encoding="utf-8").split("\n## Aha\n")[1].split("\n## ")[0]
    assert len(asked) == section.count("??? question") >= 3
    assert all(question.strip() == question and '"' not in question for question in asked)


@pytest.mark.parametrize(
    "before, added",
    [
        ("", "# Title\n\n## 2025-03-04\n\nnote\n"),
        ("# Mine", "\n\n## 2025-03-04\n\nnote\n"),
        ("# Mine\n", "\n## 2025-03-04\n\nnote\n"),
        ("# Mine\n\n", "## 2025-03-04\n\nnote\n"),
        ("## 2025-03-04\n\nearlier\n", "\nnote\n"),
        ("## 2025-03-04\n", "\nnote\n"),
        ("## 2025-03-04\n\n## 2025-03-09\n", "\n## 2025-03-04\n\nnote\n"),
    ],
)
def test_the_day_stands_above_what_is_noted_once(before, added):
    assert journal.entry(before, "Title", DAY, "note", []) == added


def test_questions_are_asked_once_a_day():
    before = journal.entry("", "Title", DAY, "", ["Why?", "How?"])
    assert before == "# Title\n\n## 2025-03-04\n\n**Why?**\n\n**How?**\n"
    assert journal.entry(before + "\nBecause.\n", "Title", DAY, "", ["Why?", "How?"]) == ""
    tomorrow = journal.entry(before, "Title", date(2025, 3, 5), "", ["Why?"])
    assert tomorrow == "\n## 2025-03-05\n\n**Why?**\n"


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_ends_and_odd_bytes_stay_as_they_are(tmp_path, end):
    path = tmp_path / "a b ü" / "x.md"
    journal.add(path, "Title", DAY, "first")
    before = path.read_bytes().replace(b"\n", end) + b"caf\xe9"
    path.write_bytes(before)
    journal.add(path, "Title", DAY, "second é")
    assert path.read_bytes() == before + (end * 2 + "second é".encode() + end)


def test_a_journal_that_cannot_be_written_loses_nothing_and_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / book.MARK).touch()
    path = tmp_path / "journal" / "x.md"
    path.mkdir(parents=True)  # nobody can write into that, root neither
    with pytest.raises(Fault, match=r"journal/x\.md cannot be written"):
        journal.add(path, "Title", DAY, "note")
    other = path.with_name("y.md")
    other.write_bytes("Notiz".encode("utf-16"))
    with pytest.raises(Misuse, match="UTF-16"):
        journal.add(other, "Title", DAY, "note")
    assert other.read_bytes() == "Notiz".encode("utf-16")
