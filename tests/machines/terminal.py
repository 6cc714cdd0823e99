"""Somebody at a console's websocket: what was shown so far, and a place in it from which to read on."""

from __future__ import annotations

import re
import time

import pytest
from websockets.sync.client import ClientConnection

SHELL = rb"~ # "


class Terminal:
    """A viewer's session; `seen` is every byte of output so far."""

    def __init__(self, viewer: ClientConnection) -> None:
        self.viewer = viewer
        self.seen = bytearray()
        self._place = 0

    def type(self, text: str | bytes) -> None:
        """Send keys."""
        self.viewer.send(text.encode() if isinstance(text, str) else text)

    def until(self, pattern: bytes, seconds: float = 20.0) -> re.Match[bytes]:
        """Read on until a pattern was shown; what comes behind it is for the next."""
        deadline = time.monotonic() + seconds
        while (found := re.compile(pattern).search(self.seen, self._place)) is None:
            self._receive(deadline, repr(pattern))
        self._place = found.end()
        return found

    def take(self, size: int, seconds: float = 60.0) -> bytes:
        """The next so many bytes."""
        deadline = time.monotonic() + seconds
        while len(self.seen) < self._place + size:
            self._receive(deadline, f"{size} bytes")
        self._place += size
        return bytes(self.seen[self._place - size : self._place])

    def run(self, command: str) -> bytes:
        """What a shell command prints, without its own end of line; the shell is ready for the next then."""
        self.type(f"{command}; echo en''d-of-it\r")
        self.until(rb"en''d-of-it\r\n")
        begin = self._place
        end = self.until(rb"\r?\n?end-of-it\r\n").start()
        self.until(SHELL)  # what is typed before it would be echoed twice, by the kernel and by the shell
        return bytes(self.seen[begin:end])

    def _receive(self, deadline: float, what: str) -> None:
        try:
            message = self.viewer.recv(timeout=max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            pytest.fail(f"no {what} in time after {bytes(self.seen[-2000:])!r}")
        if isinstance(message, bytes):  # TEXT is what consolesvc.v1 says beside
            self.seen += message
