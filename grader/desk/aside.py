"""Check code that is no exercise file, shut in as every learner's code is."""

from __future__ import annotations

from grader import submission
from grader.book import Chapter
from grader.runner import Apart
from grader.verdict import Verdict


def of_source(
    chapter: Chapter, holes: list[str], source: str, label: str, seed: int = 0
) -> dict[str, list[Verdict]]:
    """Return the verdicts on a source by exercise, or raise Obstacle."""
    file = submission.Submission(label, source, submission.parse(source, label))
    return of(chapter, holes, file, seed)


def of(
    chapter: Chapter, holes: list[str], file: submission.Submission, seed: int
) -> dict[str, list[Verdict]]:
    """Return the verdicts on what was read, or raise Obstacle if it cannot be loaded."""
    runner = Apart(chapter, seed, holes)
    runner.submission = file  # in the place of the exercise
    with runner:
        runner.start()
        return {hole: runner.verdicts(hole) for hole in holes}
