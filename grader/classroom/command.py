"""The words of `grader class`: mark, replay, rehearse."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from grader import book, screen, stub
from grader.book import Chapter
from grader.classroom import crew, sandbox
from grader.classroom.people import RUN
from grader.classroom.store import Store
from grader.classroom.tally import Marked
from grader.problems import FAILED, PASSED, Misuse, nearest
from grader.submission import Obstacle
from grader.verdict import Verdict

OUT = "marks"
BAR = "{percentage:3.0f}% {bar} {n_fmt} of {total_fmt}, {rate_noinv_fmt}, {remaining} left"
OTHER = {
    "chapters": "other chapters",
    "only": "other exercises (--only)",
    "versions": "another version of the book, of NumPy or of Python",
}


def run(options: argparse.Namespace) -> int:
    """Do what was asked for."""
    return int({"mark": mark, "replay": replay, "rehearse": rehearse}[options.deed](options))


def words(parser: argparse.ArgumentParser) -> None:
    """Add what can be typed after `grader class`."""
    deeds = parser.add_subparsers(dest="deed", metavar="mark, replay or rehearse", required=True)

    def deed(name: str, help: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = deeds.add_parser(name, help=help, description=help)
        made.set_defaults(run=run)
        return made

    q = deed("mark", "mark what a class handed in; the same command goes on where it stopped")
    q.add_argument("submissions", help="a folder, or the archive your learning platform exports")
    q.add_argument("--chapter", nargs="+", required=True, metavar="CHAPTER")
    q.add_argument(
        "--only", nargs="+", default=[], metavar="FUNCTION", help="the exercises that count"
    )
    q.add_argument("--roster", metavar="CSV", help="who is in the class")
    q.add_argument("--out", default=OUT, metavar="FOLDER", help=f"for the marks (here: {OUT})")
    q.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes side by side")
    q.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="of a Dask cluster: tcp://host:8786"
    )
    q.add_argument("--unsafe", action="store_true", help="even where no submission can be shut in")
    q = deed("replay", "mark one submission of a run again, from the same seed, and compare")
    q.add_argument("folder", metavar="FOLDER", help="the marks")
    q.add_argument("learner", metavar="LEARNER", help="name, number or key")
    q.add_argument("--unsafe", action="store_true", help="even where it cannot be shut in")
    q = deed("rehearse", "invent a class that has handed in, to try everything on")
    q.add_argument("folder", metavar="FOLDER")
    q.add_argument("--chapter", required=True, metavar="CHAPTER")
    q.add_argument("--learners", type=int, default=30)


def mark(options: argparse.Namespace) -> int:
    """Mark a class, and write the gradebooks and the pages."""
    from grader.classroom import intake, reports, roster
    from grader.classroom.course import Course

    chapters = [book.chapter_or_misuse(name) for name in options.chapter]
    chapters = [chapter for chapter in book.chapters() if chapter in chapters]  # each once
    only = chosen(options.only, chapters)
    if options.jobs < 1:
        raise Misuse("--jobs is how many are marked side by side: at least 1.", "leave it out")
    level = 0  # what a cluster has is for its workers to say
    if not options.scheduler:
        sandbox.require(sandbox.means(), options.unsafe)
        level = sandbox.means().level
    bar_of = progress_bar()
    submissions, out = Path(options.submissions), Path(options.out)
    members = roster.read(Path(options.roster)) if options.roster else None
    handed_in = intake.entries(submissions, chapters, members)
    store = opened(out, chapters, only, submissions)
    total = len(handed_in.entries)
    try:
        hidden = (str(submissions.resolve()), str(out.resolve()))
        settings = settings_of(store, hidden, options.unsafe, level)
        slugs = [chapter.slug for chapter in chapters]
        todo = sorted(handed_in.entries, key=lambda entry: slugs.index(entry.chapter))
        # for a person who looks on, and nobody else
        with bar_of(total=total, unit="", bar_format=BAR, disable=None) as bar:
            course = Course(store, settings, bar.update)
            with crew.crew(options.jobs, options.scheduler, settings) as team:
                course.run(todo, team)
        notes = handed_in.notes + [
            f"{name} has handed in something else since; the mark is of what was there before."
            for name in course.changed
        ]
        who = {entry.learner.key: entry.learner for entry in handed_in.entries}
        for line in reports.write(store, out, notes, who):
            screen.paragraph(line)
    except KeyboardInterrupt:
        print(f"\nStopped: {store.count()} of {total} are marked, and kept.", file=sys.stderr)
        print("Next: the same command goes on", file=sys.stderr)
        return 130
    finally:
        store.close()
    return PASSED


def chosen(names: Sequence[str], chapters: Sequence[Chapter]) -> list[str]:
    """Return the exercises that count, or raise Misuse for one that is not there."""
    known = [hole.name for chapter in chapters for hole in stub.holes(chapter.source)]
    for name in names:
        if name not in known:
            raise Misuse(
                f"There is no exercise {name!r} in what is marked.{nearest(name, known)}",
                f"one of: {', '.join(known)}",
            )
    return [name for name in known if name in names]


def progress_bar() -> Any:
    """Return the progress bar of tqdm, or raise Misuse where it is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        raise Misuse(
            "grader class takes tqdm, which is not installed.", "pip install 'ground-up[class]'"
        ) from None
    return tqdm


def opened(out: Path, chapters: Sequence[Chapter], only: list[str], submissions: Path) -> Store:
    """Return the store of a run, begun where there is none; raise Misuse where it is another's."""
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)  # the seed is in it
    except OSError as error:
        raise Misuse(f"{out} cannot be made: {error.strerror}.", "choose another --out") from None
    told = {
        "chapters": [chapter.slug for chapter in chapters],
        "only": only,
        "versions": [[chapter.slug, crew.version_of(chapter.slug)] for chapter in chapters],
    }
    drawn = {
        "seed": secrets.randbits(128),
        "submissions": submissions.name,
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "grader": metadata.version("ground-up"),
    }
    store = Store(out / RUN, told | drawn)
    for name, value in told.items():
        if store.about[name] != value:
            store.close()
            raise Misuse(
                f"{out} holds the marks of a run with {OTHER[name]}: it cannot go on with this.",
                "choose another --out",
            )
    return store


def settings_of(
    store: Store, hidden: tuple[str, ...], unsafe: bool, level: int = 0
) -> crew.Settings:
    """Return what the markers of a run have to know."""
    versions = tuple((slug, key) for slug, key in store.about["versions"])
    only = tuple(store.about["only"])
    return crew.Settings(store.about["seed"], hidden, unsafe, versions, only, level)


def replay(options: argparse.Namespace) -> int:
    """Mark one learner's submissions again, from the seed of the run, and compare."""
    sandbox.require(sandbox.means(), options.unsafe)
    store = Store(Path(options.folder) / RUN)
    try:
        settings = settings_of(store, (str(Path(options.folder).resolve()),), unsafe=True)
        for slug, key in settings.versions:
            if crew.version_of(slug) != key:
                raise Misuse(
                    f"This is not the version of the book, NumPy or Python that marked {slug}.",
                    f"install ground-up {store.about['grader']} as it was then",
                )
        every = [m for m in store.marked() if options.learner in names_of(m)]
        if not every:
            known = [name for m in store.marked() for name in names_of(m)]
            raise Misuse(
                f"{options.folder} has no learner {options.learner!r}."
                f"{nearest(options.learner, known)}",
                f"open {Path(options.folder) / 'report.html'}, where all are named",
            )
        return FAILED if sum(not replayed(store, settings, marked) for marked in every) else PASSED
    finally:
        crew.leave()
        store.close()


def names_of(marked: Marked) -> set[str]:
    """Return what a learner may be called."""
    who = marked.learner
    return {who.key, who.name} | ({who.id} if who.id else set())


def replayed(store: Store, settings: crew.Settings, marked: Marked) -> bool:
    """Print a submission's checks as they come out now; return whether the marks are the same."""
    slug, before = marked.record["chapter"], marked.record
    digest = store.digest(marked.learner.key, slug) or ""
    print(f"{screen.clean(marked.learner.name)}, {slug.replace('_', ' ')}")
    if not digest:
        print(f"  {screen.clean(before['problem'])}")
        return True
    now = crew.mark(settings, slug, store.source(digest))
    style, columns = screen.style_of(sys.stdout), screen.width()
    if now["obstacle"]:
        lines = screen.obstacle_lines(Obstacle(**now["obstacle"]), style, columns)
        print("\n".join(lines))
    for exercise in now["exercises"]:
        verdicts = [Verdict(**check) for check in exercise["checks"]]
        if verdicts:
            print("\n".join(screen.exercise_lines(exercise["name"], verdicts, style, columns)))
    is_same = marks_of(now) == marks_of(before)
    print(f"  {now['points']} of {now['of']} points, sandbox: {now['sandbox']}")
    print(
        "  The same marks as in the run."
        if is_same
        else f"  The run has {before['points']}: not the same."
    )
    return is_same


def marks_of(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the state of every check of a record."""
    return [
        (check["check"], check["state"])
        for exercise in record["exercises"]
        for check in exercise["checks"]
    ]


def rehearse(options: argparse.Namespace) -> int:
    """Write an invented class."""
    from grader.classroom import rehearsal

    chapter = book.chapter_or_misuse(options.chapter)
    archive, worksheet = rehearsal.write(Path(options.folder), chapter, options.learners)
    print(
        f"{archive} is what {options.learners} invented learners handed in, as Moodle exports it;"
    )
    print(f"{worksheet} is Moodle's grading worksheet.")
    print(f"Next: grader class mark {archive} --roster {worksheet} --chapter {chapter.name}")
    return PASSED
