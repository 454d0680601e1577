// The text of one box, which other tabs may change as well.
import * as store from "./store.js";

export class Draft {
  constructor(name, empty) {
    this.name = name;
    this.empty = empty; // the exercise as the book gives it
    this.renew();
  }

  renew() {
    this.entry = store.read(this.name);
  }

  get isWritten() {
    return this.entry.text !== "";
  }

  get text() {
    return this.entry.text || this.empty;
  }

  // What was typed is kept at once. Return what another tab wrote in the meantime, or null.
  typed(text) {
    const there = store.read(this.name);
    const isMissed = there.edits > this.entry.edits && there.text !== this.entry.text;
    if (isMissed) store.keep(this.name, there.text);
    const edits = Math.max(there.edits, this.entry.edits) + 1;
    // what is as it was given is not kept: a new edition of the book may give another
    this.entry = store.write(this.name, { text: text === this.empty ? "" : text, edits });
    return isMissed ? there.text : null;
  }

  // Take what another tab wrote. Where both wrote, each before it heard of the other, keep both
  // aside and return the other one.
  heard(theirs) {
    const isNewer = theirs.edits > this.entry.edits;
    if (isNewer || theirs.text === this.entry.text) {
      this.entry = { ...theirs, edits: Math.max(theirs.edits, this.entry.edits) };
      return null;
    }
    for (const text of [theirs.text, this.entry.text]) {
      const isKept = store.read(this.name).kept.some((each) => each.text === text);
      if (!isKept) store.keep(this.name, text);
    }
    this.entry = { ...this.entry, kept: store.read(this.name).kept };
    return theirs.text;
  }

  // Put a text in the place of this one, which is kept.
  put(text) {
    store.keep(this.name, this.entry.text);
    const edits = Math.max(store.read(this.name).edits, this.entry.edits) + 1;
    this.entry = store.write(this.name, { text, edits });
  }
}
