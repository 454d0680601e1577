// Small pieces of a page, and a question that stands in front of it.

export function piece(tag, properties = {}, ...inside) {
  const { data = {}, aria = {}, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  made.append(...inside);
  return made;
}

export const button = (text, onclick, properties = {}) =>
  piece("button", { type: "button", textContent: text, onclick, ...properties });

// Show a dialog. When it is closed, the browser puts the focus back where it was.
function shown(dialog, inside) {
  inside.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

let titles = 0;

function titled(title, ...inside) {
  const id = `box-title-${++titles}`;
  const heading = piece("h4", { id, textContent: title });
  return piece("dialog", { className: "box-dialog", aria: { labelledby: id } }, heading, ...inside);
}

// Ask before something is done that the reader may not have meant.
export function ask(place, title, text, yes) {
  return new Promise((answer) => {
    const agree = button(yes, () => dialog.close("yes"), { className: "main" });
    const leave = button("No", () => dialog.close(), { autofocus: true });
    const buttons = piece("p", { className: "box-bar" }, agree, leave);
    const dialog = titled(title, piece("p", { textContent: text }), buttons);
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"));
    shown(dialog, place);
  });
}

function dayOf(time) {
  const day = new Date(time);
  return isNaN(day) ? "" : day.toLocaleString([], { dateStyle: "long", timeStyle: "short" });
}

// Show texts of before, each with a button that puts it back.
export function choose(place, title, texts) {
  return new Promise((answer) => {
    let chosen = null;
    const take = (text) => {
      chosen = text;
      dialog.close();
    };
    const entries = texts.map(({ text, time }) => {
      const [day, back] = [piece("span", {}, dayOf(time)), button("Put it back", () => take(text))];
      const bar = piece("p", { className: "box-bar" }, day, back);
      return piece("li", {}, bar, piece("pre", { tabIndex: 0, textContent: text }));
    });
    const close = button("Close", () => dialog.close(), { autofocus: true });
    const end = piece("p", { className: "box-bar" }, close);
    const dialog = titled(title, piece("ol", {}, ...entries), end);
    dialog.addEventListener("close", () => answer(chosen));
    shown(dialog, place);
  });
}
