"""`identity: {type: keystone}`: tokens of a real Keystone, which is asked about each, and about none twice at once."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consolesvc.config.access import IdentityKeystone
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import ANONYMOUS, Caller
from consolesvc.identity.faults import unauthenticated, unavailable
from consolesvc.identity.keystone_client import (
    TIMEOUT,
    KeystoneClient,
    KeystoneUnavailable,
    LoginRefused,
    OwnTokenRefused,
)
from consolesvc.identity.seam import TOKEN_HEADER, Headers, Needs, digest
from consolesvc.tokens.store import Minter

log = logging.getLogger(__name__)

GOOD_FOR = 60.0
"""Seconds that an answer counts, at most: so long a revoked token may still work. Never past the token's expiry."""
BAD_FOR = 5.0
"""Seconds that a refusal counts."""
LOGIN_AGAIN = 5.0
"""Seconds after which a refused login of our own is tried again: Keystone may lock users who fail often."""
GOOD_KEPT, BAD_KEPT = 4096, 1024
"""Answers kept, at most. Refusals apart: a flood of made-up tokens must not push out those of users."""
IN_FLIGHT = 256
"""Tokens being asked about, at most: whoever comes then is told to come back."""

_TOKEN = re.compile(r"[!-~]{1,8192}")


@dataclass(frozen=True, slots=True)
class _Known:
    """An answer of Keystone's, and until when it counts; `caller` None for a token that is not good."""

    caller: Caller | None
    until: float


class Keystone:
    """Asks a Keystone who has which token.

    Args:
        config: Where it is and who we are there.
        clock: Seconds, monotonic.
        wall: Seconds since 1970, by which tokens expire.
        timeout: Seconds for one call; a whole validation, with a new login of ours, gets twice as many.
    """

    def __init__(
        self,
        config: IdentityKeystone,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        timeout: float = TIMEOUT,
    ) -> None:
        self._config = config
        self._clock = clock
        self._wall = wall
        self._timeout = timeout
        self._client = KeystoneClient(config, timeout=timeout)
        self._good: OrderedDict[bytes, _Known] = OrderedDict()
        self._bad: OrderedDict[bytes, _Known] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._own = ""
        self._login = asyncio.Lock()
        self._login_failed: tuple[float, str] | None = None
        self._trouble = ""

    changes = 0
    """Keystone tells nobody when it revokes a token."""

    def __repr__(self) -> str:
        return f"<Keystone {self._config.auth_url} knows {len(self._good)}, asks about {len(self._asking)}>"

    async def caller(self, headers: Headers) -> Caller:
        """Whose token it is, as Keystone says now or said a short while ago."""
        token = headers.get(TOKEN_HEADER, "")
        if not _TOKEN.fullmatch(token):
            raise unauthenticated()
        key = digest(token)
        known = self._good.get(key) or self._bad.get(key)
        caller = known.caller if known is not None and self._clock() < known.until else await self._ask(key, token)
        if caller is None:
            raise unauthenticated()
        return caller

    def auth_url(self, _root: str) -> str:
        """Keystone itself."""
        return self._config.auth_url

    def lost(self, minter: Minter, needs: Needs) -> bool:
        """Whether Keystone has said so a short while ago.

        It can be asked about a token alone, and that is not kept. So what was minted before a token was revoked is good
        for its own time: `tokens.ttl` and `tokens.resume`.
        """
        key, now = bytes.fromhex(minter.credential), self._clock()
        if (known := self._bad.get(key)) is not None and now < known.until:
            return True
        known = self._good.get(key)
        return not key or (known is not None and now < known.until and not needs(known.caller or ANONYMOUS))

    async def close(self) -> None:
        """End what is being asked, and the connections."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await self._client.close()

    async def _ask(self, key: bytes, token: str) -> Caller | None:
        """Join whoever asks about this token already, or be the first."""
        task = self._asking.get(key)
        if task is None:
            if len(self._asking) >= IN_FLIGHT:
                raise unavailable()
            task = asyncio.create_task(self._validate(key, token), name="keystone validation")
            self._asking[key] = task
            task.add_done_callback(lambda done: self._asked(key, done))
        # Shielded: one client that leaves must not take the answer from the others.
        return await asyncio.shield(task)

    def _asked(self, key: bytes, task: asyncio.Task[Caller | None]) -> None:
        del self._asking[key]
        if not task.cancelled():
            task.exception()  # looked at, also where every client has left

    async def _validate(self, key: bytes, token: str) -> Caller | None:
        asked = self._clock()
        try:
            async with asyncio.timeout(2 * self._timeout):
                found = await self._found(token)
                caller, expires = (None, 0.0) if found is None else _read(found, key.hex())
        except TimeoutError:
            raise self._unavailable(f"no answer in {2 * self._timeout:g} s") from None
        except KeystoneUnavailable as trouble:
            raise self._unavailable(str(trouble)) from None
        if self._trouble:
            self._trouble = ""
            log.info("Keystone %s answers again", self._config.auth_url)
        left = expires - self._wall()
        if caller is None:
            _keep(self._bad, key, _Known(None, asked + BAD_FOR), BAD_KEPT)
        elif left > 0:
            _keep(self._good, key, _Known(caller, asked + min(GOOD_FOR, left)), GOOD_KEPT)
        return caller if left > 0 else None

    async def _found(self, token: str) -> dict[str, Any] | None:
        own = self._own or await self._own_token("")
        try:
            return await self._client.validate(own, token)
        except OwnTokenRefused:
            # Expired, revoked, or Keystone's keys were changed: a fresh one, once.
            own = await self._own_token(own)
        try:
            return await self._client.validate(own, token)
        except OwnTokenRefused:
            raise KeystoneUnavailable("it refuses a token that it has just given us") from None

    async def _own_token(self, refused: str) -> str:
        """Our token, another one than `refused`; only the first of many who want it asks for it."""
        async with self._login:
            if self._own != refused:
                return self._own
            if self._login_failed is not None and self._clock() < self._login_failed[0] + LOGIN_AGAIN:
                raise KeystoneUnavailable(self._login_failed[1])
            self._own = ""
            try:
                self._own = await self._client.own_token()
            except LoginRefused as trouble:
                self._login_failed = (self._clock(), str(trouble))
                raise
            self._login_failed = None
            return self._own

    def _unavailable(self, trouble: str) -> Fault:
        if trouble != self._trouble:
            self._trouble = trouble
            log.error("Keystone %s: %s; until then every request that needs it is 503", self._config.auth_url, trouble)
        return unavailable()


def _keep(table: OrderedDict[bytes, _Known], key: bytes, known: _Known, most: int) -> None:
    table.pop(key, None)
    table[key] = known
    if len(table) > most:
        table.popitem(last=False)


def _read(token: dict[str, Any], credential: str) -> tuple[Caller, float]:
    """The caller that Keystone's document describes, and when the token expires in seconds since 1970.

    Without a project there are no roles here: nova, too, takes the roles of a domain or of the system for nothing.

    Raises:
        KeystoneUnavailable: the document is not Keystone's.
    """
    try:
        project = str(token["project"]["id"]) if "project" in token else ""
        roles = frozenset(str(role["name"]).lower() for role in token["roles"]) if project else frozenset[str]()
        user = token["user"]
        caller = Caller(str(user["id"]), project, roles, str(user.get("name", "")), credential)
        expires = datetime.fromisoformat(token["expires_at"])
    except (KeyError, TypeError, ValueError):
        raise KeystoneUnavailable("its answer is not what Keystone says of a token") from None
    return caller, (expires if expires.tzinfo is not None else expires.replace(tzinfo=UTC)).timestamp()
