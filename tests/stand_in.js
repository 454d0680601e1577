// Takes the place of the grader's worker where a test is about the page: answers at once, by
// words that stand in the text.
const HTML = "VERDICT"; // the test puts it in

addEventListener("message", async ({ data: { id, asked } }) => {
  const text = asked.texts[asked.hole] ?? "";
  const says = (word) => text.includes(word);
  const answer = {
    hole: asked.hole,
    state: "wrong",
    html: HTML,
    summary: "0 of 2 checks pass.",
    marks: [],
    passed: {},
    beneath: asked.own ? `underneath: ${Object.keys(asked.own)}` : "",
  };
  if (says("# fails")) {
    postMessage({ id, kind: "failed", why: "fatal", text: "no WebAssembly" });
    return;
  }
  postMessage({ kind: "ready" });
  if ("late" in asked || "died" in asked) {
    const how = Object.keys(asked).find((key) => key === "late" || key === "died");
    answer.summary = `told that ${asked[how] ?? "no check"} was ${how}`;
  } else if (says("# loops")) {
    postMessage({ id, kind: "begun", check: "a check", limit: 0.1 });
    for (;;);
  } else if (says("# dies")) {
    postMessage({ id, kind: "begun", check: "a check", limit: 5 });
    postMessage({ id, kind: "failed", why: "fatal", text: "out of memory" });
    return;
  } else if (says("# breaks")) {
    postMessage({ id, kind: "failed", why: "fatal", text: "out of memory" });
    return;
  } else if (says("# waits")) {
    await new Promise((done) => (new BroadcastChannel("go").onmessage = done));
  }
  if (says("# right")) {
    Object.assign(answer, { state: "done", summary: "All 2 checks pass." });
    answer.passed[asked.hole] = true;
  }
  if (says("# marked")) answer.marks = [{ line: 2, message: "NameError: is not defined" }];
  postMessage({ id, kind: "answer", answer });
});
