// The grader in a worker: Python, NumPy and the grader's own files, all from beside this one.
const here = (name) => new URL(name, import.meta.url).href;
const SETUP = `
import os, pathlib, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # but while a check runs
pathlib.Path("/book/chapters").mkdir(parents=True, exist_ok=True)
for name in chapters:
    pathlib.Path("/book/chapters", name).touch()
sys.path.insert(0, "/book")
os.chdir("/book")
from grader.web.visit import Visit
Visit(clock)
`;
const OFTEN = 100; // milliseconds between two words about progress
const PAUSE = 200; // milliseconds between two interrupts

// What is fetched is counted, and a connection that breaks in the middle ends the wait: Pyodide
// itself would go on waiting for what does not come.
const plainly = fetch;
const sizes = new Map(); // of what is on its way, in bytes
const done = new Map();
let part = "Python";
let lately = 0;
let giveUp;
const lost = new Promise((_, reject) => (giveUp = reject));
lost.catch(() => {});

class Lost extends Error {}

function tellProgress() {
  if (performance.now() - lately < OFTEN) return;
  lately = performance.now();
  const sum = (counts) => [...counts.values()].reduce((a, b) => a + b, 0);
  postMessage({ kind: "loading", part, done: sum(done), of: sum(sizes) });
}

function counting(url) {
  return new TransformStream({
    transform(chunk, out) {
      if (sizes.has(url)) {
        done.set(url, (done.get(url) ?? 0) + chunk.length);
        tellProgress();
      }
      out.enqueue(chunk);
    },
  });
}

async function watched(body, url, out) {
  try {
    await body.pipeThrough(counting(url)).pipeTo(out);
  } catch (error) {
    giveUp(new Lost(`${url}: ${error.message}`));
  }
}

globalThis.fetch = async (asked, how) => {
  const url = String(asked.url ?? asked);
  let answer;
  try {
    answer = await plainly(asked, how);
    if (!answer.ok) throw new Error(answer.status);
  } catch (error) {
    const failure = new Lost(`${url}: ${error.message}`);
    giveUp(failure);
    throw failure;
  }
  const { readable, writable } = new TransformStream();
  watched(answer.body, url, writable);
  const type = url.endsWith(".wasm") ? "application/wasm" : answer.headers.get("content-type");
  return new Response(readable, { headers: { "content-type": type ?? "" } });
};

const bytesOf = async (name) => (await fetch(here(`./${name}`))).arrayBuffer();

let asking = 0; // the id of what is being checked
let end = Infinity; // of the check that runs, in milliseconds

const clock = {
  begun(check, limit) {
    end = performance.now() + 1000 * limit;
    postMessage({ id: asking, kind: "begun", check, limit });
  },
  ended() {
    end = Infinity;
    postMessage({ id: asking, kind: "ended" });
  },
};

// Python looks here every so often, and takes a 2 for an interrupt: so a loop without an end is
// told from inside, with its line. What answers an interrupt must not be interrupted itself.
const interrupts = {
  get 0() {
    if (performance.now() < end) return 0;
    end = performance.now() + PAUSE;
    return 2;
  },
  set 0(_) {},
};

async function load() {
  // asked for anew: after a new edition, the names of the files in it are others
  const answer = await fetch(here("./book.json"), { cache: "no-cache" });
  const book = await answer.json();
  for (const [name, size] of Object.entries(book.sizes)) {
    if (!name.endsWith(".mjs")) sizes.set(here(`../python/${name}`), size); // a script uncounted
  }
  const core = bytesOf(book.core);
  core.catch(() => {});
  const { loadPyodide } = await import("../python/pyodide.mjs");
  const python = await loadPyodide({
    indexURL: here("../python/"),
    enableRunUntilComplete: false,
    packages: ["numpy"],
    stdout: () => {},
    stderr: () => {},
  });
  part = "the grader";
  const unpack = (bytes) => python.unpackArchive(bytes, "zip", { extractDir: "/book" });
  unpack(await core);
  const given = python.toPy({ chapters: book.chapters });
  given.set("clock", clock);
  python.setInterruptBuffer(interrupts);
  const visit = python.runPython(SETUP, { globals: given });
  return { book, unpack, visit };
}

let loading = null;
const unpacked = new Set();

async function check(asked) {
  loading ??= load();
  const { book, unpack, visit } = await Promise.race([loading, lost]);
  postMessage({ kind: "ready" });
  const json = JSON.stringify(asked);
  const needed = JSON.parse(visit.needs(json)).filter((slug) => !unpacked.has(slug));
  const packs = await Promise.all(needed.map((slug) => bytesOf(book.packs[slug])));
  packs.forEach(unpack);
  needed.forEach((slug) => unpacked.add(slug));
  return JSON.parse(visit.check(json));
}

// Why something failed: what is fetched did not come, or Python broke down.
function reason(error) {
  const isLost = error instanceof Lost || /dynamically imported|importing a module/.test(error);
  return isLost ? "connection" : "fatal";
}

addEventListener("message", async ({ data: { id, asked } }) => {
  asking = id;
  try {
    postMessage({ id, kind: "answer", answer: await check(asked) });
  } catch (error) {
    postMessage({ id, kind: "failed", why: reason(error), text: String(error).slice(0, 2000) });
  }
});
