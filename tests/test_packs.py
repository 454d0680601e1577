"""The packs that bring the grader into the page: the files of the repository, and all it takes."""

import io
import json
import os
import subprocess
import sys
import textwrap
import zipfile

import pytest

from grader import stub
from grader.book import ROOT, chapters, stands_on
from press import packs

A_CHAPTER = 60 * 1024  # bytes


@pytest.fixture(scope="module")
def made():
    return dict(packs.written("python-1", 1_000_000, {"pyodide.asm.wasm": 3_000_000}))


@pytest.fixture(scope="module")
def manifest(made):
    return json.loads(made["book.json"])


def files_of(pack):
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_a_pack_holds_the_files_of_the_repository(made):
    zips = [name for name in made if name.endswith(".zip")]
    assert len(zips) == len(chapters()) + 1
    for name in zips:
        files = files_of(made[name])
        assert files
        for path, content in files.items():
            assert content == (ROOT / path).read_bytes(), f"{path} in {name}"


def test_the_same_files_give_the_same_packs(made):
    packs.packed.cache_clear()
    packs.imported.cache_clear()
    assert dict(packs.written("python-1", 1_000_000, {"pyodide.asm.wasm": 3_000_000})) == made


def test_another_file_gives_another_name(tmp_path, monkeypatch):
    monkeypatch.setattr(packs, "ROOT", tmp_path)
    path = tmp_path / "a.py"
    path.write_text("one = 1\n", encoding="utf-8")
    before = packs.pack("a", [path])
    os.utime(path, (0, 0))
    assert packs.pack("a", [path]) == before
    path.write_text("one = 2\n", encoding="utf-8")
    assert packs.pack("a", [path])[0] != before[0]


def test_a_chapter_has_all_that_it_stands_on(made, manifest, chapter):
    there = files_of(made[manifest["core"]]) | files_of(made[manifest["packs"][chapter.slug]])
    wanted = {chapter.checks, ROOT / "solutions" / "__init__.py", *stands_on(chapter)}
    assert {path.relative_to(ROOT).as_posix() for path in wanted} <= there.keys()


def test_a_chapter_is_small(made, manifest, chapter):
    size = len(made[manifest["packs"][chapter.slug]])
    assert size <= A_CHAPTER, f"{size:,} bytes"


def test_the_manifest_says_what_there_is(made, manifest):
    assert {manifest["core"], *manifest["packs"].values(), "book.json"} == made.keys()
    assert manifest["chapters"] == [chapter.prose.name for chapter in chapters()]
    assert manifest["python"] == "python-1"
    assert manifest["bytes"] == 1_000_000 + len(made[manifest["core"]])
    assert manifest["sizes"] == {"pyodide.asm.wasm": 3_000_000}
    for chapter in chapters():
        holes = [hole.name for hole in stub.holes(chapter.source)]
        assert manifest["exercises"][chapter.slug] == holes


def test_what_is_imported_anywhere_is_found_and_what_only_types_need_is_not(tmp_path):
    tree = {
        "grader/__init__.py": "",
        "grader/web/__init__.py": "",
        "grader/web/visit.py": """
            from __future__ import annotations
            from typing import TYPE_CHECKING
            import numpy as np
            from grader import a
            if TYPE_CHECKING:
                from grader import types_only
            else:
                import grader.at_run_time
            def late():
                from grader.deep.inside import name
            """,
        "grader/a.py": "import solutions.inputs\nimport bookdata\n",
        "grader/at_run_time.py": "",
        "grader/types_only.py": "",
        "grader/unused.py": "",
        "grader/deep/__init__.py": "import grader.b",
        "grader/deep/inside.py": "name = 1",
        "grader/b.py": "import grader.a  # each imports the other's friend\n",
        "solutions/__init__.py": "",
        "solutions/inputs.py": "",
        "bookdata/__init__.py": "",
    }
    for name, text in tree.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    found = packs.with_imports([tmp_path / "grader/web/visit.py"], tmp_path)
    left_out = {"grader/types_only.py", "grader/unused.py", "bookdata/__init__.py"}
    assert {path.relative_to(tmp_path).as_posix() for path in found} == tree.keys() - left_out


UNPACKED = """
import json, sys
from pathlib import Path
from types import SimpleNamespace
book, slug, hole, text = Path(sys.argv[1]), *sys.argv[2:]
sys.path.insert(0, str(book))
from grader.web.visit import Visit
asked = {"chapter": slug, "hole": hole, "texts": {hole: text}, "own": None, "late": None}
visit = Visit(SimpleNamespace(begun=lambda check, limit: None, ended=lambda: None))
json.loads(visit.needs(json.dumps(asked)))
answer = json.loads(visit.check(json.dumps(asked)))
ours = {m for m in sys.modules if m.split(".")[0] in ("grader", "solutions", "bookdata")}
away = [m for m in ours if not (book / sys.modules[m].__file__).is_relative_to(book)]
print(json.dumps([answer["state"], away]))
"""


@pytest.mark.parametrize("right", [True, False])
def test_a_chapter_is_checked_with_what_is_unpacked_alone(made, manifest, tmp_path, right):
    """The last chapter, which has the most below it: unpacked as the page does it."""
    chapter = max(chapters(), key=lambda chapter: len(stands_on(chapter)))
    for name in (manifest["core"], manifest["packs"][chapter.slug]):
        zipfile.ZipFile(io.BytesIO(made[name])).extractall(tmp_path)
    (tmp_path / "chapters").mkdir()
    for name in manifest["chapters"]:
        (tmp_path / "chapters" / name).touch()
    hole = stub.holes(chapter.source)[0]
    source = chapter.source if right else stub.derive(chapter.source)
    node = stub.definitions(stub.parsed(source))[hole.name]
    text = "".join(stub.lines_of(source)[stub.first_line(node) - 1 : node.end_lineno])
    ran = subprocess.run(
        [sys.executable, "-P", "-c", UNPACKED, tmp_path, chapter.slug, hole.name, text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == ["done" if right else "not yet", []]
