"""One clock for many consoles: who asks is called upon a fixed time later, together with all who asked about then.

A timer for each would cost more than what it is for: with two thousand consoles that speak, some ten thousand timers a
second. Here they stand in a queue, in the order in which they asked, and are taken from it many at a time. Those who
are behind stand in one of their own, which is short of turns: however many, all together they cost a bounded time.

Much of a call's cost is the same however much there is to do. So where the calls take more than SHARE of the time, all
are called more seldom, up to LONGEST apart, until they do not: thousands that speak without a pause must not cost those
who read them what it costs to look.
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
BEHIND_AT_ONCE = 4
"""Of those that are behind, called upon in one step."""
SHARE = 0.1
"""Of the time that calls may take before all wait longer; a quarter of it, and they wait less again."""
LONGEST = 1.0
"""Seconds from asking to being called upon, at most."""


class Rounds(Generic[T]):
    """Calls upon whoever asked, `wait` seconds later.

    Args:
        wait: Seconds, where that costs little.
        call: Given those that are due: AT_ONCE at most, and BEHIND_AT_ONCE of those that are behind.

    Attributes:
        wait: Seconds that it is now.
    """

    def __init__(self, wait: float, call: Callable[[list[T]], None]) -> None:
        self.wait = self._shortest = wait
        self._call = call
        self._spent = 0.0
        self._weighed = 0.0
        self._queue: deque[tuple[float, T]] = deque()
        self._behind: deque[T] = deque()
        self._step = 0.0
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None

    def __repr__(self) -> str:
        return f"<Rounds {len(self)} due>"

    def __len__(self) -> int:
        return len(self._queue) + len(self._behind)

    def soon(self, who: T) -> None:
        """Call upon somebody in `wait` seconds. Who asks twice is called upon twice."""
        loop = asyncio.get_running_loop()
        self._queue.append((loop.time() + self.wait, who))
        if self._timer is None:
            self._timer = loop.call_later(self.wait, self._strike)

    def again(self, who: T) -> None:
        """Call upon somebody who is behind at the next step that has room for it, STEP seconds from now or later."""
        self._behind.append(who)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STEP, self._strike)

    def close(self) -> None:
        """Call upon nobody any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _strike(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        until = now + STEP / 2
        due: list[T] = []
        while self._queue and self._queue[0][0] <= until and len(due) < AT_ONCE:
            due.append(self._queue.popleft()[1])
        if self._behind and now >= self._step:
            self._step = now + STEP
            due += [self._behind.popleft() for _ in range(min(BEHIND_AT_ONCE, len(self._behind)))]
        if due:
            self._call(due)
            self._weigh(now, loop.time())
        if self._queue and self._queue[0][0] <= until:
            self._timer = loop.call_soon(self._strike)
        elif self._queue or self._behind:
            self._timer = loop.call_later(STEP, self._strike)
        else:
            self._timer = None

    def _weigh(self, begun: float, now: float) -> None:
        """Count what a call took, and wait longer or less for it: once in the longest wait, so that it shows."""
        self._spent += now - begun
        elapsed = now - self._weighed
        if elapsed < LONGEST:
            return
        if self._spent > SHARE * elapsed:
            self.wait = min(LONGEST, 2 * self.wait)
        elif self._spent < SHARE / 4 * elapsed:
            self.wait = max(self._shortest, self.wait / 2)
        self._spent, self._weighed = 0.0, now
