"""A cursor that follows a console's output in pieces: what `wait`, `send` and `run` read by (DESIGN decision 1).

It holds nobody up and is held up by nobody. Outrun by the ring it reads on from the log; what even that has not is a
gap. A line that is lost and back is no event here: the bytes go on.
"""

from __future__ import annotations

import asyncio

from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.reading import Piece, read_at, until_news
from consolesvc.console.transcript import BEFORE, Transcript

PIECE = 16 * 1024
"""Bytes read at once: a millisecond's work for whoever looks at them."""
PAUSE = 0.01
"""Seconds between two pieces of new output at least: a line that says a byte at a time is not looked at for each."""


class Listener:
    """Follows a console from an offset on.

    Args:
        console: Whose output.
        offset: The first byte wanted.
        gap: Bytes that it was asked for and cannot have, as they are of another stream.

    Attributes:
        gap: What could not be had: from the first such byte to the last; None where there is none.
        pause: Seconds between two pieces of new output at least, while it keeps up.
        said: Offset behind what had been said when it was made.
    """

    def __init__(self, console: Console, offset: int, gap: Gap | None = None) -> None:
        self.console = console
        self.offset = offset
        self.gap = gap
        # What had been said by now is looked at in any case.
        self.said = console.ring.end
        self.pause = PAUSE
        self._paused_until = 0.0

    def __repr__(self) -> str:
        return f"<Listener of {self.console.name} at {self.offset}>"

    @property
    def has_all(self) -> bool:
        """Whether there is nothing more at hand."""
        return self.offset >= self.console.ring.end

    async def piece(self, until: float) -> Piece | None:
        """The next bytes, waited for until a time of the loop's; None where none came, or none can come any more.

        What had been said when the listener was made comes first, however late it is.
        """
        loop = asyncio.get_running_loop()
        if self.offset >= self.said:
            await asyncio.sleep(max(0.0, min(until, self._paused_until) - loop.time()))
            left = until - loop.time()
            if left <= 0 or not await until_news(self.console, self.offset, left):
                return None
        else:
            await asyncio.sleep(0)  # the loop has others to serve, too
        piece = await read_at(self.console, self.offset, PIECE)
        gap = piece.gap(self.offset)
        if gap is not None:
            self.gap = gap if self.gap is None else Gap(self.gap.start, gap.end)
        self.offset = piece.end
        self._paused_until = loop.time() + (self.pause if self.has_all else PAUSE)
        return piece


async def transcript_from(console: Console, offset: int) -> Transcript:
    """An empty transcript that begins at an offset, and knows in the middle of what that is."""
    begin = max(console.oldest, offset - BEFORE)
    if begin >= offset:
        return Transcript(offset)
    before = await read_at(console, begin, offset - begin)
    return Transcript(offset, before.data if before.end == offset else b"")
