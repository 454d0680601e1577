// What is asked of Python for the boxes, and what it answered: it outlives a page, for the reader
// may turn it while Python is at work.
import { book, parts } from "./book.js";
import * as own from "./own.js";
import * as python from "./python.js";
import * as store from "./store.js";

const ENDS = new Set(["answer", "failed", "stopped"]);
const jobs = new Map(); // name: what is asked, and was said of it last
const answers = new Map(); // name: what was answered last
let listen = () => {};

// Hear of all that happens: a name, and what is said of it.
export function listenTo(tell) {
  listen = tell;
}

export const lastOf = (name) => jobs.get(name)?.said ?? null;
export const answerOf = (name) => answers.get(name) ?? null;
export const isChecked = (name) => jobs.has(name);
export const forget = (name) => answers.delete(name);

export async function begin(name, texts) {
  if (jobs.has(name)) return;
  const job = { said: null, asked: null };
  jobs.set(name, job);
  const tell = (said) => {
    if (jobs.get(name) !== job) return; // it was stopped
    job.said = said;
    if (ENDS.has(said.kind)) jobs.delete(name);
    if (said.kind === "answer") note(name, texts, said.answer);
    listen(name, said);
  };
  tell({ kind: "ready" });
  try {
    const manifest = await book();
    if (jobs.get(name) !== job) return;
    job.asked = python.ask(question(name, texts, manifest), tell);
  } catch (error) {
    tell({ kind: "failed", why: "connection", text: String(error) });
  }
}

export function stop(name) {
  const job = jobs.get(name);
  if (job?.asked) {
    python.stop(job.asked);
  } else if (job) {
    jobs.delete(name);
    listen(name, { kind: "stopped" });
  }
}

function question(name, texts, manifest) {
  const [chapter, hole] = parts(name);
  if (!own.wanted()) return { chapter, hole, texts, own: null };
  const { [chapter]: _, ...others } = own.passed(manifest);
  return { chapter, hole, texts, own: others };
}

// What has passed is kept, and marked as done.
function note(name, texts, answer) {
  const [slug] = parts(name);
  answers.set(name, answer);
  for (const hole of Object.keys(answer.passed)) {
    if (texts[hole]) store.write(`${slug}.${hole}`, { passed: texts[hole] });
    groundUp.mark(`${slug}.${hole}`, true);
  }
}
