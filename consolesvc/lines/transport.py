"""What all lines on an asyncio transport share: flow control both ways, and one end, told once."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final, cast

from consolesvc.errors import LineLost
from consolesvc.lines.base import Line, Receiver

CLOSE_WAIT: Final = 0.5
"""Seconds that a closing line has for what was written."""
WRITE_HIGH_WATER: Final = 4096
"""Bytes in the transport before writers wait: little, so that a ^C overtakes the paste of another viewer."""


class TransportLine(Line, asyncio.BaseProtocol):
    """A line on an asyncio transport: flow control both ways, and one end, told once."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._ended = asyncio.Event()
        self._closing = False
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's word that the transport is up."""
        # A stream's; no isinstance, for uvloop's are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_WATER)

    def pause_writing(self) -> None:
        """Asyncio's word that the write buffer is over its high-water mark."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Asyncio's word that the write buffer has drained."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone: release who waits, and tell the receiver unless we did it."""
        self._transport = None
        self._writable.set()
        self._ended.set()
        if not self._closing:
            self._closing = True
            self._receiver.lost(self.loss(exc))

    @abstractmethod
    def loss(self, exc: Exception | None) -> LineLost:
        """The reason of an end, from the transport's own exception, in words fit for a viewer."""

    def write(self, data: bytes) -> None:
        """Send bytes; on a line that has ended they are dropped, as its receiver has been told."""
        if self._transport is not None:
            self._transport.write(data)

    @property
    def writable(self) -> bool:
        """Whether `drain` would return at once."""
        return self._writable.is_set()

    async def drain(self) -> None:
        """Wait until the line wants more; returns also when the line ends."""
        await self._writable.wait()

    def pause(self) -> None:
        """Stop reading. Idempotent."""
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on. Idempotent."""
        if self._transport is not None and self._paused:
            self._paused = False
            self._transport.resume_reading()

    async def close(self) -> None:
        """Close, and abort what will not close (ecosystem.md section 2: it may never)."""
        self._closing = True
        if self._transport is not None:
            self._transport.close()
        try:
            async with asyncio.timeout(CLOSE_WAIT):
                await self._ended.wait()
        except TimeoutError:
            self.abort()
            await self._ended.wait()

    def abort(self) -> None:
        """End the line at once."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()
