// What the build says of the book: its exercises, and how much a first check loads.
let asked = null;

export function book() {
  asked ??= fetch(new URL("./book.json", import.meta.url)).then((answer) => {
    if (!answer.ok) throw new Error(`book.json: ${answer.status}`);
    return answer.json();
  });
  asked.catch(() => (asked = null)); // to be asked for again
  return asked;
}

export const megabytes = (bytes) => `${Math.max(1, Math.round(bytes / 1e6))} MB`;

// "arrays.NearestMean.fit" is the exercise NearestMean.fit of the chapter arrays.
export function parts(name) {
  const dot = name.indexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
}
