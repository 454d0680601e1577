"""The book as a wheel: one package, everything a learner needs in it, and nothing more."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from subjects import left_running

from grader import book, confine, stub, systems

CHAPTER = book.find_chapter("logistic_regression")
STUB = stub.derive(CHAPTER.source)
HOLE = '    raise NotImplementedError("sigmoid")\n'
CARRIED = ("bookdata", "chapters", "milestones", "press/runs", "solutions")
BUILT_FROM = (*CARRIED, "grader", "pyproject.toml", "README.md", "LICENSE")


def can_build():
    """Return whether this environment can build a wheel without fetching anything."""
    try:
        import setuptools
    except ImportError:
        return False
    return tuple(map(int, setuptools.__version__.split(".")[:2])) >= (70, 1)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return a wheel that was built from a copy of what it is built from."""
    if not can_build():
        pytest.skip("could not import setuptools 70.1 or newer, which builds a wheel")
    copy = tmp_path_factory.mktemp("source")
    for name in BUILT_FROM:
        if (book.ROOT / name).is_dir():
            shutil.copytree(book.ROOT / name, copy / name, ignore=without)
        elif (book.ROOT / name).exists():
            shutil.copy(book.ROOT / name, copy)
    pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(copy / "dist"), str(copy))
    (path,) = (copy / "dist").glob("*.whl")
    return path


without = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")


def pip(*words):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    run = subprocess.run(command, capture_output=True, text=True, cwd=os.path.dirname(__file__))
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Return the command of an environment of its own that has the wheel.

    What else the grader needs it finds in the packages of these tests; how
    the clone is installed there it does not see.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=os.name != "nt")
    scheme = "nt" if os.name == "nt" else "posix_prefix"
    at = sysconfig.get_paths(scheme, vars={"base": str(home), "platbase": str(home)})
    paths = {sysconfig.get_paths()[name] for name in ("purelib", "platlib")}
    Path(at["purelib"], "packages.pth").write_text("\n".join(paths), "utf-8")
    executable = Path(at["scripts"], "python")
    pip("--python", str(executable), "install", "--no-deps", "--no-index", "--quiet", str(wheel))
    return Path(at["scripts"], "grader")


@pytest.fixture(scope="module")
def workspace(installed, tmp_path_factory):
    around = tmp_path_factory.mktemp("somewhere")
    run = typed(installed, around, "init", "mein Übungsheft")
    assert run.returncode == 0, run.stderr
    return around / "mein Übungsheft"


def typed(command, folder, *words, code=None, **environment):
    """Run the installed command in some folder."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GITHUB_"))}
    variables |= {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    variables |= environment
    run = subprocess.run(
        [command, *words],
        cwd=folder,
        env=variables,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert code is None or run.returncode == code, run.stdout + run.stderr
    return run


def test_it_is_one_package_with_the_book_inside_and_nothing_of_its_tests(wheel):
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in names} == {"grader"}
    assert not [name for name in names if re.search(r"test_|other_ways|exercises|ruff", name)]
    carried = {
        path.relative_to(book.ROOT).as_posix()
        for folder in CARRIED
        for path in (book.ROOT / folder).rglob("*")
        if path.is_file() and not {"__pycache__", ".ruff_cache"} & set(path.parts)
    } - {"solutions/ruff.toml"}
    prefix = "grader/library/"
    assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == carried
    checks = {f"grader/checks/{chapter.slug}.py" for chapter in book.chapters()}
    assert checks | {"grader/pytest.ini"} <= set(names)


def test_it_carries_the_licence(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("/licenses/LICENSE"))
    assert archive.read(name) == (book.ROOT / "LICENSE").read_bytes()


def test_a_day_with_it(installed, workspace):
    first = typed(installed, workspace, "check", "chapter-07", code=1).stdout
    assert "0 of 8 exercises.  Next: fill in sigmoid" in first
    path = workspace / "exercises" / "logistic_regression.py"
    path.write_text(CHAPTER.source, "utf-8")
    assert "8 of 8 exercises." in typed(installed, workspace, "check", "7", code=0).stdout
    picked = typed(installed, workspace, "check", "7", "--", "-k", "symmetry", code=0).stdout
    assert "1 of 1 exercise." in picked
    assert "hint 1 of 3" in typed(installed, workspace, "hint", "sigmoid", code=0).stdout
    assert "up to date" in typed(installed, workspace, "update", code=0).stdout
    assert "files begun: 1" in typed(installed, workspace, "doctor", code=0).stdout
    run = typed(installed, workspace, "new", "weather", code=2)
    assert "is for authors: it works in a clone of the book" in run.stderr


def test_outside_of_a_workspace_it_says_how_to_make_one(installed, tmp_path):
    assert "chapter-07" in typed(installed, tmp_path, "list", code=0).stdout
    assert "you are in no workspace" in typed(installed, tmp_path, "doctor", code=0).stdout
    mark = f"GRADER_TEST_{secrets.token_hex(8)}"
    for words in (["check"], ["hint", "sigmoid"], ["update"]):
        run = typed(installed, tmp_path, *words, code=2, **{mark: "1"})
        assert run.stdout == "" and "is in no workspace" in run.stderr
        assert run.stderr.endswith("Next: grader init my-ground-up, then cd my-ground-up\n")
    assert list(tmp_path.iterdir()) == []
    assert left_running(mark) == [], "a worker was started, and is still there"


def test_the_exercise_reads_numpy_and_the_data_and_no_answers(installed, workspace):
    if not (systems.has("fork") and confine.available("landlock")):
        pytest.skip("needs Landlock")
    package = next(installed.parent.parent.rglob("grader/library")).parent
    later = [c for c in book.chapters() if c.number >= CHAPTER.number]  # earlier ones it imports
    closed = [package / "library" / "solutions" / f"{c.slug}.py" for c in later]
    closed += [package / "checks" / f"{CHAPTER.slug}.py", package / "library" / "press" / "runs"]
    closed += [workspace / "ground-up.toml", workspace / ".grader", workspace / "exercises"]
    opened = [package / "library" / "bookdata" / "files" / "penguins.csv"]
    lines = f"""
    import os, numpy.polynomial, bookdata
    from solutions.arrays import one_hot
    bookdata.penguins()
    for number, path in enumerate({[*map(str, closed + opened)]!r}):
        try: os.listdir(path) if os.path.isdir(path) else open(path).read()
        except PermissionError: print("closed", number)
"""
    path = workspace / "exercises" / "logistic_regression.py"
    path.write_text(STUB.replace(HOLE, lines.lstrip("\n")), "utf-8")
    told = typed(installed, workspace, "check", "sigmoid", "--json", code=1).stdout
    assert "Error" not in told, told
    assert set(map(int, re.findall(r"closed (\d+)", told))) == set(range(len(closed)))
