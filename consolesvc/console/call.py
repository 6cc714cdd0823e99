"""Input that a call over HTTP sends (DESIGN 5.3 `send`, `run`): it takes its turn among the viewers' input.

It holds a console's input for its length, as a viewer may (sharing.py), and learns whether the line has taken it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Iterator

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


class Call:
    """A call that types at one console.

    Args:
        console: Where.

    Attributes:
        id: What `holder` is while it holds the input; no viewer has it.
        typist: Its place in the input path.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.id = secrets.token_hex(4)
        self.typist = _Keys()

    def __repr__(self) -> str:
        return f"<Call {self.id} at {self.console.name}, {self.typed} typed>"

    @property
    def typed(self) -> int:
        """Bytes that the line has taken so far."""
        return self.typist.delivered

    async def type(self, data: bytes) -> None:
        """Send bytes and wait until the line has taken them; cancelled, it takes back what has not left yet.

        Raises:
            InputHeld: somebody took the input: not all was sent.
            LineUnavailable: the line is not open: nothing was sent.
            LineLost: it was lost meanwhile: not all was sent.
        """
        if not data:
            return
        console = self.console
        console.keyboard.check(self.id)
        if not console.connected:
            raise LineUnavailable(f"{console.name} line is not open: {console.reconnecting.why}")
        wanted = self.typed + len(data)
        console.send(self.typist, data)
        try:
            await self.typist.gone()
        except asyncio.CancelledError:
            console.input.drop_one(self.typist)
            raise
        if self.typed < wanted:
            if console.connected:
                console.keyboard.check(self.id)
            raise LineLost(f"{console.name} line was lost: {console.reconnecting.why}")


@contextlib.contextmanager
def typing(console: Console, name: str) -> Iterator[Call]:
    """The input of a console for as long as this lasts; what was sent is still delivered afterwards.

    Args:
        console: Where.
        name: Who calls, as others are told.

    Raises:
        InputHeld: somebody else holds it.
    """
    call = Call(console)
    console.keyboard.enter(call.id, name, call.typist)
    try:
        console.keyboard.check(call.id)
        yield call
    finally:
        console.keyboard.leave(call.id)
