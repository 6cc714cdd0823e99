"""Who may slow the machine down, and for how long (DESIGN decision 3).

A holdable line is paused while the slowest viewer that makes progress is more than half a ring behind. Progress is
64 KiB in 0.25 s. A viewer that takes less is left behind: it holds nothing until it has caught up and ten seconds
have passed, or a page that reads a byte now and then would hold a machine for ever. Measured in performance.md d:
lossless for healthy viewers in 34 of 34 runs; a dead one costs the others 0.25 s once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from consolesvc.console.express import Express, Passenger
from consolesvc.console.loop import InLoop
from consolesvc.console.ring import Ring
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.log.writer import LogWriter

WINDOW = 0.25
"""Seconds in which a reader that holds a line must make progress."""
PROGRESS = 64 * 1024
"""Bytes that count as progress."""
PENANCE = 10.0
"""Seconds for which a reader that was left behind may not hold a line again, from when it was left."""


@dataclass(slots=True, eq=False)
class Hold:
    """One reader's right to hold its console's line.

    The reader reports its lag; `check` says whether the line must wait for it.
    """

    window_end: float = 0.0
    window_offset: int = 0
    left_behind: float | None = None

    def check(self, offset: int, end: int, half: int, now: float) -> bool:
        """Whether the reader at `offset` of a stream that ends at `end` holds the line now.

        Args:
            offset: Where the reader is.
            end: Where the stream ends.
            half: Half the ring's capacity, bytes.
            now: Seconds, monotonic.
        """
        if self.left_behind is not None:
            if offset == end:
                self.was_at_end(now)
            if self.left_behind is not None:
                return False
        if end - offset <= half:
            self.window_end = 0.0
            return False
        if self.window_end == 0.0 or offset - self.window_offset >= PROGRESS:
            self._begin(offset, now)
        elif now >= self.window_end:
            self.left_behind = now
            return False
        return True

    def was_at_end(self, now: float) -> None:
        """Hear that the reader had caught up until `now`: one that was left behind has done its time, or has not."""
        if self.left_behind is not None and now - self.left_behind >= PENANCE:
            self.left_behind = None

    def _begin(self, offset: int, now: float) -> None:
        self.window_end = now + WINDOW
        self.window_offset = offset


class Reader(Passenger, Protocol):
    """A viewer, as the rule knows it."""

    hold: Hold


class Followed(Protocol):
    """A console, as the rule looks at it."""

    ring: Ring
    reconnecting: ReconnectingLine
    express: Express
    log: LogWriter | None

    @property
    def viewers(self) -> Collection[Reader]:
        """All who read it."""
        ...


class Flow(InLoop):
    """The rule applied to one console's line, its viewers and its log.

    Attributes:
        held: Whether the line is paused.
    """

    def __init__(self, console: Followed) -> None:
        self.held = False
        self._console = console
        self._timer: asyncio.TimerHandle | None = None

    def moved(self, viewer: Reader) -> None:
        """A viewer has read on: the line may not have to wait any more."""
        if self.held or viewer.hold.left_behind is not None:
            self.check()

    def log_moved(self) -> None:
        """The log is written further: the line may not have to wait for it any more."""
        if self.held:
            self.check()

    def let_go(self) -> None:
        """The line is lost, and with it its pause."""
        self.held = False

    def close(self) -> None:
        """Look at nothing by time any more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()

    def check(self) -> None:
        """Pause the line for a viewer that makes progress, resume it when none needs it (DESIGN decision 3)."""
        console = self._console
        line = console.reconnecting.line
        if line is None or not line.holdable:
            return
        now = self.loop.time()
        end, half = console.ring.end, console.ring.capacity // 2
        until = []
        if len(console.express) < len(console.viewers):
            # Every one is asked, not only the first that holds: each has a window of its own to keep.
            behind = [viewer for viewer in console.viewers if viewer not in console.express]
            holding = [viewer for viewer in behind if viewer.hold.check(viewer.offset, end, half, now)]
            until = [viewer.hold.window_end for viewer in holding]
        if console.log is not None and console.log.holds(now):
            until.append(console.log.patience_ends)
        if until:
            if not self.held:
                line.pause()
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self.loop.call_at(min(until), self.check)
        elif self.held:
            line.resume()
        self.held = bool(until)
