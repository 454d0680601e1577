"""The words of the command `grader`; what each does stands in its own module."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from grader.problems import BROKEN, FAILED, MISUSED, PASSED, Problem, nearest


class Parser(argparse.ArgumentParser):
    """argparse, with the nearest word offered for one that is not there."""

    def error(self, message: str) -> NoReturn:
        import re

        if match := re.search(r"invalid choice: '([^']*)'.*choose from (.*)\)", message):
            words = re.findall(r"[\w-]+", match[2])
            message = f"There is no command {match[1]!r}.{nearest(match[1], words)}"
        print(f"{message}\nNext: {self.prog} --help", file=sys.stderr)
        raise SystemExit(MISUSED)


GROUPS = {  # in the order of a first week
    "every evening": "check watch hint reveal reset list status",
    "to understand": "explain predict trace journal",
    "to keep it": "hunt sprint milestone",
    "your place": "tour init update export import data doctor",
    "for teachers": "class",
    "for authors": "new sync audit",
}


def overview(helps: dict[str, str]) -> str:
    """Return the commands as a person looks for them: in groups."""
    lines = []
    for group, names in GROUPS.items():
        lines += ["", f"{group}:", *(f"  {name:<10} {helps[name]}" for name in names.split())]
    return "\n".join(lines[1:])


def elsewhere(module: str) -> Callable[[argparse.Namespace], int]:
    """Return what a command does: the function `run` of its own module."""

    def run(options: argparse.Namespace) -> int:
        import importlib

        return int(importlib.import_module(f"grader.{module}").run(options))

    return run


def parser() -> Parser:
    """Return the command line, one word for each thing a person does."""
    top = Parser(
        prog="grader",
        description="Check what you wrote for a chapter of Ground Up, and say what helps.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="grader COMMAND …",
    )
    words = top.add_subparsers(
        prog="grader", metavar="COMMAND", required=True, help=argparse.SUPPRESS
    )
    helps: dict[str, str] = {}

    def word(name: str, run: Any, help: str) -> argparse.ArgumentParser:
        made = words.add_parser(name, description=help)
        made.set_defaults(run=run)
        helps[name] = help
        return made

    q = word("check", check, "run the checks of a chapter or of one function")
    q.add_argument(
        "name",
        nargs="?",
        metavar="CHAPTER or FUNCTION",
        help="without it: the first chapter that is not done",
    )
    q.add_argument("--own", action="store_true", help="on your own earlier chapters")
    q.add_argument("--json", action="store_true", help="print one JSON document instead")
    q.add_argument("--junit", metavar="FILE", default="", help="write JUnit XML as well")
    q.add_argument("--debug", action="store_true", help="in one process, for breakpoint()")
    q.epilog = "What follows -- is pytest's: grader check chapter-07 -- -k penalty"
    q = word("watch", elsewhere("desk.watch"), "check again whenever you save")
    q.add_argument("name", nargs="?", metavar="CHAPTER or FUNCTION")
    q = word("hint", hint, "the next hint for a function")
    q.add_argument("name", metavar="FUNCTION")
    q = word("reveal", reveal, "the answer")
    q.add_argument("name", metavar="FUNCTION")
    q = word("reset", reset, "the empty hole again; what you had is kept")
    q.add_argument("name", metavar="CHAPTER or FUNCTION")
    word("list", list_, "the book in order")
    q = word("status", elsewhere("desk.status"), "where you stand, and what is next")
    q.add_argument(
        "--html",
        metavar="FILE",
        nargs="?",
        const="",
        help="as a page, with the map of the book: status.html, or FILE",
    )

    q = word("explain", elsewhere("desk.explain"), "which line is wrong, why, and for which input")
    q.add_argument("name", metavar="CHAPTER")
    q = word("predict", elsewhere("desk.predict"), "say what a cell prints before it does")
    q.add_argument("name", metavar="CHAPTER")
    q = word("trace", elsewhere("desk.trace"), "the first call whose result is not the reference's")
    q.add_argument("name", metavar="FUNCTION")
    q = word("journal", elsewhere("desk.journal"), "your own notes, dated")
    q.add_argument("name", nargs="?", metavar="CHAPTER")
    q.add_argument("words", nargs="*", metavar="NOTE", help="without one: your editor")

    q = word("hunt", elsewhere("desk.hunt"), "find the mistake planted in working code")
    q.add_argument("name", nargs="?", metavar="CHAPTER")
    q.add_argument("--give-up", action="store_true", help="show it")
    word("sprint", elsewhere("desk.sprint"), "today's half hour")
    q = word(
        "milestone", elsewhere("desk.milestone"), "a part's closing program on your code alone"
    )
    q.add_argument("part", nargs="?", metavar="PART")

    word("tour", elsewhere("desk.tour"), "see how it works, in twenty seconds")
    q = word("init", elsewhere("desk.init"), "a workspace of your own, outside the book")
    q.add_argument("folder", metavar="DIR")
    word("update", elsewhere("desk.update"), "bring new and changed chapters into a workspace")
    q = word("export", elsewhere("desk.export"), "what you wrote, as a file for the book's pages")
    q.add_argument("file", nargs="?", default="", metavar="FILE", help="else ground-up.json")
    q = word("import", elsewhere("desk.import_"), "bring in what you wrote in the book's pages")
    q.add_argument("file", metavar="FILE")
    q = word("data", data, "fetch the data sets that do not come with the book")
    q.add_argument("names", nargs="*", metavar="NAME", help="without one: all that are missing")
    q = word("doctor", doctor, "what this system has, and what it lacks")
    q.add_argument("--class", dest="room", action="store_true", help="to mark a class with")

    q = word("class", elsewhere("classroom.command"), "mark what a class handed in, safely")
    if sys.argv[1:2] == ["class"]:
        from grader.classroom.command import words as more

        more(q)

    q = word("new", new, "the files of a new chapter")
    q.add_argument("name", metavar="[NUMBER-]SLUG")
    q = word("sync", sync, "the exercises again from the solutions")
    q.add_argument("--check", action="store_true", help="only say what is out of step")
    q = word("audit", elsewhere("audit.audit"), "how strict and how fair the checks are")
    q.add_argument("names", nargs="*", metavar="CHAPTER", help="without one: all")
    q.add_argument("--json", metavar="FILE", default="", help="write the figures as well")
    top.epilog = overview(helps)
    return top


def check(options: argparse.Namespace) -> int:
    """Run the checks of one chapter, or of the first that is not done."""
    from grader import find, session

    settings = session.Options(
        options.json, options.junit, options.debug, options.pytest, options.own
    )
    if options.name:
        chapter, holes = find.what(options.name)
        result = session.check(chapter, holes, settings, options.worker)
        return PASSED if result.is_done else FAILED
    from grader.book import chapters

    settings.brief = True
    for chapter in chapters():
        result = session.check(chapter, find.hole_names(chapter), settings, options.worker)
        options.worker = None
        if not result.is_done:
            return FAILED
    if not options.json:
        print("\nEvery chapter is done.  Next: grader sprint")
    return PASSED


def hint(options: argparse.Namespace) -> int:
    """Print the next hint, and how many there are."""
    from grader import find, hints

    print("\n".join(hints.lines(*find.one(options.name))))
    return PASSED


def reveal(options: argparse.Namespace) -> int:
    """Print the answer to one exercise."""
    from textwrap import dedent

    from grader import find, stub
    from grader.desk import progress

    chapter, hole = find.one(options.name)
    print(f"{hole.name}{hole.signature}, below the marker:\n")
    print(dedent(stub.answer(chapter.source, hole)), end="", flush=True)
    progress.note("reveal", chapter.slug, hole.name)
    return PASSED


def reset(options: argparse.Namespace) -> int:
    """Empty an exercise or a chapter."""
    from grader import edit, find

    chapter, holes = find.what(options.name)
    print("\n".join(edit.reset(chapter, None if find.is_chapter(options.name) else holes[0])))
    return PASSED


def list_(options: argparse.Namespace) -> int:
    """Print the chapters that are there, with a sign before those done or begun."""
    from grader import screen
    from grader.book import chapters
    from grader.desk import standing
    from grader.verdict import DONE, NOT_YET

    every, style = chapters(), screen.style_of(sys.stdout)
    signs = {
        slug: style.sign(DONE if is_done else NOT_YET) for slug, is_done in standing.begun().items()
    }
    length = max((len(c.slug) for c in every), default=0)
    for chapter in every:
        first = f"{signs.get(chapter.slug, ' ')} {chapter.name}  {chapter.slug:<{length}}  "
        text = chapter.summary.partition(": ")[2] or chapter.summary
        print("\n".join(screen.wrapped(text, 0, screen.width(), first)))
    return PASSED


def data(options: argparse.Namespace) -> int:
    """Fetch data sets, all of them without a name."""
    from grader.data import fetch

    return fetch(options.names)


def doctor(options: argparse.Namespace) -> int:
    """Print what the grader finds on this machine."""
    if options.room:
        from grader.classroom.examine import examine as examine_room

        return examine_room()
    from grader.doctor import examine

    return examine()


def new(options: argparse.Namespace) -> int:
    """Write the files of a new chapter."""
    from grader import edit

    print("\n".join(edit.new(options.name)))
    print("\nNext: pytest tests/test_contract.py says what the chapter still lacks.")
    return PASSED


def sync(options: argparse.Namespace) -> int:
    """Bring the exercises in step with the references."""
    from grader import book, edit
    from grader.submission import label_of

    if options.check:
        book.must_be_the_book("sync")
        stale = [label_of(chapter.exercise) for chapter in edit.out_of_step()]
        print("\n".join(f"{label} is out of step" for label in stale) or "All in step.")
        return FAILED if stale else PASSED
    said, all_in_step = edit.sync()
    print("\n".join(said))
    return PASSED if all_in_step else FAILED


def complain(text: str) -> None:
    """Say what is wrong; where a person looks on, in lines that fit."""
    lines = text.split("\n")
    if sys.stderr.isatty():
        from grader import screen

        width = screen.width()
        lines = [
            part
            for line in lines  # what fits stands as it is, a caret under its place
            for part in ([line] if len(line) <= width else screen.wrapped(line, 0, width))
        ]
    print("\n".join(lines), file=sys.stderr)


def run(words: list[str], worker: Any = None) -> int:
    """Run the command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a sign it cannot spell is no reason to fail
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        words = words or ["--help"]
        end = words.index("--") if words[:1] == ["check"] and "--" in words else len(words)
        options = parser().parse_args(words[:end], argparse.Namespace(worker=worker))
        options.pytest = words[end + 1 :]  # argparse itself loses them behind an option
        return int(options.run(options))
    except Problem as problem:
        complain(problem.sentence)
        if problem.next_step:
            complain(f"Next: {problem.next_step}")
        return problem.exit_code
    except BrokenPipeError:  # `grader list | head`
        sys.stderr.close()
        return PASSED
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("The output cannot be written: no space is left.", file=sys.stderr)
        return BROKEN
