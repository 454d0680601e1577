// The boxes of a page, made anew whenever another page is shown.
import { Box } from "./exercise.js";
import * as checking from "./checking.js";
import { foot } from "./foot.js";
import { renewMarks } from "./marks.js";
import * as python from "./python.js";
import * as store from "./store.js";

let boxes = new Map(); // of the page that is open, by name

// What is written in the boxes of this page, which is one chapter.
function written() {
  const found = [...boxes.values()].filter((box) => box.draft.isWritten);
  return Object.fromEntries(found.map((box) => [box.hole, box.draft.text]));
}

function open() {
  boxes = new Map();
  for (const element of document.querySelectorAll(".exercise[data-exercise]:has(.stub code)")) {
    boxes.set(element.dataset.exercise, new Box(element, written));
  }
  if (boxes.size > 0) {
    document.querySelector("article").append(foot(() => boxes.forEach((box) => box.reread())));
  }
  renewMarks();
}

checking.listenTo((name, said) => {
  boxes.get(name)?.hear(said);
  if (python.isThere()) boxes.forEach((box) => (box.size.textContent = ""));
});
store.watch((name, theirs) => boxes.get(name)?.heard(theirs));
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) boxes.forEach((box, name) => box.heard(store.read(name)));
});
document.addEventListener("ground-up.done", renewMarks);
document$.subscribe(open);
