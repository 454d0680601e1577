"""Speak with one inmate, without ever waiting longer than is said or taking more."""

from __future__ import annotations

import contextlib
import os
import select
import time

from grader.process import Reply, reply_in
from grader.wire import MESSAGE

CHUNK = 1 << 20
MOST_NOTED, PAUSE = 1 << 16, 0.1  # bytes; seconds between two pieces


class Gone(Exception):
    """The inmate ended, or sent what is no frame."""


class Pipes:
    """The marker's ends of an inmate's three pipes; `theirs` go to the warden."""

    def __init__(self) -> None:
        reading, self.requests = os.pipe()
        self.replies, writing = os.pipe()
        self.notes, noting = os.pipe()
        self.theirs = [reading, writing, noting]
        for fd in (self.requests, self.replies, self.notes):
            os.set_blocking(fd, False)
        self.data = bytearray()

    def handed_over(self) -> None:
        """Close the ends that are the inmate's now."""
        for fd in self.theirs:
            os.close(fd)
        self.theirs = []

    def send(self, message: bytes, deadline: float) -> None:
        """Send one message; raise TimeoutError or Gone if it is not taken."""
        view = memoryview(MESSAGE.pack(len(message)) + message)
        while view:
            try:
                view = view[os.write(self.requests, view) :]
            except BlockingIOError:
                self._wait(self.requests, select.POLLOUT, deadline)
            except OSError:
                raise Gone from None

    def receive(self, deadline: float) -> Reply:
        """Return the next reply; raise TimeoutError, Gone, or ValueError for what is none."""
        while True:
            if (found := reply_in(self.data)) is not None:
                return found
            self._wait(self.replies, select.POLLIN, deadline)
            if not (data := os.read(self.replies, CHUNK)):
                raise Gone
            self.data += data

    def note(self, deadline: float) -> bytes:
        """Return what the inmate notes of where it is, which comes in many small pieces."""
        data = b""
        with contextlib.suppress(OSError, TimeoutError):
            while len(data) < MOST_NOTED:
                self._wait(self.notes, select.POLLIN, deadline)
                if not (piece := os.read(self.notes, MOST_NOTED)):
                    break
                data += piece
                deadline = min(deadline, time.monotonic() + PAUSE)
        return data

    def _wait(self, fd: int, event: int, deadline: float) -> None:
        poll, left = select.poll(), deadline - time.monotonic()
        poll.register(fd, event)
        if left <= 0 or not poll.poll(left * 1000):  # late is late, even byte by byte
            raise TimeoutError

    def close(self) -> None:
        """Close what is open."""
        self.handed_over()
        for fd in (self.requests, self.replies, self.notes):
            os.close(fd)
