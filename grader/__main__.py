"""The command `grader`: starts the worker at once, then reads what was asked."""

from __future__ import annotations

import sys


def main(words: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    words = sys.argv[1:] if words is None else words
    worker = None
    try:
        if words[:1] == ["check"] and not {"--debug", "-h", "--help"} & set(words):
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


if __name__ == "__main__":
    sys.exit(main())
