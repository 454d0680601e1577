// One exercise of a page: the editor in the place of its stub, the buttons, the verdict.
import { ask, button, choose, piece } from "./ask.js";
import { book, megabytes, parts } from "./book.js";
import * as checking from "./checking.js";
import { Draft } from "./draft.js";
import * as python from "./python.js";
import * as store from "./store.js";

const NEAR = "600px"; // from the window: close enough to fetch the editor
const NO_EDITOR = "The editor could not be fetched: is the connection there? Check tries again.";
const REFUSED =
  "This browser keeps nothing for this page, so what you write lasts as long as the page: " +
  "save it as a file, at the foot of the chapter.";
const hints = new Map(); // name: how many were asked for in this visit

let isWarned = false; // that nothing is kept

let editors = null;
let tries = 0;

// A browser may remember that it failed, so another try has another name.
function loadedEditor() {
  const again = new URL(`./editor.mjs?${tries}`, import.meta.url).href;
  editors ??= tries === 0 ? import("./editor.mjs") : import(again);
  editors.catch(() => {
    editors = null;
    tries += 1;
  });
  return editors;
}

export class Box {
  // `chapter()` gives what is written in all boxes of the page.
  constructor(element, chapter) {
    this.element = element;
    this.chapter = chapter;
    this.name = element.dataset.exercise;
    [this.slug, this.hole] = parts(this.name);
    this.stub = element.querySelector(".stub");
    this.draft = new Draft(this.name, this.stub.querySelector("code").textContent.trimEnd());
    this.hints = [...element.querySelectorAll("details.hint")];
    this.build();
    this.renew();
    this.watch();
  }

  build() {
    const keys = "Tab indents; Escape, then Tab, goes on. Ctrl-Enter checks.";
    this.keys = piece("span", { className: "box-keys", id: `keys-${this.name}` }, keys);
    this.size = piece("span", { className: "box-size" });
    this.check = button("Check", (event) => this.press(event), { className: "main" });
    this.hint = button("", () => this.nextHint(), { hidden: this.hints.length === 0 });
    this.answer = button("Answer", () => this.showAnswer());
    this.reset = button("Reset", () => this.startAgain());
    this.earlier = button("", () => this.chooseEarlier());
    const buttons = [this.check, this.hint, this.answer, this.reset, this.earlier];
    this.notice = piece("p", { className: "box-notice", role: "status" });
    this.said = piece("p", { className: "box-said", role: "status" });
    this.progress = piece("progress", { hidden: true, aria: { label: "Python is loading" } });
    this.verdict = piece("div", { className: "box-verdict" });
    this.desk = piece("div", { className: "box" });
    this.desk.append(
      piece("p", { className: "box-bar" }, ...buttons, this.keys, this.size),
      this.notice, this.said, this.progress, ...this.hints, this.verdict,
    );
    this.stub.after(this.desk);
    this.desk.after(...this.element.querySelectorAll(":scope > details.success"));
    this.element.classList.add("works");
  }

  // Show how things stand, in a page that may be a new one.
  renew() {
    this.showHints();
    this.showEarlier();
    const last = checking.lastOf(this.name);
    if (last) this.hear(last);
    else this.show(checking.answerOf(this.name));
  }

  showHints() {
    const asked = hints.get(this.name) ?? 0;
    this.hints.forEach((hint, i) => (hint.hidden = i >= asked));
    const all = this.hints.length;
    this.hint.textContent = asked < all ? `Hint ${asked + 1} of ${all}` : "No more hints";
  }

  showEarlier() {
    const { length } = this.draft.entry.kept;
    this.earlier.hidden = length === 0;
    this.earlier.textContent = `Earlier texts (${length})`;
  }

  // Fetch the editor when the box comes near the window.
  watch() {
    const near = new IntersectionObserver(([seen]) => {
      if (!seen.isIntersecting) return;
      near.disconnect();
      this.open();
      this.tellSize();
    }, { rootMargin: NEAR });
    near.observe(this.element);
  }

  async tellSize() {
    const { bytes } = await book().catch(() => ({}));
    if (!bytes || python.isThere()) return;
    this.size.textContent = `The first check brings Python: ${megabytes(bytes)}, once.`;
  }

  say(text) {
    this.said.textContent = text;
  }

  // ------------------------------------------------------------ the text

  async open() {
    if (this.editor) return;
    try {
      const { editor } = await loadedEditor();
      if (!this.editor) this.edit(editor);
    } catch {
      this.say(NO_EDITOR);
    }
  }

  edit(editor) {
    const place = piece("div", { className: "box-editor" });
    this.editor = editor({
      place,
      text: this.draft.text,
      label: `Your ${this.hole}`,
      describedBy: this.keys.id,
      onText: (text) => this.typed(text),
      onCheck: () => this.begin(),
    });
    this.stub.hidden = true;
    this.desk.prepend(place);
    if (this.said.textContent === NO_EDITOR) this.say("");
    this.editor.mark(checking.answerOf(this.name)?.marks ?? []);
  }

  typed(text) {
    this.meet(this.draft.typed(text));
    this.changed();
  }

  changed() {
    this.editor?.set(this.draft.text);
    this.showEarlier();
    if (store.isRefused() && !isWarned) {
      isWarned = true;
      this.tell(REFUSED);
    }
  }

  // Another tab wrote a text for this box.
  heard(theirs) {
    const other = this.draft.heard(theirs);
    if (other === null && this.isDivided) this.tell("");
    this.meet(other);
    this.changed();
  }

  // Say what is to be decided where this tab and another one wrote at once.
  meet(other) {
    if (other === null) return;
    const settle = (text) => {
      this.draft.put(text);
      this.tell("");
      this.changed();
    };
    this.tell(
      "Another tab changed this text at the same time. Both are under Earlier texts.",
      button("Take the other", () => settle(other)),
      button("Keep this one", () => settle(this.draft.entry.text)),
    );
    this.isDivided = true;
  }

  tell(...inside) {
    this.isDivided = false;
    this.notice.replaceChildren(...inside);
  }

  // Something else on this page changed the text: a file was taken in.
  reread() {
    this.draft.renew();
    this.changed();
  }

  put(text) {
    this.draft.put(text);
    checking.forget(this.name);
    this.show(null);
    this.changed();
  }

  async startAgain() {
    if (!this.draft.isWritten) return this.say("Nothing is written here yet.");
    const text = "The box becomes as it was. What you wrote is kept, under Earlier texts.";
    if (!(await ask(this.desk, `Reset ${this.hole}?`, text, "Reset"))) return;
    this.put("");
    this.say("Empty again. What you wrote is under Earlier texts.");
  }

  async chooseEarlier() {
    const title = `Earlier texts of ${this.hole}`;
    const chosen = await choose(this.desk, title, this.draft.entry.kept);
    if (chosen === null) return;
    this.put(chosen);
    this.say("It is back. The text before it is kept, under Earlier texts.");
  }

  // ------------------------------------------------------------ hints and the answer

  nextHint() {
    const asked = hints.get(this.name) ?? 0;
    if (asked >= this.hints.length) return this.say("That was the last hint.");
    hints.set(this.name, asked + 1);
    this.showHints();
    this.hints[asked].open = true;
    this.say(`Hint ${asked + 1} of ${this.hints.length} is open.`);
  }

  async showAnswer() {
    const text = "An answer read before an attempt is soon forgotten.";
    const isShown = this.element.classList.contains("answered");
    if (!isShown && !(await ask(this.desk, "Show the answer?", text, "Show it"))) return;
    this.element.classList.add("answered");
    for (const folded of this.element.querySelectorAll("details.success")) folded.open = true;
    this.say("The answer is open below.");
  }

  // ------------------------------------------------------------ checking

  press(event) {
    if (!checking.isChecked(this.name)) this.begin();
    else if (event.detail < 2) checking.stop(this.name); // the second of two clicks is no Stop
  }

  begin() {
    this.open();
    checking.begin(this.name, this.chapter());
  }

  // Something was said of this box's check.
  hear(said) {
    const isOver = !checking.isChecked(this.name);
    this.check.textContent = isOver ? "Check" : "Stop";
    this.progress.hidden = said.kind !== "loading" && said.kind !== "starting";
    if (said.kind === "starting") this.progress.removeAttribute("value");
    if (said.kind === "loading") this.progress.value = said.done / said.of;
    if (said.kind === "answer") this.show(said.answer);
    else this.explain(said);
  }

  async explain({ kind, why, how, text, done, of }) {
    if (kind === "starting") {
      this.isFirst = !how;
      const { bytes } = await book();
      if (this.progress.hidden) return; // it was stopped
      this.say(how ? AGAIN[how] : `Python comes first: ${megabytes(bytes)}, once.`);
    } else if (kind === "loading") {
      if (done === of && this.isFirst) this.say("Python is here, and starts.");
    } else if (kind in WORDS) {
      this.say(WORDS[kind]);
    } else if (kind === "failed" && why === "connection") {
      this.say("The connection was lost. Nothing you wrote is lost; Check tries again.");
    } else if (kind === "failed") {
      this.say(`Python cannot go on here: ${text}. A terminal can do the same.`);
      this.element.classList.remove("works"); // shows the command
    }
  }

  show(answer) {
    this.desk.dataset.state = answer?.state ?? "";
    this.verdict.innerHTML = answer?.html ?? ""; // Python has escaped it
    for (const code of this.verdict.querySelectorAll("pre")) code.tabIndex = 0; // to scroll it
    if (answer?.beneath) {
      this.verdict.append(piece("p", { className: "facts" }, answer.beneath));
    }
    this.say(answer?.summary ?? "");
    this.editor?.mark(answer?.marks ?? []);
  }
}

const WORDS = {
  waiting: "The check before it is not over yet; this one is next.",
  ready: "Checking.",
  stopped: "Stopped. Nothing you wrote is lost.",
};
const AGAIN = {
  late: "It takes too long and cannot be interrupted, so Python starts again.",
  died: "Python broke down over it, and starts again.",
};
