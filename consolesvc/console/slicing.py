"""Output from one offset to another, as text, bytes or a recording (DESIGN 5.3 `slice`)."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator

from consolesvc.console.cast import Cast
from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.listening import PIECE
from consolesvc.console.marks import Mark
from consolesvc.console.reading import Piece, read_at
from consolesvc.console.stripping import Stripper
from consolesvc.console.transcript import BEFORE
from consolesvc.log.timeline import Timeline
from consolesvc.log.writer import LogWriter

log = logging.getLogger(__name__)

LOG_WAIT = 1.0
"""Seconds that a log has to catch up: it knows the times of what was just said a moment later."""


class GapReached(Exception):
    """Bytes are missing in the middle, and what is being made has no way to say so.

    Attributes:
        gap: Which.
    """

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap)
        self.gap = gap


async def pieces(console: Console, begin: int, to: int) -> AsyncIterator[Piece]:
    """What there is of `begin..to`, in order; the next piece does not follow where bytes are missing."""
    while begin < to:
        await asyncio.sleep(0)  # the loop has others to serve, too
        piece = await read_at(console, begin, min(PIECE, to - begin))
        piece = Piece(min(piece.offset, to), piece.data[: max(0, to - piece.offset)])
        yield piece
        if not piece.data:
            return
        begin = piece.end


async def raw(console: Console, begin: int, to: int) -> AsyncIterator[bytes]:
    """The bytes; raises GapReached where some are missing."""
    async for piece in pieces(console, begin, to):
        if piece.offset > begin:
            raise GapReached(Gap(begin, piece.offset))
        yield piece.data
        begin = piece.end


async def text(console: Console, begin: int, to: int) -> AsyncIterator[bytes]:
    """Text without escape sequences, UTF-8; what is missing is said on a line of its own."""
    stripper = Stripper()
    before = await read_at(console, max(console.oldest, begin - BEFORE), BEFORE)
    if before.offset < begin <= before.end:
        for _ in stripper.feed(before.offset, before.data[: begin - before.offset]):
            pass
    async for piece in pieces(console, begin, to):
        if piece.offset > begin:
            stripper = Stripper()
            yield f"\n[consolesvc: {Gap(begin, piece.offset)}]\n".encode()
        yield b"".join(run.text for run in stripper.feed(piece.offset, piece.data))
        begin = piece.end


async def recording(console: Console, begin: int, to: int, cast: Cast) -> AsyncIterator[bytes]:
    """A recording, with the console's marks in it, and what is missing as a mark.

    Raises:
        OSError: the log's index cannot be read.
        ValueError: the console has no log: nobody knows when its bytes came.
    """
    timeline = await _timeline(console, to)
    marks = deque(mark for mark in await console.marks.all() if begin <= mark.offset < to)
    headed = False
    last: float | None = None
    async for piece in pieces(console, begin, to):
        parts = await _timed(console, timeline, piece, marks)
        if not headed:
            headed = True
            known = (time for time, _ in parts if time is not None)
            yield cast.head(next(known, 0.0))
        if piece.offset > begin:
            yield cast.mark(last, str(Gap(begin, piece.offset)))
        for time, part in parts:
            last = last if time is None else time
            yield cast.mark(time, part.name) if isinstance(part, Mark) else cast.output(time, part)
        begin = piece.end
    if not headed:
        yield cast.head(0.0)
    yield cast.output(None, b"", last=True)


async def _timed(
    console: Console, timeline: Timeline, piece: Piece, marks: deque[Mark]
) -> list[tuple[float | None, bytes | Mark]]:
    """A piece's bytes with their times, and the marks among them."""
    parts: list[tuple[float | None, bytes | Mark]] = []
    place = piece.offset
    for time, data in await _log_of(console).thread.call(lambda: timeline.cut(piece.offset, piece.data)):
        left = data
        while marks and marks[0].offset < place + len(left):
            mark = marks.popleft()
            into = max(0, mark.offset - place)
            parts += [(time, left[:into]), (mark.time, mark)]
            left, place = left[into:], place + into
        parts.append((time, left))
        place += len(left)
    return parts


async def _timeline(console: Console, to: int) -> Timeline:
    writer = _log_of(console)
    loop = asyncio.get_running_loop()
    until = loop.time() + LOG_WAIT
    while writer.offset < to and not writer.failing and loop.time() < until:  # noqa: ASYNC110 - for a beat or two
        await asyncio.sleep(0.02)
    return await writer.timeline()


def _log_of(console: Console) -> LogWriter:
    if console.log is None:
        raise ValueError(f"{console.name} has no log, so nobody knows when its output came; text and raw need no times")
    return console.log
