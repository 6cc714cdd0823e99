"""Input from somebody who is no viewer: what comes over HTTP (DESIGN 5.3 `send`, `run`).

It takes its turn among the viewers' input, and whoever typed it learns whether the line has taken it.
"""

from __future__ import annotations

import asyncio

from consolesvc.console.console import Console
from consolesvc.console.input import Typist
from consolesvc.errors import LineLost, LineUnavailable


class _Keys(Typist):
    """Input on its way, whose end can be waited for."""

    __slots__ = ("_empty",)

    def __init__(self) -> None:
        super().__init__()
        self._empty = asyncio.Event()
        self._empty.set()

    async def gone(self) -> None:
        """Wait until nothing is on its way."""
        await self._empty.wait()

    def _resize(self, by: int) -> None:
        super()._resize(by)
        if self.size:
            self._empty.clear()
        else:
            self._empty.set()


class Keyboard:
    """Types at one console.

    Args:
        console: Which.

    Attributes:
        typed: Bytes that the line has taken.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._keys = _Keys()

    def __repr__(self) -> str:
        return f"<Keyboard of {self.console.name}, {self.typed} typed>"

    @property
    def typed(self) -> int:
        """Bytes that the line has taken so far."""
        return self._keys.delivered

    async def type(self, data: bytes) -> None:
        """Send bytes and wait until the line has taken them; cancelled, it takes back what has not left yet.

        Raises:
            LineUnavailable: the line is not open: nothing was sent.
            LineLost: it was lost meanwhile: not all was sent.
        """
        if not data:
            return
        if not self.console.connected:
            raise LineUnavailable(f"{self.console.name} line is not open: {self.console.reconnecting.why}")
        wanted = self._keys.delivered + len(data)
        self.console.type(self._keys, data)
        try:
            await self._keys.gone()
        except asyncio.CancelledError:
            self.console.input.forget(self._keys)
            raise
        if self._keys.delivered < wanted:
            raise LineLost(f"{self.console.name} line was lost: {self.console.reconnecting.why}")
