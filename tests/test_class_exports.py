"""The exports: each in the documented form of the program that reads it, whatever the texts."""

import csv
import json
import re
import resource
import tracemalloc
import xml.etree.ElementTree as ElementTree

import pytest
from invented_class import CHAPTER, FORMULAS, HEADER, HOLES, HOSTILE, OF, mistake, record, some

from grader.classroom import exports, paper
from grader.classroom.people import Learner
from grader.classroom.tally import Marked, Tally, by_learner
from grader.problems import Fault

OTHER = "naive_bayes"
MOODLE = {
    "Identifier": "Participant 12",
    "Full name": "=Ada",
    "Email address": "+ada@example.org",
    "Status": "Submitted for grading  - ",
    "Grade": "",
    "Maximum Grade": "100,00",
    "Grade can be changed": "Yes",
    "Last modified (submission)": "-",
    "Online text": "@x",
    "Last modified (grade)": "-",
    "Feedback comments": "",
}
CANVAS = {
    "Student": "=Lovelace, Ada",
    "ID": "4711",
    "SIS User ID": "007",
    "SIS Login ID": "-ada",
    "Integration ID": "",
    "Section": "@one",
    "chapter-07 (99)": "1",
    "Essay (100)": "17",
    "Final Score": "50",
}


def written(folder, class_):
    """Write the exports of a class; return their names."""
    files = exports.write(folder, HEADER, lambda: iter(class_), Tally.of_all(class_))
    return {path.name for path in files}


def rows(path):
    """Return the rows of a CSV file, as another program reads it."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_moodle_gets_its_worksheet(tmp_path):
    written(tmp_path, some())
    head, *lines = rows(tmp_path / "moodle.csv")
    assert head == [
        "Identifier",
        "Full name",
        "Email address",
        "Status",
        "Grade",
        "Maximum Grade",
        "Grade can be changed",
        "Last modified (grade)",
        "Feedback comments",
    ]
    assert all(len(line) == len(head) for line in lines)
    assert all(re.fullmatch(r"Participant \d+", line[0]) for line in lines)
    assert lines[0][4:6] == [f"{OF}.00", f"{OF}.00"]
    assert lines[0][8].startswith(f"{OF} of {OF} points. Done: sigmoid")
    assert lines[4][4] == "0.00" and "could not be checked: exercises/" in lines[4][8]
    assert lines[5][3:5] == ["", ""] and lines[5][8] == "Nothing was handed in."
    assert "<" not in lines[6][8]  # Moodle takes it for HTML


def test_moodles_own_worksheet_comes_back_with_nothing_but_marks_in_it(tmp_path):
    half = record("right", points=OF // 2)
    names = written(tmp_path, [Marked(Learner("a", "A", "12", "", MOODLE), half)])
    assert "canvas.csv" not in names
    head, line = rows(tmp_path / "moodle.csv")
    assert head == list(MOODLE)
    after = dict(zip(head, line, strict=True))
    assert after["Grade"] == "50,00"  # on its own scale, with its own comma
    assert after["Feedback comments"].startswith(f"{OF // 2} of {OF} points.")
    ours = {"Grade", "Feedback comments"}
    assert {k: v for k, v in after.items() if k not in ours} == {
        k: v for k, v in MOODLE.items() if k not in ours
    }


def test_who_handed_in_nothing_keeps_the_grade_that_moodle_has(tmp_path):
    row = MOODLE | {"Grade": "33,00"}
    written(tmp_path, [Marked(Learner("a", "A", "12", "", row), record("missing"))])
    head, line = rows(tmp_path / "moodle.csv")
    assert line[head.index("Grade")] == "33,00"


def test_who_is_not_in_the_worksheet_has_a_line_in_its_columns(tmp_path):
    class_ = [
        Marked(Learner("a", "A", "12", "", MOODLE), record("right")),
        Marked(Learner("b", "B", "13"), record("right")),
    ]
    written(tmp_path, class_)
    head, _, line = rows(tmp_path / "moodle.csv")
    assert line[head.index("Identifier")] == "Participant 13"
    assert line[head.index("Grade")] == f"{OF}.00"
    assert len(line) == len(head)


def test_canvas_gets_its_gradebook(tmp_path):
    written(tmp_path, some())
    head, possible, *lines = rows(tmp_path / "canvas.csv")
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert head[5:] == [f"{CHAPTER.name} {CHAPTER.heading}"]
    assert "Points Possible" in possible[0] and possible[1:] == ["", "", "", "", str(OF)]
    assert lines[0] == ["Ada Lovelace", "101", "", "", "", str(OF)]
    assert lines[5][5] == ""  # missing: Canvas leaves the score as it is
    assert all(len(line) == len(head) for line in lines)


def test_canvas_own_gradebook_comes_back_with_who_and_the_assignment_that_is_meant(tmp_path):
    names = written(tmp_path, [Marked(Learner("a", "A", "4711", "", CANVAS), record("right"))])
    assert "moodle.csv" not in names
    head, possible, line = rows(tmp_path / "canvas.csv")
    assert head == [*list(CANVAS)[:6], "chapter-07 (99)"]
    assert line == ["=Lovelace, Ada", "4711", "007", "-ada", "", "@one", str(OF)]
    assert possible[-1] == str(OF)


def test_chapters_add_up_for_moodle_and_stand_side_by_side_for_canvas(tmp_path):
    ada = Learner("ada", "Ada", "1")
    other = record("right", chapter=OTHER, points=3, of=10, exercises=[])
    class_ = [Marked(ada, record("right")), Marked(ada, other)]
    class_ += [Marked(Learner("bob", "Bob", "2"), record("missing", chapter=OTHER, of=10))]
    written(tmp_path, class_)
    assert rows(tmp_path / "moodle.csv")[1][4:6] == [f"{OF + 3}.00", f"{OF + 10}.00"]
    _, possible, first, second = rows(tmp_path / "canvas.csv")
    assert possible[5:] == [str(OF), "10"]
    assert first[5:] == [str(OF), "3"] and second[5:] == ["", ""]


@pytest.mark.parametrize("name", FORMULAS)
def test_no_name_is_a_formula_wherever_a_spreadsheet_parts_the_cells(tmp_path, name):
    learner = Learner(name, name, "", name)
    written(tmp_path, [Marked(learner, record("missing", problem=name))])
    for file in ("moodle.csv", "canvas.csv"):
        cells = [cell for row in rows(tmp_path / file) for cell in row]
        parts = [part for cell in cells for part in re.split(r"[;,\t\r\n|\"]", cell)]
        assert not [part for part in parts if part.lstrip()[:1] in tuple("=+-@＝＋－＠")]


GRADESCOPE = {
    "score": (int, float),
    "execution_time": int,
    "output": str,
    "output_format": ("text", "html", "simple_format", "md", "ansi"),
    "visibility": ("hidden", "after_due_date", "after_published", "visible"),
    "stdout_visibility": ("hidden", "after_due_date", "after_published", "visible"),
    "tests": list,
}
GRADESCOPE_TEST = {
    "score": (int, float),
    "max_score": (int, float),
    "status": ("passed", "failed"),
    "name": str,
    "name_format": ("text", "html", "simple_format", "md", "ansi"),
    "number": str,
    "output": str,
    "output_format": ("text", "html", "simple_format", "md", "ansi"),
    "visibility": ("hidden", "after_due_date", "after_published", "visible"),
}


def is_as(value, wanted):
    """Return whether a value is of a type, or one of some words."""
    is_words = isinstance(wanted, tuple) and isinstance(wanted[0], str)
    return value in wanted if is_words else isinstance(value, wanted)


@pytest.mark.parametrize("kind", ["right", "mistaken", "empty", "broken", "missing", "hostile"])
def test_gradescope_gets_its_results(kind):
    found = json.loads(json.dumps(exports.gradescope(record(kind))))
    assert found.keys() == GRADESCOPE.keys()
    assert all(is_as(found[key], wanted) for key, wanted in GRADESCOPE.items())
    for test in found["tests"]:
        assert test.keys() == GRADESCOPE_TEST.keys()
        assert all(is_as(test[key], wanted) for key, wanted in GRADESCOPE_TEST.items())
    assert [test["number"] for test in found["tests"]] == [str(n + 1) for n in range(len(HOLES))]
    assert sum(test["score"] for test in found["tests"]) == found["score"]
    assert sum(test["max_score"] for test in found["tests"]) == OF
    assert "\x1b" not in found["output"] + "".join(test["output"] for test in found["tests"])


# junit-10.xsd of Jenkins's xUnit plugin: for each element its children and attributes,
# the needed ones with an exclamation mark
JUNIT = {
    "testsuites": ("testsuite", "name time tests failures errors"),
    "testsuite": (
        "testsuite properties testcase system-out system-err",
        "name! tests! failures! errors! group time skipped timestamp hostname id package file log "
        "url",
    ),
    "testcase": (
        "skipped error failure rerunFailure rerunError flakyFailure flakyError system-out "
        "system-err",
        "name! time classname group",
    ),
    "failure": ("", "type message"),
    "error": ("", "type message"),
    "skipped": ("", "type message"),
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def against_the_schema(element):
    """Return what an element and those in it have that the schema does not allow."""
    children, attributes = (text.split() for text in JUNIT[element.tag])
    known = {name.rstrip("!") for name in attributes}
    found = [f"{element.tag} has {name}" for name in element.attrib if name not in known]
    needed = {name.rstrip("!") for name in attributes if name.endswith("!")}
    found += [f"{element.tag} lacks {name}" for name in needed - element.attrib.keys()]
    if not TIME.fullmatch(element.get("time", "")):
        found.append(f"time is {element.get('time')}")
    for child in element:
        allowed = child.tag in children
        found += against_the_schema(child) if allowed else [f"{child.tag} in {element.tag}"]
    return found


def test_junit_is_valid_and_counts_what_it_holds(tmp_path):
    class_ = some()
    written(tmp_path, class_)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert against_the_schema(root) == []
    assert len(root) == len(class_)
    for suite in root:
        cases = suite.findall("testcase")
        counts = [len(suite.findall(f"testcase/{k}")) for k in ("failure", "error", "skipped")]
        assert [suite.get(k) for k in ("tests", "failures", "errors", "skipped")] == [
            str(n) for n in (len(cases), *counts)
        ]
        assert suite.get("timestamp") == HEADER["begun"]
    right, mistaken, _, empty, broken, missing, _ = root
    assert right.get("failures") == "0" and right.get("name").startswith("Ada Lovelace")
    assert f"This is how it looks when {mistake()}." in " ".join(
        "".join(mistaken.itertext()).split()
    )
    assert empty.get("skipped") == empty.get("tests")
    assert "invalid syntax" in broken.find("testcase/error").get("message")
    assert missing.find("testcase/error").text == "Nothing was handed in."


def test_a_crash_is_an_error_for_junit():
    crashed = record("right")
    crashed["exercises"][0]["checks"][0] |= {"state": "crashed", "error": "the process died"}
    suite = ElementTree.fromstring(exports.junit_suite(Learner("a", "A"), crashed, "now"))
    assert suite.get("errors") == "1" and "the process died" in suite.find("testcase/error").text


def test_json_lines_hold_every_record_with_its_learner(tmp_path):
    class_ = some()[:-1]
    written(tmp_path, class_)
    lines = (tmp_path / "marks.jsonl").read_bytes().splitlines()
    for marked, line in zip(class_, lines, strict=True):
        found = json.loads(line)
        assert found.pop("learner") == {
            "key": marked.learner.key,
            "name": marked.learner.name,
            "id": marked.learner.id,
        }
        assert found == marked.record


def test_github_marks_the_lines_that_failed():
    lines = list(exports.job_annotations(record("mistaken")))
    start = f"::error file=exercises/{CHAPTER.slug}.py,line="
    assert lines and all(line.startswith(start) for line in lines)
    assert any(mistake() in line.replace("%0A       ", "") for line in lines)
    hostile = list(exports.job_annotations(record("hostile")))
    assert not any("\n" in line or "\x1b" in line for line in hostile)
    [line] = exports.job_annotations(record("broken"), "a.py")
    assert line.startswith("::error file=a.py,line=29,title=grader::")
    assert list(exports.job_annotations(record("right"))) == []


def test_the_job_summary_is_a_table_that_no_text_breaks():
    page = exports.job_summary(record("mistaken"))
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(HOLES) and all(line.count("|") == 4 for line in table)
    broken = record("broken")
    broken["obstacle"]["sentence"] = HOSTILE
    page = exports.job_summary(broken)
    assert "<" not in page and "`" not in page and "\x1b" not in page


def test_the_summary_of_a_class_names_nobody(tmp_path):
    class_ = some()
    written(tmp_path, class_)
    page = (tmp_path / "github-summary.md").read_text(encoding="utf-8")
    assert "6 marked, 0 not markable, 1 missing." in page
    assert "| 2 |" in next(line for line in page.splitlines() if paper.markdown(mistake()) in line)
    assert not [m.learner.name for m in class_ if m.learner.name in page]


def test_a_full_disk_is_a_sentence_and_what_was_there_stays(tmp_path):
    written(tmp_path, some())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    class_ = some()
    tally = Tally.of_all(class_)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(Fault) as fault:
            exports.write(tmp_path, HEADER, lambda: iter(class_), tally)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "cannot be written to: File too large." in fault.value.sentence
    assert "make room" in fault.value.next_step
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_memory_stays_flat(tmp_path):
    text = json.dumps(record("mistaken"))

    def class_of(size):
        return (Marked(Learner(f"{n}", f"L{n}"), json.loads(text)) for n in range(size))

    def peak(size):
        tracemalloc.start()
        exports.write(tmp_path, HEADER, lambda: class_of(size), Tally.of_all(class_of(size)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(5)  # what is imported and kept once
    assert peak(300) - peak(30) < 10 * len(text)


def test_the_tally_counts_a_learner_once_for_a_mistake():
    class_ = some()
    tally = Tally.of_all(class_)
    assert (tally.learners, tally.handed_in, tally.missing) == (7, 6, 1)
    assert (tally.obstacles, tally.copied, tally.unmarked) == (1, 1, 0)
    assert tally.mistakes[CHAPTER.slug, "sigmoid", mistake()].times == 2
    assert tally.points.total() == 6 and tally.points[OF] == 1
    assert tally.tasks[CHAPTER.slug, "sigmoid"].states["done"] == 1
    assert len(tally.seconds.values) == 5  # the copied one took no time


def test_figures_tell_the_middle_and_the_most():
    tally = Tally()
    for n in range(1, 101):
        tally.add(Learner(f"{n}", f"L{n}"), [record("empty", seconds=float(n))])
    found = tally.seconds
    assert [found.part(share) for share in (0.5, 0.95, 1)] == [50, 95, 100]
    assert found.worst.key == "100"


def test_a_learners_records_are_taken_together():
    one, two = Learner("1", "Same Name"), Learner("2", "Same Name")
    class_ = [Marked(one, {"n": 1}), Marked(one, {"n": 2}), Marked(two, {"n": 3})]
    assert [(who.key, len(records)) for who, records in by_learner(class_)] == [("1", 2), ("2", 1)]
