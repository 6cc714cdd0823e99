"""What waits to be sent, so that keys are heard while a service takes nothing: `~.` leaves in the middle of a paste."""

from __future__ import annotations

import asyncio
from collections import deque

from consolesvc.cli.attach.transport import Connection

ROOM = 4 * 1024 * 1024
"""Bytes that may wait."""


class Outbox:
    """Messages for the connection there is, in order."""

    def __init__(self) -> None:
        self._waiting: deque[bytes | str] = deque()
        self._size = 0
        self._on_its_way = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._empty = asyncio.Event()
        self._changed(0)

    def __repr__(self) -> str:
        return f"<Outbox {self._size} bytes>"

    def put(self, message: bytes | str) -> None:
        """Have it sent."""
        self._waiting.append(message)
        self._changed(_size(message))

    def cut(self) -> int:
        """Drop everything: the connection is gone. How many bytes of input were not sent.

        A message that was on its way does not count: nobody knows whether it has arrived.
        """
        dropped = self._size - self._on_its_way
        self._on_its_way = 0
        self._waiting.clear()
        self._changed(-self._size)
        return dropped

    async def room(self) -> None:
        """Wait until more may be put."""
        await self._room.wait()

    async def empty(self) -> None:
        """Wait until all has been sent, or dropped."""
        await self._empty.wait()

    async def send(self, connection: Connection) -> None:
        """Send what is there and what comes. Returns where the connection takes nothing more: it will say why."""
        while True:
            await self._news.wait()
            self._on_its_way = _size(self._waiting[0])
            try:
                await connection.send(self._waiting[0])
            except ConnectionError:
                return
            self._on_its_way = 0
            self._changed(-_size(self._waiting.popleft()))

    def _changed(self, size: int) -> None:
        self._size += size
        _set(self._news, bool(self._waiting))
        _set(self._room, self._size < ROOM)
        _set(self._empty, not self._waiting)


def _size(message: bytes | str) -> int:
    """Bytes of input in a message: in a text of the protocol there are none."""
    return len(message) if isinstance(message, bytes) else 0


def _set(event: asyncio.Event, is_so: bool) -> None:
    if is_so:
        event.set()
    else:
        event.clear()
