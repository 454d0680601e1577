"""Start a worker: first of all, so with as few imports as can be."""

from __future__ import annotations

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# The book's folder is on the path only until the grader itself is loaded.
BOOT = (
    "import sys; sys.path[:] = sys.argv[1:]; "
    "from grader.worker import main; del sys.path[0]; main()"
)
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


def launch() -> subprocess.Popen[bytes]:
    """Start a worker and return at once; it loads NumPy while we do other things."""
    paths = [path for path in sys.path if path and os.path.abspath(path) != ROOT]
    kept = {k: v for k, v in os.environ.items() if k.upper() in NEEDED or k.startswith("GRADER_")}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", BOOT, ROOT, *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=kept | ONE_THREAD,  # what else the user has there is not for the worker
        start_new_session=hasattr(os, "killpg"),  # so that it can be killed whole
    )
