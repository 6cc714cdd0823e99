"""A console's numbering, where its bytes are counted elsewhere (lines/remote.py)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from consolesvc.console.ring import Ring
from consolesvc.console.watch.watch import Watch
from consolesvc.log.writer import LogWriter

RENUMBERED = 1012
"""The close code of who must come back to a new numbering: Service Restart, of the registry of RFC 6455."""
BEGUN = "the console has begun: come back"
"""Its reason."""


class Numbered(Protocol):
    """A viewer, as far as its hello named a numbering: see Viewer."""

    def end(self, code: int, reason: str) -> None:
        """End its session."""
        ...


class Counted(Protocol):
    """A console, whose bytes are counted: see Console."""

    stream: str
    began: int
    ring: Ring
    log: LogWriter | None
    watch: Watch

    @property
    def viewers(self) -> Collection[Numbered]:
        """Who is attached."""
        ...

    def tell(self, text: str) -> None:
        """Tell every viewer."""
        ...

    def wake(self) -> None:
        """Have every viewer look."""
        ...


class Numbering:
    """One console's, as its line knows it: see Numbers."""

    def __init__(self, console: Counted) -> None:
        self._console = console

    def __repr__(self) -> str:
        return f"<Numbering {self.stream} up to {self.end}>"

    @property
    def end(self) -> int:
        """Offset behind the last byte; 0 where there has never been one."""
        return self._console.ring.end

    @property
    def stream(self) -> str:
        """Names the numbering."""
        return self._console.stream

    @property
    def memory(self) -> int:
        """Bytes of history worth asking for at first."""
        return self._console.ring.capacity

    async def adopt(self, stream: str, offset: int) -> None:
        """Begin at a byte of another's stream: nothing has come yet."""
        console = self._console
        console.stream = stream
        if console.log is not None:
            await console.log.adopt(stream, offset)
        self._go_on(offset)
        console.began = offset
        for viewer in console.viewers:
            # Its hello named a numbering that is no more; it comes back by itself, and is told the new one.
            viewer.end(RENUMBERED, BEGUN)

    async def skip(self, offset: int) -> None:
        """Go on at `offset`: the bytes before it cannot be had."""
        if self._console.log is not None:
            await self._console.log.skip(offset)
        self._go_on(offset)
        self._console.wake()

    def tell(self, text: str) -> None:
        """Tell every viewer."""
        self._console.tell(text)

    def _go_on(self, offset: int) -> None:
        self._console.watch.break_off()
        self._console.ring.skip(offset)
        self._console.watch.go_on(offset)
