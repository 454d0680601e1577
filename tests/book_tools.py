"""What several tests of the book share."""

import os
import re
import subprocess
import sys
import textwrap
import time
import warnings
from functools import cache
from pathlib import Path

import numpy as np

from grader import book, stub
from grader.reference import Reference
from grader.runner import Here
from grader.submission import Submission, parse
from grader.verdict import Verdict


def submission(chapter, source):
    """Return a submission that is not a file."""
    label = f"exercises/{chapter.slug}.py"
    return Submission(label, source, parse(source, label))


class InProcess(Here):
    """Checks a source in this process: quick, for sources of our own."""

    def __init__(self, chapter, source, reference=None, seed=0):
        super().__init__(chapter, seed)
        self.submission = submission(chapter, source)
        if reference is not None:
            self.reference = reference


def verdicts_on(chapter, source, holes=None, reference=None, seed=0) -> dict[str, list[Verdict]]:
    """Return the verdicts on a source by exercise, checked in this process."""
    runner = InProcess(chapter, source, reference, seed)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they stop nobody outside the tests
        return {hole: runner.verdicts(hole) for hole in holes or runner.holes}


def texts_of(source, chapter) -> dict[str, str]:
    """Return the functions of a source as the boxes of a page hold them."""
    lines, found = stub.lines_of(source), stub.definitions(stub.parsed(source))
    nodes = {hole.name: found[hole.name] for hole in stub.holes(chapter.source)}
    return {
        name: textwrap.dedent("".join(lines[stub.first_line(node) - 1 : node.end_lineno]))
        for name, node in nodes.items()
    }


@cache
def reference_of(chapter, seed=0):
    """Return the one that all tests share: it keeps what known mistakes gave."""
    return Reference(chapter, seed)


def copy_of_the_book(target: Path) -> Path:
    """Copy what the command needs into a folder of its own, exercises empty."""
    import shutil

    for folder in ("chapters", "solutions", "grader", "bookdata", "milestones"):
        shutil.copytree(
            book.ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    (target / "exercises").mkdir()
    for chapter in book.chapters():
        path = target / "exercises" / f"{chapter.slug}.py"
        path.write_text(stub.derive(chapter.source), encoding="utf-8", newline="\n")
    return target


def grader(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in a copy of the book, at 80 columns, without colour."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PYTEST_"))}
    clean |= {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "grader", *words],
        cwd=root,
        env=clean | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )


def workers_in(home):
    """Return the processes that were started for this copy of the book."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(home).encode() in path.read_bytes() and b"grader.worker" in path.read_bytes():
                found.append(path)
        except OSError:
            continue
    return found


def no_workers_in(home, within=10) -> bool:
    """Return whether every process of this copy of the book ends within some seconds."""
    late = time.monotonic() + within
    while workers_in(home):
        if time.monotonic() > late:
            return False
        time.sleep(0.05)
    return True


def run_notebook(book, folder: Path) -> dict[str, list]:
    """Run a notebook as Jupyter does, in a folder of its own; return outputs by source."""
    import nbformat

    from press.runs import ENVIRONMENT

    path = folder / "notebook.ipynb"
    nbformat.write(book, path)
    environment = {k: v for k, v in (os.environ | ENVIRONMENT).items() if k != "PYTHONPATH"}
    own = str(Path(sys.executable).parent)  # a kernel is started without its environment's PATH
    environment["PATH"] = os.pathsep.join(
        p for p in os.environ["PATH"].split(os.pathsep) if p != own
    )
    ran = subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "--inplace", "--timeout=600", path.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    cells = nbformat.read(path, as_version=4).cells
    return {cell.source: cell.outputs for cell in cells if cell.cell_type == "code"}


ANY_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
A_POINT = 1.0  # by which a line of a figure may move


def differences(before: list, after: list) -> list[str]:
    """Return what differs between two outputs of a cell beyond what they state.

    A number may differ by one in its last printed place, a count not at all;
    a line in a figure may end a point away.
    """
    if [o["output_type"] for o in before] != [o["output_type"] for o in after]:
        return ["other kinds of output"]
    found = []
    for old, new in zip(before, after, strict=True):
        if "image/svg+xml" in old.get("data", {}):
            pair = [lines_of_figure(o["data"]["image/svg+xml"]) for o in (old, new)]
            words, points = zip(*pair, strict=True)
            if words[0] != words[1] or len(points[0]) != len(points[1]):
                found.append("other words or lines in the figure")
            elif points[0].size and np.abs(points[0] - points[1]).max() > A_POINT:
                found.append("the figure's lines have moved")
        else:
            texts = [o.get("text") or str(o.get("data") or o.get("evalue")) for o in (old, new)]
            found += different_numbers(*texts)
    return found


def different_numbers(old: str, new: str) -> list[str]:
    """Return the numbers that differ by more than one in their last place."""
    if ANY_NUMBER.sub("#", old).split() != ANY_NUMBER.sub("#", new).split():
        return [f"{old!r} became {new!r}"]
    pairs = zip(ANY_NUMBER.findall(old), ANY_NUMBER.findall(new), strict=True)
    return [f"{a} became {b}" for a, b in pairs if abs(float(a) - float(b)) > last_place(a)]


def last_place(number: str) -> float:
    """Return what one in the last printed place is worth, a little more; of a count, nothing."""
    mantissa, _, exponent = number.partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 1.01 * 10.0 ** (int(exponent or 0) - decimals) if decimals else 0.0


def lines_of_figure(svg: str) -> tuple[list[str], np.ndarray]:
    """Return the words of a figure, and where each of its lines begins and ends."""
    ends = []
    for path in re.findall(r'<path(?:\s[^>]*?)?\sd="([^"]*)"', svg):
        numbers = [float(n) for n in ANY_NUMBER.findall(path)]
        if numbers:
            ends.append(numbers[:2] + numbers[-2:])
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg), np.array(ends)
