"""A learner's feedback as one page that needs nothing else, and holds nobody else's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from grader import edit, page_style
from grader.book import find_chapter
from grader.classroom import paper
from grader.classroom.people import Learner
from grader.classroom.tally import Record, Source, Tally, by_learner, points
from grader.told import block, check_part, html, sign
from grader.verdict import DONE, NOT_YET

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
UNSAFE = (
    "UNSAFE: this was marked with --unsafe, without the sandbox. "
    "What was handed in could read and change what the teacher can, the marks too."
)

STYLE = """
body { overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; font-weight: 600; }
h1 + p, h2 + p { margin-top: 0; }
a { color: var(--link); }
.quiet { color: var(--quiet); font-weight: 400; }
.quiet, table, dt, svg { font-family: Inter, system-ui, "Segoe UI", Roboto, sans-serif; }
.banner { border: 2px solid var(--due); padding: .5rem .75rem; color: var(--due); }
.done, .sign.done { color: var(--done); }
.bad, .sign.bad { color: var(--due); }
.large { font-size: 1.2rem; }
ul, ol { margin: 0; padding: 0; list-style: none; }
.checks li { position: relative; padding-left: 1.5rem; margin: .25rem 0; }
.checks .sign { position: absolute; left: 0; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); margin: .25rem 0; }
dl { column-gap: .75rem; align-items: baseline; }
dt { color: var(--quiet); font-size: .875rem; }
dd { margin: 0; font: .875em/1.6 ui-monospace, Menlo, Consolas, monospace; }
pre {
  margin: .25rem 0; padding: .25rem .5rem; background: var(--box); white-space: pre-wrap;
  font: .8125rem/1.45 ui-monospace, Menlo, Consolas, monospace;
}
footer { margin-top: 3rem; padding-top: .5rem; border-top: 1px solid var(--rule); }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --rule: #999; }
  :root { --box: #f4f4f4; --done: #0a5c42; --due: #8c2f00; --link: #000; --line: #555; }
  body { padding: 0; max-width: none; }
  li, tr, pre, dl, figure { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
"""


def head(title: str, style: str) -> str:
    """Return the top of a page: nothing may be fetched, run or sent from it."""
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html(title)}</title>
<style>{page_style.STYLE}{style}</style>
"""


def day(begun: str) -> str:
    """Return an ISO time as a person writes a day."""
    try:
        when = datetime.fromisoformat(begun)
    except ValueError:
        return html(begun)
    return f"{when.day} {when:%B %Y}"


def banner(header: Mapping[str, Any]) -> str:
    """Return the words on a run without a sandbox, '' where there was one."""
    return f'<p class="banner">{UNSAFE}</p>\n' if header["unsafe"] else ""


def heading(slug: str) -> str:
    """Return a chapter by its number and heading."""
    chapter = find_chapter(slug)
    return escape(f"{chapter.number} · {chapter.heading}") if chapter else html(slug)


def feedback(learner: Learner, records: Sequence[Record], header: Mapping[str, Any]) -> str:
    """Return the page of one learner."""
    mark = points(records)
    total = f"{mark[0]} of {mark[1]} points" if mark else "No points: nothing was marked."
    boxes = {record["sandbox"]: None for record in records if record["sandbox"]}
    how = "; ".join(boxes) or header["sandbox"]
    return (
        head(f"{learner.name}: feedback", STYLE)
        + f"<h1><bdi>{html(learner.name, 100)}</bdi></h1>\n"
        + f'<p class="quiet">Ground Up, {day(header["begun"])}</p>\n'
        + banner(header)
        + f'<p class="large">{total}</p>\n'
        + "".join(chapter_part(record, len(records) == 1) for record in records)
        + f'<footer class="quiet">Marked by the grader {html(str(header["grader"]))}. '
        + f"Sandbox: {html(how)}.</footer>\n</html>\n"
    )


def chapter_part(record: Record, is_all: bool) -> str:
    """Return what was found in one chapter's file."""
    said = f"<h2>{heading(record['chapter'])}</h2>\n"
    if record["problem"]:
        return said + f"<p>{html(record['problem'])}</p>\n"
    if not is_all:
        said += f'<p class="quiet">{record["points"]} of {record["of"]} points</p>\n'
    if obstacle := record["obstacle"]:
        said += f'<p class="bad">{html(obstacle["sentence"])}</p>\n'
        said += block(obstacle["excerpt"]) if obstacle["excerpt"] else ""
        if obstacle["next_step"]:
            said += f"<p>Next: <code>{html(obstacle['next_step'])}</code></p>\n"
        return said
    return said + "".join(map(exercise_part, record["exercises"]))


def exercise_part(exercise: Mapping[str, Any]) -> str:
    """Return one exercise: its state and points, then its checks."""
    name, state, of = html(exercise["name"]), exercise["state"], exercise["of"]
    about = f"{state} · {exercise['level']} · {exercise['points']} of {of} point{'s' * (of != 1)}"
    about += f" · line {exercise['line']}" if state != DONE else ""
    said = f'<h3>{sign(state)} <code>{name}</code> <span class="quiet">{about}</span></h3>\n'
    checks = [c for c in exercise["checks"] if state != NOT_YET or c.get("printed")]
    return said + f'<ul class="checks">\n{"".join(map(check_part, checks))}</ul>\n' * bool(checks)


def write(folder: Path, header: Mapping[str, Any], marked: Source, tally: Tally) -> list[Path]:
    """Write report.html and a page for each learner in feedback/; return the report and the folder.

    Parameters
    ----------
    folder : Path
    header : mapping
        What is known of the run as a whole.
    marked : function
        Returns an iterator over the class; a learner's records stand together.
    tally : Tally
        Of the same class.

    Raises
    ------
    Fault
        If a page cannot be written; what stood there before still does.
    """
    from grader.classroom.class_page import report

    for learner, records in by_learner(marked()):
        page = feedback(learner, records, header)
        path = folder / "feedback" / paper.file_name(learner.key)
        edit.write(path, page.encode(errors="replace"))
    with paper.writing(folder / "report.html") as file:
        file.writelines(report(header, marked, tally))
    return [folder / "report.html", folder / "feedback"]
