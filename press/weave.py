"""Put the book's code where the prose names it.

`<<naive_bayes.GaussianNB.fit>>` becomes that definition: as its stub where it
has a hole, so that a page never spoils by accident. `<<….fit!>>` is the answer.
"""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from grader import stub
from grader.book import ROOT

REFERENCE = re.compile(r"^(?P<indent> *)<<(?P<module>\w+)\.(?P<name>[\w.]+)(?P<answer>!?)>>$", re.M)


class Unknown(LookupError):
    """A name that stands in no chapter's code."""


@lru_cache(maxsize=64)
def derived(source: str) -> str:
    """Return the exercise of a reference; it is cut once, whatever is shown of it."""
    return stub.derive(source)


def shown(module: str, name: str, answer: bool = False) -> str:
    """Return one definition as a page shows it.

    Raises
    ------
    Unknown
        If there is no such module in `solutions/`, or no such name in it.
    """
    path = ROOT / "solutions" / f"{module}.py"
    if not path.exists():
        raise Unknown(f"there is no solutions/{module}.py")
    source = path.read_text(encoding="utf-8")
    hole = next((h for h in stub.holes(source) if h.name == name), None)
    if answer:
        if hole is None:
            raise Unknown(f"{name} has no hole in solutions/{module}.py, so no answer")
        return textwrap.dedent(stub.answer(source, hole)).rstrip()
    source = derived(source)
    node = stub.definitions(stub.parsed(source)).get(name)
    if node is None:
        raise Unknown(f"there is no {name} in solutions/{module}.py")
    lines = stub.lines_of(source)[stub.first_line(node) - 1 : node.end_lineno]
    return textwrap.dedent("".join(lines)).rstrip()


def weave(text: str) -> str:
    """Return the text with every reference replaced, indented as it stood.

    Raises
    ------
    Unknown
        With the line of the reference as its second argument.
    """

    def put(match: re.Match[str]) -> str:
        try:
            code = shown(match["module"], match["name"], bool(match["answer"]))
        except Unknown as unknown:
            line = text[: match.start()].count("\n") + 1
            raise Unknown(f"{match[0].strip()}: {unknown}", line) from None
        return textwrap.indent(code, match["indent"])

    return REFERENCE.sub(put, text)
