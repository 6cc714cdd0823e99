"""The way in: what viewers type, in turn, to the line (DESIGN section 4).

The task that receives from a viewer never awaits the line: what it hands over waits here, 256 KiB for each viewer,
and only when that is full does it wait, for room. Viewers take turns, so that one's ^C overtakes another's paste.
Input to a line that is not open is refused, and what waited when the line was lost is dropped: typed into a machine
that has since rebooted, it would be a surprise.

A line with a `pace` is given its input in small pieces with time between them, for devices that drop what comes fast.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from consolesvc.config.linespec import Pace
from consolesvc.lines.base import Line

ROOM = 256 * 1024
"""Bytes of one viewer that may wait."""
TURN = 1024
"""Bytes of one viewer written in one turn."""
TICK = 0.02
"""Seconds between two pieces of a paced line, about: what a pace gives in that time goes out at once."""


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

    def take(self, most: int = TURN, *, line: bool = False) -> bytes:
        """The next bytes, `most` at most and, with `line`, up to the first line's end; there are some."""
        data = self.pending.popleft()
        cut = min(most, line_end(data)) if line else most
        if len(data) > cut:
            self.pending.appendleft(data[cut:])
            data = data[:cut]
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


class Witness(Protocol):
    """Hears what is sent to a machine, for the audit."""

    def typed(self, typist: Typist, data: bytes) -> None:
        """Input was taken for the line."""
        ...

    def broke(self, typist: Typist, seconds: float) -> None:
        """A break was sent."""
        ...


def line_end(data: bytes) -> int:
    """The length of the first line, its CR or LF (or CR LF) included; all of it where it has none."""
    ends = [end for end in (data.find(b"\r"), data.find(b"\n")) if end >= 0]
    return min(ends) + (2 if data[min(ends) :].startswith(b"\r\n") else 1) if ends else len(data)


class InputPath:
    """The ordered way of all viewers' input to one line.

    Args:
        name: The console's name.
        pace: How fast the line takes it; None for as fast as it reads.

    Attributes:
        witness: Hears of all that is taken; None for nobody.
    """

    def __init__(self, name: str, pace: Pace | None = None) -> None:
        self.name = name
        self.pace = pace
        self.line: Line | None = None
        self.witness: Witness | None = None
        self._turns: deque[Typist] = deque()
        self._task: asyncio.Task[None] | None = None

    def write(self, typist: Typist, data: bytes) -> None:
        """Send bytes of one typist, behind what of theirs waits. The line is open."""
        if self.witness is not None:
            self.witness.typed(typist, data)
        free = self.pace is None and not self._turns and len(data) <= TURN
        if free and self.line is not None and self.line.writable:
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

    def drop_one(self, typist: Typist) -> int:
        """Forget what waits of one typist; how many bytes."""
        if typist in self._turns:
            self._turns.remove(typist)
        return typist.drop()

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
            data = take_piece(typist, self.pace)
            self.line.write(data)
            if typist.pending:
                self._turns.append(typist)
            # The line may be lost, and what waits dropped, while this waits.
            await self.line.drain()
            await asyncio.sleep(pause_after(data, self.pace))


def take_piece(typist: Typist, pace: Pace | None) -> bytes:
    """The next bytes that go out together at a pace."""
    if pace is None or pace.unit == "lines":
        return typist.take(line=pace is not None)
    return typist.take(min(TURN, max(1, int(pace.rate * TICK))))


def pause_after(sent: bytes, pace: Pace | None) -> float:
    """Seconds that a piece uses up: its characters' time, or a line's where it ends one."""
    if pace is None:
        return 0
    if pace.unit == "c":
        return len(sent) / pace.rate
    return 1 / pace.rate if sent.endswith((b"\r", b"\n")) else 0
