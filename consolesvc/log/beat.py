"""When the logs of all consoles are written: one clock for them all (DESIGN section 4).

Those that have something to write are called upon many at a time (rounds.py); the log's thread is woken once for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from consolesvc.log.job import Job
from consolesvc.rounds import Rounds

TICK = 0.1
"""Seconds for which bytes wait at most before they are written, about."""
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
        self._rounds: Rounds[Written] = Rounds(TICK, self._strike)
        self.soon = self._rounds.soon
        """Has a log written in TICK seconds. It asks once for each time."""
        # In the order in which they were last written: a dict forgets one and takes it in again at its end.
        self._awake: dict[Written, float] = {}
        self._rest_timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Beat {len(self._rounds)} due, {len(self._awake)} awake>"

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
        self._rounds.close()
        if self._rest_timer is not None:
            self._rest_timer.cancel()

    def _strike(self, logs: list[Written]) -> None:
        jobs = [job for log in logs if (job := log.due()) is not None]
        if jobs:
            self._submit(*jobs)

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
