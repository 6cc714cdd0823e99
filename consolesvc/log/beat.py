"""When the logs of all consoles are written: one clock for them all (DESIGN section 4).

A timer for each console would cost more than the write it is for: with two thousand that speak, eight thousand timers a
second. Here those that have something to write stand in a queue, in the order in which it came, and are taken from it
many at a time; the log's thread is woken once for them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from consolesvc.log.job import Job

TICK = 0.1
"""Seconds for which bytes wait at most before they are written, about."""
STEP = 0.02
"""Seconds between two looks at the queue: what falls due within one goes together."""
AT_ONCE = 64
"""Logs taken from the queue before the loop sees to its consoles again."""
IDLE = 5.0
"""Seconds of silence after which the files are closed: quiet consoles hold no log file open."""


class Written(Protocol):
    """A log, as the beat knows it."""

    def due(self) -> Job | None:
        """What is to be written now; None for nothing."""
        ...

    def rest(self) -> None:
        """Close the files: nothing has come for IDLE seconds."""
        ...


class Beat:
    """Has each log written TICK seconds after it asked for it, and calls `rest` of those that have fallen silent.

    Args:
        submit: Has the jobs that it is given done.
    """

    def __init__(self, submit: Callable[..., None]) -> None:
        self._submit = submit
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, Written]] = deque()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        # In the order in which they were last written: a dict forgets one and takes it in again at its end.
        self._awake: dict[Written, float] = {}
        self._rest_timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Beat {len(self._queue)} due, {len(self._awake)} awake>"

    def soon(self, log: Written) -> None:
        """Have a log written in TICK seconds. It asks once for each time."""
        self._queue.append((self._loop.time() + TICK, log))
        if self._timer is None:
            self._timer = self._loop.call_later(TICK, self._strike)

    def wrote(self, log: Written) -> None:
        """Hear that a log was written: its files are open."""
        self._awake.pop(log, None)
        self._awake[log] = self._loop.time() + IDLE
        if self._rest_timer is None:
            self._rest_timer = self._loop.call_later(IDLE, self._let_rest)

    def forget(self, log: Written) -> None:
        """Hear that a log is closed for good."""
        self._awake.pop(log, None)

    def close(self) -> None:
        """Call nobody any more."""
        for timer in (self._timer, self._rest_timer):
            if timer is not None:
                timer.cancel()

    def _strike(self) -> None:
        until = self._loop.time() + STEP / 2
        jobs: list[Job] = []
        while self._queue and self._queue[0][0] <= until and len(jobs) < AT_ONCE:
            job = self._queue.popleft()[1].due()
            if job is not None:
                jobs.append(job)
        if jobs:
            self._submit(*jobs)
        if not self._queue:
            self._timer = None
        elif self._queue[0][0] <= until:
            self._timer = self._loop.call_soon(self._strike)
        else:
            self._timer = self._loop.call_later(STEP, self._strike)

    def _let_rest(self) -> None:
        now = self._loop.time()
        while self._awake:
            log, until = next(iter(self._awake.items()))
            if until > now:
                self._rest_timer = self._loop.call_at(until, self._let_rest)
                return
            del self._awake[log]
            log.rest()
        self._rest_timer = None
