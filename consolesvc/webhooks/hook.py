"""One webhook: what it has still to be told, and when it is tried again.

Events are told one at a time, in their order. While nobody answers, they wait, the oldest of a thousand going first,
and one is tried again and again, after 1 s, 2 s and so on up to a minute. What is refused is tried three times.
"""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from consolesvc.config.telling import LINE_EVENTS, Webhook
from consolesvc.feed import Item

log = logging.getLogger(__name__)

WAITING: Final = 1000
"""Events that may wait for one webhook."""
FIRST_RETRY: Final = 1.0
LAST_RETRY: Final = 60.0
"""Seconds before the next try at least and at most; doubling."""
TRIES: Final = 3
"""How often an event is offered to somebody who refuses it."""
UNASKED: Final = frozenset((*LINE_EVENTS, "silence-over"))
"""Events that are told only to who asks for them."""


class Undelivered(Exception):
    """An event could not be delivered, and may be later; the message says why, without the URL."""


class Refused(Undelivered):
    """The receiver does not want it, as it is."""


class Hook:
    """Tells one webhook.

    Args:
        config: Who, and of what.
        deliver: Delivers one event; raises Undelivered.
        first_retry: Seconds before the second try.
    """

    def __init__(
        self,
        config: Webhook,
        deliver: Callable[[Webhook, Item], Awaitable[None]],
        *,
        first_retry: float = FIRST_RETRY,
    ) -> None:
        self.config = config
        self.dropped = 0
        """Events that it was not told of."""
        self._deliver = deliver
        self._first_retry = first_retry
        self._waiting: deque[Item] = deque()
        self._task: asyncio.Task[None] | None = None
        self._failing = ""

    def __repr__(self) -> str:
        return f"<Hook {self.where}: {len(self._waiting)} waiting, {self.dropped} dropped {self._failing}>"

    @property
    def where(self) -> str:
        """Its host, for people: the rest of a URL may be secret."""
        return urlsplit(self.config.url).netloc

    def hear(self, item: Item) -> None:
        """Tell of an event in its turn, if it is asked for."""
        if not self.wants(item):
            return
        if len(self._waiting) == WAITING:
            self._waiting.popleft()
            self._drop("too many wait for it")
        self._waiting.append(item)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"webhook {self.where}")

    def wants(self, item: Item) -> bool:
        """Whether it is to be told of an event."""
        names, consoles = self.config.events, self.config.consoles
        if item.event not in names if names else item.event in UNASKED:
            return False
        return not consoles or any(fnmatch.fnmatchcase(item.console, pattern) for pattern in consoles)

    async def close(self, patience: float) -> None:
        """Tell what waits, for so many seconds; then no more. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            if not self._failing:
                await asyncio.wait((task,), timeout=patience)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._waiting:
            log.warning("webhook %s: %d events were not delivered", self.where, len(self._waiting))
            self._waiting.clear()

    async def _run(self) -> None:
        while self._waiting:
            item = self._waiting[0]
            await self._tell(item)
            if self._waiting and self._waiting[0] is item:  # it may have been too many meanwhile
                self._waiting.popleft()

    async def _tell(self, item: Item) -> None:
        """Offer an event until it is taken, or refused for good, or had to make room for others."""
        delay, refusals = self._first_retry, 0
        while self._waiting and self._waiting[0] is item:
            try:
                await self._deliver(self.config, item)
            except Refused as error:
                refusals += 1
                self._fail(str(error))
                if refusals == TRIES:
                    self._drop("refused")
                    return
            except Undelivered as error:
                self._fail(str(error))
            except Exception:  # a fault of ours must not end all that is still to be told
                log.exception("webhook %s: a delivery failed", self.where)
                self._drop("a fault")
                return
            else:
                self._succeed()
                return
            await asyncio.sleep(delay)
            delay = min(2 * delay, LAST_RETRY)

    def _fail(self, why: str) -> None:
        log.log(logging.DEBUG if self._failing else logging.WARNING, "webhook %s: %s; trying again", self.where, why)
        self._failing = why

    def _succeed(self) -> None:
        if self._failing:
            log.info("webhook %s: delivers again; %d events were dropped so far", self.where, self.dropped)
            self._failing = ""

    def _drop(self, why: str) -> None:
        self.dropped += 1
        if self.dropped == 1 or why == "refused":
            log.warning("webhook %s: an event is dropped: %s", self.where, why)
