"""Bytecode for the page: the modules that were imported, and none that is not their source's."""

import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from grader.book import ROOT
from press import assets, packs, runtime

MAKE = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:4]  # the press, a library, a folder
import inner.part, outer
import press.precompile as precompile
precompile.library(Path(sys.argv[2]), Path("new.zip"))
precompile.beside(Path("beside.zip"))
"""


@pytest.fixture
def made(tmp_path):
    """Return a folder with a library and its bytecode, as Pyodide makes it of its own."""
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as library:
        library.writestr("inner/__init__.py", "")
        library.writestr("inner/part.py", "def fails():\n    raise ValueError(__file__)\n")
        library.writestr("idle.py", "nobody = 1\n")
        library.writestr("inner/table.txt", "not code")
    (tmp_path / "away").mkdir()
    (tmp_path / "away/outer.py").write_text("value = 1\n", encoding="utf-8")
    words = [sys.executable, "-c", MAKE, ROOT, tmp_path / "old.zip", tmp_path / "away"]
    subprocess.run(words, check=True, cwd=tmp_path)
    return tmp_path


def names_in(archive):
    with zipfile.ZipFile(archive) as files:
        assert files.testzip() is None
        return files.namelist()


def said(folder, path, text):
    """Return what a fresh Python prints that finds its modules there."""
    words = [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(path)!r}]\n{text}"]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    return ran.stdout + ran.stderr


def test_of_what_was_imported_the_library_has_the_bytecode_alone(made):
    wanted = ["inner/__init__.pyc", "inner/part.pyc", "idle.py", "inner/table.txt"]
    assert names_in(made / "new.zip") == wanted
    assert said(made, made / "new.zip", "import idle; print(idle.nobody)") == "1\n"
    error = said(made, made / "new.zip", "import inner.part; inner.part.fails()")
    assert f'File "{made / "old.zip" / "inner" / "part.py"}", line 2, in fails' in error


def test_bytecode_that_lies_beside_is_used_until_its_source_is_another(made):
    tag = sys.implementation.cache_tag
    place = f"{made}/away/__pycache__/outer.{tag}.pyc".lstrip("/")
    assert place in names_in(made / "beside.zip")
    with zipfile.ZipFile(made / "beside.zip") as archive:
        there = archive.read(place)
    (made / "away/__pycache__").mkdir(exist_ok=True)
    asked = "import outer; print(outer.value)"
    (made / f"away/__pycache__/outer.{tag}.pyc").write_bytes(there.replace(b"value", b"other"))
    assert "no attribute 'value'" in said(made, made / "away", asked)
    (made / "away/outer.py").write_text("value = 2\n", encoding="utf-8")
    assert said(made, made / "away", asked) == "2\n"


# ------------------------------------------------------------ Python for the page


@pytest.fixture(scope="module")
def there():
    pytest.importorskip("mkdocs")  # what comes with it: all that the site takes
    found, why = assets.for_exercises()
    assert not why, why
    return found


def test_the_page_has_every_module_that_pyodide_brings(there):
    files = runtime.runtime(there)
    brought = names_in(there["pyodide"] / "python_stdlib.zip")
    now = names_in(files["python_stdlib.zip"])
    assert [name.removesuffix("c") for name in now if name[-4:] == ".pyc"]
    assert [name.replace(".pyc", ".py") for name in now] == brought
    assert {*(path.name for path in there["pyodide"].iterdir()), there["numpy"].name} < {*files}


def test_all_bytecode_has_its_source_in_the_page(there):
    files = runtime.runtime(there)
    wheel = {f"lib/python3.14/site-packages/{name}" for name in names_in(there["numpy"])}
    core = {f"book/{path.relative_to(ROOT).as_posix()}" for path in packs.contents()[0]}
    found = {
        f"{Path(name).parents[1]}/{Path(name).name.removesuffix('.cpython-314.pyc')}.py"
        for name in names_in(files["compiled.zip"])
    }
    assert {"book/grader/web/visit.py", "lib/python3.14/site-packages/numpy/__init__.py"} < found
    assert found <= wheel | core


def test_python_that_cannot_be_compiled_is_missing_and_says_why(tmp_path, monkeypatch):
    node = tmp_path / "node"
    node.write_text(
        textwrap.dedent("""\
        #!/bin/sh
        echo "PythonError: no room" >&2
        exit 1
        """)
    )
    node.chmod(0o755)
    monkeypatch.setattr(assets, "CACHE", tmp_path)
    monkeypatch.setattr(assets.shutil, "which", lambda name: str(node))
    for name in ("pyodide", "numpy"):
        (tmp_path / name).mkdir()
    there = {name: tmp_path / name for name in ("pyodide", "numpy")}
    with pytest.raises(assets.Missing, match=r"cannot be compiled: PythonError: no room$"):
        runtime.runtime(there)
    assert not list(tmp_path.glob("python-*"))
