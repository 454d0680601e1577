"""What a chapter has to be: each test says in a sentence what one lacks.

A contributor runs `pytest tests/test_contract.py` until it is quiet.
"""

import ast
import os
import re
import subprocess
import sys
from collections import Counter

import pytest
from book_tools import reference_of

from grader import book, outline, stub
from grader.audit import scores
from grader.book import ROOT, chapters
from grader.compare import Raised
from grader.desk import predict
from grader.desk.prose import options_of, prediction
from grader.desk.task import LETTERS, tasks
from grader.desk.witness import results

MAX_LINES = 500  # of a reference, with its docstrings
MAX_BODY = 25  # lines of a function, without its docstring
MAX_WIDTH = 76  # so that code does not scroll in a page
WORDS = (1800, 4000)
SECTIONS = ["By hand", "Your turn", "On real data", "See it break", "Aha", "Cost", "Sources"]
FENCE = re.compile(r"^( *)```(\S*) ?(.*?)\n(.*?)^\1```$", re.M | re.S)
REFERENCE = re.compile(r"<<(\w+)\.([\w.]+)(!?)>>")


def reference_tree(chapter):
    return ast.parse(chapter.source)


def prose(chapter):
    return chapter.prose.read_text(encoding="utf-8")


def checks_of(chapter, hole):
    sketches = outline.sketches(chapter.checks.read_text(encoding="utf-8"))
    return [sketch for sketch in sketches if sketch.hole == hole]


def test_it_has_all_its_parts(chapter):
    missing = [str(part.relative_to(ROOT)) for part in chapter.parts if not part.exists()]
    assert not missing, f"{chapter.slug} lacks {', '.join(missing)}"


@pytest.mark.parametrize(
    "folder", ["solutions", "exercises", "grader/checks", "tests/oracles", "tests/other_ways"]
)
def test_no_file_belongs_to_no_chapter(folder):
    known = {part for chapter in chapters() for part in chapter.parts}
    known |= {ROOT / "solutions" / f"{name}.py" for name in book.SHARED}
    strays = [p.name for p in (ROOT / folder).glob("*.py") if p.name != "__init__.py"]
    strays = [name for name in strays if ROOT / folder / name not in known]
    assert not strays, f"{folder}/ holds {', '.join(strays)}, which no chapter in chapters/ names"


@pytest.mark.parametrize("name", book.SHARED)
def test_what_all_chapters_share_stands_on_none_of_them(name):
    """Else `grader check --own` would bring the book's chapters in with it."""
    path = ROOT / "solutions" / f"{name}.py"
    shared = {f"solutions.{other}" for other in book.SHARED}
    strays = [
        module
        for module in stub.imports(path.read_text(encoding="utf-8"))
        if module.startswith("solutions") and module not in shared
    ]
    assert not strays, f"solutions/{name}.py imports {strays}"


def test_every_page_is_a_chapter():
    names = {chapter.prose.name for chapter in chapters()} | {"index.md"}
    strays = sorted(p.name for p in (ROOT / "chapters").iterdir() if p.name not in names)
    assert not strays, f"chapters/ holds {', '.join(strays)}: a chapter is called 07-its-slug.md"


def test_no_two_chapters_have_one_number():
    twice = [n for n, times in Counter(c.number for c in chapters()).items() if times > 1]
    assert not twice, f"the numbers {twice} are given twice"


def test_imports_point_backwards(chapter):
    allowed = set(sys.stdlib_module_names) | {"numpy"}
    earlier = set(book.earlier_modules(chapter)) - {"bookdata"}
    for node in ast.walk(reference_tree(chapter)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: write the import in full, from the top"
            names = [str(node.module)]
            private = [a.name for a in node.names if a.name.startswith("_")]
            assert not private, f"line {node.lineno}: {private[0]} is private to its chapter"
        for name in names:
            assert name.partition(".")[0] in allowed or name in earlier, (
                f"line {node.lineno}: {chapter.slug} may import NumPy, the standard library and "
                f"earlier chapters, not {name}"
            )


def test_checks_need_numpy_alone(chapter):
    for node in ast.walk(ast.parse(chapter.checks.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            name = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
            assert name in {"numpy", "grader", "math"}, f"the checks import {name}"


def test_the_exercise_is_in_step(chapter):
    derived = stub.derive(chapter.source).encode()
    assert chapter.exercise.read_bytes() == derived, (
        f"exercises/{chapter.slug}.py is not solutions/{chapter.slug}.py with its holes emptied: "
        "run `grader sync` (a file somebody has filled in: `grader reset` first, which keeps it)"
    )


def test_the_exercise_runs_as_a_program(chapter):
    """Its folder is first on the path then, so that a chapter hides a module of its name."""
    run = subprocess.run(
        [sys.executable, str(chapter.exercise)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, (
        f"python exercises/{chapter.slug}.py ends with: {run.stderr[-300:]} "
        "(a module of the standard library that is called like a chapter cannot be imported)"
    )


def test_the_reference_is_short_and_narrow(chapter):
    lines = chapter.source.splitlines()
    assert len(lines) <= MAX_LINES, f"{len(lines)} lines; a chapter teaches one idea"
    wide = [i for i, line in enumerate(lines, 1) if len(line) > MAX_WIDTH]
    assert not wide, f"lines {wide} are wider than {MAX_WIDTH} columns"


def test_functions_are_short(chapter):
    for name, node in stub.definitions(reference_tree(chapter)).items():
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = [s.end_lineno - s.lineno + 1 for s in body]
            assert sum(lines) <= MAX_BODY, f"{name} has {sum(lines)} lines; {MAX_BODY} are enough"


def test_the_reference_names_its_letters_and_sources(chapter):
    text = ast.get_docstring(reference_tree(chapter)) or ""
    assert "Throughout:" in text, "the first docstring needs a Throughout block"
    assert "Sources:" in text, "the first docstring needs its Sources"


def test_holes_are_documented(chapter):
    definitions = stub.definitions(reference_tree(chapter))
    for hole in stub.holes(chapter.source):
        text = ast.get_docstring(definitions[hole.name]) or ""
        takes = [a.arg for a in ast.walk(definitions[hole.name].args) if isinstance(a, ast.arg)]
        wanted = ["Parameters"] * (takes not in ([], ["self"])) + ["Returns", "References"]
        for part in wanted:
            assert f"{part}\n---" in text, f"the docstring of {hole.name} lacks {part}"


def test_there_are_four_to_nine_holes(chapter):
    names = [hole.name for hole in stub.holes(chapter.source)]
    assert 4 <= len(names) <= 9, f"{chapter.slug} has {len(names)} holes: {names}"


def test_holes_are_small(chapter):
    for hole in stub.holes(chapter.source):
        lines = [n for n in stub.answer(chapter.source, hole).splitlines() if n.strip()]
        assert 1 <= len(lines) <= 15, f"the answer to {hole.name} has {len(lines)} lines"


def test_every_hole_has_a_level(chapter):
    for line in chapter.source.splitlines():
        if stub.MARKER.fullmatch(line):
            assert "(" in line, "say how hard it is: # your turn (warm-up), (core) or (stretch)"


def test_every_hole_has_two_to_four_hints(chapter):
    for hole in stub.holes(chapter.source):
        hints = stub.hints(chapter.source, hole)
        assert 2 <= len(hints) <= 4, f"{hole.name} has {len(hints)} hints"
        assert all(hint.endswith((".", "?")) for hint in hints), f"{hole.name}: whole sentences"


def test_every_hole_has_two_checks(chapter):
    for hole in stub.holes(chapter.source):
        count = len(checks_of(chapter, hole.name))
        assert count >= 2, f"{hole.name} has {count} checks; give it two, one an edge case"


def test_every_hole_has_three_known_mistakes(chapter):
    counts = Counter(mistake.in_ for mistake in reference_of(chapter).mistakes)
    for hole in stub.holes(chapter.source):
        assert counts[hole.name] >= 3, f"{hole.name} has {counts[hole.name]} known mistakes"


def test_checks_name_holes_and_speak_in_sentences(chapter):
    holes = {hole.name for hole in stub.holes(chapter.source)}
    sketches = outline.sketches(chapter.checks.read_text(encoding="utf-8"))
    unseen = set(reference_of(chapter).checks) - {sketch.id for sketch in sketches}
    assert not unseen, f'{unseen} can only be seen as `@check("hole", …)` at the top of the file'
    for sketch in sketches:
        assert sketch.hole in holes, f"{sketch.id} checks {sketch.hole}, which is no hole"
        assert sketch.sentence, f"{sketch.id} needs a docstring: the line the learner reads"
        assert not sketch.sentence.endswith("."), f"{sketch.id}: no full stop, it is a list"
    twice = [name for name, n in Counter(s.id for s in sketches).items() if n > 1]
    assert not twice, f"two checks are called {twice[0]}"


def test_checks_have_time_on_a_slow_machine(chapter):
    for sketch in outline.sketches(chapter.checks.read_text(encoding="utf-8")):
        assert sketch.limit >= 1, f"{sketch.id}: limit={sketch.limit:g} s is luck; a second or more"


def test_mistakes_are_of_exercises(chapter):
    holes = {hole.name for hole in stub.holes(chapter.source)}
    strays = {mistake.in_ for mistake in reference_of(chapter).mistakes} - holes
    assert not strays, f"there are mistakes in {strays}, which are no exercises"


def test_the_other_way_is_another(chapter):
    reference = stub.definitions(reference_tree(chapter))
    other = stub.definitions(ast.parse(chapter.other_way.read_text(encoding="utf-8")))
    for hole in stub.holes(chapter.source):
        one, two = (ast.unparse(tree[hole.name].body[1:]) for tree in (reference, other))
        assert one != two, f"tests/other_ways/{chapter.slug}.py has the reference's {hole.name}"


def test_mistakes_complete_the_sentence(chapter):
    for mistake in reference_of(chapter).mistakes:
        assert not mistake.why.endswith("."), f"'This is how it looks when {mistake.why}.'"
        assert mistake.why[0].islower() or mistake.why.split()[0].strip(",").isidentifier()


def test_two_explain_tasks_show_mistakes_with_a_lesson(chapter):
    every = tasks(chapter)
    assert len(every) >= 2, f"{chapter.slug} has {len(every)} explain tasks; two or more"
    assert len({task.name for task in every}) == len(every), "two explain tasks have one name"
    for task in every:
        assert re.fullmatch(r"[a-z_]+", task.name), f"{task.name!r}: small letters, for a table"
        assert task.mistake.lesson, f"the mistake of {task.name} needs lesson=, told at the end"
        assert task.mistake.lesson.endswith("."), f"{task.mistake.lesson}: whole sentences"
        assert 1 <= len(task.wrong_lines) <= 2, (
            f"{task.name}: the edit changes {len(task.wrong_lines)} lines; one is to be found"
        )
        assert max(map(len, task.listing)) <= 72, f"{task.name}: a line too wide for a terminal"


def test_explain_tasks_have_causes_that_are_wrong_for_a_reason(chapter):
    for task in tasks(chapter):
        causes = task.explain.causes
        assert 3 <= len(causes) < len(LETTERS), f"{task.name} has {len(causes)} wrong causes"
        assert task.explain.why not in causes, f"{task.name}: its right cause is called wrong"
        assert set(task.causes.values()) == {task.explain.why, *causes}
        for cause, reason in causes.items():
            assert not cause.endswith("."), f"'This is how it looks when {cause}.'"
            assert reason.endswith("."), f"{task.name}: say in a sentence why not: {cause}"
        assert task.explain.takes.endswith("."), f"{task.name}: takes= is a sentence"


def test_explain_tasks_have_a_witness_and_an_example_that_is_none(chapter):
    for task in tasks(chapter):
        agreed = results(task, task.explain.example)
        assert not agreed.differ, f"{task.name}: the example shows the difference already"
        assert not isinstance(agreed.broken, Raised), task.name
        assert results(task, task.explain.witness).differ, f"{task.name}: its witness is none"


def test_the_prose_has_its_explain_tasks_at_the_end_of_what_breaks(chapter):
    broken = prose(chapter).partition("\n## See it break\n")[2].partition("\n## ")[0]
    last = broken.strip().rpartition("\n")[2]
    assert last == "<<explain>>", "the last line of See it break is <<explain>>: the tasks go there"


def test_bounded_checks_return_raw_answers(chapter):
    """A score made beside the learner's code could be forged there."""
    reference = reference_of(chapter)
    for check in reference.checks.values():
        if hasattr(check.expect, "bounds"):
            value = reference.outcome(check)["value"]
            assert getattr(value, "ndim", 0), f"{check.id} returns a score; return the answers"
            assert check.given, f"{check.id} needs given=: what is known must stay with the grader"


def test_the_prose_has_its_front_matter(chapter):
    match = re.match(r"---\n(.*?)\n---\n", prose(chapter), re.S)
    assert match, "the page begins with its front matter between two lines ---"
    keys = {line.partition(":")[0] for line in match[1].splitlines()}
    assert {"part", "level", "minutes"} <= keys, "the front matter lacks part, level or minutes"


def test_the_prose_goes_in_the_book_s_order(chapter):
    headings = re.findall(r"^## (.*)$", prose(chapter), re.M)
    assert [h for h in headings if h in SECTIONS] == SECTIONS, (
        f"the page has {headings}; in this order it needs {SECTIONS}"
    )
    title = re.search(r"^# (.*)$", prose(chapter), re.M)
    said = title and title[1].lower().replace("-", "")  # N-grams are ngrams
    assert said == chapter.title, f"the title is the slug: {chapter.title}"


def test_the_prose_is_an_evening_long(chapter):
    text = FENCE.sub("", re.sub(r"\A---\n.*?\n---\n", "", prose(chapter), flags=re.S))
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`", "", text, flags=re.S)
    words = sum(any(map(str.isalpha, word)) for word in text.split())
    low, high = WORDS
    assert low <= words <= high, f"{words} words; a chapter has {low:,} to {high:,}"


def test_the_prose_shows_every_hole_and_its_answer_and_its_command(chapter):
    text = prose(chapter)
    for hole in stub.holes(chapter.source):
        assert f"<<{chapter.slug}.{hole.name}>>" in text, f"the page does not show {hole.name}"
        assert f"<<{chapter.slug}.{hole.name}!>>" in text, f"no folded answer to {hole.name}"
        assert f"grader check {hole.name}\n" in text, f"no command that checks {hole.name}"


def test_what_the_prose_refers_to_is_there(chapter):
    for module, name, _ in REFERENCE.findall(prose(chapter)):
        path = ROOT / "solutions" / f"{module}.py"
        assert path.exists(), f"<<{module}.{name}>>: there is no solutions/{module}.py"
        there = stub.definitions(ast.parse(path.read_text(encoding="utf-8")))
        assert name in there, f"<<{module}.{name}>>: no such definition"


def test_the_prose_has_figures_and_one_prediction(chapter):
    options = [m[3] for m in FENCE.finditer(prose(chapter)) if m[2] == "python"]
    figures = [o for o in options if "caption=" in o]
    assert len(figures) >= 4, f"{len(figures)} figures; four or more"
    assert all("alt=" in o for o in figures), "every figure needs alt= as well as caption="
    marked = sum("predict" in options_of(o) for o in options)
    assert marked == 1, f"{marked} cells are marked `predict`; one is"


def test_the_prediction_can_be_made(chapter):
    cell = prediction(chapter)
    assert "<<" not in cell.source, "the cell that is predicted shows its own code"
    assert cell.question.endswith(("?", ".")), "a paragraph asks before the cell that is predicted"
    assert cell.explanation[-1:] in (".", "?"), "a paragraph explains below it"
    lines = predict.output(chapter, cell.source)
    assert 1 <= len(lines) <= 8, f"it prints {len(lines)} lines; nobody predicts so many"
    assert max(map(len, lines)) <= 60, "it prints lines that nobody predicts"


FORBIDDEN_WORDS = re.compile(
    r"\b(simply|obviously|powerful|magic|it can be shown|let's|in this chapter we|in conclusion)\b",
    re.I,
)


def test_the_prose_speaks_as_the_book_does(chapter):
    text = FENCE.sub("", prose(chapter))
    found = FORBIDDEN_WORDS.search(text)
    assert not found, f"the page says {found[0]!r}"
    assert "!" not in re.sub(r"!!!|!\[|<<[^>]*>>|\$[^$]*\$", "", text), "no exclamation marks"


def test_its_run_is_kept(chapter):
    path = ROOT / "press" / "runs" / f"{chapter.slug}.ipynb"
    assert path.exists(), f"`mkdocs build` runs the cells and keeps what they print in {path.name}"


def test_its_audit_is_of_this_version(chapter):
    path = scores.kept_in(chapter).relative_to(ROOT).as_posix()
    assert scores.kept(chapter), (
        f"run `grader audit {chapter.slug}`: the figures in {path} are of another version"
    )


def test_its_checks_are_strict_and_fair(chapter):
    figures = scores.kept(chapter)
    assert figures, f"run `grader audit {chapter.slug}`"
    found = f"{chapter.slug}: `grader audit {chapter.slug}` found"
    for kind in ("mistakes", "idle"):
        share = figures.share(kind)
        assert share.refused == share.all, f"{found} {kind} that no check refuses"
    assert figures.rejected >= scores.BAR, f"{found} more mutants that survive than may"
    assert figures.rejected_of_different == 1, f"{found} survivors that no list gives a reason for"
    assert figures.stub_passes == 0, f"{found} checks that the empty exercise passes"
    assert figures.right_refused == 0, f"{found} checks that refuse what is right"


@pytest.mark.parametrize("folder", ["tests/survivors", "press/audit"])
def test_what_the_audit_keeps_belongs_to_a_chapter(folder):
    strays = {path.stem for path in (ROOT / folder).iterdir()} - {c.slug for c in chapters()}
    assert not strays, f"{folder}/ holds {strays}, which no chapter has"


def test_no_other_name_carries_the_number(chapter):
    for part in chapter.parts[1:]:
        assert not re.search(r"\d", part.name), f"{part.name}: the number stands in chapters/ only"
