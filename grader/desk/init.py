"""`grader init DIR`: a workspace of the learner's own, outside the book."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from grader import book, edit, stub
from grader.book import MARK, Chapter, chapters
from grader.problems import PASSED, Fault, Misuse
from grader.screen import width, wrapped

README = """\
# My Ground Up

The functions whose body is missing stand in `exercises/`, a file for each chapter.
Fill one in, then type, anywhere in this folder:

- `grader check` to check the first chapter that is not done (or the one you name),
- `grader watch` to have it checked whenever you save,
- `grader status` to see where you stand.

Stuck? `grader hint FUNCTION`. All chapters: `grader list`. Newer ones: `grader update`.
`journal/` is for your notes. What the grader replaces it keeps in `.grader/kept/`.
"""
IGNORED = ".grader/\n.venv/\n__pycache__/\nhunts/\nsprint/\nstatus.html\nground-up.json\n"
ABOUT = "# This file makes the folder a workspace of Ground Up; book is the book's version.\n"
NOBODY = ("-c", "user.name=Ground Up", "-c", "user.email=ground-up@localhost")
PLAIN = re.compile(r"[\w./~+-]+")


def run(options: argparse.Namespace) -> int:
    """Make the workspace, then say what is in it and what to type."""
    folder = destination(options.folder)
    written, kept = fill(folder)
    has_git = repository(folder, written)
    print(f"{options.folder} is a workspace of your own.\n")
    print(f"  exercises/   {len(chapters())} chapters, to fill in")
    print("  journal/     for your notes")
    print("  README.md    the three commands")
    print("\n".join(wrapped(has_git, 2, width(), "git          ")))
    if kept:
        print(f"\nThere before, and left as it was: {', '.join(kept)}")
    is_here = os.path.exists(".") and os.path.samefile(folder, ".")
    there = "" if is_here else f"cd {quoted(options.folder)} && "
    print(f"\nNext: {there}grader check {chapters()[0].name}")
    return PASSED


def destination(name: str) -> Path:
    """Return the folder that is meant, or raise Misuse where no workspace can be."""
    try:
        folder = Path(name).expanduser().resolve()
    except (OSError, RuntimeError):
        raise Misuse(
            f"There is no way to {name} from here.", "cd to a folder that is there"
        ) from None
    elsewhere = "grader init ~/my-ground-up"
    if folder == book.OURS or book.OURS in folder.parents:
        raise Misuse(f"{name} lies in the book's own folder; yours belongs outside it.", elsewhere)
    if str(folder) == os.path.realpath(os.path.expanduser("~")):
        raise Misuse("That is your home; a workspace is a folder of its own.", elsewhere)
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise Misuse(f"{name} is there already, and is no folder.", elsewhere)
    for around in (folder, *folder.parents):
        if os.path.isfile(around / MARK):
            what = "is" if around == folder else "lies in"
            raise Misuse(
                f"{name} {what} a workspace already; nothing was changed.",
                f"cd {quoted(str(around))} && grader update",
            )
    return folder


def fill(folder: Path) -> tuple[list[str], list[str]]:
    """Write what is not there yet; return the names of what was, and of what was not written.

    The mark comes last: where the disk is full, the same command goes on later.
    """
    contents = {"README.md": README, ".gitignore": IGNORED}
    contents |= {f"exercises/{c.slug}.py": stub.derive(c.source) for c in chapters()}
    kept = [name for name in contents if os.path.lexists(folder / name)]
    written = [name for name in contents if name not in kept]
    for name in written:
        edit.write(folder / name, contents[name])
    for chapter in chapters():
        if edit.is_as_derived(folder / "exercises" / f"{chapter.slug}.py", chapter):
            note_given(folder, chapter)
    try:
        (folder / "journal").mkdir(exist_ok=True)
    except OSError as error:
        raise Fault(f"{folder / 'journal'} cannot be made: {error.strerror}.") from None
    edit.write(folder / MARK, f'{ABOUT}book = "{version()}"\n')
    return [*written, MARK], kept


def given(folder: Path) -> Path:
    """Return where a workspace keeps the exercises as the book gave them."""
    return folder / ".grader" / "given"


def note_given(folder: Path, chapter: Chapter) -> None:
    """Note how an exercise looks now, to see later what the learner wrote beside it."""
    edit.write(given(folder) / f"{chapter.slug}.py", stub.derive(chapter.source))


def version() -> str:
    """Return the version of the book."""
    try:
        return metadata.version("ground-up")
    except metadata.PackageNotFoundError:  # a clone that is not installed
        return "of a clone"


def repository(folder: Path, written: list[str]) -> str:
    """Make a repository with a first commit, and return how far that went."""
    around = next((p for p in (folder, *folder.parents) if os.path.exists(p / ".git")), None)
    if around:
        return f"the folder is in the repository {around}, so it gets no other"
    if not shutil.which("git"):
        return "not installed here, so nothing keeps older versions"
    try:
        git(folder, "init", "--quiet")
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder / ".git", ignore_errors=True)  # half a repository is none
        return f"it could not make a repository: {complaint(error)}"
    commit = ["-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify"]
    commit += ["--message", "A workspace of Ground Up"]
    try:
        git(folder, "add", "--", *written)
        try:
            git(folder, *commit)
        except subprocess.CalledProcessError:
            git(folder, *NOBODY, *commit)
            return "a repository; its first commit is by Ground Up, for want of your name"
    except (OSError, subprocess.SubprocessError) as error:
        return f"a repository, with nothing in it yet: {complaint(error)}"
    return "a repository of its own, with a first commit"


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, whatever repository the environment speaks of."""
    ours = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
    environment = {k: v for k, v in os.environ.items() if k not in ours}
    subprocess.run(
        ["git", *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )


def complaint(error: Exception) -> str:
    """Return the last line that git wrote before it failed."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().splitlines()
    return said[-1] if said else str(error)


def quoted(name: str) -> str:
    """Return a path as it is typed after `cd`."""
    if PLAIN.fullmatch(name):
        return name
    return f'"{name}"' if os.name == "nt" else shlex.quote(name)
