"""Two hosts' stores, in memory or in one Redis, and what is asked of them."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import pytest

from consolesvc.config.model import Tokens
from consolesvc.errors import LimitReached, TokenRefused
from consolesvc.tokens.kinds import make_stores
from consolesvc.tokens.store import Grant
from consolesvc.tokens.stores import Stores
from tests.tokens.redis_server import RedisServer

TTL = Tokens(ttl=60, resume=60)


class Hosts:
    """Two hosts' stores of one configuration."""

    def __init__(self, server: RedisServer | None) -> None:
        self.server = server
        self._made: list[Stores] = []

    def pair(self, config: Tokens = TTL) -> tuple[Stores, Stores]:
        loop = asyncio.get_running_loop()
        if self.server is None:
            self._made.append(make_stores(config.store, loop.time, config))
            return self._made[-1], self._made[-1]
        config = replace(config, store=self.server.url)
        # Another host's clock says other numbers.
        pair = (
            make_stores(config.store, loop.time, config),
            make_stores(config.store, lambda: loop.time() + 5000, config),
        )
        self._made += pair
        return pair

    async def close(self) -> None:
        for stores in self._made:
            await stores.close()


def anyone(_grant: Grant) -> None:
    """Admit whoever comes."""


def full(_grant: Grant) -> None:
    """Admit nobody."""
    raise LimitReached("sessions", 1)


def a_server() -> str:
    return str(uuid.uuid4())


async def refused(attempt: object) -> str:
    """Why it was."""
    with pytest.raises(TokenRefused) as caught:
        await attempt  # type: ignore[misc]  # a coroutine of some store's
    return caught.value.why
