"""Lines on stream sockets, TCP and unix: bytes as they come, to where they belong or into one shared buffer."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import mmap
import socket
import threading
from typing import TypeVar

from consolesvc.errors import LineLost
from consolesvc.lines.base import READ_ALONE, Ability, Receiver
from consolesvc.lines.transport import TransportLine


class _Shared(threading.local):
    """The receive buffer of a thread's loop: what is read is taken before the loop reads for another line."""

    def __init__(self) -> None:
        # It costs what is read into it; a bytearray is filled.
        self.view = memoryview(mmap.mmap(-1, READ_ALONE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


L = TypeVar("L", bound="StreamLine")

LAST_WORDS = 0.75
"""Seconds that a peer has to end, once it is told that we go: what it had sent by then is the stream's still."""
SILENT = 0.25
"""Seconds after which one that says nothing more is not waited for."""

_shared = _Shared()


class StreamLine(TransportLine, asyncio.BufferedProtocol):
    """An open socket. Holdable: while we do not read, the peer's kernel makes the machine wait.

    Args:
        receiver: What its bytes go to.
        peer: The other end, in words: `10.0.0.4:10000`.
    """

    holdable = True
    in_place = True
    """Whether what is on the socket is the machine's own, to be read to where the receiver wants it."""
    lacks: frozenset[Ability] = frozenset(("break", "modem", "counters", "settings"))

    def __init__(self, receiver: Receiver, peer: str) -> None:
        super().__init__(receiver)
        self.peer = peer
        self.ended: asyncio.Event = self._ended
        self._space: memoryview | None = None
        self._most = 0
        self._leaving = False
        self._reads = 0
        # asyncio reads once a turn; libuv goes on, up to 32 times, while every other console waits (performance.md b).
        self._greedy = not isinstance(asyncio.get_running_loop(), asyncio.BaseEventLoop)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.peer} {'closed' if self._transport is None else 'open'}>"

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the transport reads to, as much as the receiver takes in one call."""
        del sizehint
        most = self._most = self._receiver.read_limit
        self._space = self._receiver.space(most) if self.in_place else None
        return _shared.view[:most] if self._space is None else self._space

    def buffer_updated(self, nbytes: int) -> None:
        """Hand bytes on; after our own close nobody listens."""
        # Kept no longer than that: whose memory it is may want to change it.
        space, self._space = self._space, None
        if self._closing:
            return
        self._reads += 1
        if space is None:
            self.take(_shared.view[:nbytes])
        else:
            self._receiver.filled(nbytes)
        if self._greedy and nbytes == self._most and self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _take_turn(self) -> None:
        if self._transport is not None and not self._paused:
            self._transport.resume_reading()

    def take(self, data: memoryview) -> None:
        """What was read, valid during the call: the machine's output, where nothing is wrapped around it."""
        self._receiver.received(data)

    def eof_received(self) -> bool:
        """The machine will say no more: that is the end, whether or not it would still listen."""
        if self._transport is not None:
            self._transport.abort()  # a close would wait for one that reads no more
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone; nobody is told who has said that we go."""
        self._closing = self._closing or self._leaving
        super().connection_lost(exc)

    async def close(self) -> None:
        """Say that we go, take what the peer had sent by then, and close.

        Closed at once, all that is in the kernel would be lost, of a machine that has done nothing wrong.
        """
        if self._transport is not None and not self._leaving and not self._transport.is_closing():
            self._leaving = True
            self._transport.write_eof()
            await self._last_words()
        await super().close()

    async def _last_words(self) -> None:
        until = asyncio.get_running_loop().time() + LAST_WORDS
        while asyncio.get_running_loop().time() < until and not self._ended.is_set():
            reads = self._reads
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENT):
                    await self._ended.wait()
            if self._reads == reads and not self._paused:
                return

    def loss(self, exc: Exception | None) -> LineLost:
        """Who ended it, and how."""
        match getattr(exc, "errno", None):
            case None:
                return LineLost(f"connection closed by {self.peer}")
            case errno.ECONNRESET | errno.EPIPE:
                return LineLost(f"connection reset by {self.peer}")
            case errno.ETIMEDOUT | errno.EHOSTUNREACH | errno.ENETUNREACH:
                return LineLost(f"no answer from {self.peer} any more")
            case _:
                return LineLost(f"connection to {self.peer} failed: {getattr(exc, 'strerror', None) or exc}")


async def run_on(sock: socket.socket, line: L) -> L:
    """Put a line on a connected socket, which is the line's from now on."""
    try:
        await asyncio.get_running_loop().create_connection(lambda: line, sock=sock)
    except BaseException:
        line.abort()
        sock.close()
        raise
    return line
