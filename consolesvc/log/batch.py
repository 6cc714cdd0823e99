"""One piece of a log's work: bytes that the disk has not, and what happened among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from consolesvc.log.file import LogFile
from consolesvc.log.index import Record
from consolesvc.log.job import Job
from consolesvc.log.source import Source


class Writer(Protocol):
    """Whose work it is: a console's log."""

    file: LogFile
    started: bool

    def written(self, begin: int, size: int, events: list[Record], error: Exception | None) -> None:
        """Hear that it was done, or how far it got."""
        ...


class Batch(Job):
    """One piece of work: the bytes that the disk has not, and what happened among them."""

    __slots__ = ("arrived", "begin", "events", "now", "parts", "size", "source", "writer")

    def __init__(
        self,
        writer: Writer,
        source: Source,
        begin: int,
        parts: Sequence[bytes | memoryview],
        arrived: float | None,
        events: list[Record],
        now: float,
    ) -> None:
        super().__init__()
        self.writer = writer
        self.source = source
        self.begin = begin
        self.parts = parts
        self.size = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))
        self.arrived = arrived
        self.events = events
        self.now = now

    def work(self) -> None:
        """Write, in the log's thread."""
        file, now, at = self.writer.file, self.now, self.begin
        if not self.writer.started:
            file.start_anew(file.stream, at, now)
            self.writer.started = True
        arrived: float | None = self.arrived or now
        for part in self.parts[:-1]:
            file.append(at, part, (), now, arrived)
            at, arrived = at + len(part), None
        # What happened is written when all bytes are: not at all, then, where they could not be.
        file.append(at, self.parts[-1], self.events, now, arrived)

    def done(self) -> None:
        """Tell the writer, in the loop."""
        self.source.give_back()
        self.writer.written(self.begin, self.size, self.events, self.error)
