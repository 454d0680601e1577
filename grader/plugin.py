"""The grader as a pytest plugin: each check is an item, each verdict a report.

`grader check` loads it where a tool of pytest's is asked for (--junit, or what
follows --: -k, -x, -n of xdist); so does, by hand,
`pytest -p grader.plugin --chapter 7 grader/checks/logistic_regression.py`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import screen
from grader.book import chapter_or_misuse
from grader.outline import Sketch
from grader.problems import Problem
from grader.runner import Apart, Runner
from grader.submission import Obstacle
from grader.verdict import DONE, Verdict

RUNNER = pytest.StashKey[Runner]()
running: Runner | None = None  # what `grader check` has started already


class NotDone(Exception):
    """A check did not pass; its verdict says the rest."""

    def __init__(self, verdict: Verdict | None, obstacle: Obstacle | None) -> None:
        super().__init__()
        self.verdict = verdict
        self.obstacle = obstacle


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("grader", "Ground Up")
    group.addoption("--chapter", help="the chapter whose exercises are checked")
    group.addoption("--own", action="store_true", help="on your own earlier chapters")
    group.addoption("--hole", action="append", help="only the checks of this exercise")


def pytest_configure(config: pytest.Config) -> None:
    if running is not None:
        config.stash[RUNNER] = running
    elif name := config.getoption("--chapter"):
        try:
            runner = Apart(chapter_or_misuse(name), holes=config.getoption("--hole"))
            config.stash[RUNNER] = runner
            config.add_cleanup(runner.close)
            if config.getoption("--own"):
                runner.put_own_beneath()
            runner.start()
        except Problem as problem:
            raise pytest.UsageError(problem.sentence) from None
        except Obstacle:
            pass  # each check reports it


@pytest.hookimpl(tryfirst=True)  # so that pytest does not import them as a module of tests
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    runner = parent.config.stash.get(RUNNER, None)
    if runner and module_path == runner.chapter.checks:
        return Checks.from_parent(parent, path=module_path)
    return None


class Checks(pytest.File):
    """The checks of one chapter, in the order of the exercises."""

    def collect(self) -> Iterator[pytest.Item]:
        runner = self.config.stash[RUNNER]
        wanted = self.config.getoption("--hole") or runner.holes
        for hole in runner.holes:
            for sketch in runner.sketches:
                if sketch.hole == hole and hole in wanted:
                    yield CheckItem.from_parent(self, name=f"{hole}::{sketch.id}", sketch=sketch)


class CheckItem(pytest.Item):
    """One check of one exercise."""

    def __init__(self, *, sketch: Sketch, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sketch = sketch
        self.outcome: dict[str, Any] = {}

    def runtest(self) -> None:
        runner = self.config.stash[RUNNER]
        try:
            verdicts = {v.check: v for v in runner.verdicts(self.sketch.hole)}
        except Obstacle as obstacle:
            self.outcome = {"obstacle": vars(obstacle)}
            raise NotDone(None, obstacle) from None
        verdict = verdicts[self.sketch.id]
        self.outcome = {"verdict": verdict.as_dict()}
        self.user_properties.append(("sandbox", runner.sandbox))
        if verdict.state != DONE:
            raise NotDone(verdict, None)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        error = excinfo.value
        if isinstance(error, NotDone):
            plain = screen.Style(colour=False)
            if error.obstacle:
                return "\n".join(screen.obstacle_lines(error.obstacle, plain))
            assert error.verdict
            return "\n".join(screen.check_lines(error.verdict, plain, 80))
        if isinstance(error, Problem):
            return error.sentence
        return super().repr_failure(excinfo, style="short")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{self.sketch.hole}: {self.sketch.sentence}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    report = yield
    if isinstance(item, CheckItem) and report.when == "call":
        vars(report)["check"] = item.outcome
        if not item.outcome:  # not the learner's doing
            vars(report)["fault"] = str(report.longrepr)
    return report
