"""`grader predict`: asks what a cell of the chapter prints, and then unlocks it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass

from grader import book
from grader.book import Chapter
from grader.desk import progress, prose
from grader.desk.prose import Prediction
from grader.problems import FAILED, PASSED, Fault
from grader.screen import Style, both_ends, clean, style_of, width, wrapped
from grader.submission import label_of
from grader.verdict import DONE, WRONG

MOST = 10_000  # characters of a guess
NUMBER = re.compile(
    r"(?<!\w)[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?"
)
RULE = (
    "Write a line for each line that it prints. A number is right when it is the cell's, rounded "
    "to the places you write, and within a tenth of it. Capitals, spaces and what stands before a "
    "colon do not matter."
)


@dataclass(frozen=True)
class Line:
    """One line of the output beside what was written for it."""

    printed: str
    guess: str

    @property
    def is_right(self) -> bool:
        """Whether the guess says what the line says."""
        wholes = self.printed, self.printed.rpartition(":")[2]
        return bool(self.guess.strip()) and any(alike(self.guess, whole) for whole in wholes)


def run(options: argparse.Namespace) -> int:
    """Ask, compare, and show what the cell prints and why."""
    chapter = book.chapter_or_misuse(options.name)
    cell = prose.prediction(chapter)
    printed = output(chapter, cell.source)
    style, columns = style_of(sys.stdout), width()
    print("\n".join(question_lines(chapter, cell, columns)))
    if any(event.chapter == chapter.slug for event in progress.events("predict")):
        print("  You have seen its output before; try again all the same.")
    guess = asked()
    if not guess:
        print("\nNothing was written, so nothing is shown.")
        print(f"Next: grader predict {chapter.name}")
        return FAILED
    lines = [Line(p, g) for p, g in zip(printed, [*guess, *[""] * len(printed)], strict=False)]
    right = sum(line.is_right for line in lines)
    noted = progress.note("predict", chapter.slug, right=right, of=len(lines))
    print("\n".join(answer_lines(lines, guess[len(lines) :], cell, style, columns)))
    if not noted:
        print(style("dim", "(This could not be noted in .grader.)"))
    print(f"\n{right} of {len(lines)} line{'s' * (len(lines) != 1)}.  ", end="")
    print(f"Next: grader explain {chapter.name}")
    return PASSED if right == len(lines) and not guess[len(lines) :] else FAILED


def output(chapter: Chapter, source: str) -> list[str]:
    """Return the lines that a cell printed when the chapter was last run."""
    label, again = label_of(chapter.run), "mkdocs build, which runs the cells"
    try:
        cells = json.loads(chapter.run.read_text(encoding="utf-8"))["cells"]
        cell = next(c for c in cells if "".join(c["source"]) == source)
        texts = [text_of(out) for out in cell["outputs"]]
    except OSError:
        raise Fault(f"{label} is not there: nobody has run this chapter yet.", again) from None
    except (ValueError, KeyError, TypeError):
        raise Fault(f"{label} cannot be read.", again) from None
    except StopIteration:
        raise Fault(f"{label} is of other cells than {label_of(chapter.prose)}.", again) from None
    return [line.rstrip() for line in "\n".join(texts).splitlines() if line.strip()]


def text_of(out: dict[str, object]) -> str:
    """Return an output of a notebook as text."""
    if out["output_type"] == "error":
        return f"{out['ename']}: {out['evalue']}"
    data = out.get("data")
    text = data.get("text/plain", "") if isinstance(data, dict) else out.get("text", "")
    return text if isinstance(text, str) else "".join(text)  # type: ignore[arg-type]


def question_lines(chapter: Chapter, cell: Prediction, columns: int) -> list[str]:
    """Return where the cell stands, what the chapter asks, and the cell."""
    left = f"chapter {chapter.number}  {chapter.title}"
    return [
        both_ends(left, cell.section, columns),
        "",
        *wrapped(cell.question, 2, columns),
        "",
        *(f"    {line}".rstrip() for line in cell.source.splitlines()),
        "",
        *wrapped(f"What does it print? {RULE}", 2, columns),
    ]


def asked() -> list[str]:
    """Return the lines a person writes; from a pipe, all that comes."""
    if sys.stdin is None:
        return []
    if not sys.stdin.isatty():
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]
        return [line for line in sys.stdin.read(MOST).splitlines() if line.strip()]
    print("  An empty line ends it.\n")
    lines: list[str] = []
    try:
        while line := input("  > ").strip():
            lines.append(line[:MOST])
    except EOFError:
        print()
    return lines


def answer_lines(
    lines: list[Line], more: list[str], cell: Prediction, style: Style, columns: int
) -> list[str]:
    """Return the output with what was written, line by line, and the explanation."""
    said = ["", "  It prints:"]
    for line in lines:
        sign = style.sign(DONE if line.is_right else WRONG)
        said.append(f"    {sign} {clean(line.printed)}")
        if not line.is_right:
            guess = clean(line.guess.strip()) or "(nothing)"
            said += wrapped(f"you: {guess}", 8, columns)
    for guess in more:
        said += wrapped(f"and not: {clean(guess.strip())}", 8, columns)
    return [*said, "", *wrapped(cell.explanation, 2, columns)]


def alike(guess: str, printed: str) -> bool:
    """Return whether a guess has the numbers of a text, or, where it has none, its words."""
    wanted = NUMBER.findall(printed)
    if not wanted:
        return words(guess) == words(printed)
    said = NUMBER.findall(guess)
    return len(said) == len(wanted) and all(map(near, said, wanted))


def words(text: str) -> list[str]:
    """Return the words of a text, without capitals and punctuation."""
    return re.findall(r"\w+", text.casefold())


def near(guess: str, printed: str) -> bool:
    """Return whether one number is the other, rounded to the fewer places, and of its size."""
    mine, theirs = (value(text) for text in (guess, printed))
    half = 0.51 * max(last_place(guess), last_place(printed))  # a little more than one half
    return abs(mine - theirs) <= min(half, max(0.1 * abs(theirs), 0.51 * last_place(printed)))


def value(number: str) -> float:
    """Return the number that is written."""
    return float(number.replace(",", "").replace("−", "-"))


def last_place(number: str) -> float:
    """Return what one in the last written place is worth."""
    mantissa, _, exponent = number.partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))
