"""A learner's file, read but never run: can it be checked at all?"""

from __future__ import annotations

import ast
import codecs
import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from grader.book import ROOT, Chapter, chapters, workspace
from grader.problems import Misuse
from grader.stub import Function, Hole, definitions, first_line, lines_of, signature, tree

MAX_SIZE = 128 << 10  # five times the longest; some sources take minutes a megabyte to parse
ODD = ("idna", "punycode", "undefined")  # encodings of no file; slow, or made to fail
MOST_NAMES = 500  # that one that is missing is held against
ENCODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


@dataclass
class Obstacle(Exception):
    """Why none of a file's exercises can be checked, in words for the learner."""

    sentence: str
    next_step: str = ""
    line: int = 0
    excerpt: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.sentence


@dataclass
class Submission:
    """The text of an exercise file and the definitions found in it."""

    label: str
    source: str
    functions: dict[str, Function | ast.ClassDef]

    def function_at(self, line: int) -> str:
        """Return the innermost function that a line stands in, '' outside any."""
        around = [
            (node.lineno, name)
            for name, node in self.functions.items()
            if not isinstance(node, ast.ClassDef) and node.lineno <= line <= (node.end_lineno or 0)
        ]
        return max(around)[1] if around else ""

    def line_of(self, hole: str) -> int:
        """Return where a hole's function starts, 1 if it is not there."""
        node = self.functions.get(hole)
        return first_line(node) if node else 1

    def text_of(self, hole: str) -> str:
        """Return a hole's function as it is written, '' if it is not there."""
        node = self.functions.get(hole)
        lines = lines_of(self.source)[first_line(node) - 1 : node.end_lineno] if node else []
        return "".join(lines)


def label_of(path: Path) -> str:
    """Return a path as the learner knows it: from the workspace, or the book's folder."""
    folders = [ROOT]
    with contextlib.suppress(Misuse):  # where there is no workspace
        folders.insert(0, workspace())
    for folder in folders:
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.as_posix()


def read(path: Path, chapter: Chapter) -> Submission:
    """Read an exercise file, or raise Obstacle with what is in the way."""
    label = label_of(path)
    reset = f"grader reset {chapter.slug}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except FileNotFoundError:
        raise Obstacle(f"{label} is not there.{renamed(path)}", reset) from None
    except OSError as error:
        raise Obstacle(f"{label} cannot be read: {error.strerror}.") from None
    return made(data, label, reset)


def made(data: bytes, label: str, next_step: str = "") -> Submission:
    """Return what a file holds, or raise Obstacle with what is in the way."""
    if len(data) > MAX_SIZE:
        raise Obstacle(f"{label} is larger than {MAX_SIZE >> 10} KB: no exercise is.", next_step)
    source = text(data, label)
    if not source.strip():
        raise Obstacle(f"{label} is empty.", next_step)
    return Submission(label, source, parse(source, label))


def renamed(path: Path) -> str:
    """Return which file may be the missing one under another name."""
    import difflib

    try:
        known = {"__init__.py", *(f"{chapter.slug}.py" for chapter in chapters())}
        others = [p.name for p in path.parent.glob("*.py") if p.name not in known]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, others, n=1, cutoff=0.5)
    return f" There is {near[0]}: was it renamed?" if near else ""


def text(data: bytes, label: str) -> str:
    """Decode a source file as Python would, or say where that fails."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Obstacle(f"{label} is saved as UTF-16: save it as UTF-8.")
    data = data.removeprefix(codecs.BOM_UTF8)
    encoding = declared(data)
    try:
        if codecs.lookup(encoding).name in ODD:
            raise LookupError(encoding)
        source = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Obstacle(
            f"{label} is not {encoding.upper()}: line {line} holds a byte it cannot have "
            f"(0x{data[error.start]:02x}). Save the file as UTF-8.",
            line=line,
        ) from None
    except LookupError:
        raise Obstacle(
            f"{label} declares an encoding that does not exist: {encoding}.", line=1
        ) from None
    if "\0" in source:
        line = source[: source.index("\0")].count("\n") + 1
        raise Obstacle(f"{label} holds a NUL byte in line {line}: it is not text.", line=line)
    return source.replace("\r\n", "\n").replace("\r", "\n")


def declared(data: bytes) -> str:
    """Return the encoding that a source file names in its first two lines, else UTF-8."""
    lines = data.removeprefix(codecs.BOM_UTF8).splitlines()[:2]
    named = next(filter(None, map(ENCODING.match, lines)), None)
    return named[1].decode() if named else "utf-8"


def saved_as(data: bytes, source: str, label: str) -> bytes:
    """Return a source as bytes, with the line ends and the mark that `data` has."""
    encoding = declared(source.encode())
    if 2 * data.count(b"\r\n") > data.count(b"\n"):
        source = source.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return mark + source.encode(encoding)
    except UnicodeEncodeError as error:
        raise Misuse(
            f"{label} is saved as {encoding.upper()}, which has no {source[error.start]!r}: "
            "save it as UTF-8."
        ) from None


def parse(source: str, label: str) -> dict[str, Function | ast.ClassDef]:
    """Return what the file defines, or say where its syntax breaks off."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return definitions(tree(source))
    except SyntaxError as error:
        raise unparsable(error, source, label) from None
    except (RecursionError, MemoryError, ValueError):
        raise Obstacle(f"{label} is nested too deeply to be read.") from None


def unparsable(error: SyntaxError, source: str, label: str) -> Obstacle:
    """Return the obstacle that a syntax error is: place, line and caret."""
    line = error.lineno or 1
    lines = source.splitlines()
    shown = lines[line - 1] if line <= len(lines) else ""
    indent = len(shown) - len(shown.lstrip())
    caret = max(0, (error.offset or 1) - 1 - indent)
    what = error.msg
    if isinstance(error, TabError):
        what = "tabs and spaces are mixed; use four spaces"
    return Obstacle(
        f"{label}, line {line}: {what}.",
        line=line,
        excerpt=[shown.strip()[:100], " " * min(caret, 100) + "^"],
    )


def missing(hole: Hole, submission: Submission) -> str:
    """Return a sentence if the function of a hole is not in the file, else ''."""
    import difflib

    node = submission.functions.get(hole.name)
    if node is not None and not isinstance(node, ast.ClassDef):
        return ""
    names = list(submission.functions)[:MOST_NAMES]
    near = difflib.get_close_matches(hole.name, names, n=1, cutoff=0.6)
    hint = f"; there is {near[0]}. Was it renamed?" if near else "."
    return f"{submission.label} does not define {hole.name}{hint}"


def other_signature(hole: Hole, submission: Submission) -> str:
    """Return a sentence if a hole's function takes other arguments, else ''."""
    node = submission.functions.get(hole.name)
    if node is None or isinstance(node, ast.ClassDef):
        return ""
    yours = signature(node)
    if yours == hole.signature:
        return ""
    return f"It takes {yours}; the book calls it with {hole.signature}."
