// What a reader writes and what has passed: kept in this browser, a key for each exercise.
const KEY = "ground-up.box.";
const MOST = 20; // earlier texts of one exercise
const refused = new Map(); // what the browser would not keep: it lasts as long as the visit

const isText = (value) => typeof value === "string";

function parsed(json) {
  let found = {};
  try {
    found = JSON.parse(json) ?? {};
  } catch {
    // not ours: as good as nothing
  }
  return {
    text: isText(found.text) ? found.text : "", // "": nothing is written yet
    passed: isText(found.passed) ? found.passed : "",
    kept: Array.isArray(found.kept) ? found.kept.filter((each) => isText(each?.text)) : [],
    edits: Number.isSafeInteger(found.edits) ? found.edits : 0, // tells tabs which text is newer
  };
}

function stored(name) {
  try {
    return localStorage.getItem(KEY + name);
  } catch {
    return null; // a browser that is told to keep nothing
  }
}

export const isRefused = () => refused.size > 0;

export const read = (name) => refused.get(name) ?? parsed(stored(name));

export function write(name, changes) {
  const entry = { ...read(name), ...changes };
  try {
    localStorage.setItem(KEY + name, JSON.stringify(entry));
    refused.delete(name);
  } catch {
    refused.set(name, entry);
  }
  return entry;
}

// A text that gives way to another one is kept, once.
export function keep(name, text) {
  if (text === "") return read(name);
  const others = read(name).kept.filter((each) => each.text !== text);
  const kept = [{ text, time: new Date().toISOString() }, ...others].slice(0, MOST);
  return write(name, { kept });
}

export function names() {
  const found = new Set(refused.keys());
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(KEY)) found.add(key.slice(KEY.length));
    }
  } catch {
    // as above
  }
  return [...found];
}

// Tell of what another tab has written, in the order in which it did.
export function watch(tell) {
  addEventListener("storage", ({ key, newValue }) => {
    if (key?.startsWith(KEY) && newValue) tell(key.slice(KEY.length), parsed(newValue));
  });
}
