"""Pack the grader for the page: its core, each chapter, and a manifest of all.

A pack holds files of the repository as they are, byte for byte, under their
paths, and the same files give the same pack: its name has its hash.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from grader import stub
from grader.book import ROOT, chapters

OURS = ("grader", "solutions")
ENTRY = "grader/web"  # what the page calls
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip knows


@lru_cache(maxsize=128)
def imported(source: str) -> frozenset[str]:
    """Return the modules that a source may import, wherever it does: not what only types need."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            children: Iterable[ast.AST] = node.orelse
        else:
            children = ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in children:
            walk(child)

    walk(stub.tree(source))
    return frozenset(found)


def file_of(module: str, root: Path) -> Path | None:
    """Return the file of one of the book's modules, None for any other name."""
    path = root.joinpath(*module.split("."))
    found = (path.with_suffix(".py"), path / "__init__.py")
    ours = module.split(".")[0] in OURS
    return next((file for file in found if ours and file.is_file()), None)


def with_imports(files: Iterable[Path], root: Path = ROOT) -> set[Path]:
    """Return some modules and all that they import, each with the packages it lies in."""
    todo, found = list(files), set[Path]()
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        inside = path.relative_to(root).parent.parts
        packages = {".".join(inside[:depth]) for depth in range(1, len(inside) + 1)}
        names = packages | imported(path.read_text(encoding="utf-8"))
        todo += [file for name in names if (file := file_of(name, root))]
    return found


def contents() -> tuple[list[Path], dict[str, list[Path]]]:
    """Return the files of the core, and of each chapter what it takes besides.

    What other chapters stand on is in the core, once: a late chapter would
    else bring half of the book with it.
    """
    core = with_imports((ROOT / ENTRY).glob("*.py"))
    for chapter in chapters():
        core |= with_imports([chapter.solution]) - {chapter.solution}
    return sorted(core), {c.slug: sorted({c.checks, c.solution} - core) for c in chapters()}


@lru_cache(maxsize=128)
def packed(files: tuple[tuple[str, bytes], ...]) -> bytes:
    """Return a zip of some files; it has no date, so that only they decide over its bytes."""
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, EARLIEST), content, zipfile.ZIP_DEFLATED, 9)
    return pack.getvalue()


def pack(name: str, paths: Iterable[Path]) -> tuple[str, bytes]:
    """Return a pack and its name, which changes with what is in it."""
    data = packed(tuple((p.relative_to(ROOT).as_posix(), p.read_bytes()) for p in paths))
    return f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.zip", data


def core() -> tuple[str, bytes]:
    """Return the pack of what every chapter needs, and its name."""
    return pack("core", contents()[0])


def written(python: str, runtime: int, files: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Yield each pack with its name, and the manifest.

    Python itself lies in a folder, is that large as it is sent, and its files as they arrive.
    """
    core_name, core_pack = core()
    packs = {slug: pack(slug, paths) for slug, paths in contents()[1].items()}
    yield core_name, core_pack
    yield from packs.values()
    manifest = {
        "python": python,
        "bytes": runtime + len(core_pack),
        "sizes": files,
        "chapters": [chapter.prose.name for chapter in chapters()],
        "core": core_name,
        "packs": {slug: name for slug, (name, _) in packs.items()},
        "exercises": {c.slug: [hole.name for hole in stub.holes(c.source)] for c in chapters()},
    }
    yield "book.json", json.dumps(manifest, separators=(",", ":")).encode()
