"""The fingerprints of what a learner wrote: hashes of runs of tokens, chosen by winnowing.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting",
SIGMOD 2003.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import zlib
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader import stub
from grader.book import Chapter
from grader.reference import Reference
from grader.submission import Obstacle, parse

RUN, WINDOW = 6, 3  # tokens in a fingerprint; of so many in a row at least one is kept
MOST_TOKENS, MOST_TEXT = 2_000, 4_000  # of a hole; of a block as it is shown

QUOTED = (
    r"""[rRbBuUfF]{0,2}(?:\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:\"{3})?"""
    r"""|'{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3})?"""
    r"""|"(?:[^"\\\n]|\\.)*+"?|'(?:[^'\\\n]|\\.)*+'?)"""
)
TOKEN = re.compile(  # never goes back: a hostile text takes no longer than another
    rf"""^[ \t]*+{QUOTED}[ \t]*+$ | \s | \\\n | \#[^\n]*+  # layout, and strings for people
    |(?P<string>{QUOTED}) |(?P<name>\.?[^\W\d]\w*+) |(?P<rest>\.?\d[\w.]*+|\*\*|//|[=!<>]=|.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)

Hashes = NDArray[np.uint64]
Holes = dict[str, tuple[int, str]]  # by name: the line where what is written begins, and that


def bare(line: str) -> str:
    """Return the code of a line: no margin, no comment."""
    return line.partition("#")[0].strip()


class Prints:
    """Makes the fingerprints of one chapter, and knows which are no evidence."""

    def __init__(self, chapter: Chapter) -> None:
        reference = Reference(chapter)
        lines = stub.lines_of(chapter.source)
        self.names = {*keyword.kwlist, *dir(builtins)}
        for node in stub.parsed(chapter.source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.names |= {(a.asname or a.name).partition(".")[0] for a in node.names}
        self.names |= set(stub.definitions(stub.parsed(chapter.source)))
        self.holes = {hole.name: hole for hole in stub.holes(chapter.source)}
        functions = stub.definitions(stub.parsed(chapter.source))
        self.given: dict[str, list[str]] = {}
        for name, hole in self.holes.items():
            body = functions[name].body
            begin = body[ast.get_docstring(functions[name]) is not None].lineno
            above = map(bare, lines[begin - 1 : hole.marker - 1])
            self.given[name] = [code for code in above if code]
        self.known_lines: set[str] = set()
        known: list[Hashes] = []
        whole = [chapter.source, stub.derive(chapter.source)]
        whole += [reference.mutant(m) for m in reference.mistakes]
        for source in whole:
            holes = self.written(source)
            known += [runs(hole, self.tokens(text)[0]) for hole, (_, text) in holes.items()]
            # as a whole, for those who laid out what is given in another way
            self.known_lines |= {line.strip() for line in source.splitlines()}
        for name, hole in self.holes.items():
            text = "".join(lines[hole.start - 1 : functions[name].end_lineno])
            known.append(runs(name, self.tokens(text)[0]))
        self.known: Hashes = np.unique(np.concatenate(known))

    def written(self, source: str) -> Holes:
        """Return what a learner wrote into each hole, less what the stub gives above it."""
        try:
            functions = parse(source, "")
        except Obstacle:
            return {}
        lines = stub.lines_of(source)
        found: Holes = {}
        for name, given in self.given.items():
            node = functions.get(name)
            if node is None or isinstance(node, ast.ClassDef):
                continue
            body = node.body[ast.get_docstring(node, clean=False) is not None :]
            if not body:
                continue
            first, left = body[0].lineno, iter(given)
            expected = next(left, None)
            while first < (node.end_lineno or 0) and (
                not (code := bare(lines[first - 1])) or code == expected
            ):
                expected = next(left, None) if code else expected
                first += 1
            text = "".join(lines[first - 1 : node.end_lineno])
            if not stub.EMPTY.fullmatch(text):
                found[name] = first, text
        return found

    def tokens(self, text: str) -> tuple[Hashes, list[tuple[int, int]]]:
        """Return the tokens and where they stand; a name of their own is any name."""
        found, places = [], []
        every = (match for match in TOKEN.finditer(text) if match.lastgroup)
        for match in islice(every, MOST_TOKENS):
            word = match[0]
            if match.lastgroup == "string":
                word = '""'
            elif match.lastgroup == "name" and word[0] != "." and word not in self.names:
                word = "name"
            found.append(zlib.crc32(word.encode(errors="replace")))
            places.append(match.span())
        return np.array(found, np.uint64), places

    def of(self, lexed: dict[str, tuple[Hashes, Any]]) -> Hashes:
        """Return the fingerprints of a submission that may be evidence."""
        rows = [np.empty(0, np.uint64)]
        for hole, (tokens, _) in lexed.items():
            every = runs(hole, tokens)
            rows.append(every[winnowed(every)])
        every = np.unique(np.concatenate(rows))
        return every[~np.isin(every, self.known)]

    def lines_beyond(self, holes: Holes) -> int:
        """Return how many different lines stand in no text of ours."""
        every = {line.strip() for _, text in holes.values() for line in text.splitlines()}
        return len(every - self.known_lines)

    def blocks(self, a: Holes, b: Holes, common: Hashes | None) -> list[dict[str, Any]]:
        """Return the lines of two submissions that are alike, hole by hole."""
        found = []
        for hole in a:
            if hole not in b:
                continue
            sides = [self.tokens(side[hole][1]) for side in (a, b)]
            every = [runs(hole, tokens) for tokens, _ in sides]
            shared = np.intersect1d(every[0], every[1])
            if common is not None:
                shared = shared[~np.isin(shared, self.known) & ~np.isin(shared, common)]
            if len(shared):
                block: dict[str, Any] = {"hole": hole}
                for name, side, (_, places), hashes in zip("ab", (a, b), sides, every, strict=True):
                    line, text = side[hole]
                    (at,) = np.nonzero(np.isin(hashes, shared))
                    start, end = places[at[0]][0], places[at[-1] + RUN - 1][1]
                    first = text.count("\n", 0, start)
                    last = text.count("\n", 0, end)
                    shown = text.split("\n")[first : last + 1]
                    block[name] = [line + first, line + last]
                    block[f"{name}_text"] = "\n".join(shown)[:MOST_TEXT]
                found.append(block)
        return found


def runs(hole: str, tokens: Hashes) -> Hashes:
    """Return the hash of every run of tokens; the same run in another hole has another."""
    n = len(tokens) - RUN + 1
    if n <= 0:
        return np.empty(0, np.uint64)
    found = np.full(n, zlib.crc32(hole.encode()), np.uint64)
    for i in range(RUN):
        found *= np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(29)
        found += tokens[i : i + n]
    found *= np.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> np.uint64(32)
    return found


def winnowed(every: Hashes) -> NDArray[np.intp]:
    """Return where the smallest hash of each window stands, the last of equals."""
    if len(every) <= WINDOW:
        return np.array([np.argmin(every)] if len(every) else [], np.intp)
    windows = np.lib.stride_tricks.sliding_window_view(every[::-1], WINDOW)
    return np.unique(len(every) - 1 - (np.arange(len(windows)) + windows.argmin(axis=1)))
