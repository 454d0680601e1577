// A small editor for a function: CodeMirror with what is needed here, and no more.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import {
  HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import { Annotation, EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration, EditorView, WidgetType, drawSelection, highlightActiveLine, keymap, lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

// the colours of the book's own code, in light and in dark
const colour = (name) => ({ color: `var(--md-code-hl-${name}-color)` });
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.definitionKeyword], ...colour("keyword") },
  { tag: [tags.string, tags.special(tags.string)], ...colour("string") },
  { tag: tags.number, ...colour("number") },
  { tag: [tags.bool, tags.null], ...colour("constant") },
  { tag: tags.comment, ...colour("comment") },
  { tag: tags.function(tags.variableName), ...colour("function") },
  { tag: [tags.operator, tags.derefOperator], ...colour("operator") },
  { tag: [tags.punctuation, tags.bracket, tags.separator], ...colour("punctuation") },
  { tag: tags.meta, ...colour("special") },
]);

const fromOutside = Annotation.define(); // a text that was not typed here
const setMarks = StateEffect.define();

class Message extends WidgetType {
  constructor(text) {
    super();
    this.text = text;
  }

  eq(other) {
    return other.text === this.text;
  }

  toDOM() {
    const line = document.createElement("div");
    line.className = "cm-said";
    line.textContent = this.text;
    return line;
  }
}

// A line that is at fault is marked, and what is wrong stands below it, until it is changed.
function marked(state, marks) {
  const found = [];
  for (const { line, message } of marks) {
    if (line < 1 || line > state.doc.lines) continue;
    const { from, to } = state.doc.line(line);
    const below = Decoration.widget({ widget: new Message(message), block: true, side: 1 });
    found.push(Decoration.line({ class: "cm-fault" }).range(from), below.range(to));
  }
  return Decoration.set(found, true);
}

const marks = StateField.define({
  create: () => Decoration.none,
  update(found, change) {
    for (const effect of change.effects) {
      if (effect.is(setMarks)) return marked(change.state, effect.value);
    }
    if (!change.docChanged) return found;
    const touched = new Set();
    change.changes.iterChangedRanges((from, to) => {
      const { doc } = change.startState;
      for (let n = doc.lineAt(from).number; n <= doc.lineAt(to).number; n++) touched.add(n);
    });
    const isLeft = (at) => !touched.has(change.startState.doc.lineAt(at).number);
    return found.update({ filter: isLeft }).map(change.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Escape lets Tab go on to what comes next, until something is typed.
const leaving = keymap.of([
  {
    key: "Escape",
    run(view) {
      view.setTabFocusMode(true);
      return false;
    },
  },
]);

function caught(view) {
  view.setTabFocusMode(false);
}

export function editor({ place, text, label, describedBy, onText, onCheck }) {
  const view = new EditorView({
    parent: place,
    doc: text,
    extensions: [
      keymap.of([{ key: "Mod-Enter", run: () => (onCheck(), true) }]),
      leaving,
      keymap.of([indentWithTab, ...historyKeymap, ...defaultKeymap]),
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      indentOnInput(),
      bracketMatching(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      pythonLanguage,
      syntaxHighlighting(colours),
      marks,
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-describedby": describedBy,
        tabindex: "0",
        spellcheck: "false",
        autocapitalize: "off",
        autocorrect: "off",
      }),
      EditorView.domEventHandlers({ blur: (_, shown) => caught(shown) }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        caught(update.view);
        const isTheirs = update.transactions.every((each) => each.annotation(fromOutside));
        if (!isTheirs) onText(update.state.doc.toString());
      }),
    ],
  });
  return {
    set(given) {
      const { doc } = view.state;
      if (doc.toString() === given) return;
      const changes = { from: 0, to: doc.length, insert: given };
      view.dispatch({ changes, annotations: fromOutside.of(true) });
    },
    mark: (given) => view.dispatch({ effects: setMarks.of(given) }),
    focus: () => view.focus(),
  };
}
