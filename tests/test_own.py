"""`grader check --own`: the learner's own chapters underneath, and whose fault it is."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from book_tools import copy_of_the_book, grader

REFERENCES = {
    "50-counts": '''"""Counts: what a series adds up to."""

import numpy as np


def as_series(x):
    """Return x as floats."""
    return np.asarray(x, dtype=float)


def total(x):
    """Add up."""
    x = as_series(x)
    # your turn (warm-up)
    # hint: One.
    # hint: Two.
    return x.sum()


def largest(x):
    """Find the largest."""
    x = as_series(x)
    # your turn (core)
    # hint: One.
    # hint: Two.
    return x.max()
''',
    "51-moments": '''"""Moments: where a series lies."""

from solutions.counts import total


def average(x):
    """Find the middle."""
    # your turn (core)
    # hint: One.
    # hint: Two.
    return total(x) / len(x)


def variance(x):
    """Find the width."""
    # your turn (core)
    # hint: One.
    # hint: Two.
    return average((x - average(x)) ** 2)
''',
    "52-later": '''"""Later: what stands on both."""

from solutions.counts import largest
from solutions.moments import average


def centred(x):
    """Move the middle to zero."""
    # your turn (core)
    # hint: One.
    # hint: Two.
    return x - average(x)


def height(x):
    """Say how far the largest lies above the middle."""
    # your turn (core)
    # hint: One.
    # hint: Two.
    return largest(x) - average(x)
''',
}
CHECKS = '''"""Checks."""

from grader import Mistake, check

'''
CHECK = '''
@check("{0}", limit=1.5)
def many_{0}(code, rng):
    """{0} of many numbers"""
    return code.{0}(rng.normal(size={1}))


@check("{0}", limit=1.5)
def few_{0}(code, rng):
    """{0} of a few numbers"""
    return code.{0}(rng.normal(size=3))

'''
HOLES = {
    "counts": ["total", "largest"],
    "moments": ["average", "variance"],
    "later": ["centred", "height"],
}
MISTAKES = """
MISTAKES = [
    Mistake("the sign is lost", in_="centred", old="x - average(x)", new="abs(x - average(x))"),
]
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a copy of the book with three small chapters, each on those before it."""
    root = copy_of_the_book(tmp_path_factory.mktemp("own"))
    for name, reference in REFERENCES.items():
        slug = name[3:]
        assert grader(root, "new", name).returncode == 0
        (root / "solutions" / f"{slug}.py").write_text(reference, encoding="utf-8")
        size = 200 if slug == "later" else 20
        checks = CHECKS + "".join(CHECK.format(hole, size) for hole in HOLES[slug])
        checks += MISTAKES * (slug == "later")
        (root / "grader" / "checks" / f"{slug}.py").write_text(checks, encoding="utf-8")
    return root


@pytest.fixture
def home(shared):
    """Return it with all three chapters solved as the book has them."""
    for name, reference in REFERENCES.items():
        write(shared, name[3:], reference)
    return shared


def write(home, slug, source):
    (home / "exercises" / f"{slug}.py").write_text(source, encoding="utf-8")


def change(home, slug, old, new):
    """Change one thing in what the learner has."""
    source = (home / "exercises" / f"{slug}.py").read_text(encoding="utf-8")
    assert source.count(old) == 1
    write(home, slug, source.replace(old, new))


def says(run):
    """Return what a run printed as one line."""
    return " ".join(run.stdout.split())


EMPTY_TOTAL = 'raise NotImplementedError("total")'
SLIPS = "return x.sum() if len(x) < 50 else x.sum() + 1"  # its own checks use 20 numbers


def test_all_that_passes_is_yours(home):
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[1:4] == [
        "",
        "  Underneath, 4 of 4 exercises are yours: counts, moments.",
        "",
    ]
    assert "2 of 2 exercises." in run.stdout


def test_what_does_not_pass_is_the_book_s(home):
    """The learner's helper comes along, and so does what they import."""
    write(
        home,
        "counts",
        "import math\n\nRIGHT = 1.0\n\n"
        + REFERENCES["50-counts"]
        .replace("return x.sum()", EMPTY_TOTAL)
        .replace("return x.max()", "return by_hand(x) * RIGHT + math.sin(0)")
        + "\n\ndef by_hand(x):\n    print('mine')\n    return sorted(x)[-1]\n",
    )
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 0, run.stdout
    assert (
        "Underneath, 3 of 4 exercises are yours: moments. "
        "The book's: the rest of counts (1 of 2 pass)." in says(run)
    )
    assert run.stdout.count("| mine") == 2  # both checks of height, none of centred


@pytest.mark.parametrize(
    "source, why",
    [
        (None, "not begun"),
        ("def total(x:\n", "it cannot be loaded"),
        (REFERENCES["50-counts"] + "\n1 / 0\n", "it cannot be loaded"),
        (
            REFERENCES["50-counts"]
            .replace("return x.sum()", EMPTY_TOTAL)
            .replace("return x.max()", "while True: pass"),
            "0 of 2 pass",
        ),
        (
            REFERENCES["50-counts"]
            .replace("return np.asarray", "return 2 * np.asarray")
            .replace("return x.max()", "return x.max() / 2"),
            "1 of 2 pass, but not beside the book's",
        ),
        (
            REFERENCES["50-counts"].replace("def total", "def whole"),
            "1 of 2 pass, but not beside the book's",
        ),
    ],
    ids=["untouched", "syntax", "import", "loop", "given code", "renamed"],
)
def test_where_nothing_of_a_chapter_can_be_taken_the_book_s_is(home, source, why):
    if source is None:
        (home / "exercises" / "counts.py").unlink()
        grader(home, "reset", "counts")
    else:
        write(home, "counts", source)
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 0, run.stdout
    assert f"Underneath, 2 of 4 exercises are yours: moments. The book's: counts ({why})." in says(
        run
    )


def test_a_fault_that_slips_through_its_own_checks_is_named_with_its_place(home):
    """Nor is what was checked accused of a mistake of its own that looks the same."""
    change(home, "counts", "return x.sum()", SLIPS)
    run = grader(home, "check", "later")
    assert run.returncode == 0 and "Underneath" not in run.stdout
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 1
    assert (
        "It passes on the book's counts: the fault is in your exercises/counts.py, in total, "
        "though that passes its own checks." in says(run)
    )
    assert run.stdout.count("It passes on") == 2  # once for each exercise
    assert "This is how it looks" not in run.stdout
    assert "Next: mend exercises/counts.py, then grader check chapter-52 --own" in says(run)


def test_a_fault_of_one_s_own_is_not_put_on_what_is_underneath(home):
    change(home, "later", "return x - average(x)", "return abs(x - average(x))")
    run = grader(home, "check", "later", "--own")
    assert "It passes on" not in run.stdout
    assert "This is how it looks when the sign is lost." in run.stdout
    assert "Next: grader hint centred" in run.stdout


def test_two_faults_underneath_are_both_named(home):
    change(home, "counts", "return x.max()", "return x.max() if len(x) < 50 else x.max() + 1")
    change(home, "moments", "return total(x) / len(x)", "return total(x) / min(len(x), 100)")
    run = grader(home, "check", "height", "--own")
    assert (
        "It passes on the book's counts and moments: the fault is in your exercises/counts.py "
        "and exercises/moments.py." in says(run)
    )


def test_an_error_underneath_is_shown_where_you_have_it(home):
    """Below a function of the book's that was put in, the lines are still the learner's."""
    change(home, "counts", "return x.sum()", EMPTY_TOTAL)
    change(home, "counts", "return x.max()", "return x[[len(x) - 1, 0][len(x) > 50]] / few(x)")
    change(
        home,
        "counts",
        "def largest",
        "def few(x):\n    return x.max(), [0][len(x) // 50]\n\n\ndef largest",
    )
    source = (home / "exercises" / "counts.py").read_text(encoding="utf-8")
    change(home, "counts", "return x[[len(x) - 1, 0][len(x) > 50]] / few(x)", "return few(x)[0]")
    run = grader(home, "check", "height", "--own")
    line = source.splitlines().index("    return x.max(), [0][len(x) // 50]") + 1
    assert run.returncode == 1
    assert "IndexError: list index out of range" in run.stdout
    assert f"exercises/counts.py, line {line}, in few:" in run.stdout
    assert "exercises/counts.py, in largest" in says(run)
    assert "in height:" in run.stdout and "in total" not in run.stdout


def test_a_loop_underneath_is_named_and_the_rest_goes_on(home):
    change(home, "counts", "return x.max()", "while len(x) > 50: pass\n    return x.max()")
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 1
    assert "exercises/counts.py, line 26, in largest: while len(x) > 50: pass" in says(run)
    assert "the fault is in your exercises/counts.py, in largest" in says(run)
    assert "centred 2 of 2" in says(run)


def test_a_name_that_is_gone_underneath_is_named(home):
    """Its own checks do not ask for `as_series`; who imports it does."""
    write(home, "counts", REFERENCES["50-counts"].replace("as_series", "floats"))
    change(home, "later", "import largest", "import as_series, largest")
    assert grader(home, "check", "later").returncode == 0
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 1 and "cannot import name 'as_series'" in says(run)
    assert "It loads on the book's counts: the fault is in your exercises/counts.py." in says(run)
    assert "Next: mend exercises/counts.py, then grader check chapter-50" in says(run)


def test_what_only_the_learner_imports_is_underneath_too(home):
    change(home, "moments", "import total", "import largest, total")
    change(home, "counts", "return x.max()", "print('mine')\n    return x.max()")
    change(home, "moments", "return total(x) / len(x)", "return total(x) / len(x) + 0 * largest(x)")
    run = grader(home, "check", "average", "--own")
    assert run.returncode == 0 and "2 of 2 exercises are yours: counts." in says(run)
    assert "| mine" in run.stdout


def test_a_chapter_that_builds_on_no_other_says_so(home):
    run = grader(home, "check", "counts", "--own")
    assert run.returncode == 0
    assert "It builds on no other chapter: nothing is underneath." in run.stdout


def test_it_is_found_again_only_when_something_changed(home):
    kept = home / ".grader" / "cache" / "own-counts.json"
    change(home, "counts", "return x.max()", "return max(x)")
    grader(home, "check", "later", "--own")
    before = kept.read_text(encoding="utf-8")
    kept.write_text(before.replace('"largest": "done"', '"largest": "wrong"'), encoding="utf-8")
    assert "3 of 4 exercises are yours" in grader(home, "check", "later", "--own").stdout
    change(home, "counts", "return x.sum()", "return sum(x)")
    assert "4 of 4 exercises are yours" in grader(home, "check", "later", "--own").stdout
    kept.write_text("[", encoding="utf-8")
    assert "4 of 4 exercises are yours" in grader(home, "check", "later", "--own").stdout


def test_json_says_what_is_underneath_and_whose_fault_it_is(home):
    change(home, "counts", "return x.sum()", SLIPS)
    change(home, "moments", "return average((x", "return 2 * average((x")
    data = json.loads(grader(home, "check", "later", "--own", "--json").stdout)
    assert data["version"] == 1
    assert data["own"] == [
        {
            "chapter": "counts",
            "file": "exercises/counts.py",
            "yours": ["total", "largest"],
            "book": [],
            "why": "",
        },
        {
            "chapter": "moments",
            "file": "exercises/moments.py",
            "yours": ["average"],
            "book": ["variance"],
            "why": "1 of 2 pass",
        },
    ]
    checks = {c["id"]: c for exercise in data["exercises"] for c in exercise["checks"]}
    assert checks["later::centred::many_centred"]["blames"] == ["exercises/counts.py"]
    assert "blames" not in checks["later::centred::few_centred"]
    assert "own" not in json.loads(grader(home, "check", "later", "--json").stdout)


@pytest.mark.parametrize("words", [["--debug"], ["--junit", "out.xml", "--", "-k", "many"]])
def test_every_way_to_check_has_it(home, words):
    change(home, "counts", "return x.sum()", SLIPS)
    run = grader(home, "check", "later", "--own", *words)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "It passes on the book's counts" in says(run)
    if "--junit" in words:
        suite = ET.parse(home / "out.xml").getroot()[0]
        assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "2")
        assert "It passes on the book's counts" in ET.tostring(suite, encoding="unicode")


def test_the_plugin_by_itself_has_it(home):
    """So have the processes of xdist, each of which begins with these words."""
    change(home, "counts", "return x.sum()", SLIPS)
    words = ["-m", "pytest", "-q", "--noconftest", "-c", "grader/pytest.ini", "--rootdir=."]
    words += ["-p", "grader.plugin", "--chapter=later", "--own", "grader/checks/later.py"]
    run = subprocess.run([sys.executable, *words], cwd=home, capture_output=True, text=True)
    assert "2 failed, 2 passed" in run.stdout, run.stdout + run.stderr
    assert "It passes on the book's counts" in says(run)


@pytest.mark.parametrize("without", ["", "fork,resource,landlock,seccomp"])
def test_own_chapters_stay_shut_in(home, without, tmp_path):
    """They come over the pipe: even their own file cannot be read, and nothing is written."""
    there, file = tmp_path / "there", home / "exercises" / "counts.py"
    tries = [f"open({str(file)!r}).close()", f"open({str(there)!r}, 'w').close()"]
    code = "".join(f"    try: {one}; print('open')\n    except OSError: pass\n" for one in tries)
    change(home, "counts", "    return x.max()", f"{code}    return x.max()")
    run = grader(home, "check", "height", "--own", GRADER_WITHOUT=without)
    assert run.returncode == 0 and "4 of 4 exercises are yours" in run.stdout
    assert there.exists() == ("| open" in run.stdout) == ("landlock" not in run.stdout)


def test_nothing_of_theirs_runs_where_the_worker_forks(home):
    """What is loaded there is shut in by nothing, and every check would inherit it."""
    change(home, "counts", "import numpy as np", "import os\nimport numpy as np\nME = os.getpid()")
    change(home, "counts", "return x.sum()", "assert ME == os.getpid()\n    return x.sum()")
    run = grader(home, "check", "later", "--own")
    assert run.returncode == 0 or "landlock" not in run.stdout, run.stdout


def test_check_itself_loads_nothing_for_it():
    program = "import sys, grader.session; sys.exit('grader.desk.own' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
