"""Marks: names for places in a console's output, such as "test 12 starts" (DESIGN 5.3).

A mark is an event in the log's index, so it lives as long as the byte that it stands before, over restarts too. Where
there is no log, or a disk that fails, it lives in memory, for as long as the ring has that byte.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from consolesvc.log.index import Record

if TYPE_CHECKING:
    from consolesvc.console.console import Console

log = logging.getLogger(__name__)

IN_MEMORY = 1000
"""Marks of this run that are held in memory; more of them, and the oldest are on disk alone."""


class Mark(NamedTuple):
    """A name for a place in a stream.

    Attributes:
        name: What was asked for.
        offset: Of the byte that comes next.
        stream: Whose offset it is.
        time: Unix seconds, when it was set.
    """

    name: str
    offset: int
    stream: str
    time: float


class Marks:
    """The marks of one console.

    Args:
        console: Whose.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._set: deque[Mark] = deque(maxlen=IN_MEMORY)

    def __repr__(self) -> str:
        return f"<Marks of {self._console.name}, {len(self._set)} in memory>"

    def set(self, name: str) -> Mark:
        """Mark the stream's end, and tell everybody."""
        console = self._console
        mark = Mark(name, console.ring.end, console.stream, time.time())
        self._set.append(mark)
        console.happened("mark", f"mark: {name}", at=mark.time, name=name)
        return mark

    async def all(self) -> list[Mark]:
        """All whose byte can still be had, in the order in which they were set."""
        # By place and name: what is in memory is on disk as well, or soon will be.
        found = {(mark.offset, mark.name): mark for mark in (*await self._on_disk(), *self._set)}
        oldest = self._console.oldest
        return sorted((mark for mark in found.values() if mark.offset >= oldest), key=lambda mark: mark.offset)

    async def find(self, name: str) -> Mark | None:
        """The last one of this name; None where there is none."""
        return next((mark for mark in reversed(await self.all()) if mark.name == name), None)

    async def _on_disk(self) -> list[Mark]:
        if self._console.log is None:
            return []
        try:
            records = await self._console.log.events("mark")
        except OSError as error:
            log.warning("%s: the log's index cannot be read: %s", self._console.name, error)
            return []
        return [_mark(record) for record in records]


def _mark(record: Record) -> Mark:
    return Mark(str(record.facts.get("name", "")), record.offset, record.stream or "", record.time)
