"""Where the grader lies: in a clone of the book, or installed with the book inside it."""

from __future__ import annotations

import os

PACKAGE = os.path.dirname(os.path.realpath(__file__))
IS_CLONE = not os.path.isdir(os.path.join(PACKAGE, "library"))
