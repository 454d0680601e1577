"""Who wrote alike: pairs of submissions that share what few others wrote.

What the stub, the reference and the known mistakes hold is no evidence, nor what many of the
class wrote. A pair is a hint for a person who looks at both, never a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from typing import Any

import numpy as np

from grader.book import Chapter
from grader.classroom.fingerprints import Hashes, Prints

LEAST = 0.5
FEWEST = 10  # fingerprints in common: fewer are chance
FEWEST_LINES = 5  # lines likewise, where two files are the same to the letter
FEW, MANY, A_TENTH = 3, 50, 10  # how many of a class may have what still is evidence
AT_ONCE = 500  # learners, so that memory stays flat


def similar(
    sources: Callable[[], Iterable[tuple[str, str]]],
    chapter: Chapter,
    most: int = 50,
    least: float = LEAST,
) -> list[dict[str, Any]]:
    """Return the pairs that share at least so much of what few others wrote, best first.

    Parameters
    ----------
    sources : function
        Returns key and text of each submission, the same each time; called twice at most.
    chapter : Chapter
    most : int
        How many pairs.
    least : float
        The smallest share, from 0 to 1.

    Returns
    -------
    list of dict
        `a` and `b`, keys; `share`; `blocks`, each with `hole`, lines `a` and `b` (first and
        last), and `a_text` and `b_text`, which hold what learners wrote, unescaped. Of
        submissions that are all the same, each stands once, beside the first.
    """
    prints = Prints(chapter)
    keys: list[str] = []  # of those that differ
    rows: list[Hashes] = []
    own_lines: list[int] = []
    firsts: dict[bytes, int] = {}
    twins: list[tuple[int, str, bool]] = []
    for key, source in sources():
        holes = prints.written(source)
        lexed = {hole: prints.tokens(text) for hole, (_, text) in holes.items()}
        letters = digest(repr(sorted((hole, text) for hole, (_, text) in holes.items())))
        words = digest(repr([(hole, lexed[hole][0].tolist()) for hole in sorted(lexed)]))
        if letters in firsts or words in firsts:
            is_same = letters in firsts
            twins.append((firsts[letters if is_same else words], key, is_same))
            firsts.setdefault(letters, firsts.get(words, 0))
            continue
        firsts[letters] = firsts[words] = len(keys)
        keys.append(key)
        rows.append(prints.of(lexed))
        own_lines.append(prints.lines_beyond(holes))
    if not keys:
        return []
    table = Table(rows)
    found = [
        (1.0, int(table.own[i]), keys[i], key)
        for i, key, is_same in twins
        if table.own[i] >= FEWEST or (is_same and own_lines[i] >= FEWEST_LINES)
    ]
    twin_keys = {key for *_, key in found}
    found += [(s, e, keys[a], keys[b]) for s, e, a, b in table.pairs(least)]
    found.sort(key=lambda pair: (-pair[0], -pair[1], pair[2:]))
    del found[most:]
    wanted = {key for pair in found for key in pair[2:]}
    texts = {key: prints.written(source) for key, source in sources() if key in wanted}
    return [
        {
            "a": a,
            "b": b,
            "share": round(share, 3),
            "blocks": prints.blocks(texts[a], texts[b], None if b in twin_keys else table.common),
        }
        for share, _, a, b in found
    ]


def digest(text: str) -> bytes:
    """Return what stands for a text that is the same."""
    return blake2b(text.encode(errors="replace"), digest_size=16).digest()


class Table:
    """Who has which fingerprint, and how much each is worth: more, the fewer have it."""

    def __init__(self, rows: list[Hashes]) -> None:
        self.n = n = len(rows)
        owner = np.repeat(np.arange(n), [len(row) for row in rows])
        prints = np.concatenate(rows)
        order = np.lexsort((owner, prints))
        owner, prints = owner[order], prints[order]
        _, start, count = np.unique(prints, return_index=True, return_counts=True)
        few = min(max(FEW, n // A_TENTH), MANY)
        self.common = prints[start[count > few]]
        holders = np.repeat(count, count)
        left = np.repeat(start + count, count) - np.arange(len(prints)) - 1
        weight = np.log((n + 1) / holders)
        counts = holders <= few
        self.own = np.bincount(owner[counts], minlength=n)
        self.total = np.bincount(owner[counts], weight[counts], minlength=n)
        shared = counts & (holders > 1)
        self.owner, self.left, self.weight = owner[shared], left[shared], weight[shared]

    def pairs(self, least: float) -> Iterator[tuple[float, int, int, int]]:
        """Yield share, number of common fingerprints and the two, for each pair that is alike."""
        for low in range(0, self.n, AT_ONCE):
            at = np.nonzero((low <= self.owner) & (self.owner < low + AT_ONCE) & (self.left > 0))[0]
            codes, weights = [np.empty(0, np.int64)], [np.empty(0)]
            step = 1
            while len(at):
                codes.append(self.owner[at] * self.n + self.owner[at + step])
                weights.append(self.weight[at])
                step += 1
                at = at[self.left[at] >= step]
            code, where, count = np.unique(
                np.concatenate(codes), return_inverse=True, return_counts=True
            )
            a, b = np.divmod(code, self.n)
            shared = np.bincount(where, np.concatenate(weights), minlength=len(code))
            share = shared / np.minimum(self.total[a], self.total[b])
            keep = (share >= least) & (count >= FEWEST)
            for row in zip(share[keep], count[keep], a[keep], b[keep], strict=True):
                yield float(row[0]), int(row[1]), int(row[2]), int(row[3])
