// The switch that puts the reader's own earlier chapters underneath.
import * as store from "./store.js";

const KEY = "ground-up.own";
let isOn = null;

export function wanted() {
  if (isOn === null) {
    try {
      isOn = localStorage.getItem(KEY) === "yes";
    } catch {
      isOn = false;
    }
  }
  return isOn;
}

export function want(on) {
  isOn = on;
  try {
    localStorage.setItem(KEY, on ? "yes" : "no");
  } catch {
    // a browser that keeps nothing: it holds for the visit
  }
}

// The chapters of which every exercise has passed here, with the texts that did.
export function passed({ exercises }) {
  const found = {};
  for (const [slug, holes] of Object.entries(exercises)) {
    const texts = holes.map((hole) => [hole, store.read(`${slug}.${hole}`).passed]);
    const isWhole = holes.length > 0 && texts.every(([, text]) => text);
    if (isWhole) found[slug] = Object.fromEntries(texts);
  }
  return found;
}
