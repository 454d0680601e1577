"""A workspace of one's own: made once, brought up to date, and nothing in it ever lost."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from book_tools import copy_of_the_book, grader

from grader import book, confine, stub
from grader.submission import label_of

CHAPTER = book.find_chapter("logistic_regression")
STUB = stub.derive(CHAPTER.source)
HOLE = '    raise NotImplementedError("sigmoid")\n'
MINE = "    mine = np.exp(z)\n    return mine / (1 + mine)  # größer als 0\n"
THEIRS = STUB.replace(HOLE, MINE)
FIT = "exercises/logistic_regression.py"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return copy_of_the_book(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def made(original, tmp_path_factory):
    """Return a workspace that was made by the command, on a path with spaces and umlauts."""
    around = tmp_path_factory.mktemp("around")
    run = typed(around, "init", "Übung am Abend", book=original)
    assert run.returncode == 0, run.stderr
    return around / "Übung am Abend"


@pytest.fixture
def home(made, tmp_path):
    """Return a copy of it."""
    return shutil.copytree(made, tmp_path / made.name)


@pytest.fixture
def newer(original, tmp_path):
    """Return a book that has moved on: a new chapter, and another sigmoid in chapter 7."""
    moved_on = tmp_path / "newer book"
    shutil.copytree(original, moved_on, ignore=shutil.ignore_patterns("files"))
    (moved_on / "exercises").rename(moved_on / "old")
    path = moved_on / "solutions" / "logistic_regression.py"
    change(path, "Squash scores of any size into", "Turn scores of any size into")
    change(path, "def sigmoid(z):", "def sigmoid(z, base=np.e):")
    shutil.copy(moved_on / "solutions" / "inputs.py", moved_on / "solutions" / "weather.py")
    (moved_on / "chapters" / "98-weather.md").write_text("# Weather\n")
    return moved_on


def change(path, old, new):
    source = path.read_text("utf-8")
    assert source.count(old) == 1
    path.write_text(source.replace(old, new), "utf-8", newline="\n")


def typed(folder, *words, book=book.ROOT, **environment):
    """Run the command of a book in some folder."""
    return grader(folder, *words, PYTHONPATH=str(book), **environment)


def files(folder):
    """Return every file of a folder with what it holds, but for the repository."""
    paths = (p for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts)
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in paths}


def git(folder, *words):
    run = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout


# grader init


def test_it_holds_every_exercise_and_what_a_learner_needs(made):
    names = {name for name in files(made) if not name.startswith(".grader/")}
    exercises = {f"exercises/{chapter.slug}.py" for chapter in book.chapters()}
    assert names == exercises | {"README.md", ".gitignore", "ground-up.toml"}
    assert (made / "journal").is_dir()
    assert (made / FIT).read_text("utf-8") == STUB
    assert re.fullmatch(r'# .*\nbook = ".+"\n', (made / "ground-up.toml").read_text("utf-8"))
    assert re.findall(r"- `grader (\w+)`", (made / "README.md").read_text("utf-8")) == [
        "check", "watch", "status",
    ]  # fmt: skip


def test_what_it_says_can_be_typed(original, tmp_path):
    run = typed(tmp_path, "init", "mein heft", book=original)
    assert run.stdout.startswith("mein heft is a workspace of your own.\n")
    assert max(map(len, run.stdout.splitlines())) <= 80
    if os.name == "posix":
        shell = run.stdout.rpartition("Next: ")[2].replace("grader", f"{sys.executable} -m grader")
        environment = os.environ | {"PYTHONPATH": str(original), "NO_COLOR": "1"}
        check = subprocess.run(
            shell, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert check.returncode == 1 and "chapter 0" in check.stdout, check.stderr


def test_its_repository_has_one_commit_and_knows_what_is_no_work(made):
    assert git(made, "log", "--format=%s").splitlines() == ["A workspace of Ground Up"]
    assert git(made, "status", "--porcelain") == ""
    assert (made / ".grader").is_dir()


@pytest.mark.parametrize("knows", [True, False], ids=["by name", "nameless"])
def test_it_never_changes_the_settings_of_git(original, tmp_path, knows):
    settings = tmp_path / "settings"
    name = "[user]\nname = Ada\nemail = ada@example.org\n" if knows else "[user]\n"
    settings.write_text(f"{name}useConfigOnly = true\n[commit]\ngpgsign = true\n")
    before = settings.read_bytes()
    variables = {"GIT_CONFIG_GLOBAL": str(settings), "GIT_CONFIG_SYSTEM": os.devnull}
    run = typed(tmp_path, "init", "w", book=original, **variables)
    assert run.returncode == 0 and settings.read_bytes() == before
    author = git(tmp_path / "w", "log", "--format=%an").strip()
    assert author == ("Ada" if knows else "Ground Up")
    assert ("for want of your name" in said(run)) is not knows
    assert "user" not in (tmp_path / "w" / ".git" / "config").read_text()


def test_it_works_without_git(original, tmp_path):
    run = typed(tmp_path, "init", "w", book=original, PATH=str(tmp_path))
    assert run.returncode == 0 and "not installed here" in run.stdout
    assert not (tmp_path / "w" / ".git").exists()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for git is a shell script")
def test_half_a_repository_is_none(original, tmp_path):
    """On a full disk git left its folder, with nothing in it that worked."""
    stand_in = tmp_path / "bin" / "git"
    stand_in.parent.mkdir()
    stand_in.write_text(
        "#!/bin/sh\nmkdir .git\necho 'fatal: No space left on device' >&2\nexit 128\n"
    )
    stand_in.chmod(0o755)
    path = f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}"
    run = typed(tmp_path, "init", "w", book=original, PATH=path)
    assert run.returncode == 0
    assert "could not make a repository: fatal: No space left on device" in said(run)
    assert not (tmp_path / "w" / ".git").exists()
    assert max(map(len, run.stdout.splitlines())) <= 80


def test_it_makes_no_repository_inside_of_another(original, tmp_path):
    git(tmp_path, "init", "--quiet")
    run = typed(tmp_path, "init", "w", book=original)
    assert run.returncode == 0 and "is in the repository" in run.stdout
    assert not (tmp_path / "w" / ".git").exists()
    assert git(tmp_path, "status", "--porcelain") == "?? w/\n"


def test_what_is_in_the_folder_is_never_overwritten(original, tmp_path):
    kept = {"README.md": b"mine", ".gitignore": b"x", FIT: THEIRS.encode()}
    for name, content in kept.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    run = typed(tmp_path, "init", ".", book=original)
    assert run.returncode == 0
    assert f"left as it was: README.md, .gitignore, {FIT}" in run.stdout
    assert "Next: grader check chapter-00" in run.stdout
    assert kept.items() <= files(tmp_path).items()
    assert (tmp_path / "exercises" / "arrays.py").exists()


@pytest.mark.parametrize(
    "where, sentence",
    [
        ("{book}/w", "lies in the book's own folder"),
        ("{book}", "lies in the book's own folder"),
        ("{made}", "is a workspace already"),
        ("{made}/journal/w", "lies in a workspace already"),
        ("{made}/README.md", "is no folder"),
        ("~", "a workspace is a folder of its own"),
    ],
)
def test_where_no_workspace_can_be_nothing_is_changed(original, made, tmp_path, where, sentence):
    before = files(made), set(original.rglob("*"))
    run = typed(
        tmp_path, "init", where.format(book=original, made=made), book=original, HOME=str(tmp_path)
    )
    assert run.returncode == 2 and sentence in run.stderr and "\nNext: " in run.stderr
    assert files(made) == before[0] and not list(original.rglob("w"))
    assert not list(tmp_path.iterdir())


# Every command in a workspace


def test_every_command_of_a_learner_works_in_it(home, original):
    def said(*words, code=0, folder=home):
        run = typed(folder, *words, book=original)
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout

    assert FIT in said("check", "7", code=1)
    (home / FIT).write_text(CHAPTER.source, "utf-8")
    assert "8 of 8" in said("check", "7", folder=home / "journal")
    assert "1 of 1" in said("check", "7", "--", "-k", "symmetry")
    assert "hint 1 of 3" in said("hint", "sigmoid")
    assert (home / ".grader" / "progress.db").exists()
    assert "kept in .grader/kept/" in said("reset", "sigmoid")
    doctor = said("doctor")
    assert "exercise files begun: 1" in doctor and "exercises and .grader can be written" in doctor
    assert not (original / ".grader").exists()
    assert (original / FIT).read_text("utf-8") == STUB


@pytest.mark.parametrize("word", ["sync --check", "new"])
def test_what_is_for_authors_says_so(home, original, word):
    words = [*word.split(), "weather"] if word == "new" else word.split()
    run = typed(home, *words, book=original)
    assert run.returncode == 2 and "is for authors" in run.stderr
    assert not (original / "solutions" / "weather.py").exists()


def test_a_clone_inside_of_a_workspace_is_itself(home, original):
    inner = shutil.copytree(original, home / "clone")
    run = typed(inner, "check", "7", book=inner)
    assert run.stdout.splitlines()[0].endswith(FIT)
    assert typed(inner, "update", book=inner).returncode == 2


def test_in_the_clone_git_brings_what_is_new(original):
    run = typed(original, "update", book=original)
    assert run.returncode == 2 and "git brings new chapters here.\nNext: git pull" in run.stderr


def test_the_exercise_cannot_read_the_workspace_nor_the_book(home, original):
    """Neither where the command was started as `python -m`, which puts it on the path."""
    if not confine.available("landlock"):
        pytest.skip("needs Landlock")
    (home / ".grader" / "cache").mkdir()
    (home / ".grader" / "cache" / "answers").write_text("x")
    secret = [home / ".grader" / "cache" / "answers", home / FIT, home / "README.md"]
    secret += [original / "solutions" / "logistic_regression.py"]
    secret += [original / "grader" / "checks" / "logistic_regression.py"]
    lines = "    import numpy.polynomial\n    for path in PATHS:\n        try: open(path).read()\n"
    lines += "        except PermissionError: print('closed')\n        else: print('open')\n"
    source = STUB.replace(HOLE, lines.replace("PATHS", repr(list(map(str, secret)))))
    (home / FIT).write_text(source, "utf-8")
    run = typed(home, "check", "sigmoid", "--json", book=original)
    assert "open" not in run.stdout and run.stdout.count("closed\\n" * len(secret)) >= 3, run.stdout


# grader update


def test_where_nothing_is_new_nothing_is_done(home, original):
    (home / FIT).write_bytes(THEIRS.encode())
    before = files(home)
    run = typed(home, "update", book=original)
    assert (run.returncode, run.stdout) == (
        0,
        "Everything here is up to date.  Next: grader check\n",
    )
    assert files(home) == before


@pytest.mark.parametrize("knows_base", [True, False], ids=["base", "no base"])
def test_theirs_is_merged_and_the_old_file_is_kept(home, newer, knows_base):
    mine = THEIRS.replace("\n\ndef sigmoid", "\n\ndef helper():\n    return 1\n\n\ndef sigmoid")
    (home / FIT).write_bytes(mine.encode())
    if not knows_base:
        shutil.rmtree(home / ".grader")
    run = typed(home, "update", book=newer)
    assert run.returncode == 0, run.stderr
    now = (home / FIT).read_text("utf-8")
    assert MINE in now and "    return 1\n" in now
    assert "Turn scores of any size into" in now and "def sigmoid(z, base=np.e):" in now
    (kept,) = (home / ".grader" / "kept").iterdir()
    assert kept.read_bytes() == mine.encode() and f".grader/kept/{kept.name}" in said(run)
    assert "sigmoid takes (z, base=np.e) now; you wrote it for (z)." in said(run)
    assert "exercises/weather.py  new\n" in run.stdout
    assert (home / "exercises" / "weather.py").exists()
    assert "exercises/arrays.py" not in run.stdout
    before = files(home)
    again = typed(home, "update", book=newer)
    assert again.stdout == "Everything here is up to date.  Next: grader check\n"
    assert files(home) == before


def said(run):
    """Return what a command printed, unwrapped."""
    return re.sub(r"\n {4,}(?=\S)", " ", run.stdout)


@pytest.mark.parametrize(
    "style",
    [lambda data: data.replace(b"\n", b"\r\n"), lambda data: b"\xef\xbb\xbf" + data, lambda d: d],
    ids=["Windows", "BOM", "as it was"],
)
def test_an_exercise_that_was_not_touched_is_replaced_in_the_same_style(home, newer, style):
    (home / FIT).write_bytes(style(STUB.encode()))
    run = typed(home, "update", book=newer)
    assert run.returncode == 0 and f"{FIT}  changed\n" in run.stdout
    changed = stub.derive((newer / "solutions" / "logistic_regression.py").read_text("utf-8"))
    assert (home / FIT).read_bytes() == style(changed.encode())
    assert not (home / ".grader" / "kept").exists()


def test_line_ends_of_windows_stay_through_update_and_reset(home, newer):
    (home / FIT).write_bytes(b"\xef\xbb\xbf" + THEIRS.replace("\n", "\r\n").encode())
    assert typed(home, "update", book=newer).returncode == 0
    data = (home / FIT).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and MINE.replace("\n", "\r\n").encode() in data
    assert data.count(b"\r\n") == data.count(b"\n")
    assert typed(home, "reset", "sigmoid", book=newer).returncode == 0
    data = (home / FIT).read_bytes()
    assert HOLE.encode().replace(b"\n", b"\r\n") in data and MINE.encode()[:20] not in data
    assert data.count(b"\r\n") == data.count(b"\n") and data.startswith(b"\xef\xbb\xbf")
    assert "nothing to reset" in typed(home, "reset", "7", book=newer).stdout


LEFT = {
    "does not parse": (THEIRS.replace("def softmax(z):", "def softmax(z:").encode(), "line "),
    "is Latin-1": (b"# caf\xe9\n" + THEIRS.encode(), "is not UTF-8: line 1"),
}


@pytest.mark.parametrize("what", LEFT)
def test_a_file_is_left_as_it_is_that(home, newer, what):
    data, sentence = LEFT[what]
    (home / FIT).write_bytes(data)
    run = typed(home, "update", book=newer)
    assert run.returncode == 1 and f"{FIT}  left as it is\n" in run.stdout
    assert sentence in said(run)
    assert f"{FIT} still waits.  Next: mend it, then grader update\n" in run.stdout
    assert (home / FIT).read_bytes() == data
    assert (home / "exercises" / "weather.py").exists()  # the others are brought
    (home / FIT).write_bytes(THEIRS.encode())
    assert typed(home, "update", book=newer).returncode == 0
    assert "Turn scores" in (home / FIT).read_text("utf-8")


def test_a_chapter_that_was_renamed_is_told_once(home, newer):
    (home / FIT).write_bytes(THEIRS.encode())
    for old in newer.rglob("*logistic*regression*"):
        new = old.name.replace("logistic_regression", "logistic").replace("logistic-r", "r")
        old.rename(old.with_name(new.replace("regression.md", "logistic.md")))
    (newer / "chapters" / "07-logistic.md").exists()
    run = typed(home, "update", book=newer)
    assert run.returncode == 0 and f"{FIT}  no chapter any more\n" in run.stdout
    assert "The file is yours to keep. Its exercises are in exercises/logistic.py now." in (
        " ".join(run.stdout.split())
    )
    assert (home / FIT).read_bytes() == THEIRS.encode()
    assert (home / "exercises" / "logistic.py").exists()
    assert "up to date" in typed(home, "update", book=newer).stdout


def test_a_mark_of_another_version_is_brought_up_to_date(home, original):
    mark = home / "ground-up.toml"
    now = mark.read_bytes()
    mark.write_bytes(re.sub(rb'".*"', b'"0.0.1"', now) + b"# mine\r\n")
    assert "up to date" in typed(home, "update", book=original).stdout
    assert mark.read_bytes() == now + b"# mine\r\n"


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00book = ["])
def test_a_damaged_mark_stops_nothing_and_is_mended(home, original, data):
    mark = home / "ground-up.toml"
    good = mark.read_bytes()
    mark.write_bytes(data)
    assert "chapter 7" in typed(home, "check", "sigmoid", book=original).stdout
    run = typed(home, "update", book=original)
    assert run.returncode == 0 and "ground-up.toml  mended\n" in run.stdout
    assert mark.read_bytes() == good
    (kept,) = (home / ".grader" / "kept").iterdir()
    assert kept.read_bytes() == data


# Where the disk says no


def weak(folder, *words, book, limit=None):
    """Run the command without what root may do more; `limit` bounds what a file can hold."""
    resource = pytest.importorskip("resource")

    def before():
        if sys.platform == "linux":
            confine.no_privileges()
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    clean = os.environ | {"PYTHONPATH": str(book), "NO_COLOR": "1", "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, "-B", "-m", "grader", *words],
        cwd=folder,
        env=clean,
        preexec_fn=before,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def read_only(home):
    """Return a workspace, with an exercise filled in, in which nothing can be written."""
    (home / FIT).write_bytes(THEIRS.encode())
    folders = [home, *(p for p in home.rglob("*") if p.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield home
    for folder in folders:
        folder.chmod(0o755)


def test_a_workspace_that_cannot_be_written_loses_nothing(read_only, original, newer):
    before = files(read_only)
    for words, code, sentence in [
        (["check", "sigmoid"], 1, "chapter 7"),
        (["hint", "sigmoid"], 0, "hint 3 of 3"),
        (["doctor"], 0, "cannot be written"),
        (["reset", "sigmoid"], 3, "Nothing was changed"),
        (["init", "sub/w"], 2, "lies in a workspace already"),
    ]:
        run = weak(read_only, *words, book=original)
        assert run.returncode == code and sentence in run.stdout + run.stderr, run.stderr
    run = weak(read_only, "update", book=newer)
    assert run.returncode == 3 and "(Permission denied)" in run.stderr, run.stdout
    assert files(read_only) == before
    run = weak(read_only.parent.parent, "init", str(read_only.parent / "x"), book=original)
    assert run.returncode == 0


def test_where_no_folder_can_be_made_init_says_so(read_only, original):
    (read_only / "journal").chmod(0o555)
    run = weak(read_only.parent, "init", "/proc/w", book=original)
    assert run.returncode == 3 and "cannot be written" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("limit", [1000, len(THEIRS) + 20])
def test_a_full_disk_cuts_no_file_of_theirs(home, newer, limit):
    """The size of a file is bounded instead: each write then fails in the same places."""
    (home / FIT).write_bytes(THEIRS.encode())
    weak(home, "check", "sigmoid", book=newer)  # compiles what a bounded file would cut
    before = files(home)
    weak(home, "check", "sigmoid", book=newer, limit=limit)
    for words in (["update"], ["reset", "sigmoid"], ["reset", "7"]):
        run = weak(home, *words, book=newer, limit=limit)
        after = files(home)
        assert "Traceback" not in run.stderr
        assert not [name for name in after if re.search(r"\.\d+$", name)], "half a file is left"
        kept = [data for name, data in after.items() if name.startswith(".grader/kept/")]
        assert THEIRS.encode() in [after[FIT], *kept]
        assert all(data == THEIRS.encode() for data in kept if limit < len(THEIRS))
        if limit < len(THEIRS):
            assert run.returncode == 3 and "File too large" in run.stderr
            assert {n: d for n, d in after.items() if n in before} == before
        (home / FIT).write_bytes(THEIRS.encode())


def test_init_goes_on_where_a_full_disk_stopped_it(original, tmp_path):
    run = weak(tmp_path, "init", "w", book=original, limit=9000)
    assert run.returncode == 3 and "cannot be written: File too large." in run.stderr
    assert not (tmp_path / "w" / "ground-up.toml").exists()
    run = typed(tmp_path, "init", "w", book=original)
    assert run.returncode == 0 and "left as it was: README.md, .gitignore" in run.stdout
    assert (tmp_path / "w" / FIT).read_text("utf-8") == STUB
    noted = {path.stem for path in (tmp_path / "w" / ".grader" / "given").iterdir()}
    assert noted == {chapter.slug for chapter in book.chapters()}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder that somebody is in")
@pytest.mark.parametrize("words", [["check"], ["init", "w"]])
def test_the_folder_one_is_in_may_be_gone(original, tmp_path, words):
    gone = tmp_path / "gone"
    gone.mkdir()
    run = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", sys.executable, "-m", "grader", *words],
        cwd=gone,
        env=os.environ | {"PYTHONPATH": str(original)},
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in run.stderr
    assert run.returncode == 2 and "Next: cd " in run.stderr


def test_a_folder_that_is_closed_to_us_is_no_workspace(tmp_path, monkeypatch):
    def closed(path, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "stat", closed)
    assert book.workspace() == book.ROOT


def test_what_is_told_outside_of_a_workspace_names_files_too(tmp_path, monkeypatch):
    monkeypatch.setattr(book, "IS_CLONE", False)
    monkeypatch.chdir(tmp_path)
    assert label_of(CHAPTER.solution) == "solutions/logistic_regression.py"
    assert label_of(tmp_path / "x") == (tmp_path / "x").as_posix()
