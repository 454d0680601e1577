"""How long a reader waits for the first verdict in the page, and for a later one.

    python benchmarks/in_page.py [ROUNDS]

Headless Chromium on the first chapter, each round with a profile of its own: the first
click on Check with nothing fetched before (cold); then every exercise with its answer in
the box, and once more with another text (later, again: from the click until the verdict
stands there, less the time that the reader's code takes in the checks; the first time
the reference is asked, too); and the first click of another visit with the same profile
(warm). Medians. Sizes are what goes over the wire, compressed.
Bars: 8 s, 4 s, 150 ms; 12 MB for Python, 60 KB a chapter; a page without a click fetches
none of it.
"""

import gzip
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from book_tools import texts_of
from browsers import CHROMIUM, QUIET, build, served
from playwright.sync_api import sync_playwright

from grader.book import chapters
from press.page import slug_of

CHAPTER = chapters()[0]
BARS = {"cold_s": 8, "warm_s": 4, "again_ms": 150, "runtime_mb": 12, "chapter_kb": 60}
HEARD = """
    window.heard = []
    window.Worker = class extends Worker {
        constructor(...given) {
            super(...given)
            this.addEventListener("message", ({data}) => heard.push([performance.now(), data.kind]))
        }
    }
"""
# Press Check; return the milliseconds until the verdict stands there, and those of the checks.
CHECK = """async (name) => {
    const box = document.querySelector(`[data-exercise="${name}"]`)
    const button = box.querySelector("button.main")
    const start = performance.now()
    heard.length = 0
    button.click()
    const isOver = () => heard.at(-1)?.[1] === "answer" && button.textContent === "Check"
    while (!isOver()) await new Promise(requestAnimationFrame)
    const took = performance.now() - start
    const state = box.querySelector(".box").dataset.state
    let own = 0
    for (let i = 1; i < heard.length; i++) {
        if (heard[i - 1][1] === "begun" && heard[i][1] === "ended") {
            own += heard[i][0] - heard[i - 1][0]
        }
    }
    return [took, own, state]
}"""


@contextmanager
def visit(playwright, profile, address):
    """Open the chapter in a browser that has this profile."""
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=QUIET, viewport={"width": 1280, "height": 900}
    )
    page = context.pages[0]
    fetched = []
    context.on("request", lambda request: fetched.append(request.url))
    page.add_init_script(HEARD)
    page.goto(f"{address}chapters/{slug_of(CHAPTER)}/", wait_until="networkidle")
    page.locator(".exercise button.main").first.wait_for()
    yield page, fetched
    context.close()


def write(page, hole, text):
    """Put a text into a box, as from a clipboard."""
    editor = page.locator(f'[data-exercise="{CHAPTER.slug}.{hole}"] .cm-content')
    page.locator(f'[data-exercise="{CHAPTER.slug}.{hole}"]').scroll_into_view_if_needed()
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def check(page, hole, wanted):
    took, own, state = page.evaluate(CHECK, f"{CHAPTER.slug}.{hole}")
    assert state == wanted, f"{hole}: {state}"
    return took, own


def one_round(playwright, address, texts):
    """Return the seconds cold and warm, and the milliseconds of each later check."""
    first, *_ = texts
    with tempfile.TemporaryDirectory() as profile:
        with visit(playwright, profile, address) as (page, fetched):
            eager = [u for u in fetched if "/assets/python-" in u or "worker.mjs" in u]
            assert not eager, f"fetched without a click: {eager}"
            cold, _ = check(page, first, "not yet")
            later, again = [], []
            for times, more in ((later, ""), (again, "# once more\n")):
                for hole, text in texts.items():
                    write(page, hole, more + text)
                    took, own = check(page, hole, "done")
                    times.append(took - own)
        with visit(playwright, profile, address) as (page, _):
            warm, _ = check(page, first, "done")
    return cold / 1e3, warm / 1e3, later, again


def sizes(site):
    """Return the compressed sizes of what a reader fetches."""
    boxes = site / "assets" / "exercises"
    manifest = json.loads((boxes / "book.json").read_text(encoding="utf-8"))
    packs = [(boxes / name).stat().st_size for name in manifest["packs"].values()]
    scripts = [len(gzip.compress((boxes / f"{n}.mjs").read_bytes())) for n in ("box", "editor")]
    return {
        "runtime_mb": round(manifest["bytes"] / 1e6, 2),
        "chapter_kb": round(max(packs) / 1e3, 1),
        "box_kb": round(scripts[0] / 1e3, 1),
        "editor_kb": round(scripts[1] / 1e3, 1),
    }


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    texts = texts_of(CHAPTER.source, CHAPTER)
    with tempfile.TemporaryDirectory() as folder:
        site = build(Path(folder))
        told = {"chapter": CHAPTER.slug, "rounds": rounds, **sizes(site)}
        with served(site) as address, sync_playwright() as playwright:
            found = [one_round(playwright, address, texts) for _ in range(rounds)]
    cold, warm, later, again = zip(*found, strict=True)
    told |= {"cold_s": round(median(cold), 2), "warm_s": round(median(warm), 2)}
    told |= {"later_ms": round(median(ms for each in later for ms in each), 1)}
    told |= {"again_ms": round(median(ms for each in again for ms in each), 1)}
    told |= {"again_worst_ms": round(max(ms for each in again for ms in each), 1)}
    for name, value in told.items():
        print(f"{name:16s} {value!s:>8}", f"  (bar: {BARS[name]})" if name in BARS else "")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
