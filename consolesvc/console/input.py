"""The way in: what viewers type, in turn, to the line (DESIGN section 4).

The task that receives from a viewer never awaits the line: what it hands over waits here, 256 KiB for each viewer,
and only when that is full does it wait, for room. Viewers take turns, so that one's ^C overtakes another's paste.
Input to a line that is not open is refused, and what waited when the line was lost is dropped: typed into a machine
that has since rebooted, it would be a surprise.
"""

from __future__ import annotations

import asyncio
from collections import deque

from consolesvc.lines.base import Line

ROOM = 256 * 1024
"""Bytes of one viewer that may wait."""
TURN = 1024
"""Bytes of one viewer written in one turn."""


class Typist:
    """One viewer's input on its way."""

    __slots__ = ("_free", "delivered", "pending", "size")

    def __init__(self) -> None:
        self.pending: deque[bytes] = deque()
        self.size = 0
        self.delivered = 0
        self._free = asyncio.Event()
        self._free.set()

    def put(self, data: bytes) -> None:
        """Add bytes; they count against ROOM, which one message may pass."""
        self.pending.append(data)
        self._resize(len(data))

    def take(self) -> bytes:
        """The next bytes, TURN at most; there are some."""
        data = self.pending.popleft()
        if len(data) > TURN:
            self.pending.appendleft(data[TURN:])
            data = data[:TURN]
        self._resize(-len(data))
        self.delivered += len(data)
        return data

    def drop(self) -> int:
        """Forget what waits; how many bytes it was."""
        dropped = self.size
        self.pending.clear()
        self._resize(-dropped)
        return dropped

    async def room(self) -> None:
        """Wait until less than ROOM waits."""
        await self._free.wait()

    @property
    def full(self) -> bool:
        """Whether `room` would wait."""
        return not self._free.is_set()

    def _resize(self, by: int) -> None:
        self.size += by
        if self.size < ROOM:
            self._free.set()
        else:
            self._free.clear()


class InputPath:
    """The ordered way of all viewers' input to one line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.line: Line | None = None
        self._turns: deque[Typist] = deque()
        self._task: asyncio.Task[None] | None = None

    def write(self, typist: Typist, data: bytes) -> None:
        """Send bytes of one typist, behind what of theirs waits. The line is open."""
        if self.line is not None and not self._turns and self.line.writable and len(data) <= TURN:
            typist.delivered += len(data)
            self.line.write(data)
            return
        if not typist.pending:
            self._turns.append(typist)
        typist.put(data)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"input {self.name}")

    def drop(self) -> dict[Typist, int]:
        """The line is lost: forget what waits; whose, and how many bytes."""
        dropped = {typist: typist.drop() for typist in self._turns}
        self._turns.clear()
        return dropped

    async def close(self) -> None:
        """Stop writing; what waits is forgotten. Idempotent."""
        self.drop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while self._turns and self.line is not None:
            typist = self._turns.popleft()
            self.line.write(typist.take())
            if typist.pending:
                self._turns.append(typist)
            # The line may be lost, and what waits dropped, while this waits.
            await self.line.drain()
            await asyncio.sleep(0)
