"""Lines of text: several edits at once, and what two have changed brought together."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from grader.stub import lines_of

Edit = tuple[int, int, list[str]]  # from a line, to a line, counted from 0: these instead


def edited(source: str, edits: list[Edit]) -> str:
    """Return a source with other lines in some places, which do not overlap."""
    lines = lines_of(source)
    for start, end, new in sorted(edits, key=lambda edit: edit[:2])[::-1]:
        lines[start:end] = new
    return "".join(lines)


def three_ways(base: list[str], mine: list[str], fresh: list[str]) -> Iterator[str]:
    """Yield the lines of a text that two have changed; where both did, `fresh` wins."""
    to_mine, to_fresh = same_lines(base, mine), same_lines(base, fresh)
    kept = [i for i in range(len(base)) if i in to_mine and i in to_fresh]
    b = m = f = 0
    for i in [*kept, len(base)]:
        j, k = to_mine.get(i, len(mine)), to_fresh.get(i, len(fresh))
        yield from between(base[b:i], mine[m:j], fresh[f:k])
        yield from base[i : i + 1]
        b, m, f = i + 1, j + 1, k + 1


def same_lines(base: list[str], other: list[str]) -> dict[int, int]:
    """Return which line of `other` each line of `base` became, where it stayed the same."""
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + i: block.b + i for block in blocks for i in range(block.size)}


def between(base: list[str], mine: list[str], fresh: list[str]) -> list[str]:
    """Return the lines that stand where base, mine and fresh may all differ."""
    if mine in (base, fresh):
        return fresh
    if fresh == base:
        return mine
    here = same_lines(base, mine)
    if len(here) < len(base):  # they changed what was given
        return fresh
    added = set(range(len(mine))) - set(here.values())
    return fresh + [mine[i] for i in sorted(added)]
