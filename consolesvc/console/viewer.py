"""A viewer: one attached reader of a console, who may type.

It hands out what its client must be given, in order, as chunks, events and gaps; how they travel is the face's
business. It has no queue: its place is an offset and an event number.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import deque
from typing import NamedTuple

from consolesvc.console.console import Console
from consolesvc.console.events import Event, Gap, printable
from consolesvc.console.express import Way
from consolesvc.console.flow import Hold
from consolesvc.console.input import Typist
from consolesvc.console.reading import read_at
from consolesvc.console.utf8 import UNFINISHED_WAIT, unfinished

CHUNK = 64 * 1024
"""Bytes handed out at once at most."""
TOLD = 64
"""Things told to one viewer alone that may wait; for one that takes nothing, the oldest of them go."""
KICKED = 4000
"""The close code of a viewer that somebody ended (DESIGN 5.4)."""
FOR_GOOD = (KICKED, 4001, 4002, 4003)
"""Ends after which nobody comes back, and nothing of what they typed goes on (proxy/codes.py has their names)."""


class Chunk(NamedTuple):
    """Output bytes from `offset` on."""

    offset: int
    data: bytes


class End(NamedTuple):
    """Why a viewer was ended, as a websocket close code (DESIGN 5.4) and a reason."""

    code: int
    reason: str


class Viewer:
    """One attached reader, from the moment it is made until `detach`.

    Args:
        console: What it looks at.
        offset: The first byte it wants; below the ring's start is a gap, beyond the end is the end.
        who: Whence it comes, for `who` and for logs.
        user: Who had its token made, as identity names them; "" where nobody asked.
        may_type: Whether its token types; else it only looks.
        gap: Bytes it asked for that are not there, told first.
        note: A sentence it is told first; "" for none.

    Attributes:
        id: Names its session, in `who`, in `kick` and in what others are told.
        since: When it came, Unix time.
        protocol: What it speaks, a websocket subprotocol; "" for none.
        shown: What it has been shown of the others (Roster.changes).
        received: Bytes handed out.
        lost: Bytes it could not have.
        refused: Bytes it typed that were refused.
        returns: Whether its client can come back in its place: then what it holds is kept for it when it is cut.
        way: Its way out, for output that comes while it has had everything (express.py); None where there is none.
        ended: Set by `end`; the face closes the connection with it.
    """

    def __init__(
        self,
        console: Console,
        offset: int,
        *,
        who: str = "",
        user: str = "",
        may_type: bool = True,
        gap: Gap | None = None,
        note: str = "",
    ) -> None:
        self.console = console
        self.offset = min(offset, console.ring.end)
        self.id = os.urandom(4).hex()
        self.who = who
        self.user = user
        self.may_type = may_type
        self.since = time.time()
        self.protocol = ""
        self.shown = -1
        self.hold = Hold()
        self.typist = Typist()
        self.received = 0
        self.lost = 0
        self.refused = 0
        self.returns = False
        self.way: Way | None = None
        self.ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._gap = gap
        self._own: deque[Event] = deque()
        self._told_refused = False
        self._event = console.event_count
        self._held_until = 0.0
        self._back = asyncio.Event()
        if note:
            self._own.append(Event(0, "attach", printable(note)))
        if console.reconnecting.state == "waiting":
            self._own.append(
                Event(0, "down", printable(f"{console.name} line is not open: {console.reconnecting.why}"))
            )
        console.viewers.add(self)
        console.keyboard.attach(self)
        console.roster.changed()

    def __repr__(self) -> str:
        return f"<Viewer {self.who} of {self.console.name} at {self.offset}>"

    @property
    def informed(self) -> bool:
        """Whether it is told all of the others and of the input, as `consolesvc.v1` is, and not words alone."""
        return self in self.console.roster.informed

    def inform(self) -> None:
        """From now on it is; it knows how things stand by now."""
        self.shown = self.console.roster.changes
        if self in self.console.viewers:  # it may have left before its hello was on its way
            self.console.roster.informed.add(self)

    @property
    def name(self) -> str:
        """What others know it by: `alice (10.0.0.3:51422)`."""
        return f"{self.user} ({self.who})" if self.user and self.who else self.user or self.who or "a viewer"

    def detach(self, *, cut: bool = False) -> None:
        """Leave, `cut` or by its own wish; what it typed still goes on, unless it was ended for good. Idempotent."""
        if self not in self.console.viewers:
            return
        self.console.express.leave(self)
        self.console.viewers.discard(self)
        self.console.keyboard.detach(self, cut=cut and self.returns)
        self.console.breaks.leave(self)
        self.console.roster.informed.discard(self)
        self.console.roster.changed()
        self.console.flow.check()

    def end(self, code: int, reason: str) -> None:
        """Have the connection closed, with a close code of DESIGN 5.4; the first word counts."""
        if self.ended.done():
            return
        self.ended.set_result(End(code, reason))
        if code in FOR_GOOD:
            self.console.keyboard.expel(self)
            self.console.breaks.leave(self)

    def tell_refused(self, size: int, why: str) -> None:
        """Count input that was refused, and say so once for each time the line is away."""
        self.refused += size
        if not self._told_refused:
            self._told_refused = True
            text = printable(
                f"input refused ({size} byte{'s' * (size != 1)}): {self.console.name} line is not open: {why}"
            )
            self._tell(Event(0, "refused", text))

    def tell(self, text: str) -> None:
        """Tell this viewer alone."""
        self._tell(Event(0, "attach", printable(text)))

    def tell_input(self, text: str = "") -> None:
        """Tell this viewer that something about the input has changed; without words only where it is `informed`."""
        waits = any(event.kind == "input" for event in self._own)  # one tells of all that has changed by then
        if text or (self.informed and not waits):
            self._tell(Event(0, "input", printable(text)))

    def tell_viewers(self) -> None:
        """Tell this viewer, which is informed, who is here."""
        if not any(event.kind == "viewers" for event in self._own):
            self._tell(Event(0, "viewers", ""))

    def _tell(self, event: Event) -> None:
        if len(self._own) >= TOLD:
            self._own.popleft()
        self._own.append(event)
        self.console.rouse(self)

    def left_express(self) -> None:
        """Go on in its own task, from its offset: it is told so by the express it was in."""
        self.hold.was_at_end(asyncio.get_running_loop().time())
        self._back.set()

    async def next(self) -> Chunk | Event | Gap:
        """What comes next, waiting for it."""
        while True:
            item = await self._from_log() if self._is_lapped else self.peek()
            if item is not None:
                return item
            if self.way is not None and self.way.clear and self._board():
                await self._back.wait()
            elif self._held_until:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(self._held_until):
                        await self.console.news()
            else:
                await self.console.news()

    def _board(self) -> bool:
        console = self.console
        self._back.clear()
        if not console.express.join(self, console.ring, self._held_until):
            return False
        self._held_until = 0.0
        return True

    @property
    def _is_lapped(self) -> bool:
        """Whether the ring has lost bytes that the log still has (DESIGN decision 2)."""
        console = self.console
        return self._gap is None and self.offset < console.ring.start and console.log is not None

    async def _from_log(self) -> Chunk | Event | Gap | None:
        """What comes next from disk; None where the ring has to be asked after all."""
        event = self._next_event()
        if event is not None and event.offset <= self.offset:
            return self._take_event(event)
        limit = CHUNK if event is None else min(CHUNK, event.offset - self.offset)
        piece = await read_at(self.console, self.offset, limit)
        self._gap = piece.gap(self.offset)
        if self._gap is not None:
            return self._take_gap()
        if not piece.data:
            return None
        return self._take_chunk(piece.data[: len(piece.data) - unfinished(piece.data)] or piece.data)

    def peek(self) -> Chunk | Event | Gap | None:
        """What comes next, if it is there; what is returned is taken."""
        ring = self.console.ring
        if self._gap is not None or self.offset < ring.start:
            return self._take_gap()
        event = self._next_event()
        if event is not None and event.offset <= self.offset:
            return self._take_event(event)
        until = ring.end if event is None else min(event.offset, ring.end)
        if self.offset == until:
            return None
        data = ring.read(self.offset, min(CHUNK, until - self.offset))
        if event is None or self.offset + len(data) < until:
            data = self._whole(data)
        return self._take_chunk(data) if data else None

    def _whole(self, data: bytes) -> bytes:
        """`data` without an unfinished character at its end, unless that has been held for long enough."""
        held = unfinished(data)
        if held < len(data):
            self._held_until = 0.0
            return data[: len(data) - held]
        now = asyncio.get_running_loop().time()
        if not self._held_until:
            self._held_until = now + UNFINISHED_WAIT
        elif now >= self._held_until:
            self._held_until = 0.0
            return data
        return b""

    def _take_chunk(self, data: bytes) -> Chunk:
        chunk = Chunk(self.offset, data)
        self.offset += len(data)
        self.received += len(data)
        self.console.flow.moved(self)
        return chunk

    def _take_gap(self) -> Gap:
        gap = self._gap or Gap(self.offset, self.console.ring.start)
        self._gap = None
        self.offset = max(self.offset, gap.end)
        missed = max(0, gap.end - gap.start)
        self.lost += missed
        self.console.gaps += 1
        self.console.missed += missed
        return gap

    def _next_event(self) -> Event | None:
        if self._own:
            return self._own[0]
        events, count = self.console.events, self.console.event_count
        self._event = max(self._event, count - len(events))
        return events[self._event - count] if self._event < count else None

    def _take_event(self, event: Event) -> Event:
        if self._own:
            self._own.popleft()
        else:
            self._event += 1
            if event.kind == "back":
                self._told_refused = False
        return event
