"""What the gate proves again: what has changed lately, and in turn a share of the rest.

Lately is within a working day, or since GATE_BEFORE, the commit that the gate saw
last where one is named. What git cannot tell counts as changed, and so does
everything where GATE_ALL is set. `python tests/due.py` names the chapters
whose audit is due.
"""

import os
import subprocess
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path

from grader.audit import scores
from grader.book import PACKAGE, ROOT, Chapter, chapters, stands_on

LATELY = "8 hours ago"
A_FIFTH, A_TENTH = 5, 10
TODAY = date.today().toordinal()  # the same after midnight


def git(root: Path, *words: str) -> str:
    """Return what git says; where there is none, or it fails, raise OSError."""
    try:
        ran = subprocess.run(["git", *words], cwd=root, capture_output=True, check=True)
    except subprocess.CalledProcessError as error:
        raise OSError(error.stderr) from None
    return ran.stdout.decode("utf-8", "surrogateescape")


def changed_lately(root: Path = ROOT, before: str = "") -> set[str] | None:
    """Return the paths that have changed, None where that cannot be known.

    A merge counts by its own day: what it brings may have been written long ago.
    """
    try:
        about = git(root, "rev-parse", "--is-shallow-repository", "--show-prefix").split()
        if about != ["false"]:  # it does not reach back, or is a part of another
            return None
        log = ["log", "-m", "--first-parent", "--no-renames", f"--since={LATELY}"]
        found = git(root, *log, "--format=", "--name-only", "-z").replace("\n", "\0").split("\0")
        found += git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
        for since in ("HEAD", *([before] if before else [])):
            found += git(root, "diff", "-z", "--no-renames", "--name-only", since).split("\0")
    except OSError:
        return None
    return {path for path in found if path}


@cache
def changed() -> set[str] | None:
    """Return what has changed in this clone, asked for once."""
    if os.environ.get("GATE_ALL"):
        return None
    return changed_lately(ROOT, os.environ.get("GATE_BEFORE", ""))


def due(needs: Callable[[Chapter], Iterable[Path]], share: int) -> list[Chapter]:
    """Return the chapters of whose files one has changed, and in turn a share of the rest."""
    lately = changed()
    return [
        chapter
        for place, chapter in enumerate(chapters())
        if lately is None
        or (TODAY + place) % share == 0
        or any(path.relative_to(ROOT).as_posix() in lately for path in needs(chapter))
    ]


PRINTS = {".py", ".css", ".js", ".html"}


def of_the_run(chapter: Chapter) -> list[Path]:
    """Return what a new run of the cells changes: the run that is kept."""
    return [chapter.run]


def of_the_audit(chapter: Chapter) -> list[Path]:
    """Return what the audit depends on, the code that judges and the figures kept included."""
    judges = [*PACKAGE.glob("*.py"), *(PACKAGE / "audit").glob("*.py"), ROOT / "constraints.txt"]
    return [*scores.depends_on(chapter), scores.kept_in(chapter), *judges]


def of_the_page(chapter: Chapter) -> list[Path]:
    """Return what the look of a chapter's page depends on, all that prints it included."""
    press = [path for path in (ROOT / "press").rglob("*") if path.suffix in PRINTS]
    tests = [ROOT / "tests" / name for name in ("browsers.py", "test_site.py")]
    common = [ROOT / "mkdocs.yml", ROOT / "constraints.txt", *tests]
    return [chapter.prose, chapter.run, chapter.checks, *stands_on(chapter), *press, *common]


def of_the_code(chapter: Chapter) -> list[Path]:
    """Return what a check runs that is the chapter's own, or of those below it."""
    return [chapter.checks, *stands_on(chapter)]


def of_the_boxes(chapter: Chapter) -> list[Path]:
    """Return what a check in the page depends on, the grader and the boxes included."""
    grader = [*PACKAGE.glob("*.py"), *(PACKAGE / "web").glob("*.py")]
    press = ROOT / "press"
    box = [*(press / "box").iterdir(), *press.glob("precompile.*"), press / "packages.json"]
    tests = [ROOT / "tests" / name for name in ("browsers.py", "test_in_page.py")]
    return [*of_the_code(chapter), *grader, *box, *tests]


if __name__ == "__main__":
    print(*(chapter.slug for chapter in due(of_the_audit, A_TENTH)))
