"""Listening for a machine that connects to us: QEMU and libvirt do, and wait with the boot until we are there.

The listening socket outlives the connections, of which there is one at a time: a machine has one console. What a
machine says before a line is opened on its connection waits in the kernel, so that its first byte is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

from consolesvc.errors import LineUnavailable
from consolesvc.lines.base import Receiver
from consolesvc.lines.stream import StreamLine, run_on

log = logging.getLogger(__name__)

_PAUSE: Final = 1.0
"""Seconds until connections are taken again after the kernel had nothing left to take one with."""


class Listening:
    """One listening socket and the connection that was made to it.

    Args:
        sock: Bound and listening; ours from now on.
        where: Where it listens, in words.
        due: Set when a connection is there to be opened.
        name_of: Says who has connected.
    """

    def __init__(
        self,
        sock: socket.socket,
        where: str,
        due: asyncio.Event,
        name_of: Callable[[socket.socket], str],
    ) -> None:
        self.where = where
        self._sock = sock
        self._due = due
        self._name_of = name_of
        self._waiting: socket.socket | None = None
        self._line: StreamLine | None = None
        self._refused = False
        self._again: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        sock.setblocking(False)
        self._loop.add_reader(sock, self._accept)

    async def line(self, receiver: Receiver) -> StreamLine:
        """A line on the connection that waits; raises LineUnavailable while there is none."""
        sock, self._waiting = self._waiting, None
        if sock is None:
            raise LineUnavailable(f"nobody has connected to {self.where}", "waiting for the machine")
        self._refused = False
        self._line = await run_on(sock, StreamLine(receiver, self._name_of(sock)))
        return self._line

    def close(self) -> None:
        """Listen no more; a connection that waits is cut. Idempotent."""
        if self._again is not None:
            self._again.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._sock.close()
        if self._waiting is not None:
            self._waiting.close()
            self._waiting = None

    def _accept(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):  # gone again
            return
        except OSError as error:  # no descriptor left, say: the loop would ask again at once, for ever
            log.warning("%s: cannot take a connection: %s", self.where, error.strerror)
            self._loop.remove_reader(self._sock)
            self._again = self._loop.call_later(_PAUSE, self._loop.add_reader, self._sock, self._accept)
            return
        sock.setblocking(False)
        if self._waiting is not None and _is_over(self._waiting):
            self._waiting.close()
            self._waiting = None
        if self._waiting is not None or (self._line is not None and not self._line.ended.is_set()):
            # A machine that tries for ever fills no log.
            level = logging.DEBUG if self._refused else logging.WARNING
            log.log(level, "%s: refused %s: the line has its machine already", self.where, self._name_of(sock))
            self._refused = True
            sock.close()
            return
        self._waiting = sock
        self._due.set()


def _is_over(sock: socket.socket) -> bool:
    """Whether the peer of a connection that nobody reads has left without a word."""
    with contextlib.suppress(BlockingIOError):
        try:
            return not sock.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            return True
    return False
