"""The two pages: they need nothing else, say what helps, and hold nobody else's data."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from invented_class import CHAPTER, HEADER, HOSTILE, OF, mistake, record, some

from grader.classroom import pages, paper
from grader.classroom.class_page import report
from grader.classroom.people import Learner
from grader.classroom.tally import Marked, Tally
from grader.problems import Fault
from grader.told import html

TAGS = set(
    "html meta title style h1 h2 h3 p span code pre ul ol li dl dt dd footer bdi a b br div table "
    "thead tr th td figure figcaption svg path rect text details summary".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class href role aria-label viewbox d x y".split()
    + ["width", "height"]
)
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
PAIR = {
    "a": "Ada Lovelace_101",
    "b": "Alan Turing_102",
    "share": 0.934,
    "blocks": [
        {
            "hole": "sigmoid",
            "a": [41, 43],
            "b": [50, 52],
            "a_text": f"    return {HOSTILE}\n" + "z" * 10_000,
            "b_text": "    return 2",
        }
    ],
}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.links, self.texts = set(), set(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.texts.append(data)


def feedback(*records, learner=None, **header):
    """Return the page of a learner."""
    learner = learner or Learner("ada_1", "Ada Lovelace")
    return pages.feedback(learner, records, HEADER | header)


def class_page(class_=None, **header):
    """Return the page of a class."""
    class_ = class_ or some()
    return "".join(report(HEADER | header, lambda: iter(class_), Tally.of_all(class_)))


def words(page):
    """Return the text of a page, on one line."""
    body = page.partition("</style>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def every_page():
    """Return each kind of page, with each kind of record."""
    found = [feedback(m.record, learner=m.learner) for m in some()]
    return [*found, class_page(notes=[HOSTILE], similar=[PAIR]), class_page(unsafe=True)]


def test_nothing_is_fetched_run_or_sent_whatever_the_texts():
    for text in every_page():
        page = Page(text)
        assert page.tags <= TAGS and page.attributes <= ATTRIBUTES
        assert all(re.fullmatch(r"feedback/[a-z0-9-]+\.html", link) for link in page.links)
        policy = "default-src 'none'; style-src 'unsafe-inline'; "
        assert f'<meta http-equiv="Content-Security-Policy" content="{policy}' in text
        assert "url(" not in text and "@import" not in text
        assert not CONTROL.search(text)
        assert max(map(len, text.splitlines())) < 5000
        assert "prefers-color-scheme: dark" in text and "@media print" in text


def test_feedback_says_what_the_terminal_says():
    page = words(feedback(record("mistaken")))
    wrong = next(e for e in record("mistaken")["exercises"] if e["name"] == "sigmoid")
    check = next(c for c in wrong["checks"] if c.get("diagnosis"))
    assert check["sentence"] in page and f"This is how it looks when {mistake()}" in page
    for check in wrong["checks"]:
        assert " ".join(check.get("yours", "").split()) in page
        assert " ".join(check.get("remark", "").split()) in page
    assert f"sigmoid wrong · warm-up · 0 of 1 point · line {wrong['line']}" in page
    assert f"{OF - 1} of {OF} points" in page
    assert "bubblewrap + landlock" in page and "2 March 2026" in page


@pytest.mark.parametrize(
    "field, value, wanted",
    [
        ("waits_for", "softmax", "It waits for softmax ."),
        ("notes", ["It takes (a); the book calls it with (z)."], "the book calls it with (z)."),
        ("error", "ValueError: no", "ValueError: no"),
        ("diagnosis", ["one", "two"], "This is how it looks when one or when two."),
        ("printed", "hello\n" * 9, "printed: hello hello hello hello hello hello … and 4 lines"),
        ("given", [["z", "3"]], "given z = 3 yours 1 wanted 2"),
        ("where", "the first of 2 results", "in the first of 2 results yours 1 wanted 2"),
        (
            "frames",
            [{"line": 7, "function": "sigmoid", "text": "return z", "values": [["z", "3"]]}],
            "line 7, in sigmoid: return z z = 3",
        ),
    ],
)
def test_feedback_has_all_that_a_check_says(field, value, wanted):
    found = record("mistaken")
    found["exercises"][0]["checks"][0] = {
        "check": "c",
        "hole": "sigmoid",
        "sentence": "a sentence",
        "state": "wrong",
        "yours": "1",
        "wanted": "2",
        field: value,
    }
    assert wanted in words(feedback(found))


def test_feedback_shows_where_a_file_breaks_off():
    page = feedback(record("broken"))
    assert f"exercises/{CHAPTER.slug}.py, line 29: invalid syntax." in words(page)
    assert "<pre>def (sigmoid(z):\n    ^</pre>" in page
    assert f"0 of {OF} points" in words(page)


def test_feedback_says_why_nothing_was_marked():
    page = words(feedback(record("missing")))
    assert "No points: nothing was marked." in page and "Nothing was handed in." in page
    assert "sigmoid" not in page


def test_feedback_holds_several_chapters_each_with_its_points():
    other = record("right", chapter="naive_bayes", points=3, of=10)
    page = words(feedback(record("mistaken"), other))
    assert f"{OF - 1 + 3} of {OF + 10} points" in page
    assert f"{OF - 1} of {OF} points" in page and "3 of 10 points" in page


def test_feedback_has_nobody_elses_name(tmp_path):
    class_ = some()
    header = HEADER | {"similar": [PAIR], "notes": ["Alan Turing handed in twice."]}
    pages.write(tmp_path, header, lambda: iter(class_), Tally.of_all(class_))
    for marked in class_:
        path = tmp_path / "feedback" / paper.file_name(marked.learner.key)
        text = path.read_text(encoding="utf-8")
        others = [m.learner for m in class_ if m is not marked]
        assert html(marked.learner.name, 100) in text
        assert not [who.name for who in others if html(who.name) in text]
        assert not [who.key for who in others if html(who.key) in text]


def test_a_run_without_the_sandbox_says_so_on_every_page():
    assert pages.UNSAFE in words(feedback(record("right"), unsafe=True))
    assert pages.UNSAFE in words(class_page(unsafe=True))
    assert "UNSAFE" not in feedback(record("right")) + class_page()


@pytest.mark.parametrize(
    "key",
    ["Ada Lovelace_1", "../../etc/passwd", "", "美咲", "CON", "a" * 300, HOSTILE, "a/b", "a b"],
)
def test_a_file_name_is_one_that_every_system_takes(key):
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}-[0-9a-f]{8}\.html", paper.file_name(key))


def test_two_keys_that_look_alike_have_two_files():
    keys = ["a/b", "a b", "A b", "é", "e\u0301", "美", "咲"]
    assert len({paper.file_name(key) for key in keys}) == len(keys)


def test_the_report_begins_with_what_to_explain_again():
    page = words(class_page())
    order = ["What to explain again", "What was handed in", "Points", "Exercises", "Everyone"]
    assert [page.index(f" {title} ") for title in order] == sorted(
        page.index(f" {title} ") for title in order
    )
    assert f"2 learners : {mistake()}." in page
    assert "For example Alan Turing :" in page


def test_the_report_counts_the_class():
    page = words(class_page())
    for told in (
        "learners 7",
        "files marked 6",
        "of these, could not be checked as a whole 1",
        "of these, marks copied from an identical file 1",
        "handed in, but nothing could be marked 0",
        "missing 1",
        "sigmoid warm-up 17% 1 3 2",
        "seconds 0.25 0.25 0.25 Ada Lovelace",
        "memory, MB 50 50 50 Ada Lovelace",
        "seed kept: a mark can be made again",
    ):
        assert told in page


def test_the_histogram_has_a_bar_for_each_mark_that_was_given():
    page = class_page()
    drawing = page[page.index("<svg") : page.index("</svg>")]
    assert drawing.count("<rect") == 3  # all, all but one, and none
    heights = {float(h) for h in re.findall(r'height="([\d.]+)"/>', drawing)}
    assert max(heights) == 120
    class_ = [
        Marked(Learner(f"{n}", "L"), record("right", points=n, of=100, exercises=[]))
        for n in range(101)
    ]
    page = class_page(class_)
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', page)
    assert len(bars) <= 21 and all(float(x) + float(wide) <= 360 for x, wide in bars)
    assert "Of 100 points the middle learner has 50. Each bar is 5 points wide." in words(page)


def test_the_report_lists_what_crashed_and_whose():
    found = record("right")
    found["exercises"][0]["state"] = "crashed"
    for check in found["exercises"][0]["checks"]:
        check |= {"state": "crashed", "error": "the process died"}
    page = words(class_page([Marked(Learner("a", "Ada"), found)]))
    assert "crashed: 1 Ada , sigmoid : the process died" in page
    many = [Marked(Learner(f"{n}", "Ada"), found) for n in range(150)]
    assert "… and 50 more" in words(class_page(many))


def test_pairs_that_are_alike_stand_side_by_side_as_a_hint():
    page = class_page(similar=[PAIR])
    assert "This is a hint for a person to look at, never a mark." in words(page)
    assert "93%: Ada Lovelace_101 and Alan Turing_102" in words(page)
    assert "lines 41 to 43" in words(page) and "lines 50 to 52" in words(page)
    assert "<pre>return 2</pre>" in page


def test_every_link_of_the_report_leads_to_a_page(tmp_path):
    class_ = some()
    files = pages.write(tmp_path, HEADER, lambda: iter(class_), Tally.of_all(class_))
    assert files == [tmp_path / "report.html", tmp_path / "feedback"]
    links = Page((tmp_path / "report.html").read_text(encoding="utf-8")).links
    assert {tmp_path / link for link in links} == set((tmp_path / "feedback").iterdir())


def test_a_page_that_cannot_be_written_is_a_fault(tmp_path):
    (tmp_path / "feedback").write_text("a file")
    class_ = some()
    with pytest.raises(Fault, match="cannot be written"):
        pages.write(tmp_path, HEADER, lambda: iter(class_), Tally.of_all(class_))
    assert not (tmp_path / "report.html").exists()


def test_a_class_of_which_nobody_handed_in_has_a_report():
    page = words(class_page([Marked(Learner("a", "Ada"), record("missing"))]))
    assert "No answer looks like a mistake that the book knows." in page
    assert "Nothing was marked." in page and "Ada Nothing was handed in." in page
