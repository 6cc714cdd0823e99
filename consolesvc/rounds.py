"""One clock for many consoles: who asks is called upon a fixed time later, together with all who asked about then.

A timer for each would cost more than what it is for: with two thousand consoles that speak, some ten thousand timers a
second. Here they stand in a queue, in the order in which they asked, and are taken from it many at a time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

STEP = 0.02
"""Seconds between two looks at the queue: what falls due within one goes together."""
AT_ONCE = 64
"""Taken from the queue before the loop sees to its consoles again."""


class Rounds(Generic[T]):
    """Calls upon whoever asked, `wait` seconds later.

    Args:
        wait: Seconds.
        call: Given those that are due, AT_ONCE at most.
    """

    def __init__(self, wait: float, call: Callable[[list[T]], None]) -> None:
        self._wait = wait
        self._call = call
        self._queue: deque[tuple[float, T]] = deque()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None

    def __repr__(self) -> str:
        return f"<Rounds {len(self)} due>"

    def __len__(self) -> int:
        return len(self._queue)

    def soon(self, who: T) -> None:
        """Call upon somebody in `wait` seconds. Who asks twice is called upon twice."""
        loop = asyncio.get_running_loop()
        self._queue.append((loop.time() + self._wait, who))
        if self._timer is None:
            self._timer = loop.call_later(self._wait, self._strike)

    def close(self) -> None:
        """Call upon nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _strike(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + STEP / 2
        due: list[T] = []
        while self._queue and self._queue[0][0] <= until and len(due) < AT_ONCE:
            due.append(self._queue.popleft()[1])
        if due:
            self._call(due)
        if not self._queue:
            self._timer = None
        elif self._queue[0][0] <= until:
            self._timer = loop.call_soon(self._strike)
        else:
            self._timer = loop.call_later(STEP, self._strike)
