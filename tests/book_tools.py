"""What several tests of the book share."""

import ast
import os
import subprocess
import sys
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
    with np.errstate(all="ignore"):
        return {hole: runner.verdicts(hole) for hole in holes or runner.holes}


def reference_of(chapter, seed=0):
    return Reference(chapter, seed)


def graft(exercise: str, other: str) -> str:
    """Put the functions of another way in the place of the exercise's own.

    Helpers and imports that the exercise does not have go to its top; what a
    class of the other way does not define stays as it is.
    """
    into, lines = stub.definitions(ast.parse(exercise)), exercise.splitlines(keepends=True)
    other_tree, other_lines = ast.parse(other), other.splitlines(keepends=True)
    edits, helpers = [], []
    for name, node in stub.definitions(other_tree).items():
        if isinstance(node, ast.ClassDef):
            continue
        code = other_lines[stub.first_line(node) - 1 : node.end_lineno]
        if name in into:
            target = into[name]
            edits.append((stub.first_line(target) - 1, target.end_lineno, code))
        else:
            helpers += [*code, "\n\n"]
    imports = [
        "".join(other_lines[node.lineno - 1 : node.end_lineno])
        for node in other_tree.body
        if isinstance(node, ast.Import)
    ]
    first = min(stub.first_line(node) for node in into.values()) - 1
    edits.append((first, first, imports + helpers))
    for start, end, code in sorted(edits, key=lambda edit: edit[0], reverse=True):
        lines[start:end] = code
    return "".join(lines)


def copy_of_the_book(target: Path) -> Path:
    """Copy what the command needs into a folder of its own, exercises empty."""
    import shutil

    for folder in ("chapters", "solutions", "grader", "bookdata"):
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
