"""What stops the press: always a file, a line and a reason."""

from pathlib import Path

from grader.book import ROOT


class Stop(Exception):
    """The book cannot be printed as it stands."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        super().__init__(f"{place}:{line}: {reason}")
