"""The page "A learner's day": every screen on it is what a learner is shown.

    python tests/test_day.py

writes the screens into the page as they are now: after a chapter was added.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from grader import book, stub
from grader.book import ROOT
from grader.command import GROUPS
from grader.desk import milestone

COLUMNS = "76"  # that a page shows without scrolling
PASSING = re.compile(
    r"\d+(?:\.\d+)? s\b|\d+ min \d+ s"  # what the clock says
    r"|\d\d:\d\d:\d\d|\d{1,2} [A-Z][a-z]+ \d{4}|(?:in \d days, )?on \d{1,2} [A-Z][a-z]+"
    r"|explain (?:arrays|logistic_regression)$",  # the date draws lots which
    re.M,
)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
PAGE = ROOT / "press" / "pages" / "day.md"
SCREEN = re.compile(r"(?<=^```text\n).*?(?=^```$)", re.M | re.S)
HUNT = 9  # the seed of the hunt on the page


def edited(source, *edits):
    for old, new in edits:
        assert source.count(old) == 1, f"the reference moved on: {old!r}"
        source = source.replace(old, new)
    return source


def filled(source, upto):
    """Return an exercise with the answers up to one exercise."""
    names = [hole.name for hole in stub.holes(source)]
    return stub.derive(source, set(names[: names.index(upto) + 1]))


class Day:
    """A workspace, and what its learner does in it, command by command."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "ground-up"
        self.seven = book.find_chapter("logistic_regression")
        self.zero = book.find_chapter("arrays")

    def write(self, chapter, source):
        (self.home / "exercises" / f"{chapter.slug}.py").write_text(source, encoding="utf-8")

    def run(self, *words, cwd=None, said=""):
        """Return what a Python prints that is run in the workspace."""
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = {"COLUMNS": COLUMNS, "NO_COLOR": "1", "PYTHONPATH": path}
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd or self.home,
            env=os.environ | environment | {"PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        process.stdin.write(said)
        process.stdin.close()
        lines = []
        for line in process.stdout:
            if not line.startswith("sandbox:"):  # which is another on other systems
                lines.append(line)
            if line.startswith("checked at"):  # the watch would go on
                process.terminate()
        process.wait()
        process.stdout.close()
        return "".join(lines)

    def grader(self, *words, **more):
        return self.run("-m", "grader", *words, **more)

    def screens(self):
        """Yield each command of the day with what it prints, in the order of the page."""
        seven, zero = self.seven, self.zero
        yield "init", self.grader("init", "ground-up", cwd=self.folder)
        self.write(zero, zero.source)
        self.grader("check", "arrays")
        self.write(seven, filled(seven.source, "fit_irls"))
        self.grader("check", "7")
        self.write(seven, edited(filled(seven.source, "softmax"), TABLE))
        yield "watch", self.grader("watch", "softmax")
        yield "hint", self.grader("hint", "softmax")
        self.write(seven, filled(seven.source, "softmax"))
        yield "again", self.grader("check", "softmax")
        self.write(seven, edited(seven.source, STALE))
        yield "trace", self.grader("trace", "SoftmaxRegression.fit")
        self.write(seven, seven.source)
        self.grader("check", "7")
        yield "predict", self.grader("predict", "7", said="equal\nequal\nequal\n")
        self.grader("explain", "7")
        answers = self.home / "explain" / f"{seven.slug}.toml"
        text = answers.read_text(encoding="utf-8")
        text = text.replace('line = 0\ncause = ""', 'line = 3\ncause = "d"', 1)
        answers.write_text(text, encoding="utf-8")
        yield "explain", self.grader("explain", "7")
        yield (
            "journal",
            self.grader("journal", "7", "A maximum belongs to a row, not to the table."),
        )
        yield "status", self.grader("status")
        yield "hunt", self.hunted()
        yield "found", self.found()
        yield "sprint", self.grader("sprint")
        for chapter in milestone.find("supervised-learning").chapters:
            self.write(chapter, chapter.source)
        yield "milestone", self.grader("milestone", "supervised-learning")

    def hunted(self):
        """Begin the hunt of the page; at home it is another each time."""
        chapter = "from grader.book import find_chapter as find; from grader.desk import hunt"
        return self.run("-c", f"{chapter}; hunt.begin(find('7'), {HUNT})")

    def found(self):
        """Mend what is planted, as a learner would who has found it."""
        path = self.home / "hunts" / f"{self.seven.slug}.py"
        head = path.read_text(encoding="utf-8").partition("\n\n")[0]
        path.write_text(f"{head}\n\n{self.seven.source}", encoding="utf-8")
        return self.grader("hunt")


TABLE = ("z - z.max(axis=-1, keepdims=True)", "z - z.max()")
STALE = ("X.T @ error / len(X)", "X.T @ error")


def plain(text):
    """Return a screen without what the clock says of it."""
    return PASSING.sub("…", text)


def renewed(text, screen):
    """Return what the page has to show: the screen from the text's first line to its last."""
    old = {plain(line): line for line in text.splitlines()}
    lines = [old.get(plain(line), line) for line in screen.rstrip().splitlines()]
    first, last = list(old.values())[0], list(old.values())[-1]
    lines = lines[lines.index(first) if first in lines else 0 :]
    return "\n".join(lines[: lines.index(last) + 1 if last in lines else None]) + "\n"


def is_nearly(text, screen):
    """Return whether two screens differ in no word, and in numbers by a fiftieth or a last digit.

    A forest's trees split where sums are nearly equal, and another processor adds
    in another order.
    """
    one, other = (" ".join(plain(each).split()) for each in (text, screen))
    if NUMBER.sub("", one) != NUMBER.sub("", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(
        abs(float(a) - float(b)) <= max(float(a) / 50, 1.1 * 10.0 ** -len(a.partition(".")[2]))
        for a, b in pairs
    )


def test_another_machine_s_screen_is_nearly_the_same():
    assert is_nearly("by trees  51%  8.6% at -3", "by trees 52%   8.5% at -3\n")
    assert not is_nearly("by trees 51%", "by trees 54%")
    assert is_nearly("326 loans", "328 loans") and not is_nearly("326 loans", "336 loans")
    assert not is_nearly("8.6%", "8.3%")
    assert not is_nearly("by trees 51%", "by line 51%")


def test_every_screen_of_the_page_is_a_real_one(tmp_path):
    shown = SCREEN.findall(PAGE.read_text(encoding="utf-8"))
    screens = list(Day(tmp_path).screens())
    assert len(shown) == len(screens)
    for text, (name, screen) in zip(shown, screens, strict=True):
        told = f"python tests/test_day.py writes what the screen of {name} is now:\n{screen}"
        nearly = name == "milestone" and is_nearly(text, screen)
        assert nearly or plain(text) in plain(screen), told


def test_a_screen_is_renewed_from_its_first_line_to_its_last_and_keeps_its_times():
    text = "begins\nold\nafter 3.1 s\nends\n"
    screen = "above\nbegins\nnew\nafter 7.9 s\nends\nbelow\n"
    assert renewed(text, screen) == "begins\nnew\nafter 3.1 s\nends\n"


def test_the_page_names_only_commands_that_there_are():
    page = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"^grader (\w+)|`grader (\w+)", page, re.M))
    words = {first or second for first, second in named}
    assert len(words) > 10 and words <= set(" ".join(GROUPS.values()).split())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        screens = iter([screen for _, screen in Day(Path(folder)).screens()])
    page = PAGE.read_text(encoding="utf-8")
    page = SCREEN.sub(lambda shown: renewed(shown[0], next(screens)), page)
    PAGE.write_text(page, encoding="utf-8", newline="\n")
