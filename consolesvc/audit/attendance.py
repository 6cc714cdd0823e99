"""One session in the audit, from its coming to its going: what it typed is told in bursts, by size.

Keys are written only of servers that say so, and only those that came back (echo.py).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from consolesvc.audit.echo import Keys, echoed
from consolesvc.console.console import Console

if TYPE_CHECKING:
    from consolesvc.audit.audit import Audit

PAUSE = 1.0
"""Seconds without a key after which a burst is over; by then, its echo has come or will not."""
LONGEST = 60.0
"""Seconds after which it is over in any case."""
LOOKED_AT = 4096
"""Bytes of a burst whose echo is looked for: more is no typing, and its size says enough."""
OUTPUT = 64 * 1024
"""Bytes of output that are looked through for it."""


class Burst:
    """Keys without a pause between them."""

    def __init__(self, now: float, keys: Keys | None) -> None:
        self.begun = self.last = now
        self.size = 0
        self.keys = keys

    def add(self, data: bytes, now: float, end: int) -> None:
        """Add what was typed when the output ended at `end`."""
        self.last = now
        self.size += len(data)
        if self.keys is not None and len(self.keys.data) + len(data) <= LOOKED_AT:
            self.keys.add(data, end)


class Attendance:
    """A session's records.

    Args:
        audit: Where they go.
        console: What it is attached to.
        facts: What each record has: who, whence, which session of which console.
        with_keys: Whether keys are written.
    """

    def __init__(self, audit: Audit, console: Console, facts: dict[str, Any], *, with_keys: bool) -> None:
        self._audit = audit
        self._console = console
        self._facts = facts
        self._with_keys = with_keys
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._burst: Burst | None = None
        self._timer: asyncio.TimerHandle | None = None

    def note(self, event: str, **facts: Any) -> None:
        """Write down something of this session."""
        self._audit.note(event, **{**self._facts, **facts})

    def typed(self, data: bytes) -> None:
        """Hear that input was taken."""
        now = self._loop.time()
        if self._burst is None:
            self._burst = Burst(now, Keys() if self._with_keys else None)
            self._timer = self._loop.call_later(PAUSE, self._look)
        self._burst.add(data, now, self._console.ring.end)

    def over(self, **facts: Any) -> None:
        """Write down that it has ended."""
        self._finish()
        self.note("detached", seconds=round(self._loop.time() - self._begun, 3), **facts)

    def _look(self) -> None:
        burst = self._burst
        if burst is None:
            return
        until = min(burst.last + PAUSE, burst.begun + LONGEST)
        if self._loop.time() < until:
            self._timer = self._loop.call_at(until, self._look)
        else:
            self._finish()

    def _finish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        burst, self._burst = self._burst, None
        if burst is None:
            return
        facts: dict[str, Any] = {"bytes": burst.size, "seconds": round(burst.last - burst.begun, 3)}
        if burst.keys is not None and burst.keys.places:
            seen = echoed(burst.keys, *self._output(burst.keys.places[0][1]))
            facts |= {"keys": seen.decode("utf-8", "replace"), "unechoed": burst.size - len(seen)}
        self.note("typed", **facts)

    def _output(self, offset: int) -> tuple[bytes, int]:
        """What the console said from an offset on, and where what is left of it begins."""
        ring = self._console.ring
        start = max(offset, ring.start)
        return ring.read(start, OUTPUT), start
