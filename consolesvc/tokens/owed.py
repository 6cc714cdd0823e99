"""Ends of servers' tokens and secrets that a shared store was not told of, since it did not answer: told once it does.

Until then they are refused here, by what stands on the list; a server that left the inventory is refused in any case.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from consolesvc.errors import StoreUnavailable

log = logging.getLogger(__name__)

AGAIN: Final = 1.0
"""Seconds between two tries to tell."""
MOST: Final = 4096
"""Servers on the list; with one more the oldest is let go of: its tokens end when their time does."""


class Owed:
    """The list.

    Args:
        tell: Ends all of a server in the store; raises StoreUnavailable.
        away: Whether the store is known not to answer: then nobody waits to find out.
    """

    def __init__(self, tell: Callable[[str], Awaitable[None]], away: Callable[[], bool]) -> None:
        self._tell = tell
        self._away = away
        self._servers: dict[str, None] = {}
        self._telling: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Owed {len(self._servers)} servers>"

    def __contains__(self, server_id: str) -> bool:
        return server_id in self._servers

    async def end(self, server_id: str) -> None:
        """End all of a server, now or as soon as the store answers."""
        # On the list first: who shows a token of it while the store is being asked is refused, too.
        self._servers.pop(server_id, None)
        self._servers[server_id] = None
        if len(self._servers) > MOST:
            oldest = next(iter(self._servers))
            del self._servers[oldest]
            log.warning("the token store will not be told of the end of server %s: too many wait for it", oldest)
        if not self._away():
            try:
                await self.settle(server_id)
            except StoreUnavailable:
                pass
            else:
                return
        if self._telling is None:
            self._telling = asyncio.get_running_loop().create_task(self._tell_all(), name="token store, owed")

    async def settle(self, server_id: str) -> None:
        """Tell now what is owed of a server, if anything is: what it is given next must not end with that.

        Raises:
            StoreUnavailable: it cannot be told, and stays on the list.
        """
        if server_id in self._servers:
            await self._tell(server_id)
            self._servers.pop(server_id, None)

    async def close(self) -> None:
        """Give up. Idempotent."""
        telling, self._telling = self._telling, None
        if telling is not None:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        if self._servers:
            log.warning("the token store was not told of the end of %d servers' tokens", len(self._servers))
            self._servers.clear()

    async def _tell_all(self) -> None:
        try:
            while self._servers:
                await asyncio.sleep(AGAIN)
                try:
                    for server_id in list(self._servers):
                        await self.settle(server_id)
                except StoreUnavailable:
                    continue
            log.info("the token store was told of all ends that it had missed")
        finally:
            self._telling = None
