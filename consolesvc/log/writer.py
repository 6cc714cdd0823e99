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
from collections.abc import Callable, Collection
from typing import Any

from consolesvc.log.batch import Batch
from consolesvc.log.file import LogFile
from consolesvc.log.history import last_events
from consolesvc.log.index import Record
from consolesvc.log.job import Job
from consolesvc.log.names import Segment
from consolesvc.log.source import Source
from consolesvc.log.timeline import Timeline

log = logging.getLogger(__name__)

EAGER = 512 * 1024
"""Bytes that are written without waiting for the beat; half a ring, where that is less."""
BATCH = 512 * 1024
"""Bytes in one piece of work at most."""
SLOW = 1.0
"""Seconds after which a write counts as a failure of the disk, and holds no line any more."""
RETRY = 1.0
"""Seconds between two tries at a disk that fails."""
SKIP_WAIT = 2.0
"""Seconds that the disk has for what would be forgotten."""
EVENTS = 1000
"""Events kept for a disk that fails; more than that, and the oldest are forgotten."""


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
        started: Whether the files are those of this stream; set in the log's thread.
    """

    def __init__(self, file: LogFile, released: Callable[[], None], wall: Callable[[], float] = time.time) -> None:
        self.file = file
        self.thread = file.directory.thread
        self.offset = 0
        self.failing = ""
        self.lost = 0
        self._loop = asyncio.get_running_loop()
        self._released = released
        self._wall = wall
        self._source: Source | None = None
        self._events: list[Record] = []
        self._arrived: float | None = None
        self._busy_since: float | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._asked = False
        self._eager = self._most = EAGER
        self.started = False

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
        self.started = True
        self.offset = found.resume
        return found.stream, found.resume

    def follow(self, source: Source) -> None:
        """Begin to read from the console's ring, whose numbering `start` gave."""
        self._source = source
        self.resized()
        self.thread.beat.wrote(self)  # of a console that says nothing, the files are closed as well
        if self.failing:
            self._retry_later()

    def resized(self) -> None:
        """The ring has another capacity."""
        if self._source is not None:
            # Written from half a ring on, waited for from three quarters on: the last one is what one read may bring.
            capacity = self._source.capacity
            self._eager, self._most = min(EAGER, capacity // 2), capacity - capacity // 4

    def news(self) -> None:
        """Bytes have come to the ring."""
        source = self._source
        if source is None:
            return
        if self._arrived is None:
            self._arrived = self._wall()
        if self._busy_since is not None or self.failing:
            return
        if source.end - self.offset >= self._eager:
            self._write()
        else:
            self._soon()

    def event(self, kind: str, at: float | None = None, **facts: Any) -> None:
        """Note what happened, at the stream's end, in the index; `at`: unix seconds, now where it is not said."""
        if self._source is not None:
            self.record(Record(self._source.end, at or self._wall(), kind, facts=facts))

    def record(self, record: Record) -> None:
        """Write an event into the index, wherever in the stream it was."""
        if self._source is not None:
            self._events.append(record)
            if self._busy_since is None and not self.failing:
                self._soon()

    async def last_events(self, kinds: Collection[str], limit: int, tail: int) -> list[Record]:
        """What happened last, as the ends of the two newest indexes tell; see history.py. Raises OSError."""
        file = self.file
        return await self.thread.call(lambda: last_events(file.segments()[:-3:-1], kinds, limit, tail=tail))

    async def segments(self) -> list[Segment]:
        """All segments, oldest first; whoever reads them must reckon with their being renamed and removed."""
        return await self.thread.call(self.file.segments)

    async def adopt(self, stream: str, offset: int) -> None:
        """Begin at a byte of another's stream; nothing has come yet."""
        now = self._wall()
        self.file.stream = stream
        try:
            await self.thread.call(lambda: self.file.start_anew(stream, offset, now))
            self.started = True
        except OSError as error:
            self.started = False
            self._fail(error)
            self._retry_later()
        self.offset = offset

    async def catch_up(self, but: int = 0) -> None:
        """Write all there is but the last so many bytes, within SKIP_WAIT: the source is about to forget it."""
        source, until = self._source, self._loop.time() + SKIP_WAIT
        while source and source.end - self.offset > but and not self.failing and self._loop.time() < until:
            self._write()
            await asyncio.sleep(0.005)

    async def skip(self, offset: int) -> None:
        """Write what there is: the source is about to go on at `offset`."""
        await self.catch_up()
        source = self._source
        if source is not None:
            self.lost += max(0, source.end - self.offset)
        self.offset = offset

    @property
    def lags(self) -> bool:
        """Whether so much is not on disk yet that the line may have to wait for it."""
        return self._source is not None and self._source.end - self.offset > self._most

    def holds(self, now: float) -> bool:
        """Whether a holdable line must wait for the disk; `now` is the loop's time."""
        if self.failing or not self.lags:
            return False
        return self._busy_since is None or now - self._busy_since < SLOW

    @property
    def patience_ends(self) -> float:
        """When a write under way will have taken too long to be waited for, in the loop's time."""
        return (self._busy_since or self._loop.time()) + SLOW

    @property
    def oldest(self) -> int:
        """Offset of the oldest byte on disk; the next one to be written where there is none."""
        return self.file.oldest if self.started else self.offset

    async def read(self, offset: int, limit: int) -> tuple[int, bytes]:
        """Bytes from disk for a reader that the ring has left behind; see LogFile.read. Raises OSError."""
        return await self.thread.call(lambda: self.file.read(offset, limit))

    async def before(self, offset: int, size: int) -> int:
        """Where the `size` bytes before `offset` begin on disk; see LogFile.before. Raises OSError."""
        return await self.thread.call(lambda: self.file.before(offset, size))

    async def timeline(self) -> Timeline:
        """When its bytes came; to be asked in `thread`. Raises OSError."""
        directory, name = self.file.directory.path, self.file.name
        return await self.thread.call(lambda: Timeline(directory, name))

    async def events(self, kind: str) -> list[Record]:
        """All events of a kind on disk, oldest first; see read_events. Raises OSError."""
        return await self.thread.call(lambda: self.file.events(kind))

    async def close(self, *, remove: bool = False) -> None:
        """Write what there is, say that the stream ended in order, and let go; or remove every file."""
        while self._source is not None and self._busy_since is not None:  # noqa: ASYNC110 - bounded by the caller
            await asyncio.sleep(0.005)
        source, self._source = self._source, None
        self.thread.beat.forget(self)
        if self._retry is not None:
            self._retry.cancel()
        try:
            if remove:
                await self.thread.call(self.file.remove)
            elif self.started and source is not None:
                await self._finish(source)
        except OSError as error:
            self._fail(error)

    async def _finish(self, source: Source) -> None:
        now, events = self._wall(), self._events
        while self.offset < source.end:
            begin = max(self.offset, source.start)
            data = source.read(begin, BATCH)
            await self.thread.call(functools.partial(self.file.append, begin, data, (), now, self._arrived or now))
            self.offset = begin + len(data)
        await self.thread.call(lambda: self.file.stop(events, now))

    def reopen(self) -> None:
        """Close the files; they are opened again by name (USR2)."""
        self.thread.post(self.file.close)

    rest = reopen
    """The beat's word that nothing has come for a while."""

    def due(self) -> Job | None:
        """The beat's word that it is time to write: what there is."""
        self._asked = False
        return self._batch() if self._busy_since is None and not self.failing else None

    def _soon(self) -> None:
        if not self._asked:
            self._asked = True
            self.thread.beat.soon(self)

    def _write(self) -> None:
        """Write now: much has come, or the disk is tried again."""
        batch = self._batch() if self._busy_since is None else None
        if batch is not None:
            self.thread.submit(batch)

    def _retry_later(self) -> None:
        self._retry = self._loop.call_later(RETRY, self._write)

    def _batch(self) -> Job | None:
        source = self._source
        if source is None:
            return None
        begin = max(self.offset, source.start)
        # A list of its own, though it be empty: what happens while it is written belongs to the next.
        events, self._events = self._events, []
        batch = Batch(self, source, begin, source.lend(begin, BATCH), self._arrived, events, self._wall())
        self._arrived = None
        self._busy_since = self._loop.time()
        return batch

    def written(self, begin: int, size: int, events: list[Record], error: Exception | None) -> None:
        """A batch's word that it was done, or how far it got."""
        self._busy_since = None
        if error is not None:
            # What was written before the error counts; the rest is tried again from there.
            self.offset = max(self.offset, min(self.file.end, begin + size)) if self.started else self.offset
            self._events = [*events, *self._events][-EVENTS:]
            self._fail(error)
            self._retry_later()
            return
        self.lost += begin - self.offset
        self.offset = begin + size
        if self.failing:
            told = "%s: the log is being written again; %d bytes are missing"
            log.warning(told, self.file.name, self.lost, extra={"console": self.file.name})
            self.failing = ""
        if self._source is not None:
            self.thread.beat.wrote(self)
            if self._source.end - self.offset >= self._eager:
                self._write()
            elif self._source.end > self.offset or self._events:
                self._soon()
        self._released()

    def _fail(self, error: Exception) -> None:
        if not self.failing:
            told = "%s: the log cannot be written: %s; the console goes on"
            log.error(told, self.file.name, error, extra={"console": self.file.name})
        self.failing = getattr(error, "strerror", None) or str(error) or type(error).__name__
