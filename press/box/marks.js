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

function slugOf(link) {
  const found = /\/chapters\/([^/]+?)(\.html|\/)?$/.exec(link.href.replace(/#.*|index\.html$/, ""));
  return found ? found[1].replaceAll("-", "_") : "";
}

export async function renewMarks() {
  const done = groundUp.done();
  for (const old of document.querySelectorAll(".md-nav .tally")) old.remove();
  if (done.size === 0) return;
  for (const box of document.querySelectorAll(".exercise[data-exercise]")) {
    const id = box.querySelector("h3")?.id;
    const link = document.querySelector(`.md-nav__link[href="#${CSS.escape(id ?? "")}"]`);
    if (link && done.has(box.dataset.exercise)) put(link, "✓", " done");
  }
  const { exercises } = await book();
  for (const link of document.querySelectorAll(".md-nav--primary a.md-nav__link")) {
    const slug = slugOf(link);
    if (link.hash || !Object.hasOwn(exercises, slug)) continue;
    const all = exercises[slug];
    const count = all.filter((hole) => done.has(`${slug}.${hole}`)).length;
    if (count === all.length) put(link, "✓", " all done");
    else if (count > 0) put(link, `${count} of ${all.length}`, " done");
  }
}
