"""A machine that asks its terminal where the cursor is at each prompt, as busybox does, and terminals that answer."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

ASK = b"\x1b[6n"
PROMPT = b"~ # "


class Asking:
    """The machine: a server of one raw connection. At each Enter it prompts anew, and asks.

    Attributes:
        port: Where it listens, on loopback.
        heard: All that it was sent.
        asked: How often it has asked.
    """

    def __init__(self) -> None:
        self.heard = bytearray()
        self.asked = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name="asking")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(10)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            line, _ = self._server.accept()
            with line:
                while data := line.recv(4096):
                    self.heard += data
                    for _ in range(data.count(b"\r")):
                        line.sendall(b"\r\n" + PROMPT + ASK)
                        self.asked += 1


class Terminal:
    """A client whose terminal answers, in a thread of its own. Use it in `with`.

    Attributes:
        seen: All output so far.
        answered: How often it has answered.
    """

    def __init__(self, viewer: ClientConnection, answer: bytes) -> None:
        self.viewer = viewer
        self.answer = answer
        self.seen = bytearray()
        self.answered = 0
        self._thread = threading.Thread(target=self._run, name=f"terminal {answer!r}")

    def __enter__(self) -> Self:
        self.viewer.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.viewer.__exit__(kind, error, trace)
        self._thread.join(10)

    def type(self, data: bytes) -> None:
        """Send keys."""
        self.viewer.send(data)

    def until_asked(self, times: int, seconds: float = 10.0) -> None:
        """Until it has answered so often."""
        deadline = time.monotonic() + seconds
        while self.answered < times:
            assert time.monotonic() < deadline, f"asked {self.answered} times in {bytes(self.seen[-500:])!r}"
            time.sleep(0.001)

    def _run(self) -> None:
        message: Any
        with contextlib.suppress(ConnectionClosed):
            for message in self.viewer:
                if isinstance(message, bytes):  # TEXT is what consolesvc.v1 says beside
                    place = max(0, len(self.seen) - len(ASK) + 1)
                    self.seen += message
                    for _ in range(self.seen.count(ASK, place)):
                        self.viewer.send(self.answer)
                        self.answered += 1
