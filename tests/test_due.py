"""What the gate proves again: nothing that has changed is left out, and all has its turn."""

import os
import shutil
import subprocess
import sys
import time

import due
import pytest

from grader.audit import strictness
from grader.book import PACKAGE, ROOT, chapters


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Return a function that commits a file in a repository, so many days ago."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)

    def run(*words, days=0):
        when = f"{int(time.time()) - days * 24 * 3600} +0000"
        stamp = {f"GIT_{who}_DATE": when for who in ("AUTHOR", "COMMITTER")}
        named = ["-c", "user.name=a", "-c", "user.email=a@b"]
        ran = subprocess.run(
            ["git", *named, *words],
            cwd=tmp_path,
            env=os.environ | stamp,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def commit(name, days):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{days} {path.exists()}")
        run("add", "-A")
        run("commit", "-m", name, days=days)
        return run("rev-parse", "HEAD")

    run("init", "-q", "-b", "main")
    commit.run, commit.root = run, tmp_path
    return commit


def test_what_was_committed_lately_has_changed_and_what_was_before_has_not(clone):
    clone("old.py", 9)
    clone("a/ü new.py", 0)
    assert due.changed_lately(clone.root) == {"a/ü new.py"}


def test_what_is_not_committed_has_changed(clone):
    clone("old.py", 9)
    clone("other.py", 8)
    (clone.root / "old.py").write_text("other")
    (clone.root / "new.py").write_text("new")
    assert due.changed_lately(clone.root) == {"old.py", "new.py"}


def test_what_was_written_long_ago_and_merged_today_has_changed(clone):
    clone("old.py", 9)
    clone.run("checkout", "-q", "-b", "branch")
    clone("merged.py", 7)
    clone.run("checkout", "-q", "main")
    clone("other.py", 5)
    assert due.changed_lately(clone.root) == set()
    clone.run("merge", "-q", "--no-ff", "branch")
    assert due.changed_lately(clone.root) == {"merged.py"}


def test_what_changed_since_the_gate_last_saw_it_has_changed_however_old(clone):
    seen = clone("old.py", 9)
    clone("one.py", 7)
    clone("two.py", 6)
    assert due.changed_lately(clone.root, before=seen) == {"one.py", "two.py"}


def test_where_git_cannot_tell_everything_counts_as_changed(clone, tmp_path_factory):
    clone("old.py", 9)
    clone("a/older.py", 8)
    assert due.changed_lately(clone.root) == set()
    assert due.changed_lately(clone.root, before="0" * 40) is None
    shallow = tmp_path_factory.mktemp("shallow")
    clone.run("clone", "-q", "--depth=1", clone.root.as_uri(), str(shallow))
    assert due.changed_lately(shallow) is None
    assert due.changed_lately(clone.root / "a") is None  # a part of another
    assert due.changed_lately(tmp_path_factory.mktemp("none")) is None


def test_every_chapter_has_its_turn_and_a_changed_one_is_due_each_day(monkeypatch):
    first, *others = chapters()
    monkeypatch.setattr(due, "changed", lambda: {first.prose.relative_to(ROOT).as_posix()})
    counts = dict.fromkeys(chapters(), 0)
    for day in range(10):
        monkeypatch.setattr(due, "TODAY", 730_000 + day)
        for chapter in due.due(lambda chapter: [chapter.prose], due.A_TENTH):
            counts[chapter] += 1
    assert counts == {first: 10} | dict.fromkeys(others, 1)
    monkeypatch.setattr(due, "changed", lambda: None)
    assert due.due(due.of_the_run, due.A_TENTH) == list(chapters())


def test_all_is_due_where_one_asks_for_all(monkeypatch):
    monkeypatch.setenv("GATE_ALL", "1")
    due.changed.cache_clear()
    assert due.changed() is None
    due.changed.cache_clear()


def test_an_audit_is_due_when_its_figures_or_what_judges_has_changed(chapter):
    files = {path.resolve() for path in due.of_the_audit(chapter)}
    assert {chapter.solution, chapter.checks, chapter.other_way} <= files
    assert ROOT / "press" / "audit" / f"{chapter.slug}.json" in files
    ours = {
        path
        for module in list(sys.modules.values())
        if (path := getattr(module, "__file__", None)) and path.startswith(str(PACKAGE))
    }
    named = {str(path) for path in files}
    parts = tuple(str(PACKAGE / name) for name in ("desk", "classroom", "checks", "web"))
    assert strictness.__file__ in ours
    assert {path for path in ours if not path.startswith(parts)} <= named


def test_a_page_is_due_when_its_prose_or_what_prints_it_has_changed(chapter):
    files = due.of_the_page(chapter)
    assert {chapter.prose, chapter.run, chapter.solution, ROOT / "mkdocs.yml"} <= set(files)
    assert {ROOT / "press" / "page.py", ROOT / "press" / "theme" / "book.css"} <= set(files)
    assert all(path.exists() for path in files)
    others = {c.run for c in chapters() if c != chapter}
    assert not others & set(files)


def test_a_visit_is_due_when_the_grader_in_the_page_or_a_chapter_below_has_changed(chapter):
    files = set(due.of_the_boxes(chapter))
    assert {chapter.solution, chapter.checks, PACKAGE / "compare.py"} <= files
    assert {PACKAGE / "web" / "visit.py", ROOT / "press" / "box" / "worker.js"} <= files
    assert all(path.exists() for path in files)
