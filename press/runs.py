"""Execute the cells of a chapter, or take the run that is kept in the repository.

A run is kept as `press/runs/<slug>.ipynb`, with the hash of its cells and of
every module of the repository they imported: editing prose runs nothing,
editing a reference runs the chapters that stand on it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from grader.book import ROOT
from press import figures
from press.manuscript import Cell, Manuscript

KEPT = ROOT / "press" / "runs"
AT_ONCE = 2  # kernels
SECONDS = 600  # for one cell, on a slow machine
BEGIN = "import press.style\n\npress.style.apply()\ndel press"
END = """\
import json as _json, pathlib as _pathlib, sys as _sys
_files = {getattr(m, "__file__", None) or "" for m in list(_sys.modules.values())}
_here = _pathlib.Path.cwd()
print(_json.dumps(sorted(
    _pathlib.Path(f).relative_to(_here).as_posix()
    for f in _files if f.endswith(".py") and _pathlib.Path(f).is_relative_to(_here)
)))
"""
ENVIRONMENT = {  # the same bits everywhere, as far as that can be had
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4,AVX512_ICL,AVX512_SPR",  # not every processor has them
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
ANSI = re.compile(r"\x1b\[[0-9;]*m")

Outputs = list[list[dict[str, Any]]]  # of each cell


def sha(data: bytes) -> str:
    """Return the hash that runs are compared by."""
    return hashlib.sha256(data).hexdigest()[:20]


def key_of(manuscript: Manuscript) -> str:
    """Return the hash of what the cells of a chapter say."""
    cells = [[cell.source, cell.has("raises")] for cell in manuscript.cells]
    return sha(json.dumps(cells).encode())


def path_of(manuscript: Manuscript) -> Path:
    """Return where the run of a chapter is kept."""
    return KEPT / f"{manuscript.chapter.slug}.ipynb"


def kept(manuscript: Manuscript) -> Outputs | None:
    """Return the outputs that are kept, or None where they no longer hold."""
    path = path_of(manuscript)
    if not path.exists():
        return None
    run = nbformat.read(path, as_version=4)
    if run.metadata["cells"] != key_of(manuscript):
        return None
    for name, digest in run.metadata["modules"].items():
        if not (ROOT / name).exists() or sha((ROOT / name).read_bytes()) != digest:
            return None
    return [cell.outputs for cell in run.cells]


def digests(modules: Sequence[str]) -> dict[str, str]:
    """Return the hash of each file."""
    return {name: sha((ROOT / name).read_bytes()) for name in modules}


def keep(manuscript: Manuscript, outputs: Outputs, modules: Sequence[str]) -> None:
    """Write a run beside its old one and put it in its place."""
    run = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(cell.source, id=f"cell-{i}", outputs=out)
            for i, (cell, out) in enumerate(zip(manuscript.cells, outputs, strict=True), 1)
        ],
        metadata={
            "cells": key_of(manuscript),
            "modules": digests(modules),
        },
    )
    KEPT.mkdir(exist_ok=True)
    path = path_of(manuscript)
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_text(nbformat.writes(run) + "\n", encoding="utf-8", newline="\n")
    beside.replace(path)


def steady(manuscript: Manuscript, outputs: Outputs, modules: Sequence[str]) -> Outputs:
    """Return a run in which the clock says what it said before, if the code it times is the same.

    So a run that is kept changes only where a result does.
    """
    path = path_of(manuscript)
    old = nbformat.read(path, as_version=4) if path.exists() else None
    if old is None or old.metadata["modules"] != digests(modules):
        return outputs
    before = {cell.source: cell.outputs for cell in old.cells}
    return [
        before.get(cell.source, out) if cell.has("timed") else out
        for cell, out in zip(manuscript.cells, outputs, strict=True)
    ]


def execute(manuscript: Manuscript) -> tuple[Outputs, list[str]]:
    """Run the cells of a chapter in a fresh kernel.

    Returns
    -------
    outputs : the outputs of each cell
    modules : the files of the repository that were imported

    Raises
    ------
    Stop
        At the first cell that fails, warns, or lacks what its figure needs.
    """
    place = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell()])
    client = NotebookClient(
        place,  # nbclient puts each cell here as it is run
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
        extra_arguments=["--log-level=ERROR"],
    )
    with client.setup_kernel(env={**os.environ, **ENVIRONMENT}):
        client.execute_cell(nbformat.v4.new_code_cell(BEGIN), 0)
        found = [outputs_of(client, cell, manuscript) for cell in manuscript.cells]
        last = client.execute_cell(nbformat.v4.new_code_cell(END), 0)
    return found, json.loads(last.outputs[0].text)


def outputs_of(client: NotebookClient, cell: Cell, manuscript: Manuscript) -> list[dict[str, Any]]:
    """Run one cell and return what a page shows of it."""
    node = nbformat.v4.new_code_cell(cell.source)
    if cell.has("raises"):
        node.metadata["tags"] = ["raises-exception"]
    try:
        client.execute_cell(node, 0)
    except (CellTimeoutError, DeadKernelError) as error:
        raise manuscript.stop(cell.line, f"the cell did not end: {error}") from None
    except CellExecutionError as error:
        line = cell.line + line_within(node) - 1
        raise manuscript.stop(line, f"{error.ename}: {error.evalue}") from None
    outputs = [tidy(output) for output in joined(node.outputs)]
    if warning := next((o for o in outputs if o.get("name") == "stderr"), None):
        raise manuscript.stop(cell.line, f"the cell warns: {warning['text'].strip()}")
    if cell.has("raises") and not any(o["output_type"] == "error" for o in outputs):
        raise manuscript.stop(cell.line, "the cell is marked `raises` and does not")
    drawn = sum("image/svg+xml" in o.get("data", {}) for o in outputs)
    if drawn != cell.has("caption"):
        raise manuscript.stop(
            cell.line - 1,
            f"the cell draws {drawn} figures; with one goes one caption=, with none none",
        )
    if drawn and not cell.has("alt"):
        raise manuscript.stop(cell.line - 1, "the figure has no alt= for those who cannot see it")
    return outputs


def line_within(node: Any) -> int:
    """Return the line of a cell that its error came out of."""
    for output in node.outputs:
        trace = ANSI.sub("", "\n".join(output.get("traceback", [])))
        if lines := re.findall(r"Cell In\[\d+\], line (\d+)", trace):
            return int(lines[0])
    return 1


def joined(outputs: Sequence[Any]) -> list[Any]:
    """Return the outputs with what was printed in one piece."""
    found: list[Any] = []
    for output in outputs:
        if found and output.output_type == "stream" and found[-1].get("name") == output.name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def tidy(output: Any) -> dict[str, Any]:
    """Return an output without what changes from run to run."""
    kind = output.output_type
    if kind == "stream":
        return nbformat.v4.new_output("stream", name=output.name, text=output.text)
    if kind == "error":
        return nbformat.v4.new_output(
            "error", ename=output.ename, evalue=output.evalue, traceback=[]
        )
    data = output.data
    if "image/svg+xml" in data:
        data = {  # the second for notebooks: Jupyter draws no SVG that it did not make
            "image/svg+xml": figures.lean(data["image/svg+xml"]),
            "image/png": figures.small(data["image/png"]),
        }
    else:
        data = {"text/plain": data["text/plain"]}
    return nbformat.v4.new_output("display_data", data=data)


def run(manuscript: Manuscript) -> tuple[Outputs, bool]:
    """Return the outputs of a chapter, and whether its cells had to be run."""
    if (outputs := kept(manuscript)) is not None:
        return outputs, False
    print(f"running chapter {manuscript.chapter.number}, {manuscript.title}", file=sys.stderr)
    outputs, modules = execute(manuscript)
    outputs = steady(manuscript, outputs, modules)
    keep(manuscript, outputs, modules)
    return outputs, True


def run_all(manuscripts: Sequence[Manuscript]) -> list[tuple[Outputs, bool]]:
    """Return the runs of many chapters, two kernels at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, manuscripts))


def printed(outputs: Sequence[dict[str, Any]]) -> str:
    """Return the text among the outputs of a cell."""
    found = [o.get("text") or o.get("evalue") or o["data"].get("text/plain", "") for o in outputs]
    return "\n".join(found)
