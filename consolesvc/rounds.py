"""One clock for many consoles: who asks is called upon a fixed time later, together with all who asked about then.

A timer for each would cost more than what it is for: with two thousand consoles that speak, some ten thousand timers a
second. Here they stand in a queue, in the order in which they asked, and are taken from it many at a time. Those who
are behind stand in one of their own, which is short of turns: however many, all together they cost a bounded time.

Where what they are called for would take more than its share of the time, they wait their turn in the queue: of each
step the share is used and no more, so that thousands that speak without a pause do not cost those who read them what
it costs to look; and evenly, so that no moment has to bear what another was spared. But nobody is called later than
LONGEST after asking: where the share is too little for that, as many are called in each step as all of them need.
"""

from __future__ import annotations

import asyncio
import math
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
LONGEST = 1.0
"""Seconds from asking to being called upon, about, whatever it costs."""
_MEMORY = 64
"""Calls over which their cost is averaged."""
_HICCUP = 4.0
"""One that costs so many times the average counts no more: it was the collector's, or another program's time."""
_TICK = 0.001
"""Seconds by which a timer may be early: uvloop's clock has no less."""


class Rounds(Generic[T]):
    """Calls upon whoever asked, `wait` seconds later.

    Args:
        wait: Seconds.
        call: Given those that are due: `at_once` at most, and BEHIND_AT_ONCE of those that are behind.
        at_once: See AT_ONCE.
        share: Of the time, that calls may take before who is due waits longer; infinity for no such bound.
    """

    def __init__(
        self, wait: float, call: Callable[[list[T]], None], *, at_once: int = AT_ONCE, share: float = math.inf
    ) -> None:
        self._wait = wait
        self._call = call
        self._at_once = at_once
        self._share = share
        self._cost = 0.0
        self._queue: deque[tuple[float, T]] = deque()
        self._behind: deque[T] = deque()
        self._step = 0.0
        self._room = 0.0
        """How many more may be called upon in this step."""
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None

    def __repr__(self) -> str:
        return f"<Rounds {len(self)} due>"

    def __len__(self) -> int:
        return len(self._queue) + len(self._behind)

    def soon(self, who: T) -> None:
        """Call upon somebody in `wait` seconds. Who asks twice is called upon twice."""
        loop = asyncio.get_running_loop()
        self._queue.append((loop.time() + self._wait, who))
        if self._timer is None:
            self._timer = loop.call_later(self._wait, self._strike)

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
        if now >= self._step - _TICK:
            self._step = now + STEP
            self._room = self._most(now)
            if behind := [self._behind.popleft() for _ in range(min(BEHIND_AT_ONCE, len(self._behind)))]:
                self._call(behind)  # their cost is none of the others'
        until = now + STEP / 2
        due: list[T] = []
        room = min(self._at_once, self._room)
        while self._is_due(until) and len(due) + 1 <= room:
            due.append(self._queue.popleft()[1])
        if due:
            self._room -= len(due)
            begun = loop.time()
            self._call(due)
            self._weigh((loop.time() - begun) / len(due), len(due))
        if self._is_due(until) and self._room >= 1:
            self._timer = loop.call_soon(self._strike)
        elif self._behind or self._queue:
            self._timer = loop.call_at(self._step if self._behind else max(self._step, self._queue[0][0]), self._strike)
        else:
            self._timer = None

    def _is_due(self, until: float) -> bool:
        return bool(self._queue) and self._queue[0][0] <= until

    def _weigh(self, cost: float, count: int) -> None:
        """Count what so many calls have cost, in seconds each."""
        if not self._cost:
            self._cost = cost
        self._cost += (min(cost, _HICCUP * self._cost) - self._cost) * min(1.0, count / _MEMORY)

    def _most(self, now: float) -> float:
        """How many may be called upon in one step, one at least: what the share has room for, or what is needed."""
        return 1 + max(self._share * STEP / self._cost if self._cost > 0 else math.inf, self._needed(now))

    def _needed(self, now: float) -> float:
        """How many have to be called upon in each step so that nobody, of the first eighth to all, waits too long."""
        queue, longest = self._queue, LONGEST - self._wait
        counts = {len(queue) * part // 8 for part in range(1, 9)} - {0}
        return max((count * STEP / max(STEP, queue[count - 1][0] + longest - now) for count in counts), default=0.0)
