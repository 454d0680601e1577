"""The site as it is published, and the browsers that the tests look at it with.

The fixtures are for every test (see conftest.py). Nothing but the press is
imported before it is asked for: the grader's own tests run without all this.
"""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from grader.book import ROOT

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
SIZES = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 400, "height": 800}}
# what would be left of Markdown, TeX or the press's own marks
RAW = re.compile(r"\$\$|\\\(|\\\[|\\frac|\*\*\w|^```|\?\?\? |<<\w+\.|\]\(|\{ *[.#]\w", re.M)


# ---------------------------------------------------------------- the site


def build(target, **environment):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return target


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    from press import assets

    there, missing = assets.available()
    assert not missing, f"the site is tested as it is published, with its fonts: {missing}"
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def offline(tmp_path_factory):
    return build(tmp_path_factory.mktemp("offline"), OFFLINE="true")


@contextmanager
def served(folder):
    """Serve a folder to this machine alone, and give the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def address(site):
    with served(site) as here:
        yield here


# ---------------------------------------------------------------- a look at a page


@contextmanager
def launched():
    """Give Chromium with all that Playwright can do."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="session")
def browser():
    with launched() as running:
        yield running


@pytest.fixture
def tab(browser):
    context = browser.new_context(viewport=SIZES["wide"])
    yield context.new_page()
    context.close()


def watched(tab, address):
    """Return a list that what goes wrong while pages load is put into."""
    seen = []
    tab.on("request", lambda r: r.url.startswith((address, "data:")) or seen.append(r.url))
    tab.on("console", lambda m: m.type in ("error", "warning") and seen.append(m.text))
    tab.on("pageerror", lambda e: seen.append(str(e)))
    tab.on("response", lambda r: r.status >= 400 and seen.append(f"{r.status} {r.url}"))
    return seen


def faults_in(tab):
    """Return what is wrong with a page that has loaded."""
    from press import assets

    tab.evaluate("document.fonts.ready")
    faults = [f"raw: {found}" for found in raw_in(tab)]
    if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append("wider than the window")
    tab.evaluate((assets.fetch("axe-core") / "axe.min.js").read_text(encoding="utf-8"))
    results = tab.evaluate(
        "axe.run(document, {resultTypes: ['violations'], rules: {'region': {enabled: false}}})"
    )
    return faults + [
        f"{found['id']}: {found['nodes'][0]['html'][:120]}"
        for found in results["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def raw_in(tab):
    """Return what a reader would see of Markdown, TeX or the press; code may look as it likes."""
    text = tab.evaluate(
        """() => {
          const copy = document.querySelector("article").cloneNode(true);
          copy.querySelectorAll("pre, code, script, svg, annotation").forEach((e) => e.remove());
          return copy.textContent;
        }"""
    )
    return RAW.findall(text)
