"""Requests that are held open until something happens, or as long as it does: how many one caller may hold.

Those that wait for a console, and streams, are counted apart. A client that goes away frees its wait: aiohttp goes on
with a request whose client has left, so one clock looks after all of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from consolesvc.errors import LimitReached
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import CALLER

T = TypeVar("T")

LOOK = 0.1
"""Seconds between two looks at the clients of all open waits."""
CLIENT_GONE = 499
"""The status of an answer that nobody reads, in the access log; as nginx has it."""


class Waits:
    """The waits, or the streams, that are open.

    Args:
        most: What one caller may hold open; 0 is no cap. Replaced by a reload. Calls that type have as many of their
            own: whoever waits for all there is can still type.
        limit: The key of `limits` that says so.
    """

    def __init__(self, most: int, limit: str = "waits_per_caller") -> None:
        self.most = most
        self._limit = limit
        self._held: Counter[tuple[str, bool]] = Counter()
        self._open: dict[asyncio.Task[Any], web.Request] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Waits {len(self)} open>"

    def __len__(self) -> int:
        return len(self._open)

    async def hold(self, request: web.Request, work: Coroutine[Any, Any, T], *, types: bool = False) -> T:
        """What `work` comes to; it is cancelled where the request's client goes first. `types`: whether it types.

        Raises:
            LimitReached: the caller holds as many as they may.
            Fault: 499, which nobody reads: the client has gone.
        """
        caller = (CALLER.get().user_id, types)
        if self.most and self._held[caller] >= self.most:
            work.close()
            raise LimitReached(self._limit, self.most)
        task = asyncio.get_running_loop().create_task(work, name=f"wait {request.path}")
        self._held[caller] += 1
        self._open[task] = request
        self._look_later()
        try:
            return await task
        except asyncio.CancelledError:
            if task in self._open:  # it is we who were cancelled
                raise
            raise Fault(CLIENT_GONE, "The client has gone.") from None
        finally:
            self._open.pop(task, None)
            self._held[caller] -= 1
            if not self._held[caller]:
                del self._held[caller]

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK, self._look)

    def _look(self) -> None:
        self._timer = None
        for task, request in list(self._open.items()):
            if request.transport is None or request.transport.is_closing():
                del self._open[task]
                task.cancel()
        if self._open:
            self._look_later()
