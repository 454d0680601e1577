"""What was written goes out as a file and comes back: every function the same, nothing lost."""

import json
import os
import subprocess
import sys

import pytest
from book_tools import grader
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import book, command, edit, stub
from grader.desk import exchange, progress, texts
from grader.desk.texts import Unfit
from grader.submission import MAX_SIZE
from press.weave import shown

SEVEN = book.find_chapter("logistic_regression")
STUB = stub.derive(SEVEN.source)
HOLES = [hole.name for hole in stub.holes(SEVEN.source)]
FILE = "exercises/logistic_regression.py"
SIGMOID = "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))"
FIT = "def fit(self, X, y):\n    # a remark\n    self.w_ = X.T @ y\n    return self\n    # another"

REFERENCE = '''\
"""Means: of numbers."""

import numpy as np

SMALL = 1e-9


def center(x):
    """Return x without its mean."""
    # your turn (warm-up)
    return x - x.mean()


# the book's own remark
def spread(x):
    """Return how far x is from its mean."""
    return np.abs(center(x)).mean()


class Model:
    """A mean that learns."""

    def fit(self, x):
        """Learn the mean."""
        # your turn (core)
        self.mean_ = x.mean()
        return self

    def predict(self, x):
        """Return the mean for each."""
        # your turn (core)
        return np.full(len(x), self.mean_)


def last(x):
    # your turn (core)
    return x[-1]
'''
EMPTY = stub.derive(REFERENCE)
NAMES = [hole.name for hole in stub.holes(REFERENCE)]


def put(source, name, text):
    return texts.put(source, name, texts.read(text, name), EMPTY)


def taken(source, name):
    return texts.taken(source, name, EMPTY)[0]


# A text out of a file, and into one


def test_a_text_is_what_the_page_shows_and_the_reference_goes_round(chapter):
    empty = stub.derive(chapter.source)
    made = empty
    for hole in stub.holes(chapter.source):
        blank, along = texts.taken(empty, hole.name, empty)
        assert blank == shown(chapter.slug, hole.name) and along == []
        assert texts.is_empty(blank, blank)
        text, along = texts.taken(chapter.source, hole.name, empty)
        assert along == [] and not texts.is_empty(text, blank)
        made = texts.put(made, hole.name, texts.read(text, hole.name), empty)
    assert made == chapter.source


BESIDE = {
    "an import": "import math\n\n\ndef center(x):\n    return math.pi + x",
    "a helper that needs another": (
        "import math\n\nTWO = 2\n\n\n# mine\ndef helper(x):\n    return TWO * math.pi\n\n\n"
        "# what I think\n@helper\ndef center(x):\n    return x\n    # and so on"
    ),
    "a class": "class Mine:\n    x = 1\n\n\ndef center(x=Mine):\n    return x.x",
    "one under a condition": "if E:\n    import a\nelse:\n    a = 0\n\n\ndef center(x):\n    a",
    "on one line": "import a; b = 2\n\n\ndef center(x): return a, b",
}


@pytest.mark.parametrize("text", BESIDE.values(), ids=BESIDE.keys())
def test_what_a_function_needs_stands_above_it_and_comes_along(text):
    made = put(EMPTY, "center", text)
    assert taken(made, "center") == text
    assert made.replace(f"{text}\n", "…") == EMPTY.replace(f"{taken(EMPTY, 'center')}\n", "…")
    assert put(made, "center", text) == made
    for name in NAMES[1:]:
        assert taken(made, name) == taken(EMPTY, name)


def test_a_helper_comes_along_wherever_it_stands():
    mine = EMPTY.replace("import numpy as np\n", "import math\nimport numpy as np\n")
    mine += "\n\ndef helper(x):\n    return math.e * SMALL\n\n\ndef not_needed(x):\n    return x\n"
    mine = put(mine, "center", "def center(x):\n    return helper(x)")
    text, along = texts.taken(mine, "center", EMPTY)
    assert text == (
        "import math\n\n\ndef helper(x):\n    return math.e * SMALL\n\n\n"
        "def center(x):\n    return helper(x)"
    )
    assert along == ["import math", "helper"]
    assert taken(put(EMPTY, "center", text), "center") == text


def test_with_a_method_comes_what_it_needs_in_its_class():
    text = "def half(self, x):\n    return x / 2\n\n\ndef fit(self, x):\n    return self.half(x)"
    made = put(EMPTY, "Model.fit", text)
    assert "\n    def half(self, x):\n        return x / 2\n" in made
    assert taken(made, "Model.fit") == text
    both = put(made, "Model.predict", text.replace("fit", "predict"))
    assert both.count("def half") == 1
    assert taken(both, "Model.predict") == text.replace("fit", "predict").replace("\n\n\n", "\n\n")


def test_of_two_helpers_with_one_name_that_of_the_text_stays():
    one = "def helper():\n    return 1\n\n\ndef center(x):\n    return helper()"
    made = put(EMPTY, "center", one)
    two = put(made, "last", one.replace("return 1", "return 2").replace("center", "last"))
    assert two.count("def helper") == 1 and "return 2" in two and "return 1" not in two
    assert taken(two, "last") == one.replace("return 1", "return 2").replace("center", "last")
    assert taken(two, "center") == one.replace("return 1", "return 2")


def test_strings_of_several_lines_keep_every_sign_and_docstrings_move_along():
    text = (
        'def fit(self, x):\n    """Doc.\n\n    More.\n    """\n    a = """one\n two\nthree"""\n'
        '    b = \'four\\\n five\'\n    c = f"""{a\n    }\n six"""\n    return a, b, c'
    )
    made = put(EMPTY, "Model.fit", text)
    scopes = [{}, {}]
    exec(made, scopes[0])
    exec(text, scopes[1])
    assert scopes[0]["Model"]().fit(1) == scopes[1]["fit"](None, 1)
    assert "        More.\n" in made and "\n two\nthree" in made
    assert taken(made, "Model.fit") == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def centre(x):\n    return x", "its text defines center nowhere"),
        ("class Model:\n    def center(self):\n        pass", "its text defines center nowhere"),
        ("def center(x):\n    return x\n" * 2, "its text defines center more than once"),
        ("def center(x):\n    return (x", "its text, line 2: '\\(' was never closed"),
        ("def spread(x):\n    pass\n\ndef center(x):\n    pass", "its text defines spread as well"),
        ("SMALL = 2\n\ndef center(x):\n    pass", "its text defines SMALL as well"),
        ("def center(x):\n    return '\ud800'", "a sign that no file can hold"),
        ("def center(x):\n    return '\0'", "nested too deeply|NUL|null"),
        (f"def center(x):\n    # {'x' * MAX_SIZE}\n    pass", "its text is larger than 128 KB"),
        (f"def center(x):\n    return {'(' * 5000}x{')' * 5000}", "too many nested|too deeply"),
        ("if 1:\n    def center(x):\n        2\ndef center(x):\n    1", "does not fit"),
    ],
)  # fmt: skip
def test_a_text_that_does_not_fit_says_why(text, why):
    with pytest.raises(Unfit, match=why):
        put(EMPTY, "center", text)


def test_what_the_chapter_has_already_may_stand_in_a_text():
    text = "import numpy as np\n\nSMALL = 1e-9\n\n\ndef center(x):\n    return x - SMALL"
    made = put(EMPTY, "center", text)
    assert made.count("import numpy") == made.count("SMALL =") == 1
    assert taken(made, "center") == "def center(x):\n    return x - SMALL"


def test_a_long_chain_is_not_too_deep():
    text = f"def center(x):\n    return {' + '.join(['x'] * 700)}"
    assert taken(put(EMPTY, "center", text), "center") == text


def test_an_indented_text_with_the_line_ends_of_windows_is_moved_to_the_margin():
    text = "\r\n    def center(x):\r\n        return x\r\n\r\n"
    assert taken(put(EMPTY, "center", text), "center") == "def center(x):\n    return x"


def test_empty_is_what_has_nothing_but_the_line_that_raises():
    blank = taken(EMPTY, "center")
    raises = '    raise NotImplementedError("center")'
    assert texts.is_empty(blank.replace("    # your turn (warm-up)\n", ""), blank)
    assert texts.is_empty(blank.replace(raises, f"\n{raises}\n\n"), blank)
    for more in ("    y = x\n", "    # a thought\n"):
        assert not texts.is_empty(blank.replace(raises, more + raises), blank)


LINES = [
    'a = """one\n  two\nthree"""',
    "b = 'one\\\n two'",
    'c = f"""{a\n}\n  q"""',
    "# a remark",
    "if x:\n    pass\n    # deeper\nelse:\n    x = 1",
    'def inner(y):\n    """Doc.\n\n    More.\n      Further.\n    """\n    return y',
    "d = (\n  'e'\n'f'\n)",
    "for i in x:\n\tx = i",
    '"""no docstring\n  x"""',
    "",
    "   ",
    "return helper(x), K, math",
]
ABOVE = [
    "import math",
    'K = """\n x\n# y\n"""',
    "# mine\ndef helper(x):\n    return K",
    "# a thought",
]


@st.composite
def typed(draw, name):
    """Return what somebody may type for an exercise."""
    body = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=6))
    body = [*body, "return helper(x), K, math"]
    lines = [f"    {line}" for line in "\n".join(body).split("\n")]
    inside = draw(st.booleans())  # strings are anything; code is moved in as it was above
    doc = ['    """Doc.\n    More."""'] if inside else []
    above = [part for part in ABOVE if draw(st.booleans())]
    end = ["    # the end"] if draw(st.booleans()) else []
    head = f"def {name.rpartition('.')[2]}(x):"
    return "\n\n".join([*above, "\n".join([head, *doc, *lines, *end])])


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(NAMES))
def test_whatever_is_typed_comes_back_and_touches_nothing_else(data, name):
    text = data.draw(typed(name))
    if "." in name:  # in a class only what stands behind a dot is found there
        text = text[text.index("def fit" if name.endswith("fit") else "def predict") :]
    made = put(EMPTY, name, text)
    assert taken(made, name) == text.rstrip()
    assert put(made, name, text) == made
    others = [other for other in NAMES if other != name]
    assert [taken(made, other) for other in others] == [taken(EMPTY, other) for other in others]
    again = put(made, name, data.draw(typed(name)))
    back = put(again, name, text)
    assert stub.definitions(stub.parsed(back)).keys() >= stub.definitions(stub.parsed(EMPTY)).keys()
    assert taken(back, name).endswith(text[text.index("def ") :].rstrip().splitlines()[-1])


# The commands


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a workspace, in which we are."""
    return workspace(tmp_path / "w", monkeypatch)


def workspace(folder, monkeypatch):
    (folder / "exercises").mkdir(parents=True)
    (folder / book.MARK).write_text('book = "1"\n')
    for chapter in book.chapters():
        path = folder / "exercises" / f"{chapter.slug}.py"
        path.write_text(stub.derive(chapter.source), "utf-8", newline="\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder


@pytest.fixture
def say(capsys):
    """Return a function that types a command and returns its exit code and what it says."""

    def typed(*words):
        capsys.readouterr()
        code = command.run(list(map(str, words)))
        out, err = capsys.readouterr()
        assert max(map(len, out.splitlines()), default=0) <= 80
        return code, " ".join((out + err).split())

    return typed


def exported(exercises, path="in.json", chapter="logistic_regression", version=1):
    told = {name: {"text": text, "passed": True} for name, text in exercises.items()}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"ground-up": version, "exercises": {chapter: told}}, file)
    return path


def kept(home):
    return sorted((home / ".grader" / "kept").glob("*"))


def files(home):
    return {path.name: path.read_bytes() for path in (home / "exercises").iterdir()}


def test_the_whole_book_goes_out_and_into_another_workspace_and_is_right_there(
    home, tmp_path, monkeypatch, say
):
    for chapter in book.chapters():
        (home / "exercises" / f"{chapter.slug}.py").write_text(chapter.source, "utf-8")
    holes = sum(len(stub.holes(chapter.source)) for chapter in book.chapters())
    code, said = say("export")
    assert code == 0
    assert f"{holes} exercises of {len(book.chapters())} chapters, none passed." in said
    before = files(home)
    other = workspace(tmp_path / "other", monkeypatch)
    code, said = say("import", home / "ground-up.json")
    assert code == 0 and f"{holes} exercises came in. Next: grader check chapter-00" in said
    assert files(other) == before and kept(other) == []
    for name in ("arrays", "logistic_regression"):
        check = grader(other, "check", name, PYTHONPATH=str(book.ROOT))
        assert check.returncode == 0, check.stdout
    assert say("export")[0] == 0
    first, second = (json.loads((w / "ground-up.json").read_bytes()) for w in (home, other))
    for slug, exercises in first["exercises"].items():
        for name, told in exercises.items():
            assert second["exercises"][slug][name]["text"] == told["text"]
            assert second["exercises"][slug][name]["passed"] is (
                slug in ("arrays", "logistic_regression")
            )


def test_passed_is_what_was_done_and_is_still_that(home, say):
    made = texts.put(STUB, "sigmoid", SIGMOID + "\n", STUB)
    (home / FILE).write_text(made, "utf-8")
    fingerprint = progress.fingerprint(SIGMOID + "\n")
    about = {"state": "done", "checks": {}, "source": fingerprint}
    progress.note_attempts(SEVEN.slug, {"sigmoid": about})
    assert "1 exercise of 1 chapter, 1 passed." in say("export")[1]
    found = exchange.read(home / "ground-up.json")
    assert found == {SEVEN.slug: {"sigmoid": {"text": SIGMOID, "passed": True}}}
    (home / FILE).write_text(made.replace("-z", "- z"), "utf-8")
    code, said = say("export")
    assert code == 0 and "none passed. The one before is kept in .grader/kept/ground-up" in said
    assert [path.read_bytes() for path in kept(home)] == [exchange.content(found)]


def test_nothing_written_is_said_and_no_file_is_made(home, say):
    assert say("export") == (
        0,
        "Nothing was exported: no exercise is written yet. Next: grader check",
    )
    assert not (home / "ground-up.json").exists()


def test_what_cannot_come_along_is_told(home, say):
    made = texts.put(STUB, "LogisticRegression.fit", FIT.replace("X.T", "helper(X)") + "\n", STUB)
    made += "\n\ndef helper(X):\n    return X.T\n\n\nclass Mine:\n    def f(self):\n        pass\n"
    (home / FILE).write_text(made.replace("\nimport numpy", "\nimport math\nimport numpy"), "utf-8")
    code, said = say("export")
    assert code == 0 and f"Only in {FILE}: import math, helper and Mine." in said


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_out(home, say):
    (home / FILE).write_text(STUB + "def x(\n", "utf-8")
    assert say("export")[1].endswith(
        "'(' was never closed. Nothing of it was exported. Nothing was exported. Next: grader check"
    )
    (home / "exercises" / "arrays.py").write_text(book.chapters()[0].source, "utf-8")
    code, said = say("export")
    assert code == 1 and "of 1 chapter" in said and "Nothing of it was exported." in said


def test_export_overwrites_only_what_is_an_export(home, say):
    (home / FILE).write_text(SEVEN.source, "utf-8")
    for name in (FILE, book.MARK):
        before = (home / name).read_bytes()
        code, said = say("export", name)
        assert code == 2 and "is there already, and is no export; it was left as it is." in said
        assert (home / name).read_bytes() == before
    code, said = say("export", "nowhere/file.json")
    assert code == 2 and "There is no folder nowhere." in said
    assert not (home / "nowhere").exists()
    (home / "link.json").symlink_to("nowhere.json")
    for name in ("link.json", os.devnull):
        code, said = say("export", name)
        assert code == 2 and "is no export" in said
    assert say("export", "exercises")[0] == 0
    assert (home / "exercises" / "ground-up.json").exists()
    assert say("export", "mine.json")[0] == 0 == say("export", "mine.json")[0]
    assert kept(home) == []


def test_import_fills_what_is_empty_and_leaves_what_is_the_same(home, say):
    exported({"sigmoid": SIGMOID, "LogisticRegression.fit": FIT})
    code, said = say("import", "in.json")
    assert code == 0 and f"{FILE} Written in: sigmoid, LogisticRegression.fit." in said
    assert "2 exercises came in. Next: grader check chapter-07" in said
    assert kept(home) == []
    made = (home / FILE).read_text("utf-8")
    assert "\n    def fit(self, X, y):\n        # a remark\n" in made
    assert "\n        # another\n" in made
    code, said = say("import", "in.json")
    assert (code, said) == (0, "What in.json holds is here already. Next: grader check")
    assert (home / FILE).read_text("utf-8") == made and kept(home) == []


def test_what_is_replaced_is_kept_once(home, say):
    (home / FILE).write_text(SEVEN.source, "utf-8")
    exported({"sigmoid": SIGMOID, "LogisticRegression.fit": FIT})
    code, said = say("import", "in.json")
    assert code == 0 and "Replaced: sigmoid, LogisticRegression.fit. The file as it was" in said
    (copy,) = kept(home)
    assert copy.name in said.replace("- ", "-") and copy.read_text("utf-8") == SEVEN.source


def test_an_empty_text_empties_nothing(home, say):
    (home / FILE).write_text(SEVEN.source, "utf-8")
    exported({"sigmoid": texts.taken(STUB, "sigmoid", STUB)[0], "softmax": " \n"})
    code, said = say("import", "in.json")
    assert code == 0 and "Empty in what you import: sigmoid, softmax." in said
    assert (home / FILE).read_text("utf-8") == SEVEN.source


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_line_ends_and_mark_stay(home, say, mark):
    (home / FILE).write_bytes(mark + STUB.replace("\n", "\r\n").encode())
    exported({"sigmoid": SIGMOID})
    assert say("import", "in.json")[0] == 0
    data = (home / FILE).read_bytes()
    assert data.startswith(mark + b'"""') and data.count(b"\r\n") == data.count(b"\n")
    assert SIGMOID.replace("\n", "\r\n").encode() in data
    assert say("export")[0] == 0
    assert exchange.read(home / "ground-up.json")[SEVEN.slug]["sigmoid"]["text"] == SIGMOID


def test_a_file_that_is_gone_comes_back_with_what_is_imported(home, say):
    (home / FILE).unlink()
    exported({"sigmoid": SIGMOID})
    assert say("import", "in.json")[0] == 0
    assert (home / FILE).read_text("utf-8") == texts.put(STUB, "sigmoid", SIGMOID + "\n", STUB)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (STUB.encode() + b"def x(\n", "was never closed"),
        (STUB.encode() + b"return 1\n", "'return' outside function"),
        (b"\xff\n", "is not UTF-8"),
        (b"", "is empty"),
        (b"#" * (MAX_SIZE + 1), "is larger than 128 KB"),
        (None, "cannot be read"),
    ],
)
def test_a_chapter_s_file_that_cannot_be_read_is_left_alone(home, say, content, why):
    (home / FILE).unlink()
    if content is None:
        (home / FILE).mkdir()
    else:
        (home / FILE).write_bytes(content)
    exported({"sigmoid": SIGMOID})
    code, said = say("import", "in.json")
    assert code == 1 and f"It was left as it is: {FILE}" in said and why in said
    assert content is None or (home / FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def sigmid(z):\n    pass", "its text defines sigmoid nowhere"),
        ("def sigmoid(z):\n  return\n return", "its text, line 3: unindent"),
        ("return 1\ndef sigmoid(z):\n    pass", "'return' outside function"),
        ("from __future__ import division\ndef sigmoid(z):\n    1", "from __future__"),
        (f"def sigmoid(z):\n    # {'x' * (MAX_SIZE - 1000)}\n    pass", "be larger than 128 KB"),
        (7, "is no text"),
        (None, "is no text"),
        (["def sigmoid(z): pass"], "is no text"),
    ],
)
def test_one_that_does_not_fit_is_named_and_the_others_come_in(home, say, text, why):
    exported({"sigmoid": text, "softmax": "def softmax(z):\n    return z"})
    code, said = say("import", "in.json")
    assert code == 1 and "sigmoid was left as it is: " in said and why in said
    assert "Written in: softmax." in said and "1 exercise came in." in said
    made = (home / FILE).read_text("utf-8")
    assert made == texts.put(STUB, "softmax", "def softmax(z):\n    return z\n", STUB)


def test_what_the_file_s_encoding_lacks_is_told(home, say):
    latin = f"# coding: latin-1\n# größer\n{STUB}"
    (home / FILE).write_bytes(latin.encode("latin-1"))
    exported({"sigmoid": "def sigmoid(z):\n    return 'σ'", "softmax": "def softmax(z):\n    'ö'"})
    code, said = say("import", "in.json")
    assert code == 1 and "is saved as LATIN-1, which has no 'σ'" in said
    assert "# größer".encode("latin-1") in (home / FILE).read_bytes()
    assert "'ö'".encode("latin-1") in (home / FILE).read_bytes()


def test_a_function_that_the_learner_renamed_is_not_there_to_be_replaced(home, say):
    (home / FILE).write_text(STUB.replace("def sigmoid(", "def sigmoid_2("), "utf-8")
    exported({"sigmoid": SIGMOID})
    code, said = say("import", "in.json")
    assert code == 1 and "the file does not define sigmoid" in said


def test_what_is_not_in_this_book_is_named_and_the_rest_comes_in(home, say):
    told = {"sigmoid": {"text": SIGMOID}, "sigmund": {"text": SIGMOID}, "../../x": {"text": ""}}
    chapters = {SEVEN.slug: told, "../../etc/passwd": {}, "a\x1b[31m\nb": {}, "": {}}
    (home / "in.json").write_text(json.dumps({"ground-up": 1, "exercises": chapters}))
    code, said = say("import", "in.json")
    assert code == 1 and "Written in: sigmoid." in said and "\x1b" not in said
    assert "The chapter has no exercise sigmund and ../../x." in said
    assert "This book has no chapter ../../etc/passwd, a\ufffd[31m and ''." in said
    assert sorted(path.name for path in home.parent.iterdir()) == ["w"]


def test_many_names_are_a_line_or_two(home, say):
    told = {f"hole{n}": {"text": "x"} for n in range(20000)}
    chapters = {SEVEN.slug: told} | {f"chapter{n}" * 9: {} for n in range(20000)}
    (home / "in.json").write_text(json.dumps({"ground-up": 1, "exercises": chapters}))
    code, said = say("import", "in.json")
    assert code == 1 and "and 19,995 more" in said and len(said) < 1000
    assert said.endswith("Nothing was changed.")


NOT_ONE = {
    "a folder": (None, "is a folder"),
    "not UTF-8": (b'{"ground-up": 1, "exercises": {}, "\xff": 1}', "it is not UTF-8"),
    "not JSON": (b"def sigmoid(z):\n    pass\n", "line 1 is no JSON"),
    "nothing": (b"", "line 1 is no JSON"),
    "a list": (b"[1]", "it does not begin with"),
    "no version": (b'{"exercises": {}}', "it does not begin with"),
    "true for a version": (b'{"ground-up": true, "exercises": {}}', "it does not begin with"),
    "a newer one": (b'{"ground-up": 2, "exercises": {}}', "its version is 2, and this grader"),
    "no exercises": (b'{"ground-up": 1}', "are no chapters"),
    "a list of them": (b'{"ground-up": 1, "exercises": []}', "are no chapters"),
    "a chapter that is none": (b'{"ground-up": 1, "exercises": {"a": 1}}', "are no chapters"),
    "twice the same": (
        b'{"ground-up": 1, "exercises": {"a": {"f": {}, "f": {}}}}',
        "f stands in it twice",
    ),
    "very deep": (b'{"a":' * 100_000, "it is nested too deeply"),
    "a number without end": (b'{"ground-up": %s}' % (b"1" * 10_000), "a number that is too long"),
    "too large": (b" " * (exchange.MOST + 1), "it is larger than 16 MB"),
}


@pytest.mark.parametrize("what", NOT_ONE)
def test_a_file_that_is_no_export_says_why_and_changes_nothing(home, say, what):
    content, why = NOT_ONE[what]
    if content is None:
        (home / "in.json").mkdir()
    else:
        (home / "in.json").write_bytes(content)
    before = files(home)
    code, said = say("import", "in.json")
    assert code == 2 and why in said and len(said) < 400
    assert files(home) == before


def test_a_typing_error_in_the_name_is_met_with_the_nearest(home, say):
    exported({}, "ground-up.json")
    code, said = say("import", "ground-upp.json")
    assert (code, said) == (2, "There is no file ground-upp.json. Did you mean ground-up.json?")
    code, said = say("import", home.name) if os.chdir("..") is None else None
    assert code == 2 and said.endswith(f"Next: grader import {home.name}/ground-up.json")


def test_an_export_with_nothing_in_it_says_so(home, say):
    (home / "in.json").write_text('\ufeff{"ground-up": 1, "exercises": {}}', "utf-8")
    assert say("import", "in.json") == (0, "in.json holds no exercise. Next: grader check")


@pytest.mark.parametrize("part", ["replace", "keep_aside"])
def test_where_the_disk_says_no_the_other_chapters_come_in(home, say, monkeypatch, part):
    first = book.chapters()[0]
    (home / "exercises" / "arrays.py").write_text(first.source, "utf-8")
    told = {"standardize": {"text": "def standardize(X, train=None):\n    return X"}}
    chapters = {"arrays": told, SEVEN.slug: {"sigmoid": {"text": SIGMOID}}}
    (home / "in.json").write_text(json.dumps({"ground-up": 1, "exercises": chapters}))
    replace = os.replace

    def refuse(source, target):
        if str(target).endswith("arrays.py"):
            raise PermissionError(13, "Permission denied")
        return replace(source, target)

    if part == "replace":
        monkeypatch.setattr(os, "replace", refuse)
    else:
        (home / ".grader").write_text("a file where the copies go")
    before = files(home)
    code, said = say("import", "in.json")
    assert code == 3 and "exercises/arrays.py" in said and "Written in: sigmoid." in said
    after = files(home)
    assert after["arrays.py"] == before["arrays.py"] and after.keys() == before.keys()
    assert after["logistic_regression.py"] != before["logistic_regression.py"]


def test_an_export_that_cannot_be_written_says_so(home, say, monkeypatch):
    (home / FILE).write_text(SEVEN.source, "utf-8")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edit.os, "replace", refuse)
    code, said = say("export")
    assert code == 3 and "ground-up.json cannot be written: No space left on device." in said
    assert not list(home.glob("*ground-up.json*"))


def test_the_page_has_the_buttons_that_are_named(home, say):
    (home / FILE).write_text(SEVEN.source, "utf-8")
    foot = (book.ROOT / "press" / "box" / "foot.js").read_text("utf-8")
    guide = (book.ROOT / "press" / "pages" / "learners.md").read_text("utf-8")
    assert f"Next: {exchange.TAKEN}, at the foot" in say("export")[1]
    for words in (exchange.SAVED, exchange.TAKEN):
        assert f'button("{words}"' in foot and f"*{words}*" in guide


@pytest.mark.parametrize("words", [["export"], ["import", "in.json"]])
def test_they_start_light(home, words):
    exported({"sigmoid": SIGMOID})
    (home / FILE).write_text(SEVEN.source, "utf-8")
    program = (
        f"import sys; from grader.__main__ import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'pytest', '_pytest', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(book.ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "Next: " in run.stdout
