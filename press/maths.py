"""Typeset formulas when the book is printed, so that a page needs no script for them.

By KaTeX, run by Node; where that is not there, as MathML by latex2mathml, which
every browser draws in its own fonts.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from latex2mathml.converter import convert

ARITHMATEX = re.compile(r'<(span|div) class="arithmatex">(?P<tex>.*?)</\1>(?P<end>[.,;:)?]*)', re.S)
NODE = """
const katex = require(process.argv[1]);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(formulas.map((formula) => {
  const displayMode = formula.startsWith("\\\\[");
  try {
    return katex.renderToString(formula.slice(2, -2), { displayMode, strict: "ignore" });
  } catch (error) {
    return { error: error.message };
  }
})));
"""


class Formula(ValueError):
    """A formula that cannot be typeset."""


def formulas(content: str) -> list[str]:
    r"""Return the formulas of a page's HTML, as `\(…\)` and `\[…\]`."""
    return [html.unescape(match["tex"]).strip() for match in ARITHMATEX.finditer(content)]


def by_katex(wanted: list[str], katex: Path) -> dict[str, str]:
    """Return each formula as KaTeX's HTML, with MathML for screen readers."""
    node = shutil.which("node")
    assert node is not None
    answer = subprocess.run(
        [node, "-e", NODE, str(katex / "dist" / "katex.min.js")],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    found = dict(zip(wanted, json.loads(answer.stdout), strict=True))
    for formula, result in found.items():
        if isinstance(result, dict):
            raise Formula(f"{formula}: {result['error']}")
    return found


def by_latex2mathml(wanted: Iterable[str]) -> dict[str, str]:
    """Return each formula as MathML."""
    found = {}
    for formula in wanted:
        display = "block" if formula.startswith(r"\[") else "inline"
        try:
            made = convert(formula[2:-2], display=display)
        except Exception as error:
            raise Formula(f"{formula}: {error or type(error).__name__}") from None
        found[formula] = made.replace("\\%", "%")  # it leaves these as they are
        if "\\" in found[formula]:
            raise Formula(f"{formula}: a command in it is not known")
    return found


def typeset(wanted: Iterable[str], katex: Path | None) -> dict[str, str]:
    """Return the HTML of each formula.

    Raises
    ------
    Formula
        With the formula, and what is wrong with it.
    """
    wanted = sorted(set(wanted))
    if katex is not None and shutil.which("node"):
        return by_katex(wanted, katex)
    return by_latex2mathml(wanted)


def put(output: str, made: dict[str, str]) -> str:
    """Return a page with its formulas in place."""

    def one(match: re.Match[str]) -> str:
        formula = html.unescape(match["tex"]).strip()
        joined = "&#8288;" if match[1] == "span" and match["end"] else ""  # no line of its own
        reached = ' tabindex="0"' if match[1] == "div" else ""  # it may have to be scrolled
        return (
            f'<{match[1]} class="maths"{reached}>{made[formula]}</{match[1]}>{joined}{match["end"]}'
        )

    return ARITHMATEX.sub(one, output)
