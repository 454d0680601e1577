"""The parent's side of the worker: start it, ask it, and never trust it."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from typing import IO, Any

from grader import systems
from grader.wire import FRAME, MAX_BODY, MAX_PRINTED, MESSAGE

MAX_HEADER = 1 << 16
START_UP = 60.0  # seconds a cold machine may take to load NumPy
PATIENCE = 5.0  # seconds over a check's own limit: the worker keeps that itself
GRACE = 0.5  # the same where the worker cannot
ENDS = ("begun", "answered", "late", "died", "skipped")
MOST_SIGNAL = 64


@dataclass
class Reply:
    """What came back for one request: our word on how it ended, their bytes."""

    id: str
    end: str
    answer: bytes = b""
    printed: bytes = b""
    signal: int = 0
    level: str = ""


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a worker and everything it started, now."""
    systems.kill_group(process.pid)
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            try:
                pipe.close()
            except OSError:
                pass


def clear(folder: str) -> None:
    """Remove a folder whatever is in it: closed to us, or deeper than any path.

    Each folder inside is moved up to the first before it is emptied.
    """
    todo, count = [folder], 0
    while todo:
        inner = todo.pop()
        try:
            os.chmod(inner, 0o700)
            for entry in list(os.scandir(inner)):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)
                    count += 1
                    todo.append(os.path.join(folder, f"{os.getpid()}+{count}"))
                    os.rename(entry.path, todo[-1])
                else:
                    os.unlink(entry.path)
            if inner != folder:
                os.rmdir(inner)
        except OSError:
            continue
    try:
        os.rmdir(folder)
    except OSError:
        pass


class Channel:
    """Frames from one worker, read by a thread so that we can wait with a limit."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        import queue

        self.process = process
        self.replies: queue.Queue[Reply | None] = queue.Queue()
        self.sent = 0
        self.errors = bytearray()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def send(self, message: bytes) -> None:
        """Send one message; a worker that has ended is noticed when we wait."""
        assert self.process.stdin
        self.sent += 1
        try:
            self.process.stdin.write(MESSAGE.pack(len(message)) + message)
            self.process.stdin.flush()
        except OSError:
            pass

    def receive(self, seconds: float) -> Reply | None:
        """Return the next reply, None when the worker has ended.

        Raises
        ------
        TimeoutError
            If nothing came in time.
        """
        import queue

        try:
            return self.replies.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None

    def _read(self) -> None:
        assert self.process.stdout
        try:
            while self.replies.qsize() <= 2 * self.sent:  # else: nobody asked for that
                self.replies.put(read_reply(self.process.stdout))
            self.replies.put(None)
        except (OSError, ValueError, EOFError):
            self.replies.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        try:
            while data := self.process.stderr.read1(1 << 16):  # type: ignore[attr-defined]
                self.errors += data[: max(0, 4000 - len(self.errors))]
        except (OSError, ValueError):
            pass


def read_reply(pipe: IO[bytes]) -> Reply:
    """Read one frame, or raise ValueError or EOFError for anything else."""
    sizes = sizes_of(read_exactly(pipe, FRAME.size))
    return reply_of(*(read_exactly(pipe, size) for size in sizes))


def reply_in(data: bytearray) -> Reply | None:
    """Take one frame from the bytes that have come, None until it is whole."""
    if len(data) < FRAME.size:
        return None
    sizes = sizes_of(bytes(data[: FRAME.size]))
    if len(data) < FRAME.size + sum(sizes):
        return None
    parts, at = [], FRAME.size
    for size in sizes:
        parts.append(bytes(data[at : at + size]))
        at += size
    del data[:at]
    return reply_of(*parts)


def sizes_of(start: bytes) -> tuple[int, int, int]:
    """Return how long the parts of a frame are, or raise ValueError if too long."""
    head, answer, printed = FRAME.unpack(start)
    if head > MAX_HEADER or answer > MAX_BODY or printed > MAX_PRINTED:
        raise ValueError("a frame that is too large")
    return head, answer, printed


def reply_of(head: bytes, answer: bytes, printed: bytes) -> Reply:
    """Return what a frame says, or raise ValueError."""
    import json

    try:
        header: Any = json.loads(head)
        reply = Reply(str(header["id"]), str(header["end"]), answer, printed)
        reply.signal = header.get("signal", 0)
        reply.level = str(header.get("level", ""))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("a frame without a header") from error
    if reply.end not in ENDS or reply.signal not in range(MOST_SIGNAL + 1):
        raise ValueError("a frame with another header")
    return reply


def read_exactly(pipe: IO[bytes], length: int) -> bytes:
    """Return so many bytes, or raise EOFError."""
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
