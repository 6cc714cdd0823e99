"""One webhook: what it has still to be told, and when it is tried again.

Events are told one at a time, in their order. While nobody answers, they wait, the oldest of a thousand going first,
and one is tried again and again, after 1 s, 2 s and so on up to a minute. What is refused is set aside and tried twice
more, beside the others: they do not wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
ASIDE: Final = 100
"""Refused events that may wait to be offered again, beside the queue."""
UNASKED: Final = frozenset((*LINE_EVENTS, "silence-over"))
"""Events that are told only to who asks for them."""


class Undelivered(Exception):
    """An event could not be delivered, and may be later; the message says why, without the URL."""


class Refused(Undelivered):
    """The receiver does not want it, as it is."""


@dataclass(slots=True)
class _Refusal:
    """An event that was refused.

    Attributes:
        item: It.
        due: The loop's time at which it is offered again.
        delay: Seconds after which it is offered once more, then.
        tries: How often it was refused.
    """

    item: Item
    due: float
    delay: float
    tries: int = 1


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
        self._refused: list[_Refusal] = []
        self._beside: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._failing = ""

    def __repr__(self) -> str:
        waiting = f"{len(self._waiting)} waiting, {len(self._refused)} refused"
        return f"<Hook {self.where}: {waiting}, {self.dropped} dropped {self._failing}>"

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

    async def close(self, patience: float) -> list[Item]:
        """Tell what waits, for so many seconds; then no more. Idempotent.

        Returns:
            What was not told, in order.
        """
        tasks = [task for task in (self._task, self._beside) if task is not None]
        self._task = self._beside = None
        self._closing.set()  # what is being offered again may just be taken; nothing more is
        if tasks and not self._failing:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        left = [*(refusal.item for refusal in self._refused), *self._waiting]
        self._refused.clear()
        self._waiting.clear()
        return left

    async def _run(self) -> None:
        while self._waiting:
            item = self._waiting[0]
            await self._tell(item)
            if self._waiting and self._waiting[0] is item:  # it may have been too many meanwhile
                self._waiting.popleft()

    async def _tell(self, item: Item) -> None:
        """Offer an event until it is taken or refused, or had to make room for others."""
        delay = self._first_retry
        while self._waiting and self._waiting[0] is item:
            try:
                await self._deliver(self.config, item)
            except Refused as error:
                self._set_aside(item, str(error))
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

    def _set_aside(self, item: Item, why: str) -> None:
        """Have an event offered again beside the others: it may be the only one that is not wanted."""
        level = logging.DEBUG if self._refused else logging.WARNING
        log.log(level, "webhook %s: an event is refused: %s; it is offered again", self.where, why)
        if len(self._refused) == ASIDE:
            del self._refused[0]
            self._drop("refused")
        loop = asyncio.get_running_loop()
        self._refused.append(_Refusal(item, loop.time() + self._first_retry, 2 * self._first_retry))
        if self._beside is None or self._beside.done():
            self._beside = loop.create_task(self._run_beside(), name=f"webhook {self.where}, what it refused")

    async def _run_beside(self) -> None:
        loop = asyncio.get_running_loop()
        while self._refused and not self._closing.is_set():
            refusal = min(self._refused, key=lambda each: each.due)
            if (left := refusal.due - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(left, self._first_retry)):  # what comes meanwhile may be due before
                        await self._closing.wait()
            elif await self._is_settled(refusal) and refusal in self._refused:
                self._refused.remove(refusal)
            else:
                refusal.due = loop.time() + refusal.delay
                refusal.delay = min(2 * refusal.delay, LAST_RETRY)

    async def _is_settled(self, refusal: _Refusal) -> bool:
        """Offer a refused event again; whether that was the last time."""
        try:
            await self._deliver(self.config, refusal.item)
        except Refused:
            refusal.tries += 1
            if refusal.tries < TRIES:
                return False
            self._drop("refused")
        except Undelivered:
            return False
        except Exception:  # as above
            log.exception("webhook %s: a delivery failed", self.where)
            self._drop("a fault")
        return True

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
