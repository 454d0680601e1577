"""Print how strict and how fair the checks are, from the figures that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from grader.audit.scores import Figures, Share, kept, percent
from press.manuscript import Manuscript
from press.page import slug_of


def strict(manuscripts: Sequence[Manuscript]) -> str:
    """Return what was refused of all that is wrong, a row for each chapter."""

    def cells(figures: Figures) -> list[str]:
        return [
            of(figures.share("mistakes")),
            of(figures.share("idle")),
            f"{figures.share('mutants').all:,}",
            percent(figures.rejected),
            percent(figures.rejected_of_different),
        ]

    heads = ["known mistakes", "idle answers", "mutants", "rejected", "of those that differ"]
    return table(manuscripts, heads, cells)


def fair(manuscripts: Sequence[Manuscript]) -> str:
    """Return what became of all that is right, a row for each chapter."""

    def cells(figures: Figures) -> list[str]:
        answers = "refused" if figures.right_refused else f"accepted, {figures.seeds} seeds"
        return [str(figures.checks), str(figures.float32), answers]

    return table(manuscripts, ["checks", "in float32", "both solutions"], cells)


def table(
    manuscripts: Sequence[Manuscript], heads: list[str], cells: Callable[[Figures], list[str]]
) -> str:
    """Return a table in Markdown; of a chapter that has changed since, only that it has."""
    rows = [["chapter", *heads], ["---", *["---:"] * len(heads)]]
    for manuscript in manuscripts:
        link = f"[{manuscript.title}](chapters/{slug_of(manuscript.chapter)}.md)"
        figures = kept(manuscript.chapter)
        rows.append([link, *(cells(figures) if figures else ["changed since"])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def of(share: Share) -> str:
    """Return how many of how many."""
    return f"{share.refused} of {share.all}"
