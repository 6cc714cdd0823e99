"""How late the loop is: what whoever types feels, before all else (performance.md b).

A tick every TICK seconds, and how much later it came. Nobody measures where nobody reads: it begins with the first
reading, and ends when there was none for IDLE seconds.
"""

from __future__ import annotations

import asyncio
from typing import Final

TICK: Final = 0.1
"""Seconds between two ticks."""
IDLE: Final = 300.0
"""Seconds after the last reading for which it still ticks."""


class Lag:
    """Measures the running loop."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._timer: asyncio.TimerHandle | None = None
        self._read_at = 0.0

    def __repr__(self) -> str:
        return f"<Lag {len(self._late)} ticks>"

    def take(self) -> tuple[float, float]:
        """Seconds since the last reading: what one tick in a hundred passed, and the worst."""
        loop = asyncio.get_running_loop()
        self._read_at = loop.time()
        if self._timer is None:
            self._next(loop)
        late, self._late = sorted(self._late), []
        return (late[(len(late) - 1) * 99 // 100], late[-1]) if late else (0.0, 0.0)

    def close(self) -> None:
        """Measure no more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        due = loop.time() + TICK
        self._timer = loop.call_at(due, self._tick, loop, due)

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        self._late.append(max(0.0, now - due))
        if now - self._read_at < IDLE:
            self._next(loop)
        else:
            self._timer = None
            self._late.clear()
