"""The seam of a line: what every kind does, and what the console gives it to speak to (DESIGN section 4).

Opening a spec with a receiver gives a line. Beneath stand asyncio's own transports; foreign exceptions become ours
here and nowhere else. What outlives one connection (a fake server, a listening socket) belongs to the opener.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import ClassVar, Literal, Protocol

from consolesvc.config.linespec import LineSpec
from consolesvc.errors import LineLost

READ_SIZE = 64 * 1024
"""Bytes a line hands over in one turn of the loop at most: fair to the other consoles (DESIGN decision 10)."""

Ability = Literal["break", "modem", "settings"]
"""What a kind of line may lack."""


class Receiver(Protocol):
    """Where a line's bytes go. Both are called in the loop and never await."""

    read_limit: int
    """Bytes to hand over in one call at most."""

    def received(self, data: bytes | memoryview) -> None:
        """Take bytes; a memoryview is valid only during the call."""
        ...

    def lost(self, reason: LineLost) -> None:
        """Hear that the line ended; called once, and nothing after it. Not called for our own close or abort."""
        ...


class Line(ABC):
    """An open line.

    Attributes:
        lacks: Abilities this kind or device has not.
        holdable: Whether the machine waits, losing nothing, while we do not read (DESIGN decision 3).
    """

    lacks: ClassVar[frozenset[Ability]] = frozenset()
    holdable: bool = False

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Send bytes; they are buffered, `drain` says when to go on."""

    @property
    @abstractmethod
    def writable(self) -> bool:
        """Whether `drain` would return at once."""

    @abstractmethod
    async def drain(self) -> None:
        """Wait until the line wants more; returns also when the line ends."""

    @abstractmethod
    def pause(self) -> None:
        """Stop reading: on a holdable line the machine will wait."""

    @abstractmethod
    def resume(self) -> None:
        """Read on."""

    @abstractmethod
    async def close(self) -> None:
        """End the line: what was written leaves within CLOSE_WAIT seconds or is dropped. Idempotent."""

    @abstractmethod
    def abort(self) -> None:
        """End the line at once, dropping what was not sent."""


class Opener(Protocol):
    """Opens one spec, as often as it takes, and holds what outlives a single line."""

    local: bool
    """Whether it is this host's own device: asked again every 0.5 s, where a peer is given longer and longer."""

    @property
    def spec(self) -> LineSpec:
        """What it opens."""
        ...

    async def open(self, receiver: Receiver) -> Line:
        """Open a line.

        Raises:
            LineUnavailable: it cannot be opened now; what is wrong and the cure.
        """
        ...

    async def close(self) -> None:
        """Let go of what outlives the lines; the last line is closed already."""
        ...


CLOSE_WAIT = 0.5
"""Seconds that a closing line has for what was written."""


class TransportLine(Line, asyncio.Protocol):
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
        self._transport = transport  # type: ignore[assignment]  # asyncio types the argument for all transports

    def data_received(self, data: bytes) -> None:
        """Hand bytes on; after our own close nobody listens."""
        if not self._closing:
            self._receiver.received(data)

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
