"""`grader data`: fetch, once, the data sets that do not come with the book."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from grader.book import ROOT
from grader.problems import PASSED, Fault, Misuse, nearest
from grader.screen import style_of
from grader.subject import Shelf
from grader.verdict import DONE

if TYPE_CHECKING:
    from bookdata.archives import Pin


def fetch(names: list[str]) -> int:
    """Fetch the data sets named, or all; say how much, where to, and what is there."""
    sys.meta_path.insert(0, Shelf({"bookdata": str(ROOT / "bookdata" / "__init__.py")}))
    import bookdata
    from bookdata.fetching import Failed

    known = bookdata.names()
    for name in names:
        if name not in known:
            raise Misuse(
                f"There is no data set {name!r}.{nearest(name, known)}",
                f"grader data, or with a name: {', '.join(known)}",
            )
    try:
        get(names or known)
    except Failed as failed:
        again = " ".join(["grader data", *names])
        raise Fault(failed.sentence, failed.next_step or again) from None
    return PASSED


def get(names: list[str]) -> None:
    """Fetch what is missing of these data sets, then list them all."""
    from bookdata import cache, fetching

    sources = {name: cache.source_of(name) for name in dict.fromkeys(names)}
    missing = {name: pin for name, pin in sources.items() if pin and not fetching.is_kept(name)}
    pins = list(dict.fromkeys(missing.values()))
    fetching.require({need for pin in pins for need in ("tqdm", *pin.needs)})

    coming = [pin for pin in pins if not fetching.is_archive_kept(pin)]
    if coming:
        each = ", ".join(f"{pin} ({megabytes(pin.bytes)})" for pin in coming)
        total = megabytes(sum(pin.bytes for pin in coming))
        print(f"To fetch: {each}" + f", together {total}" * (len(coming) > 1), flush=True)
    else:
        print("Nothing to fetch.")
    if any(sources.values()):
        print(f"Kept in {cache.folder()}", flush=True)

    for pin in pins:
        fetch_one(pin, [name for name in missing if missing[name] == pin])
        if pin in coming:
            print(f"Fetched {pin}", flush=True)
    sign, width = style_of(sys.stdout).sign(DONE), max(map(len, sources))
    for name, source in sources.items():
        state = (
            "comes with the book" if not source else "new" if name in missing else "there before"
        )
        print(f"  {sign} {name:<{width}}  {state}")


def fetch_one(pin: Pin, names: list[str]) -> None:
    """Fetch one archive, with a bar where a person looks on."""
    from tqdm import tqdm

    from bookdata import fetching

    with tqdm(
        total=pin.bytes, desc=str(pin), unit="B", unit_scale=True, leave=False, disable=None
    ) as bar:

        def tick(here: int) -> None:
            bar.update(here - bar.n)

        fetching.fetch(pin, names, tick)


def megabytes(size: int) -> str:
    """Return a size as a person says it."""
    return f"{size / 1e6:.1f} MB"
