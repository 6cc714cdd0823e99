"""Sending text to a machine, at a pace or no faster than it echoes (DESIGN 5.3 `send`)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from consolesvc.config.linespec import Pace
from consolesvc.console.call import Call
from consolesvc.console.echo import Echo
from consolesvc.console.input import Typist, line_end, pause_after, take_piece
from consolesvc.console.listening import Listener
from consolesvc.console.utf8 import unfinished

ECHO_PIECE = 256
"""Bytes that are sent before their echo is waited for, at most: no line discipline takes less without a loss."""


class Sent(NamedTuple):
    """What became of it.

    Attributes:
        sent: Bytes that the line has taken; fewer than there were, where time ran out.
        start: The stream's end before the first of them: what the machine answers stands behind it.
        next: Behind the echo, as far as it was seen; `start` where it was not looked for.
        echoed: Whether all of it came back; None where it was not looked for.
    """

    sent: int
    start: int
    next: int
    echoed: bool | None


async def send(call: Call, data: bytes, *, echo: bool, pace: Pace | None, seconds: float) -> Sent:
    """Send bytes.

    Args:
        call: By which.
        data: What.
        echo: Whether to wait for its echo. It is then sent line by line, each once the one before has come back: a
            device that loses something is sent no more.
        pace: How fast at most; the line's own pace counts as well.
        seconds: How long all of it may take.

    Raises:
        InputHeld: somebody took the input meanwhile.
        LineError: the line is not open, or was lost meanwhile.
    """
    until = asyncio.get_running_loop().time() + seconds
    start = call.console.ring.end
    listener = Listener(call.console, start)
    if not echo:
        await _type(call, data, pace, until)
        return Sent(call.typed, start, start, None)
    for piece in _pieces(data):
        if not (await _type(call, piece, pace, until) and await _came_back(piece, listener, until)):
            return Sent(call.typed, start, listener.offset, echoed=False)
    return Sent(call.typed, start, listener.offset, echoed=True)


async def _type(call: Call, data: bytes, pace: Pace | None, until: float) -> bool:
    """Type it; whether all of it left in time."""
    waiting = Typist()
    waiting.put(data)
    try:
        async with asyncio.timeout_at(until):
            while waiting.size:
                piece = waiting.take(len(data)) if pace is None else take_piece(waiting, pace)
                await call.type(piece)
                await asyncio.sleep(pause_after(piece, pace) if waiting.size else 0)
    except TimeoutError:
        return False
    return True


async def _came_back(typed: bytes, listener: Listener, until: float) -> bool:
    """Wait for an echo; the listener then stands behind it."""
    echo, begin = Echo(typed), listener.offset
    if echo.silent:
        return True
    while (piece := await listener.piece(until)) is not None:
        if echo.feed(piece.offset, piece.data):
            listener.offset = echo.seen or begin
            return True
    listener.offset = begin
    return False


def _pieces(data: bytes) -> Iterator[bytes]:
    """Lines, with their ends, and long ones in parts; no character is cut."""
    while data:
        cut = min(ECHO_PIECE, line_end(data))
        cut = cut - unfinished(data[:cut]) or cut
        yield data[:cut]
        data = data[cut:]
