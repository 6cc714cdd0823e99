"""Reading a console's output at an offset: from the ring, and below it from the log (DESIGN decision 2)."""

from __future__ import annotations

import asyncio
import logging
from typing import NamedTuple

from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.utf8 import UNFINISHED_WAIT, unfinished

log = logging.getLogger(__name__)


class Piece(NamedTuple):
    """Output bytes from `offset` on; above the offset that was asked for, what lies between cannot be had any more."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        """Offset behind its last byte."""
        return self.offset + len(self.data)

    def gap(self, asked: int) -> Gap | None:
        """What was skipped on the way from the offset that was asked for; None where nothing was."""
        return Gap(asked, self.offset) if self.offset > asked else None


async def read_at(console: Console, offset: int, limit: int) -> Piece:
    """Up to `limit` bytes from `offset` on, which is not beyond the end; from the next byte there is, where it is gone.

    Empty at the end, and only there, where `limit` is above 0. One step: fewer bytes than `limit` do not mean the end.
    """
    ring = console.ring
    if offset < ring.start and console.log is not None:
        try:
            begin, data = await console.log.read(offset, limit)
        except OSError as error:
            log.warning("%s: the log cannot be read: %s", console.name, error)
        else:
            # The ring may hold what a broken disk has not, and has moved on meanwhile.
            if data and begin <= max(offset, ring.start):
                return Piece(begin, data)
    begin = max(offset, ring.start)
    return Piece(begin, ring.read(begin, limit))


async def read_full(console: Console, offset: int, limit: int) -> Piece:
    """As `read_at`, and as many bytes as there are up to `limit`, unless a gap comes between."""
    piece = await read_at(console, offset, limit)
    parts, end = [piece.data], piece.end
    while end - piece.offset < limit and end < console.ring.end:
        more = await read_at(console, end, limit - (end - piece.offset))
        if more.offset != end:
            break
        parts.append(more.data)
        end = more.end
    return Piece(piece.offset, b"".join(parts))


async def read_last(console: Console, limit: int) -> Piece:
    """The last bytes there are, `limit` at most, from the log as well; only what came after the last gap among them."""
    offset = max(console.oldest, console.ring.end - limit)
    piece = await read_full(console, offset, limit)
    while piece.data and piece.end < console.ring.end and piece.end - offset < limit:
        piece = await read_full(console, piece.end, limit - (piece.end - offset))
    return piece


async def read_text(console: Console, offset: int, limit: int) -> Piece:
    """As `read_full`, not ending inside a UTF-8 character unless `limit` is smaller than that (DESIGN 5.3).

    Alone at the end, an unfinished character is waited for as a viewer does; then it is given as it is.
    """
    piece = await read_full(console, offset, limit)
    held = unfinished(piece.data)
    if held == len(piece.data) < limit and held:
        await until_news(console, piece.end, UNFINISHED_WAIT)
        piece = await read_full(console, offset, limit)
        held = unfinished(piece.data)
    if held < len(piece.data):
        return Piece(piece.offset, piece.data[: len(piece.data) - held])
    return piece


async def until_news(console: Console, offset: int, seconds: float) -> bool:
    """Wait until there is output beyond `offset`, `seconds` at most; whether there is. A closed console has no more."""
    try:
        async with asyncio.timeout(seconds):
            while console.ring.end <= offset and not console.closed:
                await console.news()
    except TimeoutError:
        pass
    return console.ring.end > offset
