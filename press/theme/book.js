// Marks of what is done: kept in this browser, and nowhere else.
const KEY = "ground-up.done";

function done() {
  try {
    return new Set(JSON.parse(localStorage.getItem(KEY) || "[]"));
  } catch {
    return new Set();
  }
}

function remember(marks) {
  try {
    localStorage.setItem(KEY, JSON.stringify([...marks].sort()));
  } catch {
    // a browser that keeps nothing: the marks last as long as the page
  }
}

function addMark(box) {
  const name = box.dataset.exercise;
  const label = document.createElement("label");
  const input = document.createElement("input");
  label.className = "mark";
  input.type = "checkbox";
  input.checked = done().has(name);
  label.append(input, "done");
  box.classList.toggle("done", input.checked);
  input.addEventListener("change", () => {
    const marks = done();
    marks[input.checked ? "add" : "delete"](name);
    remember(marks);
    box.classList.toggle("done", input.checked);
  });
  box.append(label);
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
  for (const entry of document.querySelectorAll(".entry:not(:has(.tally))")) addTally(entry);
});
