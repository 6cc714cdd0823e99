"""Somebody who reads a console by `consolesvc.v1` and writes down which byte has which offset, and when it came."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.scenarios.process import Running

V1 = Subprotocol("consolesvc.v1")


@dataclass(slots=True)
class Follower:
    """One session; it ends when the service does.

    Attributes:
        hello: What the service said first.
        chunks: Bytes by the offset of their first one, and the time at which they came.
        gaps: Ranges that it was told it cannot have.
        next: Offset of the byte that comes next.
    """

    hello: dict[str, Any] = field(default_factory=dict)
    chunks: list[tuple[int, bytes, float]] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    next: int = 0
    _thread: threading.Thread | None = None

    def start(self, url: str) -> None:
        """Begin to follow, in a thread."""
        self._thread = threading.Thread(target=self._follow, args=(url,), name="follower")
        self._thread.start()

    def join(self) -> None:
        """Wait for the end of the session."""
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()

    def seen_by(self, moment: float) -> int:
        """Offset behind the last byte that had come by then; 0 where none had."""
        return max((offset + len(data) for offset, data, when in self.chunks if when <= moment), default=0)

    def _follow(self, url: str) -> None:
        try:
            with connect(
                url, subprotocols=[V1], compression=None, max_size=None, proxy=None, close_timeout=1
            ) as viewer:
                for message in viewer:
                    self._take(message)
        except (ConnectionClosed, InvalidHandshake, OSError, EOFError):
            return  # killed, perhaps before it had answered

    def _take(self, message: bytes | str) -> None:
        if isinstance(message, bytes):
            self.chunks.append((self.next, message, time.monotonic()))
            self.next += len(message)
            return
        said = json.loads(message)
        if said["type"] == "hello":
            self.hello, self.next = said, said["offset"]
        elif said["type"] == "gap":
            assert said["from"] == self.next
            self.gaps.append((said["from"], said["to"]))
            self.next = said["to"]


def follow(running: Running, name: str, query: str = "") -> Follower:
    """Follow a console; the query is added to its URL."""
    follower = Follower()
    follower.start(running.console_url(name) + query)
    return follower
