"""A console: a server's line kept open, its output in a ring, its input path, its viewers.

The line pushes bytes in; readers are offsets that follow. Nothing here awaits a reader, and nothing a reader does can
cost another a byte, but for the one rule in flow.py.
"""

from __future__ import annotations

import asyncio
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from consolesvc.config.linespec import RemoteSpec
from consolesvc.config.telling import Events
from consolesvc.console.away import Away
from consolesvc.console.breaks import Breaks
from consolesvc.console.events import Event, printable
from consolesvc.console.express import Express
from consolesvc.console.flow import Flow
from consolesvc.console.input import InputPath, Typist
from consolesvc.console.keyboard import Keyboard
from consolesvc.console.loan import Lending
from consolesvc.console.loop import InLoop
from consolesvc.console.marks import Marks
from consolesvc.console.numbering import BEGUN, RENUMBERED, Numbering
from consolesvc.console.ring import Ring
from consolesvc.console.roster import Roster
from consolesvc.console.sharing import Sharing
from consolesvc.console.watch.watch import Watch
from consolesvc.lines.base import READ_ALONE, Opener
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.lines.turns import turns
from consolesvc.log.file import LogFile
from consolesvc.log.writer import LogWriter

if TYPE_CHECKING:
    from consolesvc.console.viewer import Viewer
    from consolesvc.lines.remote import RemoteOpener

EVENTS = 256
"""Events remembered for viewers that are behind."""
LEFT_TO_READ = 60.0
"""Seconds for which who still reads a closed console has its last output; then the memory is given back."""


def read_limit(ring: int) -> int:
    """Bytes to take from a line at once, for a ring of that capacity.

    A quarter: what a holdable line may still deliver must fit before the slowest reader is lapped.
    """
    return max(1, min(READ_ALONE, ring // 4))


class Console(InLoop):
    """One server's console.

    Args:
        name: The server's name, for notices and logs.
        opener: Opens its line.
        ring: Bytes of output kept.
        replay: Bytes shown to a new viewer that does not say otherwise.
        log: Where its bytes go to disk; None where they do not.
        sharing: Who may type, with nobody at it yet; None for everybody.
        events: What is recognised in its output; None for the usual.

    Attributes:
        stream: Names the numbering of its bytes (DESIGN section 2): the log's, or one made with each start.
        began: The offset at which this run's output begins.
        typed: Bytes of input taken for the line.
        refused: Bytes of input refused or dropped, because the line was not open or they were not to be typed.
        gaps: How often a viewer was told of bytes that it could not have.
        missed: How many bytes those were, of all viewers.
        closed: Whether nothing more will come.
        last_output: When output last came, in the loop's time; None before the first.
        heard: Called with what everybody is told; None for nobody.
    """

    def __init__(
        self,
        name: str,
        opener: Opener,
        *,
        ring: int,
        replay: int,
        log: LogFile | None = None,
        sharing: Sharing | None = None,
        events: Events | None = None,
    ) -> None:
        me = weakref.proxy(self)  # for its parts, which go with it: see _forget
        self.name = name
        self.replay = replay
        self.stream = str(uuid.uuid4())
        self.ring = Ring(ring)
        self.reconnecting = ReconnectingLine(name, opener, self, self._line_changed, read_limit=read_limit(ring))
        self.lending = Lending(self.reconnecting)
        self.input = InputPath(name, opener.spec.pace)
        self.flow = Flow(me)
        if isinstance(opener.spec, RemoteSpec):
            cast("RemoteOpener", opener).numbers = Numbering(me)
        self.log = None if log is None else LogWriter(log, self.flow.log_moved)
        self.viewers: set[Viewer] = set()
        self.keyboard = Keyboard(me, sharing or Sharing())
        self.roster = Roster(self.viewers, self.keyboard.sharing)
        self.express = Express()
        self.began = 0
        self.typed = 0
        self.refused = 0
        self.gaps = 0
        self.missed = 0
        self.closed = False
        self.last_output: float | None = None
        self.events: deque[Event] = deque(maxlen=EVENTS)
        self.event_count = 0
        self.breaks = Breaks(me)
        self.marks = Marks(me)
        self.heard: Callable[[Event], None] | None = None
        self.watch = Watch(me, events or Events())
        self._generation = asyncio.Event()
        self._awaited = False
        self._leaving = False
        self._away = Away(me)

    def __repr__(self) -> str:
        return f"<Console {self.name} {self.ring!r} {self.reconnecting.state} {len(self.viewers)} viewers>"

    @property
    def connected(self) -> bool:
        """Whether its line is open."""
        return self.reconnecting.line is not None

    @property
    def oldest(self) -> int:
        """Offset of the oldest byte that can be had, from the ring or from disk."""
        return self.ring.start if self.log is None else min(self.ring.start, self.log.oldest)

    async def start(self) -> None:
        """Find where the stream goes on, then open the line and keep it open."""
        if self.log is not None:
            self.stream, base = await self.log.start()
            if self._leaving:  # removed while the disk was asked
                return
            self.ring = Ring(self.ring.capacity, base)
            self.began = base
            self.log.follow(self.ring)
            for viewer in self.viewers:  # it came while the disk was asked: its hello named another numbering
                viewer.end(RENUMBERED, BEGUN)
        await self.watch.start()
        if not self._leaving:
            self.reconnecting.start()

    async def close(self, *, remove: bool = False) -> None:
        """Close the line, then the log. The viewers are ended by whoever closes it, with their reason.

        Args:
            remove: Also remove the log's files: the server is gone for good.
        """
        self._leaving = True
        self.keyboard.close()
        self.roster.close()
        self.flow.close()
        await self.breaks.close()
        try:
            await self.input.close()
            await self.reconnecting.close()
            self.watch.close()
            if self.log is not None:
                await self.log.close(remove=remove)
        finally:
            if not self.closed:
                self.closed = True
                self.wake()
                self.loop.call_later(LEFT_TO_READ, self._forget)

    def _forget(self) -> None:
        """Give the memory back; the rest goes with whoever holds this last, for nothing here refers to it in a circle.

        The collector would not come: it passes over what start-up made, and hardly ever looks at what is old.
        """
        self.ring.skip(self.ring.end)
        self.heard = None
        self.reconnecting.forget()

    # Output

    def received(self, data: bytes | memoryview) -> None:
        """Take bytes of the line (Sink)."""
        self.ring.append(data)
        self._took(data)

    def space(self, most: int) -> memoryview | None:
        """Where in the ring the line may put the next bytes itself (Sink)."""
        return self.ring.space(most) if self.ring.full else None

    def filled(self, size: int) -> None:
        """Take what the line has put there (Sink)."""
        self._took(self.ring.commit(size))

    def _took(self, data: bytes | memoryview) -> None:
        """Hand on what the ring has: to the viewers that have had all before; and wake who waits."""
        self.express.relay(self.ring, data)
        self.last_output = self.loop.time()
        if self.log is not None:
            self.log.news()
        self.watch.news()
        if self._awaited:
            self._release()
        if self.flow.held or len(self.express) < len(self.viewers) or (self.log is not None and self.log.lags):
            self.flow.check()

    def wake(self) -> None:
        """Have every viewer look, and all that wait in `news`."""
        self.express.stop()
        self._release()

    def rouse(self, viewer: Viewer) -> None:
        """Have one viewer look; the others stay where they are."""
        self.express.leave(viewer)
        self._release()

    def _release(self) -> None:
        # An Event per generation: with one shared Future, cancelling one waiter cancels all (DESIGN section 4).
        self._awaited = False
        generation, self._generation = self._generation, asyncio.Event()
        generation.set()

    async def news(self) -> None:
        """Wait until bytes or an event come, or a viewer is woken."""
        self._awaited = True
        await self._generation.wait()

    # Input

    def write(self, viewer: Viewer, data: bytes) -> None:
        """Take what a viewer's client sent (keyboard.py)."""
        if data:
            self.keyboard.write(viewer, data)

    def send(self, typist: Typist, data: bytes) -> None:
        """Send input that is to be delivered to the line, which is open."""
        self.typed += len(data)
        turns.typed(self.reconnecting)
        self.input.write(typist, data)

    def send_break(self, viewer: Viewer, seconds: float) -> None:
        """Send a break for a viewer, and tell everybody; what the line lacks, or its loss, is told to the viewer."""
        if refused := self.keyboard.strike(viewer):
            viewer.tell(f"no break sent: {refused}")
        else:
            self.breaks.ask(viewer, seconds)

    def note(self, event: str, at: float | None = None, **facts: Any) -> None:
        """Put into the log's index what happened at the stream's end, for nobody's screen; `at`: unix seconds."""
        if self.log is not None:
            self.log.event(event, at, **facts)

    # The line's state

    def _line_changed(self) -> None:
        self.input.line = self.reconnecting.line
        self.watch.break_off()
        if self.reconnecting.state in ("waiting", "lent"):
            self.flow.let_go()
        self._away.line_changed()
        self.flow.check()

    def happened(self, kind: str, text: str, at: float | None = None, **facts: Any) -> None:
        """Tell everybody, at the stream's end; and the log's index, which has the facts in place of the text.

        Args:
            kind: One of LINE_EVENTS.
            text: The sentence for people.
            at: Unix seconds; None for now.
            facts: What a program may want to know.
        """
        at = at or time.time()
        self.note(kind, at, **(facts or {"text": text}))
        self.announce(Event(self.ring.end, kind, text, at, facts, quiet=kind == "mark"))

    def tell(self, text: str) -> None:
        """Tell every viewer something that is no event of the machine's."""
        self.note("attach", text=text)
        self._show(Event(self.ring.end, "attach", text))

    def announce(self, event: Event) -> None:
        """Tell everybody what happened: the viewers, and who hears of events."""
        self._show(event)
        if self.heard is not None:
            self.heard(event)

    def _show(self, event: Event) -> None:
        self.events.append(replace(event, text=printable(event.text)))
        self.event_count += 1
        self.wake()
