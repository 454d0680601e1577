// The quiet line at the end of a chapter: what was written as a file, and the switch for own code.
import { button, piece } from "./ask.js";
import { book } from "./book.js";
import * as file from "./file.js";
import * as own from "./own.js";

// `renew` is called when a file was taken in.
export function foot(renew) {
  const said = piece("p", { className: "box-said", role: "status" });
  const say = (text) => (said.textContent = text);
  const chosen = piece("input", {
    type: "file",
    accept: ".json,application/json",
    hidden: true,
    onchange: async () => {
      const [given] = chosen.files;
      if (!given) return;
      try {
        say(await file.take(given, (await book()).exercises));
      } catch (error) {
        say(error.message);
      }
      chosen.value = ""; // so that the same file can be chosen again
      renew();
    },
  });
  const toggle = piece("input", {
    type: "checkbox",
    checked: own.wanted(),
    onchange: async () => {
      own.want(toggle.checked);
      if (!toggle.checked) return say("The book's own chapters are underneath.");
      const { length } = Object.keys(own.passed(await book()));
      say(`A chapter of yours counts once all of it has passed here: ${length || "none"} so far.`);
    },
  });
  return piece(
    "section",
    { className: "box-foot", aria: { label: "What you wrote" } },
    piece("p", {}, "What you write in the boxes stays in this browser."),
    piece(
      "p",
      { className: "box-bar" },
      button("Save it as a file", file.save),
      button("Take a file in", () => chosen.click()),
      chosen,
      piece("label", {}, toggle, "my own earlier chapters underneath"),
    ),
    said,
  );
}
