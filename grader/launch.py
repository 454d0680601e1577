"""Start a worker: first of all, so with as few imports as can be."""

from __future__ import annotations

import os
import subprocess
import sys

from grader.place import IS_CLONE, PACKAGE

AROUND = os.path.dirname(PACKAGE)  # a clone, or the packages that NumPy is among

# It comes first only until the grader itself is loaded.
BOOT = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from grader.worker import main; del sys.path[0]; main()"
)
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


def launch() -> subprocess.Popen[bytes]:
    """Start a worker and return at once; it loads NumPy while we do other things."""
    paths = [path for path in sys.path if os.path.isabs(path)]
    if IS_CLONE:  # nothing of the book is imported by its place
        paths = [path for path in paths if os.path.realpath(path) != AROUND]
    kept = {k: v for k, v in os.environ.items() if k.upper() in NEEDED or k.startswith("GRADER_")}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", BOOT, AROUND, *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=kept | ONE_THREAD,  # what else the user has there is not for the worker
        start_new_session=hasattr(os, "killpg"),  # so that it can be killed whole
    )
