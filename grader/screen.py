"""What a person sees: lines for a terminal, calm at 80 columns, without colour too."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.book import Chapter, chapters
from grader.find import hole_names
from grader.submission import Obstacle, label_of
from grader.verdict import DONE, NOT_YET, WAITS, WRONG, Verdict, state_of

MAX_PRINTED_LINES = 6
MOST_ARGUMENTS = 8
FIXED = "\xa0"  # a space at which no line is ended
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return text that cannot steer a terminal."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", "    "))


class Style:
    """Colours where they are welcome, and signs that the output can spell."""

    CODES = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "bold": "1"}

    def __init__(self, colour: bool, signs: bool = True) -> None:
        self.colour = colour
        self.signs = {DONE: "✓", NOT_YET: "·", WAITS: "·"} if signs else {DONE: "+", NOT_YET: "."}
        self.fail = "✗" if signs else "x"

    def __call__(self, name: str, text: str) -> str:
        return f"\x1b[{self.CODES[name]}m{text}\x1b[0m" if self.colour else text

    def sign(self, state: str) -> str:
        """Return the coloured sign of a state."""
        colour = "green" if state == DONE else "dim" if state in (NOT_YET, WAITS) else "red"
        return self(colour, self.signs.get(state, "." if state == WAITS else self.fail))


def style_of(stream: Any) -> Style:
    """Return the style that suits an output."""
    wanted = not os.environ.get("NO_COLOR") and (
        bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
    )
    try:
        "✓✗·…".encode(stream.encoding or "ascii")
        signs = True
    except (UnicodeEncodeError, LookupError):
        signs = False
    return Style(wanted, signs)


def width() -> int:
    """Return the columns to fill: those of the terminal, at most 100."""
    return max(40, min(shutil.get_terminal_size().columns, 100))


def both_ends(left: str, right: str, columns: int) -> str:
    """Return a line with one text at either end, or two lines where it is narrow."""
    space = columns - len(left) - len(right)
    return left + " " * space + right if space > 1 else f"{left}\n{right:>{columns}}"


def wrapped(text: str, indent: int, columns: int, first: str = "") -> list[str]:
    """Return a paragraph as indented lines; `first` stands before the first."""
    hang = " " * (indent + len(re.sub(r"\x1b\[\d+m", "", first)))
    room = max(20, columns - len(hang))
    lines = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
    return [" " * indent + first + lines[0], *(hang + line for line in lines[1:])]


def paragraph(text: str) -> None:
    """Print a paragraph as wide as the screen."""
    print("\n".join(wrapped(text, 0, width())))


def heading(chapter: Chapter, columns: int, path: Path | None = None) -> str:
    """Return the line that names the chapter and the learner's file."""
    left = f"chapter {chapter.number}  {chapter.title}"
    return both_ends(left, label_of(path or chapter.exercise), columns)


def done_line(chapter: Chapter, count: int, style: Style, columns: int) -> str:
    """Return the one line of a chapter that is done."""
    word = f"{count} of {count}"
    line = both_ends(f"chapter {chapter.number}  {chapter.title}", word, columns)
    return line[: -len(word)] + style("green", word)


def exercise_lines(hole: str, verdicts: list[Verdict], style: Style, columns: int) -> list[str]:
    """Return the lines of one exercise: its name and state, then its checks."""
    state = state_of(verdicts)
    done = sum(verdict.state == DONE for verdict in verdicts)
    word = f"{done} of {len(verdicts)}" if state in (DONE, WRONG) else state
    if state == WAITS:
        word = f"waits for {next(v.waits_for for v in verdicts if v.waits_for)}"
    line = both_ends(f"  {hole}", word, columns)
    colour = {DONE: "green", NOT_YET: "dim", WAITS: "dim"}.get(state, "red")
    cut = len(line) - len(word)
    lines = [line[:cut] + style(colour, word)]
    for verdict in verdicts:
        is_quiet = verdict.state == state or state == NOT_YET
        if verdict.state not in (NOT_YET, WAITS) or not is_quiet or verdict.printed:
            lines += check_lines(verdict, style, columns)
    return lines


def check_lines(verdict: Verdict, style: Style, columns: int) -> list[str]:
    """Return the lines of one check."""
    sign = style.sign(verdict.state) + " "
    lines = wrapped(clean(verdict.sentence), 4, columns, sign)
    if verdict.waits_for:
        lines += wrapped(f"It waits for {verdict.waits_for}.", 8, columns)
    if verdict.given and (verdict.wanted or verdict.error):
        lines += given_lines(verdict.given, columns)
    if verdict.error:
        lines += wrapped(clean(verdict.error), 8, columns)
    for i, frame in enumerate(verdict.frames):
        lines += frame_lines(frame, i == len(verdict.frames) - 1, columns)
    if verdict.wanted:
        lines += difference_lines(verdict, columns)
    if verdict.diagnosis:
        when = " or when ".join(verdict.diagnosis)
        lines += wrapped(f"This is how it looks when {when}.", 8, columns)
    for note in verdict.notes:
        lines += wrapped(clean(note), 8, columns)
    return lines + printed_lines(verdict.printed, style, columns)


def difference_lines(verdict: Verdict, columns: int) -> list[str]:
    """Return yours and wanted, with the remark beside or below them."""
    lines = wrapped(f"in {clean(verdict.where)}", 8, columns) if verdict.where else []
    for name, text in (("yours", verdict.yours), ("wanted", verdict.wanted)):
        lines += beside_name(f"{name:<9}", clean(text), columns)
    if verdict.remark:
        beside = f"{lines[-1].rstrip()}     {clean(verdict.remark)}"
        if len(beside) <= columns:
            lines[-1] = beside
        else:
            lines += wrapped(clean(verdict.remark), 17, columns)
    return lines


def given_lines(given: list[list[str]], columns: int) -> list[str]:
    """Return what the exercise was called with; a line ends between two arguments."""
    from grader.show import one_line  # which takes NumPy; light words do without

    texts = [one_line(f"{name} = {value}") for name, value in given[:MOST_ARGUMENTS]]
    pairs = [clean(text) for text in texts]
    pairs = [pair.replace(" ", FIXED) if len(pair) < columns - 18 else pair for pair in pairs]
    return [
        line.replace(FIXED, " ") for line in beside_name(f"{'given':<9}", ", ".join(pairs), columns)
    ]


def cut(line: str, columns: int) -> str:
    """Return a line as far as it fits, with a sign where it does not."""
    return line if len(line) <= columns else f"{line[: columns - 1]}…"


def beside_name(name: str, text: str, columns: int) -> list[str]:
    """Return a value beside its name: as it is where it fits, else as a paragraph."""
    line = f"        {name}{text}"
    return [line.rstrip()] if len(line) <= columns else wrapped(text, 8, columns, name)


def frame_lines(frame: dict[str, Any], is_last: bool, columns: int) -> list[str]:
    """Return one line of the learner's own code, the last one with its values."""
    file = f"{frame['file']}, " if "file" in frame else ""
    place = clean(f"{file}line {frame['line']}, in {frame['function']}: ")
    text = clean(frame["text"])
    if len(place) + len(text) + 8 <= columns:
        lines = [f"        {place} {text}"]
    else:
        lines = [f"        {place.rstrip()}", cut(f"            {text}", columns)]
    if is_last:
        for name, value in frame["values"]:
            lines.append(cut(f"            {clean(name)} = {clean(value)}", columns))
    return lines


def printed_lines(printed: str, style: Style, columns: int) -> list[str]:
    """Return what the learner's code printed, behind a bar; a long line goes on below."""
    if not printed:
        return []
    room = columns - 12
    every = [
        f"        {': ' if at else '|'} {text[at : at + room]}"
        for text in map(clean, printed.splitlines())
        for at in range(0, max(len(text), 1), room)
    ]
    lines = ["        printed:", *every[:MAX_PRINTED_LINES]]
    if len(every) > MAX_PRINTED_LINES:
        lines.append(f"        | … and {len(every) - MAX_PRINTED_LINES:,} lines more")
    return [style("dim", line) for line in lines]


def obstacle_lines(obstacle: Obstacle, style: Style, columns: int = 80) -> list[str]:
    """Return why a file cannot be checked at all."""
    lines = wrapped(clean(obstacle.sentence), 2, columns, style("red", style.fail) + " ")
    return lines + [f"      {clean(line)}" for line in obstacle.excerpt]


def next_step(
    chapter: Chapter,
    states: dict[str, str],
    obstacle: Obstacle | None,
    blamed: Mapping[str, str] | None = None,
) -> str:
    """Return the next command to type.

    `blamed` are the exercises that fail for an earlier file, with that file.
    """
    if obstacle:
        asked = next(iter(states)) if len(states) == 1 else chapter.name
        return obstacle.next_step or f"grader check {asked}"
    for hole, state in states.items():
        if state == NOT_YET:
            return f"fill in {hole}, then grader check {hole}"
        if blamed and hole in blamed:
            return f"mend {blamed[hole]}, then grader check {chapter.name} --own"
        if state not in (DONE, WAITS):
            return f"grader hint {hole}"
    if WAITS in states.values() or len(states) < len(hole_names(chapter)):
        return f"grader check {chapter.name}"
    following = [c for c in chapters() if c.number > chapter.number]
    return f"grader check {following[0].name}" if following else "grader list"


def summary(
    chapter: Chapter,
    states: dict[str, str],
    obstacle: Obstacle | None,
    sandbox: str,
    style: Style,
    columns: int,
    blamed: Mapping[str, str] | None = None,
    step: str = "",
) -> Iterator[str]:
    """Yield the last lines: the score, what to do next, how it was run."""
    done = sum(state == DONE for state in states.values())
    score = f"{done} of {len(states)} exercise{'s' * (len(states) != 1)}."
    step = step or next_step(chapter, states, obstacle, blamed)
    line = f"{score}  Next: {step}"
    yield line if len(line) <= columns else f"{score}\nNext: {step}"
    if sandbox:
        yield style("dim", f"sandbox: {sandbox}")
