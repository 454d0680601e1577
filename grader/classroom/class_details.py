"""The small print of the class report: what was used, what broke, what is alike, how it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from textwrap import dedent
from typing import Any

from grader import told
from grader.classroom import paper
from grader.classroom.people import Learner
from grader.classroom.tally import Figures, Tally
from grader.told import html

MOST_PAIRS, MOST_BLOCKS, MOST_NOTES = 50, 15, 200


def link(learner: Learner) -> str:
    """Return a learner's name, which leads to their page."""
    return linked(learner.key, learner.name)


def linked(key: str, name: str) -> str:
    """Return a name that leads to the page of the learner with this key."""
    return f'<a href="feedback/{paper.file_name(key)}"><bdi>{html(name, 60) or "?"}</bdi></a>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table that scrolls where it is too wide; its cells are HTML."""
    head = "".join(f"<th>{name}" for name in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    return f'<div class="scroll"><table>\n<thead><tr>{head}</thead>\n{body}\n</table></div>\n'


def used(tally: Tally) -> str:
    """Return the time and memory that submissions took."""
    kinds: list[tuple[str, Figures, float, str]] = [
        ("seconds", tally.seconds, 1, ".2f"),
        ("processor seconds", tally.cpu, 1, ".2f"),
        ("memory, MB", tally.memory, 2**20, ",.0f"),
    ]
    rows = [
        [name, *(f"{f.part(share) / unit:{form}}" for share in (0.5, 0.95, 1)), link(f.worst)]
        for name, f, unit, form in kinds
        if f.worst
    ]
    if not rows:
        return ""
    heads = ["", "middle", "95 % below", "most", "whose"]
    return "<h2>Time and memory</h2>\n" + table(heads, rows)


def ended_early(tally: Tally) -> str:
    """Return what crashed or took too long, and whose."""
    said = ""
    for state, ends in tally.ends.items():
        if ends:
            more = tally.ended(state) - len(ends)
            said += f"<h3>{state}: {tally.ended(state):,}</h3>\n<ul>\n" + "".join(
                f"<li>{link(learner)}, <code>{html(name)}</code>: {html(error)}\n"
                for learner, _, name, error in ends
            )
            said += f"<li>… and {more:,} more\n" * (more > 0) + "</ul>\n"
    return f"<h2>Crashed or too slow</h2>\n{said}" if said else ""


def notes(said: Sequence[str]) -> str:
    """Return what was noted when the submissions were read in."""
    if not said:
        return ""
    every = "".join(f"<li>{html(note)}\n" for note in said[:MOST_NOTES])
    more = len(said) - MOST_NOTES
    every += f"<li>… and {more:,} more\n" * (more > 0)
    return f"<h2>Notes on what was handed in</h2>\n<ul>\n{every}</ul>\n"


def alike(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Return the pairs that are alike, their lines side by side."""
    if not pairs:
        return ""
    said = "<h2>Alike</h2>\n<p>Pairs that share more than the stub explains. "
    said += "This is a hint for a person to look at, never a mark.</p>\n"
    for pair in sorted(pairs, key=lambda pair: -pair["share"])[:MOST_PAIRS]:
        names = f"{linked(pair['a'], pair['a'])} and {linked(pair['b'], pair['b'])}"
        said += f"<details><summary>{pair['share']:.0%}: {names}</summary>\n"
        for block in pair["blocks"][:MOST_BLOCKS]:
            said += f'<p><code>{html(block["hole"])}</code></p>\n<div class="two">'
            said += "".join(beside(pair[s], block[s], block[f"{s}_text"]) for s in "ab")
            said += "</div>\n"
        said += "</details>\n"
    more = len(pairs) - MOST_PAIRS
    return said + f"<p>… and {more:,} pairs more</p>\n" * (more > 0)


def beside(key: str, at: Sequence[int], text: str) -> str:
    """Return some lines of one of a pair."""
    code = escape(dedent("\n".join(told.lines(text, 40, 200))))
    about = f"<bdi>{html(key, 60)}</bdi>, lines {at[0]} to {at[1]}"
    return f'<div><span class="quiet">{about}</span><pre>{code}</pre></div>'


def how(header: Mapping[str, Any]) -> str:
    """Return how the run was made, so that its marks can be made again."""
    kept = "kept: a mark can be made again" if header["seed_kept"] else "not kept"
    rows = [
        ("run", header["run"]),
        ("sandbox", header["sandbox"]),
        ("seed", kept),
        ("grader", header["grader"]),
    ]
    cells = "".join(f"<dt>{name}<dd>{html(str(text))}" for name, text in rows)
    return f"<h2>How it was marked</h2>\n<dl>{cells}</dl>\n"
