"""The class as one page for the teacher: first what to explain again, last every learner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from grader.classroom.class_details import alike, ended_early, how, link, notes, table, used
from grader.classroom.pages import STYLE as OF_PAGES
from grader.classroom.pages import banner, day, head, heading
from grader.classroom.tally import Example, Record, Source, Tally, by_learner, points
from grader.told import html
from grader.verdict import CRASHED, DONE, NOT_YET, TOO_SLOW, WAITS, WRONG

MOST_MISTAKES, MOST_ROWS = 10, 15
MOST_BARS = 21
COLUMNS = (DONE, WRONG, NOT_YET, WAITS, CRASHED, TOO_SLOW)

STYLE = (
    OF_PAGES
    + """
body { max-width: 860px; }
.mistakes li { margin: 1rem 0; }
.mistakes p, figcaption { font-size: .9375rem; }
figure { margin: .5rem 0; max-width: 560px; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 9px; text-anchor: middle; }
svg rect { fill: var(--line); }
svg path { fill: none; stroke: var(--rule); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th { font-weight: 400; color: var(--quiet); text-align: right; vertical-align: bottom; }
td { border-top: 1px solid var(--rule); padding: .25rem 0; text-align: right; }
td { vertical-align: top; }
th + th, td + td { padding-left: .75rem; }
table { overflow-wrap: normal; }
th:first-child, td:first-child { text-align: left; }
td:first-child { min-width: 9rem; overflow-wrap: anywhere; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; }
@media (max-width: 600px) { .two { grid-template-columns: 1fr; } }
details { margin: .5rem 0; }
summary { cursor: pointer; }
"""
)


def report(header: Mapping[str, Any], marked: Source, tally: Tally) -> Iterator[str]:
    """Yield the page of the class, part by part.

    Parameters
    ----------
    header : mapping
        "chapters", "begun", "run", "seed_kept", "grader", "unsafe", "sandbox",
        "notes" of the intake, and the "similar" pairs.
    marked : function
        Returns an iterator over the class; a learner's records stand together.
    tally : Tally
        Of the same class.
    """
    yield head("The class", STYLE)
    yield f'<h1>The class</h1>\n<p class="quiet">Ground Up, {day(header["begun"])}'
    yield "".join(f"<br>{heading(slug)}" for slug in header["chapters"]) + "</p>\n"
    yield banner(header)
    yield explain_again(tally)
    yield handed_in(tally)
    yield histogram(tally)
    yield exercises(tally)
    yield failed_checks(tally)
    yield used(tally)
    yield ended_early(tally)
    yield notes(header["notes"])
    yield alike(header["similar"])
    yield how(header)
    yield from everyone(marked, tally)
    yield "</html>\n"


def first(
    found: Mapping[tuple[str, str, str], Example],
) -> list[tuple[tuple[str, str, str], Example]]:
    """Return what was seen most often; among equals, in the order it was seen."""
    return sorted(found.items(), key=lambda item: -item[1].times)[:MOST_ROWS]


def explain_again(tally: Tally) -> str:
    """Return the known mistakes, the most common first, each with one example."""
    said = "<h2>What to explain again</h2>\n"
    if not tally.mistakes:
        return said + "<p>No answer looks like a mistake that the book knows.</p>\n"
    said += '<p class="quiet">Answers that are what a known mistake gives. '
    said += "An answer that fits several mistakes counts for each.</p>\n"
    said += '<ol class="mistakes">\n'
    for (chapter, name, why), seen in first(tally.mistakes)[:MOST_MISTAKES]:
        check = seen.verdict
        got = f"; yours {check['yours']}, wanted {check['wanted']}" if check.get("wanted") else ""
        got = got or (f"; {check['error']}" if check.get("error") else "")
        said += f"<li><b>{seen.times:,} learner{'s' * (seen.times != 1)}</b>: {html(why)}.\n"
        place = f" in {heading(chapter)}" if len(tally.of) > 1 else ""
        said += f'<p class="quiet"><code>{html(name)}</code>{place}. '
        said += f"For example {link(seen.learner)}: {html(check['sentence'] + got)}</p>\n"
    return said + "</ol>\n"


def handed_in(tally: Tally) -> str:
    """Return how many submissions there were, and what became of them."""
    rows = [
        ["learners", f"{tally.learners:,}"],
        ["files marked", f"{tally.handed_in:,}"],
        ["of these, could not be checked as a whole", f"{tally.obstacles:,}"],
        ["of these, marks copied from an identical file", f"{tally.copied:,}"],
        ["handed in, but nothing could be marked", f"{tally.unmarked:,}"],
        ["missing", f"{tally.missing:,}"],
    ]
    return "<h2>What was handed in</h2>\n" + table(["", "how many"], rows)


def histogram(tally: Tally) -> str:
    """Return how the points are distributed, as a drawing."""
    said, of, count = "<h2>Points</h2>\n", sum(tally.of.values()), tally.points.total()
    if not count:
        return said + "<p>Nothing was marked.</p>\n"
    step = -(-(of + 1) // MOST_BARS)
    bars: Counter[int] = Counter()
    for mark, times in tally.points.items():
        bars[mark // step] += times
    number = of // step + 1
    wide, most = 350 / number, max(bars.values())
    drawn = ""
    for at in range(number):
        x, high = 5 + at * wide, 120 * bars[at] / most
        drawn += f'<text x="{x + wide / 2:.1f}" y="153">{at * step}</text>'
        if bars[at]:
            drawn += f'<rect x="{x + 1:.1f}" y="{140 - high:.1f}" width="{wide - 2:.1f}"'
            drawn += f' height="{high:.1f}"/>'
            drawn += f'<text x="{x + wide / 2:.1f}" y="{137 - high:.1f}">{bars[at]}</text>'
    ordered = sorted(tally.points.elements())
    told = f"Of {of} points the middle learner has {ordered[(count - 1) // 2]}."
    told += f" Each bar is {step} points wide." * (step > 1)
    return (
        f'{said}<figure><svg role="img" aria-label="Learners by points" viewBox="0 0 360 158">'
        f'<path d="M5 140.5H355"/>{drawn}</svg><figcaption>{told}</figcaption></figure>\n'
    )


def exercises(tally: Tally) -> str:
    """Return how many did each exercise, and what became of the others."""
    rows = []
    for (chapter, name), task in tally.tasks.items():
        counts = [f"{task.states[state] or ''}" for state in COLUMNS]
        share = f"{task.states[DONE] / task.states['all']:.0%}"
        place = f'<br><span class="quiet">{heading(chapter)}</span>' if len(tally.of) > 1 else ""
        about = f'<code>{html(name)}</code> <span class="quiet">{task.level}</span>{place}'
        rows.append([about, share, *counts])
    return "<h2>Exercises</h2>\n" + table(["", "share done", *COLUMNS], rows)


def failed_checks(tally: Tally) -> str:
    """Return the checks that failed most."""
    rows = [
        [f"<code>{html(name)}</code>: {html(seen.verdict['sentence'])}", f"{seen.times:,}"]
        for (_, name, _), seen in first(tally.checks)
    ]
    if not rows:
        return ""
    return "<h2>Checks that failed most</h2>\n" + table(["", "learners"], rows)


def everyone(marked: Source, tally: Tally) -> Iterator[str]:
    """Yield the table of all learners, each with their points."""
    heads = [heading(slug) for slug in tally.of] if len(tally.of) > 1 else []
    cells = "".join(f"<th>{name}" for name in ["", *heads, f"points of {sum(tally.of.values())}"])
    yield f'<h2>Everyone</h2>\n<div class="scroll"><table>\n<thead><tr>{cells}</thead>\n'
    for learner, records in by_learner(marked()):
        found = {record["chapter"]: record for record in records}
        each = [mark_of(found.get(slug)) for slug in tally.of] if heads else []
        mark = points(records)
        words = mark_of(records[0]) if len(records) == 1 else ""
        row = [link(learner), *each, f"{mark[0]}" if mark else words]
        yield "<tr>" + "".join(f"<td>{cell}" for cell in row) + "\n"
    yield "</table></div>\n"


def mark_of(record: Record | None) -> str:
    """Return the points of one record, or in words why there are none."""
    if record is None:
        return ""
    return html(record["problem"], 80) if record["problem"] else f"{record['points']}"
