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
sys.setrecursionlimit(250)  # where calls go through C, a browser's own stack ends below 400
Visit(clock)
`;
const OFTEN = 100; // milliseconds between two words about progress
const PAUSE = 200; // milliseconds between two interrupts

class Lost extends Error {}

const lost = (error) => {
  throw new Lost(error.message);
};

// Fetch a file from beside this one, and read it in some way.
async function fetched(name, read, how) {
  const answer = await fetch(here(name), how).catch(lost);
  if (!answer.ok) throw new Lost(`${name}: ${answer.status}`);
  return read(answer).catch(lost);
}

const bytesOf = (name) => fetched(name, (answer) => answer.arrayBuffer());

// Fetch Python's files, only to count them: Pyodide then finds them in the browser's cache. Were
// it given what was counted, the browser would not keep the compiled code for the next visit.
async function count(python, sizes) {
  const of = Object.values(sizes).reduce((a, b) => a + b, 0);
  let [done, lately] = [0, 0];
  const counted = async (answer) => {
    const reader = answer.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      done += piece.value.length;
      if (performance.now() - lately < OFTEN) continue;
      lately = performance.now();
      postMessage({ kind: "loading", done, of });
    }
  };
  const files = Object.keys(sizes).map((name) => fetched(python + name, counted));
  await Promise.all(files);
  postMessage({ kind: "loading", done: of, of });
}

// Pyodide says so, and then waits for ever for what does not come.
const giveUp = new Promise((_, reject) => {
  const warn = console.warn;
  console.warn = (...said) => {
    if (String(said[0]).includes("instantiation failed")) reject(new Lost(said.join(" ")));
    else warn(...said);
  };
});
giveUp.catch(() => {});

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

async function started(before) {
  // asked for anew: in a new edition the packs have new names
  const read = (answer) => answer.json();
  const book = await fetched("./book.json", read, { cache: "no-cache" });
  const folder = `../${book.python}/`;
  const which = JSON.stringify([folder, book.sizes]);
  if (which !== before) await count(folder, book.sizes); // else it is in the cache: no need
  const both = [`./${book.core}`, `${folder}compiled.zip`].map(bytesOf);
  const [core, compiled] = await Promise.all(both);
  const { loadPyodide } = await import(here(`${folder}pyodide.mjs`));
  const python = await loadPyodide({
    indexURL: here(folder),
    enableRunUntilComplete: false,
    packages: ["numpy"],
    stdout: () => {},
    stderr: () => {},
  });
  const unpack = (bytes) => python.unpackArchive(bytes, "zip", { extractDir: "/book" });
  unpack(core);
  python.unpackArchive(compiled, "zip", { extractDir: "/" });
  const given = python.toPy({ chapters: book.chapters });
  given.set("clock", clock);
  python.setInterruptBuffer(interrupts);
  return { which, book, unpack, visit: python.runPython(SETUP, { globals: given }) };
}

let starting = null;
const unpacked = new Set();

async function check(asked, before) {
  starting ??= started(before).catch((error) => {
    throw error instanceof TypeError ? new Lost(error.message) : error; // what imports says so
  });
  const { which, book, unpack, visit } = await Promise.race([starting, giveUp]);
  postMessage({ kind: "ready", which });
  const json = JSON.stringify(asked);
  const needed = JSON.parse(visit.needs(json)).filter((slug) => !unpacked.has(slug));
  const packs = await Promise.all(needed.map((slug) => bytesOf(`./${book.packs[slug]}`)));
  packs.forEach(unpack);
  needed.forEach((slug) => unpacked.add(slug));
  return JSON.parse(visit.check(json));
}

addEventListener("message", async ({ data: { id, asked, before } }) => {
  asking = id;
  try {
    postMessage({ id, kind: "answer", answer: await check(asked, before) });
  } catch (error) {
    const why = error instanceof Lost ? "connection" : "fatal";
    postMessage({ id, kind: "failed", why, text: String(error).slice(0, 2000) });
  }
});
