// All that was written and has passed, as a file: for another browser, or for the terminal.
import { parts } from "./book.js";
import * as store from "./store.js";

const MOST = 2_000_000; // bytes; a book's worth of answers is a tenth of it
const NO_FILE = "This file is not one of this book's. Choose one that was saved here, " +
  "or that grader export has written.";

export function saved() {
  const exercises = {};
  for (const name of store.names().sort()) {
    const { text, passed } = store.read(name);
    if (!text && !passed) continue;
    const [slug, hole] = parts(name);
    exercises[slug] ??= {};
    exercises[slug][hole] = { text: text || passed, passed: !text || text === passed };
  }
  return { "ground-up": 1, exercises };
}

export function save() {
  const text = JSON.stringify(saved(), null, 1);
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = Object.assign(document.createElement("a"), { href: address });
  link.download = "ground-up.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address));
}

const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function* entriesOf(exercises) {
  for (const [slug, holes] of Object.entries(exercises)) {
    if (!isTable(holes)) throw new Error(NO_FILE);
    for (const [hole, entry] of Object.entries(holes)) {
      const isRight = typeof entry?.text === "string" && typeof entry.passed === "boolean";
      if (!isRight) throw new Error(NO_FILE);
      yield { slug, hole, ...entry };
    }
  }
}

function read(text) {
  try {
    const { "ground-up": edition, exercises } = JSON.parse(text);
    if (edition === 1 && isTable(exercises)) return [...entriesOf(exercises)];
  } catch {
    // said below
  }
  throw new Error(NO_FILE);
}

// Take a file in, and return a sentence on what was done; what gives way to it is kept.
export async function take(file, known) {
  if (file.size > MOST) throw new Error("This file is too long to be one of this book's.");
  const entries = read(await file.text());
  const ours = entries.filter(
    ({ slug, hole }) => Object.hasOwn(known, slug) && known[slug].includes(hole),
  );
  let differ = 0;
  for (const { slug, hole, text, passed } of ours) {
    const name = `${slug}.${hole}`;
    const before = store.read(name);
    if (before.text && before.text !== text) differ += 1;
    store.keep(name, before.text === text ? "" : before.text);
    store.write(name, { text, edits: before.edits + 1, ...(passed ? { passed: text } : {}) });
    if (passed) groundUp.mark(name, true);
  }
  const strange = entries.length - ours.length;
  return [
    `${ours.length} ${ours.length === 1 ? "exercise" : "exercises"} taken.`,
    differ ? `${differ} differed here: yours are kept, under Earlier texts.` : "",
    strange ? `${strange} left out, which this edition does not have.` : "",
  ].filter(Boolean).join(" ");
}
