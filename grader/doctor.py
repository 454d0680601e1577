"""`grader doctor`: what this machine has, and what the grader does without."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

from grader import book, edit, systems
from grader.problems import BROKEN, PASSED, Misuse
from grader.submission import label_of


def examine() -> int:
    """Print what was found; return BROKEN if checks cannot run here."""
    is_well = True
    print(f"Python {platform.python_version()} on {systems.describe()}")
    for name in ("numpy", "pytest"):
        try:
            print(f"  ✓ {name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            is_well = False
            print(f"  ✗ {name} is missing: pip install {name}")
    print("how the learner's code is run")
    for part, meaning in systems.PARTS.items():
        if systems.has(part):
            print(f"  ✓ {part:9} {meaning}")
        else:
            off = " (switched off)" if part in systems.switched_off() else ""
            print(f"  · {part:9} not here{off}: {systems.WITHOUT[part]}")
    print("the book")
    try:
        home = book.workspace()
    except Misuse as misuse:
        print(f"  ✓ chapters: {len(book.chapters())}")
        print(f"  · you are in no workspace: {misuse.next_step}")
    else:
        stale = edit.out_of_step()
        print(f"  ✓ chapters: {len(book.chapters())}; of their exercise files begun: {len(stale)}")
        writable(home)
    print("All is well." if is_well else "Checks cannot run until that is mended.")
    return PASSED if is_well else BROKEN


def writable(home: Path) -> None:
    """Print whether a workspace can be written."""
    state = book.state() if book.state().exists() else home
    if os.access(state, os.W_OK) and os.access(home / "exercises", os.W_OK):
        print(f"  ✓ {label_of(home / 'exercises')} and .grader can be written")
    else:
        print("  · exercises or .grader cannot be written: progress is not kept, and reset,")
        print("    which cannot keep a copy, will refuse")
