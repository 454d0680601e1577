// Marks of what is done: kept in this browser, and nowhere else. The boxes of the exercises
// (press/box/) ask for them here, and hear of each change by an event of the same name.
const KEY = "ground-up.done";
let lasting = null; // the marks of a browser that keeps nothing: as long as the visit

function done() {
  if (lasting) return new Set(lasting);
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY) || "[]"));
  } catch {
    return new Set();
  }
}

function mark(name, isDone) {
  const marks = done();
  if (marks.has(name) === isDone) return;
  marks[isDone ? "add" : "delete"](name);
  try {
    localStorage.setItem(KEY, JSON.stringify([...marks].sort()));
  } catch {
    lasting = marks;
  }
  showMarks();
}

function addMark(box) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "mark";
  input.type = "checkbox";
  input.addEventListener("change", () => mark(box.dataset.exercise, input.checked));
  label.append(input, "done");
  box.append(label);
}

function showMarks() {
  const marks = done();
  for (const box of document.querySelectorAll(".exercise:has(.mark)")) {
    const isDone = marks.has(box.dataset.exercise);
    box.querySelector(".mark input").checked = isDone;
    box.classList.toggle("done", isDone);
  }
  document.dispatchEvent(new Event(KEY));
}

function addTally(entry) {
  const slug = entry.dataset.chapter;
  const count = [...done()].filter((name) => name.startsWith(`${slug}.`)).length;
  if (count === 0) return;
  const tally = document.createElement("span");
  tally.className = "tally";
  tally.textContent = `${count} of ${entry.dataset.exercises} done`;
  entry.querySelector("a").after(tally);
}

document$.subscribe(() => {
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) table.tabIndex = 0;
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  for (const box of document.querySelectorAll(".exercise:not(:has(.mark))")) addMark(box);
  showMarks();
  for (const entry of document.querySelectorAll(".entry:not(:has(.tally))")) addTally(entry);
});

addEventListener("storage", ({ key }) => key === KEY && showMarks()); // from another tab
globalThis.groundUp = { done, mark };
