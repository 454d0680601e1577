"""One exercise as a text: taken out of a learner's file, and put into one.

The text is the function, moved to the margin, as the box of the page has it;
above it stands what the learner wrote beside it, in the module or in its
class, and it needs. Strings of several lines keep every sign; docstrings,
which Python reads without their margin, move with the code.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from typing import Any

from grader.desk.beside import Statement, name_of, statements
from grader.desk.lines import Edit, edited
from grader.desk.merge import MARKER
from grader.margin import DEFINITION, docstring_of, first_of, indented, inside_strings, margin_of
from grader.stub import EMPTY, Function, definitions, first_line, lines_of, parsed
from grader.submission import MAX_SIZE, Obstacle, parse

IMPORT = ast.Import | ast.ImportFrom


class Unfit(Exception):
    """Why a text cannot be put in, or taken out."""


@dataclass(frozen=True)
class Group:
    """Statements of a text that stand on lines of their own, with what is above them."""

    nodes: tuple[ast.stmt, ...]
    lines: list[str]


class Around:
    """An exercise in a file, and what the learner wrote beside it."""

    def __init__(self, source: str, name: str, given: str) -> None:
        found = definitions(parsed(source)).get(name)
        if found is None or isinstance(found, ast.ClassDef):
            raise Unfit(f"the file does not define {name}")
        self.node, self.lines = found, lines_of(source)
        self.owner = name.rpartition(".")[0]
        self.tree = parsed(source)
        self.remarks = {line.strip() for line in lines_of(given) if line.strip().startswith("#")}
        self.books = {s.key for s in statements(given)} | definitions(parsed(given)).keys()
        beside = [s for s in statements(source) if s.owner == self.owner and s.key != name]
        self.given = [s for s in beside if s.key in self.books]
        self.theirs = [s for s in beside if s.key not in self.books]

    def block(self, node: ast.stmt) -> tuple[int, int]:
        """Return the lines of a statement, with the learner's remarks above and those in it."""
        first = first_of(node) - 1
        margin, start = margin_of(self.lines[first]), first
        for at in range(first - 1, -1, -1):
            line = self.lines[at]
            if self.is_remark(line) and margin_of(line) == margin and not self.is_string(at + 1):
                start = at
            elif line.strip():
                break
        return start, end_of(node, self.lines)

    def shares_a_line(self, node: ast.stmt) -> bool:
        """Return whether another statement stands on the last line of one, or on its first."""
        every = [*(s.node for s in (*self.given, *self.theirs)), self.node]
        spans = [(first_of(other), other.end_lineno or 0) for other in every if other is not node]
        return any(a <= (node.end_lineno or 0) and first_of(node) <= b for a, b in spans)

    def is_remark(self, line: str) -> bool:
        """Return whether a line is a comment that the book does not have."""
        return line.strip().startswith("#") and line.strip() not in self.remarks

    def is_string(self, number: int) -> bool:
        """Return whether a string stands on a line, counted from 1."""
        every = (n for n in ast.walk(self.tree) if isinstance(n, ast.Constant | ast.JoinedStr))
        return any(n.lineno <= number <= (n.end_lineno or 0) for n in every)

    def needed(self) -> list[Statement]:
        """Return what the learner wrote beside the exercise and it needs, in order."""
        wanted, found = used(self.node, self.owner), list[Statement]()
        while more := [s for s in self.theirs if s not in found and bound(s.node) & wanted]:
            found += more
            wanted = wanted.union(*(used(s.node, self.owner) for s in more))
        return sorted(found, key=lambda s: s.node.lineno)

    def between(self, end: int, start: int, are_imports: bool) -> list[str]:
        """Return the empty lines between two pieces of a text: as in the file, where they meet."""
        if end <= start and not "".join(self.lines[end:start]).strip():
            return ["\n"] * (start - end)
        return ["\n"] * (0 if are_imports else 1 if self.owner else 2)

    def dedented(self, node: ast.stmt) -> list[str]:
        """Return the lines of a statement moved to the margin."""
        start, end = self.block(node)
        margin, strings = margin_of(self.lines[start]), inside_strings(self.lines, node)
        return [
            line if at in strings else line.removeprefix(margin)
            for at, line in enumerate(self.lines[start:end], start)
        ]


def taken(source: str, name: str, given: str) -> tuple[str, list[str]]:
    """Return the text of an exercise, and what came along, by its keys.

    `given` is the empty exercise: what it has is not the learner's.

    Raises
    ------
    Unfit
        If the file has no such function, or no text would be the same.
    """
    around = Around(source, name, given)
    along = around.needed()
    lines, last, was_import = list[str](), -1, False
    for node in [*(s.node for s in along), around.node]:
        start, end = around.block(node)
        if last > start and node is not around.node:  # another stands on the same line
            continue
        is_import = isinstance(node, IMPORT)
        if lines:
            lines += around.between(last, start, was_import and is_import)
        lines += around.dedented(node)
        last, was_import = end, is_import
    text = "".join(lines).strip("\n")
    try:
        is_same = meaning(function_of(text, name)) == meaning(around.node)
    except SyntaxError:
        is_same = False
    if not is_same:
        raise Unfit("it cannot be moved to the margin")
    return text, [s.key for s in along]


def put(source: str, name: str, text: str, given: str) -> str:
    """Return a file with a text, one of `read`, in place of an exercise.

    What stands beside the function in the text and in the file already is not
    put in twice; of two with one name that of the text stays.

    Raises
    ------
    Unfit
        If the text defines what is the book's, or no file would be right.
    """
    around, new, edits = Around(source, name, given), list[str](), list[Edit]()
    margin, theirs = margin_of(around.lines[first_line(around.node) - 1]), around.theirs
    found, beside = function_of(text, name), [s.node for s in (*around.given, *theirs)]
    parts = groups(text, found)
    there = {meaning(node) for node in beside} if len(parts) > 1 else set()
    for group in parts:
        lines = indented(group.lines, margin)
        if found in group.nodes:
            new += lines
        elif not all(meaning(node) in there for node in group.nodes):
            if old := replaced(group, around, theirs):
                theirs = [s for s in theirs if s is not old]
                edits.append((*around.block(old.node), ["".join(lines).strip("\n") + "\n"]))
            else:
                new += lines
    edits.append((*around.block(around.node), ["".join(new).strip("\n") + "\n"]))
    made = edited(source, edits)
    if meaning(function_of(made, name, whole=True)) != meaning(found):
        raise Unfit("it does not fit where it belongs")
    return made


def read(text: str, name: str) -> str:
    """Return a text as it can be put in, or raise Unfit; '' where nothing is in it."""
    if len(text) > MAX_SIZE:
        raise Unfit(f"its text is larger than {MAX_SIZE >> 10} KB")
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    text = re.sub(r"\A(?:[ \t]*\n)+", "", text)
    if not text:
        return ""
    text = textwrap.dedent(text) if text[0] in " \t" else text
    try:
        text.encode()
        parse(text, "its text")
    except UnicodeEncodeError:
        raise Unfit("its text holds a sign that no file can hold") from None
    except Obstacle as obstacle:
        raise Unfit(obstacle.sentence.rstrip(".")) from None
    function_of(text, name)
    return text + "\n"


def function_of(text: str, name: str, whole: bool = False) -> Function:
    """Return the function that a text is for, or that a whole file has, or raise Unfit."""
    if whole:
        made = definitions(parsed(text)).get(name)
        found = [made] if isinstance(made, Function) else []
    else:
        last = name.rpartition(".")[2]
        every = (node for node in parsed(text).body if isinstance(node, Function))
        found = [node for node in every if node.name == last]
    if len(found) != 1:
        times = "more than once" if found else "nowhere"
        raise Unfit(f"its text defines {name.rpartition('.')[2]} {times}")
    return found[0]


def is_empty(text: str, blank: str) -> bool:
    """Return whether nothing is written in the text of an exercise; `blank` is the book's."""
    lines = [line.strip() for line in lines_of(text)]
    markers = [at for at, line in enumerate(lines) if line.startswith(MARKER)]
    if markers:
        return bool(EMPTY.fullmatch("".join(lines[markers[-1] + 1 :])))
    return meaning(parsed(text)) == meaning(parsed(blank))


def groups(text: str, found: Function) -> list[Group]:
    """Return the statements of a text, each with the lines above it."""
    made, lines, last = list[Group](), lines_of(text), 0
    body = parsed(text).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        first = first_of(node)
        end = node.end_lineno or 0
        if after is None:
            end = len(lines)
        elif node is found:
            end = end_of(node, lines)
        if made and first <= last:
            before = made.pop()
            made.append(Group((*before.nodes, node), before.lines + lines[last:end]))
        else:
            made.append(Group((node,), lines[last:end]))
        last = max(last, end)
    return made


def replaced(group: Group, around: Around, theirs: list[Statement]) -> Statement | None:
    """Return which of the learner's statements has the name of a text's, to be replaced."""
    keys = {f"{around.owner}.{name_of(node)}".lstrip(".") for node in group.nodes}
    if books := sorted(keys & around.books):
        raise Unfit(f"its text defines {books[0]} as well, which the chapter has already")
    same = [s for s in theirs if s.key in keys and not around.shares_a_line(s.node)]
    return same[0] if same and len(keys) == 1 else None


def bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives a meaning to."""
    if isinstance(node, DEFINITION):
        return {node.name}
    found = set[str]()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            found.add(inner.id)
        elif isinstance(inner, DEFINITION):
            found.add(inner.name)
        elif isinstance(inner, IMPORT):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in inner.names}
    return found


def used(node: ast.stmt, owner: str) -> set[str]:
    """Return the names that a statement speaks of; in a class also those behind a dot."""
    names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    if owner:
        names |= {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
    return names


def meaning(node: ast.AST) -> tuple[Any, ...]:
    """Return what tells two trees apart, but for remarks and docstrings.

    It is written level by level: ast.dump would not reach the end of a deep one.
    """
    texts = {id(text) for inner in ast.walk(node) if (text := docstring_of(inner))}

    def told(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(told, value))
        return "a node" if isinstance(value, ast.AST) else repr(value)

    return tuple(
        (type(inner).__name__, *(told(value) for _, value in ast.iter_fields(inner)))
        for inner in ast.walk(node)
        if id(inner) not in texts
    )


def end_of(node: ast.stmt, lines: list[str]) -> int:
    """Return how many lines end with a statement; a comment further in is part of a definition."""
    end = node.end_lineno or 0
    margin = margin_of(lines[first_of(node) - 1])
    for at in range(end, len(lines) if isinstance(node, DEFINITION) else end):
        is_remark = lines[at].strip().startswith("#")
        if is_remark and len(margin_of(lines[at])) > len(margin):
            end = at + 1
        elif lines[at].strip():
            break
    return end
