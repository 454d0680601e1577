"""The command `grader`: starts the worker at once, then reads what was asked."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main(words: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    words = sys.argv[1:] if words is None else words
    worker = None
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who called us
            setattr(sys, name, open(os.devnull, "w"))
    try:
        if words[:1] in (["check"], ["watch"]) and not {"--debug", "-h", "--help"} & set(words):
            from grader.launch import launch

            worker = launch()  # it loads NumPy while we load the rest
        from grader.command import run

        return run(words, worker)
    except KeyboardInterrupt:  # at any moment, so here
        print("\nStopped.", file=sys.stderr)
        return 130
    finally:
        if worker is not None and worker.poll() is None:
            from grader.process import stop

            stop(worker)


def end() -> NoReturn:
    """Run the command and end this process at once.

    Everything is closed by then; what Python does on its way out, taking
    NumPy apart, would cost a person as much as a few checks.
    """
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads any more
        pass
    os._exit(code)


if __name__ == "__main__":
    end()
