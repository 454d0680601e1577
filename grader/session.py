"""One `grader check`: run the checks, print as they come, report."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import report, screen
from grader.book import OURS, Chapter, chapters
from grader.problems import Fault, Misuse
from grader.runner import Apart, Here, Runner
from grader.submission import Obstacle
from grader.verdict import BAD, DONE, NOT_YET, WRONG, Verdict, state_of

if TYPE_CHECKING:
    from grader.desk.own import Layer

Found = Callable[[str, list[Verdict]], None]  # told of each exercise when it is done


@dataclass
class Result:
    """What a run found: the verdicts by exercise, or why there are none."""

    chapter: Chapter
    exercises: dict[str, list[Verdict]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # of each exercise in the file
    seconds: dict[str, float] = field(default_factory=dict)  # until each was told
    obstacle: Obstacle | None = None
    sandbox: str = ""
    beneath: list[Layer] | None = None  # with --own: what is underneath
    began: float = field(default_factory=time.perf_counter)

    def add(self, hole: str, verdicts: list[Verdict]) -> None:
        """Take the verdicts on one exercise."""
        self.exercises.setdefault(hole, []).extend(verdicts)
        self.seconds[hole] = time.perf_counter() - self.began

    @property
    def states(self) -> dict[str, str]:
        return {hole: state_of(verdicts) for hole, verdicts in self.exercises.items()}

    @property
    def blamed(self) -> dict[str, str]:
        """The exercises that fail for an earlier file of the learner's, with that file."""
        found = {}
        for hole, verdicts in self.exercises.items():
            files = [v.blames for v in verdicts if v.state in BAD]
            if files and all(files):
                found[hole] = files[0][0]
        return found

    @property
    def is_done_so_far(self) -> bool:
        return not self.obstacle and all(state == DONE for state in self.states.values())

    @property
    def is_done(self) -> bool:
        return self.is_done_so_far and bool(self.exercises)


class Collector:
    """A pytest plugin that hands on the verdicts of each exercise when it is done."""

    def __init__(self, result: Result, found: Found) -> None:
        self.result = result
        self.found = found
        self.hole: str = ""
        self.verdicts: list[Verdict] = []
        self.faults: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call":
            if report.failed:
                self.faults.append(str(report.longrepr))
            return
        if fault := getattr(report, "fault", ""):
            self.faults.append(fault)
            return
        told = getattr(report, "check", {})
        if "obstacle" in told:
            self.result.obstacle = Obstacle(**told["obstacle"])
            return
        verdict = Verdict(**told["verdict"])
        if verdict.hole != self.hole:
            self.flush()
        self.hole = verdict.hole
        self.verdicts.append(verdict)

    def flush(self) -> None:
        """Hand on the exercise that is complete."""
        if self.verdicts:
            self.result.add(self.hole, self.verdicts)
            self.found(self.hole, self.verdicts)
        self.verdicts = []

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.faults.append(str(report.longrepr))

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.faults.append(str(excrepr))


@dataclass
class Options:
    """How a check is run and told."""

    as_json: bool = False
    junit: str = ""
    debug: bool = False
    pytest_args: list[str] = field(default_factory=list)
    own: bool = False  # on the learner's own earlier chapters
    brief: bool = False  # one line for a chapter that is done


def check(chapter: Chapter, holes: list[str], options: Options, worker: Any = None) -> Result:
    """Check some exercises of a chapter and say what was found.

    pytest is loaded only where one of its own tools is asked for.

    Raises
    ------
    Fault
        If the grader or the machine is at fault.
    KeyboardInterrupt
        If the person stopped it.
    """
    runner: Runner = Here(chapter) if options.debug else Apart(chapter, holes=holes, worker=worker)
    result, style = Result(chapter), screen.style_of(sys.stdout)

    # above a chapter that is not done, a line between it and those that are
    held = [""] if options.brief and chapter != chapters()[0] else []

    def say(line: str) -> None:
        if options.brief and result.is_done_so_far:
            held.append(line)
        elif not options.as_json:
            print(*held, line, sep="\n", flush=True)
            held.clear()

    def found(hole: str, verdicts: list[Verdict]) -> None:
        for line in screen.exercise_lines(hole, verdicts, style, screen.width()):
            say(line)

    say(screen.heading(chapter, screen.width()))
    say("")
    by_pytest = bool(options.junit or options.pytest_args)
    with runner:
        if options.own:
            from grader.desk.own import told

            result.beneath = runner.put_own_beneath()
            for line in screen.wrapped(told(result.beneath), 2, screen.width()):
                say(line)
            say("")
        run_checks(runner, result, [] if by_pytest else holes, found)
        if by_pytest:
            run_pytest(runner, result, holes, options, found)
        result.sandbox = runner.sandbox
    if options.as_json or not (options.brief and result.is_done):
        tell(result, holes, options, say)
    else:
        print(screen.done_line(chapter, len(holes), style, screen.width()), flush=True)
    if not options.own:  # then a failure may be of an earlier chapter
        record(result, runner)
    return result


def run_checks(runner: Runner, result: Result, holes: list[str], found: Found) -> None:
    """Run the checks of some exercises in this order, and tell of each when it is done."""
    try:
        result.lines = {h: runner.submission.line_of(h) for h in runner.holes}
        if isinstance(runner, Apart):
            runner.start()
        for hole in holes:
            verdicts = runner.verdicts(hole)
            result.add(hole, verdicts)
            found(hole, verdicts)
    except Obstacle as obstacle:
        result.obstacle = obstacle


def record(result: Result, runner: Runner) -> None:
    """Note the attempts, now that the person reads; part of an exercise's checks is none."""
    from grader.desk import progress

    attempts = {}
    for hole, verdicts in result.exercises.items():
        if len(verdicts) < sum(sketch.hole == hole for sketch in runner.sketches):
            continue
        text = runner.submission.text_of(hole)
        is_empty = text.rstrip().endswith(f'raise NotImplementedError("{hole}")')
        attempts[hole] = {
            "state": NOT_YET if is_empty else state_of(verdicts),
            "checks": {verdict.check: verdict.state for verdict in verdicts},
            "source": progress.fingerprint(text),
            "seconds": round(result.seconds.get(hole, 0.0), 3),
        }
    if attempts:
        progress.note_attempts(result.chapter.slug, attempts)


def run_pytest(
    runner: Runner, result: Result, holes: list[str], options: Options, found: Found
) -> None:
    """Run the checks as pytest items, with what the person asked of pytest."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    import pytest

    from grader import plugin

    collector = Collector(result, found)
    args = [str(runner.chapter.checks), "--noconftest", "-p", "no:cacheprovider"]
    args += ["-c", str(Path(__file__).with_name("pytest.ini")), f"--rootdir={OURS}"]
    args += [f"--chapter={runner.chapter.slug}", *(f"--hole={hole}" for hole in holes)]
    args += ["--own"] * options.own
    # by name, so that the processes of xdist load it too
    args += ["-p", plugin.__name__, "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    if options.junit:
        args.append(f"--junit-xml={options.junit}")
    if not options.pytest_args:
        args += ["-p", "no:terminal"]
    plugin.running = runner
    with contextlib.redirect_stderr(io.StringIO()) as complaints:
        code = pytest.main([*args, *options.pytest_args], plugins=[collector])
    plugin.running = None
    if code == pytest.ExitCode.INTERRUPTED and not collector.faults:
        raise KeyboardInterrupt
    collector.flush()
    if collector.faults:
        raise Fault("The grader failed, not your code:\n" + collector.faults[0], "grader doctor")
    if code == pytest.ExitCode.USAGE_ERROR:
        what = re.search(r"error: (.*)", complaints.getvalue())
        raise Misuse(
            f"pytest did not understand what follows --{': ' + what[1] if what else '.'}",
            "pytest --help",
        )


def tell(result: Result, holes: list[str], options: Options, say: Callable[[str], None]) -> None:
    """Print the summary and write the reports that were asked for."""
    style, columns = screen.style_of(sys.stdout), screen.width()
    if result.obstacle:
        for line in screen.obstacle_lines(result.obstacle, style, columns):
            say(line)
    if options.pytest_args and not result.exercises and not result.obstacle:
        raise Misuse("What follows -- chooses no check.", f"grader check {result.chapter.name}")
    states = result.states or dict.fromkeys(holes, WRONG)
    say("")
    for line in screen.summary(
        result.chapter, states, result.obstacle, result.sandbox, style, columns, result.blamed
    ):
        say(line)
    if options.as_json:
        print(report.as_json(result, holes))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        report.tell_actions(result, sys.stderr if options.as_json else sys.stdout)
