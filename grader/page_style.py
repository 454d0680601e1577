"""How the pages look that the grader writes: one file each, by day and by night."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fffdf8; --ink: #1d1c1a; --quiet: #625e56; --rule: #ddd7ca; --box: #f6f2e9;
  --line: #1f6fb4; --done: #22795c; --due: #a3420f; --link: #23539b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #17191e; --ink: #e4e2dc; --quiet: #a5a7ad; --rule: #353841; --box: #20232a;
    --line: #6fb3ee; --done: #58c39e; --due: #ffb08a; --link: #93b8f5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 692px;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 Charter, Georgia, "Times New Roman", serif;
}
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; font-weight: 500; }
.quiet { font-size: .875rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; font-weight: 500; }
p { margin: .25rem 0; }
code { font: .875em ui-monospace, Menlo, Consolas, monospace; }
"""
