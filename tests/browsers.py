"""The site as it is published, and the browsers that the tests look at it with.

The fixtures are for every test (see conftest.py). Nothing but the press is
imported before it is asked for: the grader's own tests run without all this.
"""

import functools
import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

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

    missing = [*assets.available()[1], *filter(None, [assets.for_exercises()[1]])]
    assert not missing, f"the site is tested as it is published, with all it takes: {missing}"
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def offline(tmp_path_factory):
    return build(tmp_path_factory.mktemp("offline"), OFFLINE="true")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Sends files, and says nothing of it.

    Pages are turned without a load only where the list of pages gives the address that they
    are at, and the site was built for another port.
    """

    def log_message(self, *_):
        pass

    def do_GET(self):  # noqa: N802
        if self.path != "/sitemap.xml":
            super().do_GET()
            return
        pages = Path(self.directory, "sitemap.xml").read_bytes()
        pages = pages.replace(b"127.0.0.1:8000", self.headers["Host"].encode())
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(pages)))
        self.end_headers()
        self.wfile.write(pages)


@contextmanager
def served(folder, handler=Quiet):
    """Serve a folder to this machine alone, and give the address."""
    handler = functools.partial(handler, directory=str(folder))
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


# ---------------------------------------------------------------- one visitor, three browsers


class Visitor:
    """Someone before a browser; each kind of browser says how one opens, runs, clicks, presses."""

    def __init__(self, elsewhere):
        self.elsewhere = elsewhere  # what was asked of any host but this machine

    def text(self, css):
        return self.run("return document.querySelector(arguments[0])?.innerText", css)

    def until(self, attempt, what, seconds):
        """Return what the attempt returns, as soon as it is not None."""
        late = time.monotonic() + seconds
        while (found := attempt()) is None:
            assert time.monotonic() < late, f"{what}: not within {seconds} s"
            time.sleep(0.02)
        return found

    def wait(self, css, has_text="", seconds=60):
        """Return the text of the first such element that has this text, once there is one."""
        what = f"{css} says {has_text!r}"
        return self.until(lambda: self.run(FOUND, css, has_text), what, seconds)

    def type(self, css, text):
        """Click there, and press a key for each sign."""
        self.click(css)
        self.keys(text)

    def paste(self, css, text):
        """Put a text, which was copied elsewhere, in the place of all that is there."""
        self.run(ELSEWHERE, text)
        self.press("Control+c")
        self.run("document.querySelector('#elsewhere').remove()")
        self.click(css)
        self.press("Control+a")
        self.press("Control+v")


ELSEWHERE = """
    const area = document.createElement("textarea")
    Object.assign(area, {id: "elsewhere", value: arguments[0], style: "position: fixed; top: 0"})
    document.body.append(area)
    area.focus()
    area.select()
"""
FOUND = """
    return [...document.querySelectorAll(arguments[0])]
        .map((element) => element.innerText)
        .find((text) => text.includes(arguments[1])) ?? null
"""


class Played(Visitor):
    """Chromium, by Playwright."""

    def __init__(self, page, elsewhere):
        super().__init__(elsewhere)
        self.page = page
        self.open, self.click, self.keys = page.goto, page.click, page.keyboard.type
        self.press = page.keyboard.press

    def run(self, script, *args):
        ask = "([script, args]) => new Function(script)(...args)"
        return self.page.evaluate(ask, [script, args])


@contextmanager
def chromium(browser):
    context = browser.new_context()
    elsewhere = []
    context.on("request", lambda r: HERE.match(r.url) or elsewhere.append(r.url))
    yield Played(context.new_page(), elsewhere)
    context.close()


HERE = re.compile(r"http://127\.0\.0\.1[:/]|data:|blob:|about:")
CODES = {
    "Enter": "\ue007",
    "End": "\ue010",
    "Home": "\ue011",
    "Shift": "\ue008",
    "Control": "\ue009",
}


class Wired(Visitor):
    """A browser that takes the commands of the W3C's WebDriver; `ask` carries them to it."""

    def __init__(self, ask, elsewhere):
        super().__init__(elsewhere)
        self.ask = ask

    def open(self, url):
        self.ask("Navigate", url=url)

    def run(self, script, *args):
        return self.ask("ExecuteScript", script=script, args=args)

    def click(self, css):
        found = self.run(IN_SIGHT, css)
        assert found, f"no {css} to click"
        (element,) = found.values()
        self.ask("ElementClick", id=element)

    def keys(self, text):
        self.act(
            [way for sign in text for way in strokes(CODES["Enter"] if sign == "\n" else sign)]
        )

    def press(self, chord):
        self.act(strokes(*(CODES.get(key, key) for key in chord.split("+"))))

    def act(self, actions):
        self.ask("PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])


def strokes(*keys):
    """Return a chord as what a hand does: down in turn, and up the other way round."""
    down = [{"type": "keyDown", "value": key} for key in keys]
    return down + [{"type": "keyUp", "value": key} for key in reversed(keys)]


IN_SIGHT = """
    const found = document.querySelector(arguments[0])
    found?.scrollIntoView({block: "center", behavior: "instant"})
    return found
"""
LONG = {"timeouts": {"script": 600_000, "pageLoad": 60_000, "implicit": 0}}


@contextmanager
def process(words, folder, keep=(), **environment):
    """Run a program that has its own home, and end it with all that it has started."""
    running = subprocess.Popen(
        [str(word) for word in words],
        env=os.environ | {"HOME": str(folder)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=keep,
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def sooner_or_later(attempt, seconds=60):
    """Return what the attempt returns, as soon as it is something."""
    until = time.monotonic() + seconds
    while True:
        with suppress(OSError):
            if found := attempt():
                return found
        assert time.monotonic() < until, "the browser does not start"
        time.sleep(0.02)


@contextmanager
def no_way_out():
    """Give the port of a proxy that lets nothing through, and the list of what was asked of it."""
    elsewhere = []

    class Refuses(socketserver.StreamRequestHandler):
        def handle(self):
            elsewhere.append(self.rfile.readline().decode("latin-1").rstrip())
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], elsewhere
        finally:
            server.shutdown()


# ---------------------------------------------------------------- Firefox, by its Marionette

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
STILL = {  # no connection of its own
    "media.gmp-manager.updateEnabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}


class Marionette:
    """The wire to Firefox: a message is its length, a colon, and JSON."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.stream = self.socket.makefile("rb")
        self.read()  # its greeting

    def close(self):
        self.stream.close()
        self.socket.close()

    def read(self):
        length = b""
        while (sign := self.stream.read(1)) != b":":
            assert sign, "Firefox has gone"
            length += sign
        return json.loads(self.stream.read(int(length)))

    def ask(self, command, **parameters):
        message = json.dumps([0, 1, f"WebDriver:{command}", parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, answer = self.read()
        assert not error, f"{command}: {error}"
        return answer.get("value")


@contextmanager
def firefox():
    if FIREFOX is None:
        pytest.skip("Firefox is not installed")
    with tempfile.TemporaryDirectory() as folder, no_way_out() as (proxy, elsewhere):
        preferences = STILL | {
            "marionette.port": 0,  # any that is free
            "network.proxy.type": 1,
            **{f"network.proxy.{kind}": "127.0.0.1" for kind in ("http", "ssl")},
            **{f"network.proxy.{kind}_port": proxy for kind in ("http", "ssl")},
        }
        (Path(folder) / "user.js").write_text(
            "".join(
                f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in preferences.items()
            )
        )
        words = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", folder]
        with process(words, folder, MOZ_REMOTE_SETTINGS_DEVTOOLS="1"):
            port = Path(folder) / "MarionetteActivePort"
            wire = Marionette(int(sooner_or_later(port.read_text)))
            wire.ask("NewSession", **LONG)
            yield Wired(wire.ask, elsewhere)
            wire.close()


# ---------------------------------------------------------------- WebKit, by its WebDriver

PATHS = {
    "ElementClick": "/element/{id}/click",
    "ExecuteScript": "/execute/sync",
    "Navigate": "/url",
    "PerformActions": "/actions",
}


class WebDriver:
    """The wire to WebKit: a command is a path that JSON is posted to."""

    def __init__(self, port):
        self.port, self.session = port, ""

    def post(self, path, parameters):
        wire = http.client.HTTPConnection("127.0.0.1", self.port)
        wire.request("POST", path, json.dumps(parameters))
        answer = json.loads(wire.getresponse().read())["value"]
        wire.close()
        assert not (isinstance(answer, dict) and "error" in answer), f"{path}: {answer}"
        return answer

    def begin(self, capabilities):
        answer = self.post("/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = f"/session/{answer['sessionId']}"
        return True

    def ask(self, command, **parameters):
        return self.post(self.session + PATHS[command].format(**parameters), parameters)


@contextmanager
def webkit():
    if not (shutil.which("WebKitWebDriver") and shutil.which("Xvfb")):
        pytest.skip("WebKit's WebDriver or Xvfb is not installed")
    with (
        tempfile.TemporaryDirectory() as folder,
        no_way_out() as (proxy, elsewhere),
        screen(folder) as display,
    ):
        port = free_port()
        with process(["WebKitWebDriver", f"--port={port}"], folder, DISPLAY=display):
            wire = WebDriver(port)
            way = dict.fromkeys(("httpProxy", "sslProxy"), f"127.0.0.1:{proxy}")
            way |= {"proxyType": "manual", "noProxy": ["127.0.0.1"]}
            sooner_or_later(lambda: wire.begin(LONG | {"proxy": way}))
            yield Wired(wire.ask, elsewhere)


@contextmanager
def screen(folder):
    """Run a screen that nobody sees, and give its name; it chooses the number itself."""
    ours, its = os.pipe()
    words = ["Xvfb", "-displayfd", its, "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]
    with process(words, folder, keep=[its]), os.fdopen(ours) as number:
        os.close(its)
        yield f":{number.readline().strip()}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]
