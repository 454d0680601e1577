"""The command `grader`: starts the worker at once, then reads what was asked."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


ENDED: list[int] = []  # the signals that came; half an import calls them an ImportError


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
    except BaseException as error:  # Ctrl-C at any moment, so here
        if not (isinstance(error, KeyboardInterrupt) or ENDED):
            raise
        print("\nStopped.", file=sys.stderr)
        return 130
    finally:
        if worker is not None and worker.poll() is None:
            from grader.process import stop

            stop(worker)


def stop_calmly() -> None:
    """Let whatever ends a process end us as Ctrl-C does, so that nothing is left behind."""
    import signal

    def interrupt(number: int, frame: object) -> None:
        ENDED.append(number)
        raise KeyboardInterrupt

    usual = (signal.SIG_DFL, signal.default_int_handler)  # nohup has it ignored
    for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")):
        if number and signal.getsignal(number) in usual:
            signal.signal(number, interrupt)


def end() -> NoReturn:
    """Run the command and end this process at once.

    Everything is closed by then; what Python does on its way out, taking
    NumPy apart, would cost a person as much as a few checks.
    """
    stop_calmly()
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody reads any more
        pass
    os._exit(code)


def leave_the_folder() -> None:
    """Import nothing from where one stands, which `python -m` puts first, but the book itself.

    Among the exercises is one that is called statistics, like a module of Python's.
    """
    from grader.place import PACKAGE

    if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != os.path.dirname(PACKAGE):
        del sys.path[0]


if __name__ == "__main__":
    leave_the_folder()
    end()
