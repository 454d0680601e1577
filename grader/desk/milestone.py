"""`grader milestone`: a part's closing program, on the learner's own code alone."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from grader import book, screen, stub
from grader.book import Chapter, chapters
from grader.desk import own
from grader.find import hole_names
from grader.launch import ONE_THREAD
from grader.problems import FAILED, PASSED, Misuse, nearest
from grader.submission import Obstacle, read
from grader.verdict import DONE, NOT_YET

TO_THE_END = 64  # the exit code of a program that came to its end; who leaves early knows it not
BOOT = (
    "import sys; part = sys.argv.pop(1); sys.path[:] = sys.argv[1:]; "
    "from grader.desk.milestone import perform; perform(part)"
)


def slug_of(name: str) -> str:
    """Return a part's name as that of its program."""
    return re.sub(r"\W+", "_", name.strip().lower())


@dataclass(frozen=True)
class Part:
    """One part of the book, and its program."""

    name: str

    @property
    def path(self) -> Path:
        return book.ROOT / "milestones" / f"{slug_of(self.name)}.py"

    @property
    def label(self) -> str:
        return f"milestones/{self.path.name}"

    @property
    def word(self) -> str:
        """What a person types."""
        return slug_of(self.name).replace("_", "-")

    @cached_property
    def source(self) -> str:
        """The text of the program, nothing where there is none yet."""
        return self.path.read_text(encoding="utf-8") if self.path.exists() else ""

    @property
    def sentence(self) -> str:
        """What the program shows."""
        return (ast.get_docstring(stub.parsed(self.source)) or "").partition("\n")[0]

    @property
    def chapters(self) -> list[Chapter]:
        """What it stands on, in the order of the book."""
        return own.builds_on([self.source], chapters())


def parts() -> list[Part]:
    """Return the parts in the order of the book."""
    return [Part(name) for name in dict.fromkeys(chapter.part for chapter in chapters())]


def find(name: str) -> Part:
    """Return the part that a person means, or raise Misuse with the nearest names."""
    every = {slug_of(part.name): part for part in parts()}
    if part := every.get(slug_of(name.replace("-", " "))):
        return part
    known = [part.word for part in every.values()]
    raise Misuse(f"There is no part {name!r}.{nearest(name, known)}", "grader milestone")


def standing(chapter: Chapter) -> dict[str, str]:
    """Return the state of each exercise, checked now."""
    try:
        return own.standing(chapter)[1]
    except Obstacle:
        return dict.fromkeys(hole_names(chapter), NOT_YET)


def done(states: dict[str, str]) -> int:
    """Return how many exercises pass."""
    return list(states.values()).count(DONE)


def run(options: Namespace) -> int:
    """Run a part's program, or say what it lacks; without a name, list the parts."""
    if not options.part:
        return overview()
    part, style, columns = find(options.part), screen.style_of(sys.stdout), screen.width()
    if not part.source:
        print(f"{part.name} has no closing program yet.\nNext: grader milestone")
        return PASSED
    print(screen.both_ends(f"milestone  {part.name}", part.label, columns))
    print("\n".join(screen.wrapped(part.sentence, 0, columns)) + "\n", flush=True)
    missing = {c: s for c in part.chapters if done(s := standing(c)) < len(s)}
    if missing:
        lead = "It runs on your own code alone, and that is not all there yet:"
        print("\n".join(screen.wrapped(lead, 0, columns)) + "\n")
        sign = style.signs[NOT_YET]
        for chapter, states in missing.items():
            left = f"  {sign} {chapter.title}, {done(states)} of {len(states)}"
            line = screen.both_ends(left, f"grader check {chapter.name}", columns)
            print(line.replace(sign, style.sign(NOT_YET), 1))
        print(f"\nNext: grader check {next(iter(missing)).name}")
        return FAILED
    paths = [str(book.PACKAGE.parent), *filter(os.path.isabs, sys.path)]
    code = subprocess.call(
        [sys.executable, "-I", "-S", "-c", BOOT, part.word, *paths], env=os.environ | ONE_THREAD
    )
    if code == TO_THE_END:
        print("\nThat was your own code, all of it.  Next: grader status")
        return PASSED
    if code != FAILED:  # else it has said what was wrong
        print("\nThe program did not come to its end: your code ended the process.")
    return FAILED


def overview() -> int:
    """Print the parts, what closes each, and how far the learner is from it."""
    style, columns = screen.style_of(sys.stdout), screen.width()
    ready = lacking = ""  # the next step, where one can be run and where none can
    for part in parts():
        if not part.source:
            print(style("dim", screen.both_ends(part.name, "no program yet", columns)))
            continue
        found = {chapter: standing(chapter) for chapter in part.chapters}
        left = [chapter.name for chapter, states in found.items() if done(states) < len(states)]
        if left:
            lacking = lacking or f"grader check {left[0]}"
            word = f"{sum(map(done, found.values()))} of {sum(map(len, found.values()))} exercises"
        else:
            ready, word = f"grader milestone {part.word}", "ready"
        print(screen.both_ends(part.name, word, columns))
        print("\n".join(screen.wrapped(part.sentence, 2, columns)), flush=True)
    print(f"\nNext: {ready or lacking or 'grader list'}")
    return PASSED


def perform(word: str) -> NoReturn:
    """Run a program in this process, made for it, and end it."""
    import signal

    from grader import subject

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who began us says the word
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    part = find(word)
    files = {f"solutions.{c.slug}": read(c.exercise, c) for c in part.chapters}
    ours = {name: str(path) for name, path in book.earlier_modules(chapters()[0]).items()}
    theirs = {name: [file.label, file.source] for name, file in files.items()}
    sys.meta_path.insert(0, subject.Shelf(ours, theirs))
    sys.argv = [part.label]
    try:
        subject.load(part.source, part.label, "__main__")
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(TO_THE_END)  # nobody reads any more
    except BaseException as error:
        sys.stdout.flush()
        print("\n".join(fault(error, part, [file.label for file in files.values()])))
        sys.exit(FAILED)
    sys.exit(TO_THE_END)


def fault(error: BaseException, part: Part, labels: list[str]) -> list[str]:
    """Return what went wrong, with the learner's own lines; ours where none is."""
    from grader import subject

    told = subject.describe_error(error, part.label, labels)
    frames = [frame for frame in told["frames"] if "file" in frame]
    lead = "" if frames else "it could not go on with what your code gave it: "
    name = f"{told['names'][0]}: {told['message']}".removesuffix(": ")
    style, columns = screen.style_of(sys.stdout), screen.width()
    lines = screen.wrapped(screen.clean(lead + name), 0, columns, style("red", style.fail) + " ")
    for i, frame in enumerate(frames, 1):
        lines += screen.frame_lines(frame, i == len(frames), columns)
    for frame in told["frames"][-1:] if not frames else []:
        lines += screen.frame_lines(frame | {"file": part.label}, False, columns)
    return lines
