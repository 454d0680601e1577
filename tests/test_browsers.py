"""Each of three browsers can do what the tests of the pages ask of it."""

import pytest

pytest.importorskip("playwright")

from browsers import chromium, firefox, served, webkit

PAGE = """<!doctype html><title>a page</title>
<button onclick="said.textContent = 'clicked'">Click</button> <p id="said"></p>
<div id="box" contenteditable></div>
<script>
  var pressed = 0
  box.onkeydown = () => { pressed += 1 }
  setTimeout(() => { late.textContent = "here" }, 300)
  const worker = new Worker("worker.mjs", {type: "module"})
  worker.onmessage = ({data}) => { answer.textContent = data }
</script>
<p id="late"></p><p id="answer"></p>
"""
WORKER = """
  const {instance} = await WebAssembly.instantiate(Uint8Array.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
    7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]))
  postMessage(String(instance.exports.add(40, 2)))
"""


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def visitor(request):
    if request.param == "chromium":
        opened = chromium(request.getfixturevalue("browser"))
    else:
        opened = {"firefox": firefox, "webkit": webkit}[request.param]()
    with opened as visitor:
        yield visitor


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text(PAGE)
    (folder / "worker.mjs").write_text(WORKER)
    with served(folder) as address:
        yield address


def test_a_visitor_clicks_types_and_waits(visitor, page):
    visitor.open(page)
    assert visitor.run("return [document.title, arguments[0], {a: null}]", 2) == [
        "a page",
        2,
        {"a": None},
    ]
    visitor.click("button")
    assert visitor.text("#said") == "clicked"
    typed = 'x = [1, 2]  # "o"\ny'
    visitor.type("#box", typed)
    assert visitor.text("#box").rstrip("\n").replace("\xa0", " ") == typed
    assert visitor.run("return pressed") == len(typed)
    visitor.press("Shift+Home")
    visitor.keys("z")
    assert visitor.text("#box").rstrip("\n").endswith("\nz")
    visitor.paste("#box", typed)
    assert visitor.text("#box").rstrip("\n").replace("\xa0", " ") == typed
    visitor.wait("#late", "here")
    with pytest.raises(AssertionError, match="#late says 'gone': not within"):
        visitor.wait("#late", "gone", seconds=0.1)


def test_a_visitor_s_browser_runs_wasm_in_a_worker(visitor, page):
    visitor.open(page)
    assert visitor.wait("#answer", "42") == "42"


def test_what_is_asked_of_another_host_is_known(visitor, page):
    visitor.open(page)
    visitor.wait("#late", "here")
    assert visitor.elsewhere == []
    visitor.run("new Image().src = 'http://elsewhere.invalid/a.png'")
    visitor.run("return fetch('http://elsewhere.invalid/b').catch(() => null)")
    assert "http://elsewhere.invalid/b" in str(visitor.elsewhere)
    visitor.elsewhere.clear()
