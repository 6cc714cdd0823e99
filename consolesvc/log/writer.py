"""A console's log as its console sees it: one more reader of the ring, whose bytes go to disk.

It follows by an offset like every reader, so that the disk never slows a line. The one exception is a line that can be
held: that is held for the log as it is for a viewer, unless the disk fails or takes over a second (DESIGN decision 3).
Hence what has left the ring is on disk, or is a gap in the index.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any, Protocol

from consolesvc.log.file import LogFile
from consolesvc.log.index import Record

log = logging.getLogger(__name__)

TICK = 0.1
"""Seconds for which bytes wait at most before they are written."""
EAGER = 64 * 1024
"""Bytes that are written without waiting for the tick."""
BATCH = 256 * 1024
"""Bytes in one piece of work at most."""
SLOW = 1.0
"""Seconds after which a write counts as a failure of the disk, and holds no line any more."""
RETRY = 1.0
"""Seconds between two tries at a disk that fails."""
IDLE = 5.0
"""Seconds of silence after which the files are closed: quiet consoles hold no log file open."""
EVENTS = 1000
"""Events kept for a disk that fails; more than that, and the oldest are forgotten."""


class Source(Protocol):
    """What the log reads from: a ring."""

    capacity: int
    end: int

    @property
    def start(self) -> int:
        """The oldest offset held."""
        ...

    def read(self, offset: int, limit: int) -> bytes:
        """A copy of the bytes there."""
        ...


class LogWriter:
    """Follows one console's ring to disk.

    Args:
        file: Its files, which know the thread they are worked on in.
        released: Called when the line has no need to wait for the disk any more.
        wall: Unix time.

    Attributes:
        offset: The next byte to be written.
        failing: What is wrong with the disk, in a sentence; "" where nothing is.
        lost: Bytes that never reached the disk.
    """

    def __init__(self, file: LogFile, released: Callable[[], None], wall: Callable[[], float] = time.time) -> None:
        self.file = file
        self.thread = file.directory.thread
        self.offset = 0
        self.failing = ""
        self.lost = 0
        self._released = released
        self._wall = wall
        self._source: Source | None = None
        self._events: list[Record] = []
        self._arrived: float | None = None
        self._busy_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._started = False

    def __repr__(self) -> str:
        return f"<LogWriter {self.file.name} at {self.offset} {self.failing}>"

    async def start(self) -> tuple[str, int]:
        """Find where the stream goes on: its uuid and the next offset. A disk that fails begins a new one at 0."""
        now = self._wall()
        try:
            found = await self.thread.call(lambda: self.file.start(now))
        except OSError as error:
            self._fail(error)
            self.file.stream = str(uuid.uuid4())
            return self.file.stream, 0
        self._started = True
        self.offset = found.resume
        return found.stream, found.resume

    def follow(self, source: Source) -> None:
        """Begin to read from the console's ring, whose numbering `start` gave."""
        self._source = source
        if self.failing:
            self._later(RETRY)

    def news(self) -> None:
        """Bytes have come to the ring."""
        if self._source is None:
            return
        if self._arrived is None:
            self._arrived = self._wall()
        if self._busy_since is None and not self.failing and self._source.end - self.offset >= EAGER:
            self._write()
        elif self._busy_since is None and not self.failing:
            self._soon()

    def event(self, kind: str, **facts: Any) -> None:
        """Note what happened, at the stream's end, in the index."""
        if self._source is not None:
            self._events.append(Record(self._source.end, self._wall(), kind, facts=facts))
            if self._busy_since is None and not self.failing:
                self._soon()

    def holds(self, half: int, now: float) -> bool:
        """Whether a holdable line must wait for the disk; `now` is the loop's time."""
        if self._source is None or self.failing or self._source.end - self.offset <= half:
            return False
        return self._busy_since is None or now - self._busy_since < SLOW

    @property
    def patience_ends(self) -> float:
        """When a write under way will have taken too long to be waited for, in the loop's time."""
        return (self._busy_since or asyncio.get_running_loop().time()) + SLOW

    @property
    def oldest(self) -> int:
        """Offset of the oldest byte on disk; the next one to be written where there is none."""
        return self.file.oldest if self._started else self.offset

    async def read(self, offset: int, limit: int) -> tuple[int, bytes]:
        """Bytes from disk for a reader that the ring has left behind; see LogFile.read. Raises OSError."""
        found: tuple[int, bytes] = await self.thread.call(lambda: self.file.read(offset, limit))
        return found

    async def before(self, offset: int, size: int) -> int:
        """Where the `size` bytes before `offset` begin on disk; see LogFile.before. Raises OSError."""
        found: int = await self.thread.call(lambda: self.file.before(offset, size))
        return found

    async def close(self, *, remove: bool = False) -> None:
        """Write what there is, say that the stream ended in order, and let go; or remove every file."""
        while self._source is not None and self._busy_since is not None:  # noqa: ASYNC110 - bounded by the caller
            await asyncio.sleep(0.005)
        source, self._source = self._source, None
        if self._timer is not None:
            self._timer.cancel()
        try:
            if remove:
                await self.thread.call(self.file.remove)
            elif self._started and source is not None:
                await self._finish(source)
        except OSError as error:
            self._fail(error)

    async def _finish(self, source: Source) -> None:
        now, events = self._wall(), self._events
        while self.offset < source.end:
            begin = max(self.offset, source.start)
            data = source.read(begin, BATCH)
            mark = Record(begin, self._arrived or now)
            await self.thread.call(functools.partial(self.file.append, begin, data, [mark], now))
            self.offset = begin + len(data)
        await self.thread.call(lambda: self.file.stop(events, now))

    def reopen(self) -> None:
        """Close the files; they are opened again by name (USR2)."""
        self.thread.submit(self.file.close, lambda _result, _error: None)

    def _soon(self) -> None:
        # A timer that was set for the silence must not make the first bytes after it wait that long.
        now = asyncio.get_running_loop().time()
        if self._timer is None or self._timer.when() > now + TICK:
            self._later(TICK)

    def _later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._source is None or self._busy_since is not None:
            return
        if self._source.end > self.offset or self._events:
            self._write()
        else:
            self.reopen()

    def _write(self) -> None:
        source = self._source
        if source is None:
            return
        now = self._wall()
        begin = max(self.offset, source.start)
        data = source.read(begin, BATCH)
        records = self._events
        if data:
            records = [Record(begin, self._arrived or now), *records]
        self._events, self._arrived = [], None
        self._busy_since = asyncio.get_running_loop().time()

        def work() -> None:
            if not self._started:
                self.file.start_anew(self.file.stream, begin, now)
                self._started = True
            self.file.append(begin, data, records, now)

        self.thread.submit(work, lambda _result, error: self._written(begin, len(data), records, error))

    def _written(self, begin: int, size: int, records: list[Record], error: Exception | None) -> None:
        self._busy_since = None
        if error is not None:
            # What was written before the error counts; the rest is tried again from there.
            self.offset = max(self.offset, min(self.file.end, begin + size)) if self._started else self.offset
            self._events = [*(record for record in records if record.event), *self._events][-EVENTS:]
            self._fail(error)
            self._later(RETRY)
            return
        self.lost += begin - self.offset
        self.offset = begin + size
        if self.failing:
            log.warning("%s: the log is being written again; %d bytes are missing", self.file.name, self.lost)
            self.failing = ""
        if self._source is not None:
            if self._source.end - self.offset >= EAGER:
                self._write()
            else:
                self._later(TICK if self._source.end > self.offset or self._events else IDLE)
        self._released()

    def _fail(self, error: Exception) -> None:
        if not self.failing:
            log.error("%s: the log cannot be written: %s; the console goes on", self.file.name, error)
        self.failing = getattr(error, "strerror", None) or str(error) or type(error).__name__
