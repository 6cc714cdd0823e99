"""The connection to a Redis that several hosts share for tokens and resume secrets (DESIGN decision 9).

Only hashes of secrets go there. Keys, below the prefix:

    token:<sha256>        a grant; gone with its time
    used:<sha256>         the token was good for one connection, and that was made
    tokens:<server id>    a sorted set of the server's tokens, by when they end
    resume:<sha256>       the lineage that a secret opens, and its grant
    lineage:<id>          a lineage's two good secrets
    lineages:<server id>  a set of the server's lineages

Whatever Redis does, nothing here waits for longer than PATIENCE, and each question that it does not answer is a
StoreUnavailable: sessions that are open need it for nothing. It heals by itself: each question is asked anew.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import redis.asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import RedisError

from consolesvc.errors import StoreUnavailable
from consolesvc.tokens.grants import read_back, written
from consolesvc.tokens.store import Grant

log = logging.getLogger(__name__)

PREFIX: Final = "consolesvc:"
CONNECTIONS: Final = 16
"""Connections at most; more questions at a time than that wait their turn (redis-py's own pool fails then)."""
PATIENCE: Final = 2.0
"""Seconds that Redis has to answer, and a question for its turn."""
LONG: Final = 40 * 24 * 3600
"""Seconds for which the lists of a server's tokens and lineages are kept, when nothing is added to them."""


class _Login(CredentialProvider):
    """Who we are there, asked for each connection: a changed password needs no restart."""

    def __init__(self, user: str | None, password_file: Path) -> None:
        self._user = user
        self._password_file = password_file

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """The user, where there is one, and the password; raises OSError where it cannot be read."""
        try:
            password = self._password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except UnicodeDecodeError:
            raise OSError(f"{self._password_file} is not UTF-8") from None
        return (password,) if self._user is None else (self._user, password)


class SharedStore:
    """The connection to Redis, of tokens and resume secrets alike.

    Args:
        url: `redis://host:port/db`, `rediss://…` or `unix://…`, with a user's name where it wants one.
        password_file: Path of the file whose first line is the password; None for none.
    """

    def __init__(self, url: str, password_file: str | None = None) -> None:
        place = urlsplit(url)
        user, _, netloc = place.netloc.rpartition("@")
        login = None
        if password_file is not None:
            # redis-py takes a name from the URL, or from who brings the password.
            url, login = urlunsplit(place._replace(netloc=netloc)), _Login(unquote(user) or None, Path(password_file))
        pool = aioredis.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            socket_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
            credential_provider=login,
        )
        self.client = aioredis.Redis.from_pool(pool)
        self._place = netloc or place.path
        self._away = False

    def __repr__(self) -> str:
        return f"<SharedStore {self._place} {'away' if self._away else 'there'}>"

    async def ask(self, question: Awaitable[Any]) -> Any:
        """What Redis answers, whose types its client does not know; raises StoreUnavailable."""
        try:
            async with asyncio.timeout(2 * PATIENCE):
                answer = await question
        except (RedisError, OSError, TimeoutError) as error:
            if not self._away:
                self._away = True
                log.warning("the token store %s does not answer: %s: %s", self._place, type(error).__name__, error)
            raise StoreUnavailable from error
        if self._away:
            self._away = False
            log.info("the token store %s answers again", self._place)
        return answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self.client.aclose()


def grant_fields(grant: Grant, now: float) -> dict[str, Any]:
    """A grant with the unix time at which it ends: other hosts have other monotonic clocks. `now` is of ours."""
    fields = written(grant, now)
    left = fields.pop("left")
    return {**fields, "until": None if left is None else time.time() + left}


def grant_of(fields: dict[str, Any], now: float) -> Grant:
    """The grant of `grant_fields`, by our clock, on which it is `now`."""
    until = fields["until"]
    return read_back({**fields, "left": None if until is None else until - time.time()}, now)


def milliseconds(seconds: float) -> int:
    """A time as Redis takes it; never 0, which it refuses."""
    return max(1, int(seconds * 1000))
