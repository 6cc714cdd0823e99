"""Reads of consoles in the audit: the first of a caller's at once, what follows it once a minute, counted.

A list of consoles that is open in a browser reads all of them every few seconds: a record each would push out of the
file what others did. A caller is known by who and whence they are; a minute without a read, and their next is a first.
"""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MINUTE = 60.0
"""Seconds that one record tells of."""
MOST = 10_000
"""Callers' bursts that are remembered; with more of them at once, each read is a record."""

Key = tuple[object, ...]


@dataclass(slots=True)
class Burst:
    """What one caller read of one console, in one way, since the last record.

    Attributes:
        facts: Of the last read; `from`, `to` and `bytes` are of all of them.
        count: How many.
    """

    timer: asyncio.TimerHandle
    facts: dict[str, Any]
    count: int = 0

    def add(self, facts: dict[str, Any]) -> None:
        """Add a read."""
        before = self.facts if self.count else {}
        merged = dict(facts)
        for key, merge in (("from", min), ("to", max), ("bytes", operator.add)):
            if key in before and key in facts:
                merged[key] = merge(before[key], facts[key])
        self.facts = merged
        self.count += 1


class Reads:
    """See the module.

    Args:
        note: Writes a record: an event's name, and its facts.
    """

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note
        self._bursts: dict[Key, Burst] = {}

    def __repr__(self) -> str:
        return f"<Reads of {len(self._bursts)} callers>"

    def add(self, address: str, facts: dict[str, Any]) -> None:
        """Hear of a read by somebody at an address; the facts are its record's."""
        key = (address, *(facts.get(name) for name in ("user", "project", "token", "id", "how")))
        burst = self._bursts.get(key)
        if burst is not None:
            burst.add(facts)
            return
        self._note("read", **facts)
        if len(self._bursts) < MOST:
            self._bursts[key] = Burst(self._later(key), facts)

    def close(self) -> None:
        """Write what was counted, and forget everybody. Idempotent."""
        bursts, self._bursts = self._bursts, {}
        for burst in bursts.values():
            burst.timer.cancel()
            self._write(burst)

    def _later(self, key: Key) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(MINUTE, self._look, key)

    def _look(self, key: Key) -> None:
        burst = self._bursts[key]
        if not burst.count:
            del self._bursts[key]
            return
        self._write(burst)
        burst.count = 0
        burst.timer = self._later(key)

    def _write(self, burst: Burst) -> None:
        if burst.count:
            self._note("read", **burst.facts, count=burst.count)
