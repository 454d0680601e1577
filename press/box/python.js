// Python, in one worker for the whole visit. It is asked one thing at a time.
const KEY = "ground-up.python"; // which one this browser has fetched before
const GRACE = 2; // seconds beyond its limit, after which a check is ended from here

const waiting = [];
let worker = null;
let isReady = false;
let running = null;
let alarm = 0;
let count = 0;

// Ask for a check; `tell` hears of all that happens, to the end: an answer, a failure, a stop.
export function ask(asked, tell) {
  const job = { id: ++count, asked, tell, check: null };
  waiting.push(job);
  next();
  if (running !== job) tell({ kind: "waiting" });
  return job;
}

export function stop(job) {
  if (job === running) {
    end();
    finish({ kind: "stopped" });
  } else if (waiting.includes(job)) {
    waiting.splice(waiting.indexOf(job), 1);
    job.tell({ kind: "stopped" });
  }
}

export const isThere = () => isReady;

function next() {
  if (running || waiting.length === 0) return;
  running = waiting.shift();
  send();
}

function send(how = "") {
  worker ??= started();
  running.tell({ kind: isReady ? "ready" : "starting", how }); // how the worker before it ended
  const { id, asked } = running;
  worker.postMessage({ id, kind: "check", asked, before: fetched() });
}

function fetched(which) {
  try {
    if (which) localStorage.setItem(KEY, which);
    return localStorage.getItem(KEY);
  } catch {
    return null; // then it is counted again, no more
  }
}

function started() {
  const made = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
  made.onmessage = ({ data }) => made === worker && heard(data);
  made.onerror = ({ message }) => {
    if (made === worker) failed(isReady ? "fatal" : "connection", message ?? "");
  };
  return made;
}

function end() {
  clearTimeout(alarm);
  worker?.terminate();
  worker = null;
  isReady = false;
}

function heard(message) {
  if (message.kind === "ready") {
    isReady = true;
    fetched(message.which);
  }
  if (message.kind === "ready" || message.kind === "loading") running?.tell(message);
  if (message.kind === "failed") failed(message.why, message.text);
  if (message.id !== running?.id) return;
  if (message.kind === "begun") begun(message);
  if (message.kind === "ended") ended();
  if (message.kind === "answer") {
    clearTimeout(alarm);
    finish(message);
  }
}

function begun({ check, limit }) {
  clearTimeout(alarm);
  running.check = check;
  running.tell({ kind: "begun" });
  alarm = setTimeout(() => again("late"), (limit + GRACE) * 1000);
}

function ended() {
  clearTimeout(alarm);
  running.check = null;
}

function failed(why, text) {
  if (why === "fatal" && isReady && running) { // over a check, or over what one left behind
    again("died", text);
    return;
  }
  end();
  const lost = waiting.splice(0);
  if (running) finish({ kind: "failed", why, text });
  for (const job of lost) job.tell({ kind: "failed", why, text });
}

// The worker was lost: a new one is told over which check, if any, and says it in words.
function again(how, text = "") {
  const { check, asked } = running;
  end();
  if ("late" in asked || "died" in asked) {
    finish({ kind: "failed", why: "fatal", text });
    return;
  }
  running.asked = { ...asked, [how]: check };
  send(how);
}

function finish(message) {
  const { tell } = running;
  running = null;
  tell(message);
  next();
}
