"""What happens to all consoles, in one row: the last thousand events, numbered.

Who reads it is a number, as everywhere (DESIGN decision 1): it has no queue, slows nobody down, and what it missed is a
subtraction.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from consolesvc.log.index import timestamp

MEMORY = 1000
"""Events remembered."""


class Item(NamedTuple):
    """One event.

    Attributes:
        id: Names it among all there ever were: the feed's name, and its number.
        console: The console's name.
        server_id: Its server's id.
        project_id: Whose it is, and who may see it.
        event: What happened: one of EVENT_KINDS or LINE_EVENTS, or the name of a pattern.
        offset: Where in `stream`.
        stream: The uuid of the numbering.
        time: Unix time.
        text: A sentence.
        facts: What is known beside.
    """

    id: str
    console: str
    server_id: str
    project_id: str
    event: str
    offset: int
    stream: str
    time: float
    text: str
    facts: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """It as JSON, for whoever may see it: `id` is the server's, `time` ISO 8601 in UTC."""
        return {
            "console": self.console,
            "id": self.server_id,
            "event": self.event,
            "offset": self.offset,
            "stream": self.stream,
            "time": timestamp(self.time),
            "text": self.text,
            "facts": dict(self.facts),
        }


class Feed:
    """The row of events.

    Attributes:
        end: The number of the event that comes next; the first has 1.
        closed: Whether none will.
        listeners: Called with each event as it happens.
    """

    def __init__(self) -> None:
        # A feed begins anew with each start, and a number alone would mean another event then.
        self._name = f"{time.time_ns() // 1_000_000:x}"
        self._items: deque[Item] = deque(maxlen=MEMORY)
        self.end = 1  # 0 is before the first, for who has had none yet
        self.closed = False
        self.listeners: list[Callable[[Item], None]] = []
        self._generation = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Feed {self._name} {self.start}..{self.end}>"

    @property
    def start(self) -> int:
        """The number of the oldest event that is remembered."""
        return self.end - len(self._items)

    def publish(self, make: Callable[[str], Item]) -> None:
        """Add an event; `make` makes it with its id."""
        item = make(self.id_of(self.end))
        self._items.append(item)
        self.end += 1
        self._wake()
        for listener in self.listeners:
            listener(item)

    def read(self, number: int, limit: int) -> list[Item]:
        """Events from a number on, which is remembered or is the end."""
        return list(islice(self._items, number - self.start, number - self.start + limit))

    def id_of(self, number: int) -> str:
        """The id of the event with a number."""
        return f"{self._name}-{number}"

    def number_of(self, event_id: str) -> int | None:
        """The number of an event; None where the id is of another feed, or of none."""
        name, _, number = event_id.rpartition("-")
        if name != self._name or not number.isascii() or not number.isdecimal():
            return None
        return int(number) if len(number) <= len(str(self.end)) and int(number) < self.end else None

    async def news(self, number: int, seconds: float) -> None:
        """Wait until there is an event with this number, `seconds` at most."""
        generation = self._generation
        if number == self.end and not self.closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await generation.wait()

    def close(self) -> None:
        """Have everybody who waits know that nothing more comes. Idempotent."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        # An Event per generation: with one shared Future, cancelling one waiter cancels all (DESIGN section 4).
        generation, self._generation = self._generation, asyncio.Event()
        generation.set()
