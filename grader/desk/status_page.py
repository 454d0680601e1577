"""Where a learner stands, as one page that needs nothing else: the map, the table, the streak."""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path

from grader import book, edit, family, page_style
from grader.desk.standing import Exercise, Standing, next_step, parts
from grader.desk.status import due_sentence, listed, sign, streak_sentence, word
from grader.screen import Style
from grader.submission import label_of

OURS = "<!-- by `grader status --html`, which writes this file anew -->"
WIDE, NARROW = 4, 2  # boxes in a row of the map, on a desk and on a telephone
PLAIN = Style(colour=False)

STYLE = (
    page_style.STYLE
    + """
.quiet, .row, th { color: var(--quiet); }
.sheet, table, .quiet { font-family: Inter, system-ui, "Segoe UI", Roboto, sans-serif; }
.sheet { position: relative; margin: 1.5rem auto; font-size: .6875rem; line-height: 1.1; }
.sheet svg { position: absolute; inset: 0; opacity: .6; }
path { fill: none; stroke: var(--line); stroke-width: 1.4; }
.row { position: absolute; padding-right: .5rem; white-space: nowrap; background: var(--paper); }
.box {
  position: absolute; width: BOXpx; height: HIGHpx; display: grid; place-items: center;
  padding: 0 .5rem 3px; text-align: center; text-decoration: none; color: var(--ink);
  background: var(--box); border: 1px solid var(--rule); border-radius: 3px;
}
.box.done { border-color: var(--done); }
.box:is(:hover, :focus-visible) { border-color: var(--link); }
.bar { position: absolute; left: 0; bottom: 0; height: 4px; background: var(--done); }
.due { color: var(--due); font-weight: 600; }
.box .due {
  position: absolute; right: -6px; top: -8px; padding: 0 5px; border-radius: 8px;
  background: var(--paper); border: 1px solid var(--due); line-height: 1.25;
}
.narrow { display: none; }
@media (max-width: 691px) { .wide { display: none; } .narrow { display: block; } }
table { width: 100%; border-collapse: collapse; font-size: .875rem; }
th { font-weight: 400; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
tbody th { padding-top: 1rem; color: var(--ink); font-weight: 600; }
td {
  padding: .375rem 0; border-top: 1px solid var(--rule);
  text-align: right; vertical-align: top; white-space: nowrap;
}
td:first-child { text-align: left; white-space: normal; }
td + td, th + th { padding-left: .75rem; }
.signs { letter-spacing: .15em; cursor: default; }
.signs .done { color: var(--done); }
.signs .changed, .signs .tried { color: var(--due); }
:target td { background: var(--box); }
@media (max-width: 479px) { .less { display: none; } }
"""
)


def write(
    path: Path | None, found: list[Standing], row: tuple[int, bool], now: datetime
) -> list[str]:
    """Write the page; return what was done, for the person. Another's file is kept aside."""
    path = (path or book.workspace() / "status.html").absolute()
    path = path / "status.html" if path.is_dir() else path
    said = []
    if path.exists() and OURS.encode() not in path.read_bytes()[:1000]:
        said.append(f"What was there is kept in {label_of(edit.keep_aside(path))}.")
    edit.write(path, page(found, row, now))
    return [f"{label_of(path)} is written.", *said, f"Next: open {path.as_uri()} in a browser"]


def page(found: list[Standing], row: tuple[int, bool], now: datetime) -> str:
    """Return the whole page."""
    done, holes = sum(s.done for s in found), sum(len(s.exercises) for s in found)
    changed = [e for s in found for e in s.exercises if e.is_changed]
    sentences = [f"{done} of {holes} exercises are yours.", due_sentence(found, now)]
    sentences += [f"Changed since the last check: {listed(changed)}."] if changed else []
    told = "".join(f"<p>{escape(text)}</p>\n" for text in [*sentences, streak_sentence(row)])
    style = STYLE.replace("BOX", str(family.BOX)).replace("HIGH", str(family.HIGH))
    return f"""<!DOCTYPE html>
{OURS}
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ground Up: where you stand</title>
<style>{style}</style>
<h1>Where you stand</h1>
<p class="quiet">Ground Up, {now.day} {now:%B %Y}</p>
{told}<p>Next: <code>{escape(next_step(found))}</code></p>
<h2>The map</h2>
<p class="quiet">A line leads from a chapter to one that uses its code.
The bar of a box is what you have done of it; the number at its corner is what is due.</p>
{sheet(found, WIDE, "wide")}
{sheet(found, NARROW, "narrow")}
<h2>The chapters</h2>
{table(found)}
<p class="quiet">A sign for each exercise: ✓ done, ✗ tried, · not yet, ~ changed since.</p>
</html>
"""


def sheet(found: list[Standing], a_row: int, name: str) -> str:
    """Return the map of the book, with the learner's marks on the boxes."""
    drawn = family.drawn([standing.chapter for standing in found], a_row)
    size = f"width:{drawn.width}px;height:{drawn.height}px"
    rows = [f'<span class="row" style="top:{y}px">{escape(part)}</span>' for part, y in drawn.rows]
    lines = "".join(f'<path d="{line}"/>' for line in drawn.lines)
    boxes = [box(standing, drawn.places[standing.chapter.slug]) for standing in found]
    return (
        f'<div class="sheet {name}" style="{size}">\n'
        f'<svg aria-hidden="true" width="{drawn.width}" height="{drawn.height}">{lines}</svg>\n'
        + "\n".join([*rows, *boxes])
        + "\n</div>"
    )


def box(standing: Standing, place: family.Place) -> str:
    """Return the box of a chapter: a link to its row of the table."""
    chapter, holes = standing.chapter, len(standing.exercises)
    kind = "box done" if standing.is_done else "box"
    tick = "✓ " if standing.is_done else ""
    share = 100 * standing.done // max(holes, 1)
    bar = f'<span class="bar" style="width:{share}%"></span>' if share else ""
    due = len(standing.due)
    badge = f'<span class="due" title="{due} due">{due}</span>' if due else ""
    return (
        f'<a class="{kind}" href="#{escape(chapter.slug)}" title="{standing.done} of {holes}"'
        f' style="left:{place[0]}px;top:{place[1]}px">'
        f"{tick}{chapter.number} · {escape(chapter.heading)}{bar}{badge}</a>"
    )


def table(found: list[Standing]) -> str:
    """Return the chapters by part, with a sign for each exercise."""
    heads = '<th>done<th class="less">tried<th class="less">hints<th>due'
    bodies = []
    for part, members in parts(found).items():
        yours, holes = sum(s.done for s in members), sum(len(s.exercises) for s in members)
        rows = [
            f'<tr id="{escape(s.chapter.slug)}"><td>{s.chapter.number} · '
            f'{escape(s.chapter.heading)}<br><span class="signs">'
            f"{''.join(map(signed, s.exercises))}</span>"
            f'<td>{s.done} of {len(s.exercises)}<td class="less">{s.tried or ""}'
            f'<td class="less">{s.hints or ""}<td class="due">{len(s.due) or ""}'
            for s in members
        ]
        head = f'<tr><th scope="rowgroup">{escape(part)}<th colspan="4">{yours} of {holes} yours'
        bodies.append("\n".join(["<tbody>", head, *rows, "</tbody>"]))
    return f"<table>\n<thead><tr><th>{heads}</thead>\n" + "\n".join(bodies) + "\n</table>"


def signed(exercise: Exercise) -> str:
    """Return the sign of an exercise, which tells its name where one points at it."""
    told, mark = word(exercise), sign(exercise, PLAIN)
    kind = told.partition(" ")[0]
    return f'<span class="{kind}" title="{escape(exercise.name)}: {told}">{mark}</span>'
