"""A console: a server's line kept open, its output in a ring, its input path, its viewers.

The line pushes bytes in; readers are offsets that follow. Nothing here awaits a reader, and nothing a reader does can
cost another a byte, but for the one rule in flow.py.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

from consolesvc.console.events import Event, printable
from consolesvc.console.express import Express
from consolesvc.console.input import InputPath
from consolesvc.console.loan import Loan
from consolesvc.console.ring import Ring
from consolesvc.errors import LineError
from consolesvc.lines.base import READ_ALONE, Opener
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.lines.turns import turns
from consolesvc.log.file import LogFile
from consolesvc.log.writer import LogWriter

if TYPE_CHECKING:
    from consolesvc.console.viewer import Viewer

EVENTS = 256
"""Events remembered for viewers that are behind."""


class Console:
    """One server's console.

    Args:
        name: The server's name, for notices and logs.
        opener: Opens its line.
        ring: Bytes of output kept.
        replay: Bytes shown to a new viewer that does not say otherwise.
        log: Where its bytes go to disk; None where they do not.

    Attributes:
        stream: Names the numbering of its bytes (DESIGN section 2): the log's, or one made with each start.
        began: The offset at which this run's output begins.
        typed: Bytes of input taken for the line.
        refused: Bytes of input refused or dropped because the line was not open.
        gaps: How often a viewer was told of bytes that it could not have.
        missed: How many bytes those were, of all viewers.
        closed: Whether nothing more will come.
        last_output: When output last came, in the loop's time; None before the first.
    """

    def __init__(self, name: str, opener: Opener, *, ring: int, replay: int, log: LogFile | None = None) -> None:
        self.name = name
        self.replay = replay
        self.stream = str(uuid.uuid4())
        self.ring = Ring(ring)
        # A quarter of the ring: what a holdable line may still deliver must fit before the slowest reader is lapped.
        limit = max(1, min(READ_ALONE, ring // 4))
        self.reconnecting = ReconnectingLine(name, opener, self, self._line_changed, read_limit=limit)
        self.input = InputPath(name, opener.spec.pace)
        self.log = None if log is None else LogWriter(log, self._log_moved)
        self.viewers: set[Viewer] = set()
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
        self._loop = asyncio.get_running_loop()
        self._generation = asyncio.Event()
        self._awaited = False
        self._breaks: set[asyncio.Task[None]] = set()
        self._leaving = False
        self._loan: Loan | None = None
        self._lending = asyncio.Lock()
        self._held = False
        self._hold_timer: asyncio.TimerHandle | None = None
        self._lost_at: float | None = None

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
        self.reconnecting.start()

    async def close(self, *, remove: bool = False) -> None:
        """Close the line, then the log. The viewers are ended by whoever closes it, with their reason.

        Args:
            remove: Also remove the log's files: the server is gone for good.
        """
        self._leaving = True
        if self._hold_timer is not None:
            self._hold_timer.cancel()
        for task in self._breaks:
            task.cancel()
        await asyncio.gather(*self._breaks, return_exceptions=True)
        try:
            await self.input.close()
            await self.reconnecting.close()
            if self.log is not None:
                await self.log.close(remove=remove)
        finally:
            self.closed = True
            self.wake()

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
        self.last_output = self._loop.time()
        if self.log is not None:
            self.log.news()
        if self._awaited:
            self._release()
        if self._held or len(self.express) < len(self.viewers) or (self.log is not None and self.log.lags):
            self.check_flow()

    def wake(self) -> None:
        """Have every viewer look, and all that wait in `news`."""
        self.express.stop()
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

    def moved(self, viewer: Viewer) -> None:
        """A viewer has read on: the line may not have to wait any more."""
        if self._held or viewer.hold.left_behind is not None:
            self.check_flow()

    def _log_moved(self) -> None:
        """The log is written further: the line may not have to wait for it any more."""
        if self._held:
            self.check_flow()

    def check_flow(self) -> None:
        """Pause the line for a viewer that makes progress, resume it when none needs it (DESIGN decision 3)."""
        line = self.reconnecting.line
        if line is None or not line.holdable:
            return
        now = self._loop.time()
        end, half = self.ring.end, self.ring.capacity // 2
        until = []
        if len(self.express) < len(self.viewers):
            # Every one is asked, not only the first that holds: each has a window of its own to keep.
            behind = [viewer for viewer in self.viewers if viewer not in self.express]
            holding = [viewer for viewer in behind if viewer.hold.check(viewer.offset, end, half, now)]
            until = [viewer.hold.window_end for viewer in holding]
        if self.log is not None and self.log.holds(now):
            until.append(self.log.patience_ends)
        if until:
            if not self._held:
                line.pause()
            if self._hold_timer is not None:
                self._hold_timer.cancel()
            self._hold_timer = self._loop.call_at(min(until), self.check_flow)
        elif self._held:
            line.resume()
        self._held = bool(until)

    # Input

    def write(self, viewer: Viewer, data: bytes) -> None:
        """Send what a viewer typed; on a line that is not open it is refused, counted and told."""
        if not data:
            return
        if self.connected:
            self.typed += len(data)
            turns.typed(self.reconnecting)
            self.input.write(viewer.typist, data)
        else:
            self.refused += len(data)
            viewer.tell_refused(len(data), self.reconnecting.why)

    def send_break(self, viewer: Viewer, seconds: float) -> None:
        """Send a break for a viewer, and tell everybody; what the line lacks, or its loss, is told to the viewer."""
        line = self.reconnecting.line
        if line is None:
            viewer.tell(f"no break sent: {self.name} line is not open: {self.reconnecting.why}")
            return

        async def send() -> None:
            try:
                await line.send_break(seconds)
            except LineError as error:
                viewer.tell(f"no break sent: {error}")
            else:
                self._say("break", f"break of {seconds * 1000:.0f} ms sent by {viewer.who or 'a viewer'}")

        task = asyncio.get_running_loop().create_task(send(), name=f"break {self.name}")
        self._breaks.add(task)
        task.add_done_callback(self._breaks.discard)

    def note(self, event: str, **facts: Any) -> None:
        """Put into the log's index what happened at the stream's end, for nobody's screen."""
        if self.log is not None:
            self.log.event(event, **facts)

    # The line's state

    @property
    def loan(self) -> Loan | None:
        """Who has the port while it is lent; None while it is not."""
        return self._loan if self.reconnecting.state == "lent" else None

    async def lend(self, loan: Loan) -> None:
        """Close the line and leave its port to another program; lent already, the new loan counts."""
        async with self._lending:  # of two at once, each must find the other's work done
            self._loan = loan
            await self.reconnecting.lend(None if loan.until is None else max(0.0, loan.until - loan.since))

    def take_back(self) -> bool:
        """End a loan now; whether there was one."""
        lent = self.loan is not None
        self.reconnecting.take_back()
        return lent

    def _line_changed(self) -> None:
        state = self.reconnecting.state
        self.input.line = self.reconnecting.line
        if state == "connected":
            if self._lost_at is not None:
                self._say(
                    "back",
                    f"{self.name} line back after {_duration(time.monotonic() - self._lost_at)}; "
                    "what it sent meanwhile is unknown",
                )
            elif self.reconnecting.opened == 1 and self.viewers:
                self._say("back", f"{self.name} line is up")
            self._lost_at = None
            self.check_flow()
        elif state in ("waiting", "lent") and self._lost_at is None and self.reconnecting.opened:
            self._lost_at = time.monotonic()
            self._held = False
            clock = time.strftime("%H:%M:%S")
            away = "" if state == "lent" else "; waiting"
            self._say("lost", f"{self.name} line lost {clock}: {self.reconnecting.why}{away}")
            dropped = self.input.drop()
            self.refused += sum(dropped.values())
            for viewer in self.viewers:
                if size := dropped.get(viewer.typist, 0):
                    viewer.tell_refused(size, self.reconnecting.why)

    def _say(self, kind: str, text: str) -> None:
        self.events.append(Event(self.ring.end, kind, printable(text)))  # type: ignore[arg-type]  # the callers' literals
        if self.log is not None:
            self.log.event(kind, text=text)
        self.event_count += 1
        self.wake()


def _duration(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004 - as people say it: 80 s, then 2 min
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004 - the same
