// What is done, in the navigation: of each chapter, and of each exercise of this page.
import { piece } from "./ask.js";
import { book } from "./book.js";

function put(link, text, label) {
  let tally = link.querySelector(".tally");
  if (!tally) {
    tally = piece("span", { className: "tally" });
    link.append(tally);
  }
  tally.replaceChildren(text, piece("span", { className: "box-unseen" }, label));
}

// The chapter whose page a link leads to.
function slugOf(link) {
  const found = /\/chapters\/([^/]+?)(\/|\/index\.html|\.html)$/.exec(link.pathname);
  return found ? found[1].replaceAll("-", "_") : "";
}

export async function renewMarks() {
  const none = { exercises: {} }; // no connection: no count
  const { exercises } = groundUp.done().size > 0 ? await book().catch(() => none) : none;
  const done = groundUp.done();
  for (const old of document.querySelectorAll(".md-nav .tally")) old.remove();
  const places = new Map();
  for (const box of document.querySelectorAll(".exercise[data-exercise]:has(h3)")) {
    places.set(`#${box.querySelector("h3").id}`, box.dataset.exercise);
  }
  for (const link of document.querySelectorAll(".md-nav--primary a.md-nav__link")) {
    const slug = slugOf(link);
    if (link.hash) {
      const isHere = link.pathname === location.pathname;
      if (isHere && done.has(places.get(link.hash))) put(link, "✓", " done");
    } else if (Object.hasOwn(exercises, slug)) {
      const all = exercises[slug];
      const count = all.filter((hole) => done.has(`${slug}.${hole}`)).length;
      if (count === all.length) put(link, "✓", " all done");
      else if (count > 0) put(link, `${count} of ${all.length}`, " done");
    }
  }
}
