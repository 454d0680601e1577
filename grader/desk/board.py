"""The screen of `grader watch`: one picture, drawn again; where it cannot be, a log."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

from grader import screen
from grader.book import chapters
from grader.desk.saves import POLL, Saves
from grader.screen import wrapped
from grader.submission import label_of

if TYPE_CHECKING:
    from grader.desk.watch import View

HOME, TO_END_OF_LINE, TO_END = "\x1b[H", "\x1b[K", "\x1b[J"
LEAST = 3  # lines of an exercise in full, however low the window


class Board:
    """Shows a chapter that is watched."""

    def __init__(self, saves: Saves) -> None:
        self.saves = saves
        self.is_live = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self.style = screen.style_of(sys.stdout)
        self.status = ""
        self.is_running = False
        if self.is_live:  # what stands there now moves up and is not lost
            print("\n" * (shutil.get_terminal_size().lines - 1), flush=True)

    def begin(self, view: View) -> None:
        """Say that a run has begun."""
        self.status = "" if view.obstacle else f"checking {view.order[0]} …"
        again = ["  saved again", ""] if self.is_running else []
        self.is_running = True
        if self.is_live:
            self.draw(view)
        else:
            print("\n".join([*again, screen.heading(view.chapter, screen.width()), ""]), flush=True)

    def tell(self, view: View, hole: str) -> None:
        """Show what was found of one exercise."""
        if self.is_live:
            self.draw(view)
        else:
            lines = self.exercise(view, hole, view.is_first or hole in view.focus)
            print("\n".join(lines), flush=True)

    def end(self, view: View, seconds: float) -> None:
        """Show how a run ended."""
        self.is_running = False
        now = time.strftime("%H:%M:%S")
        self.status = f"checked at {now}, {seconds:.2f} s; Ctrl-C ends the watch"
        if self.is_live:
            self.draw(view)
        else:
            print("\n".join([*self.obstacle(view), *self.foot(view), ""]), flush=True)

    def draw(self, view: View) -> None:
        """Draw all there is to show over what was there, in one go."""
        rows = shutil.get_terminal_size().lines - 1
        head = [screen.heading(view.chapter, screen.width()), "", *self.obstacle(view)]
        short = {hole: self.exercise(view, hole, False) for hole in view.holes}
        foot = self.foot(view)
        room = rows - sum(len(split(part)) for part in (head, foot, *short.values()))
        lines = split(head)
        for hole in view.holes:
            part = split(short[hole])
            if hole in view.focus and not view.obstacle:
                part = split(self.exercise(view, hole, True))
                most = len(split(short[hole])) + max(room, LEAST)
                if len(part) > most:
                    left = len(part) - most + 1
                    part[most - 1 :] = [f"    … {left} lines more: grader check {hole}"]
                room -= len(part) - len(split(short[hole]))
            lines += part
        lines += split(foot)
        text = "".join(f"{line}{TO_END_OF_LINE}\n" for line in lines)
        print(HOME + text + TO_END, end="", flush=True)

    def exercise(self, view: View, hole: str, in_full: bool) -> list[str]:
        """Return the lines of one exercise, or the first of them."""
        if hole not in view.found:
            return [self.style("dim", f"  {hole}")]
        lines = screen.exercise_lines(hole, view.found[hole], self.style, screen.width())
        return lines if in_full else lines[:1]

    def obstacle(self, view: View) -> list[str]:
        """Return why the file as a whole cannot be checked."""
        if not view.obstacle:
            return []
        lines = screen.obstacle_lines(view.obstacle, self.style, screen.width())
        return [*lines, ""] if self.is_live else lines

    def foot(self, view: View) -> list[str]:
        """Return the lines below: where we stand, what is next, and when that was."""
        lines, states = [""], view.states
        if view.is_done:
            lines.append(self.style("green", f"Chapter {view.chapter.number} is done."))
        if view.obstacle:
            lines.append(f"Next: {next_step(view)}")
        elif len(states) == len(view.holes):
            lines += screen.summary(
                view.chapter,
                states,
                view.obstacle,
                view.sandbox,
                self.style,
                screen.width(),
                step=next_step(view),
            )
        if self.saves.polls:
            lines.append(
                self.style("dim", f"no news of saves here: a look every {POLL / 1000:g} s")
            )
        if self.status:
            lines += [self.style("dim", part) for part in wrapped(self.status, 0, screen.width())]
        return lines


def split(lines: list[str]) -> list[str]:
    """Return lines as a terminal counts them: a heading may be two."""
    return "\n".join(lines).split("\n") if lines else []


def next_step(view: View) -> str:
    """Return what to do next, for a person who only has to save."""
    if view.obstacle:
        return view.obstacle.next_step or "mend that and save"
    if view.is_done and view.follows:
        following = next((c for c in chapters() if c.number > view.chapter.number), None)
        if following:
            return f"write in {label_of(following.exercise)} and save"
    step = screen.next_step(view.chapter, view.states, None)
    if step.startswith("fill in"):
        return step.partition(",")[0] + " and save"
    return step.replace("grader check", "grader watch")
