"""Tokens that several hosts share: minted by one, redeemed at another (TokenStore, in Redis)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Final

from consolesvc.errors import TokenRefused
from consolesvc.tokens.digests import TOKEN_ID_DIGITS, digest_of, new_token
from consolesvc.tokens.shared import LONG, PREFIX, SharedStore, grant_fields, grant_of, milliseconds
from consolesvc.tokens.store import Grant, Minter, Which, every

REMEMBERED: Final = 600.0
"""Seconds for which a token whose time was ended is told to be expired, and not unknown."""


class SharedTokenStore:
    """Tokens by sha256, each with the time it expires (TokenStore).

    Args:
        store: Where they are.
        clock: Gives seconds, monotonic: what grants expire by here.
        ttl: Seconds for which a token is good for connecting; 0 for ever.
        single_use: Whether a token is good for one connection only, to whichever host.
    """

    def __init__(
        self, store: SharedStore, clock: Callable[[], float], *, ttl: float = 600, single_use: bool = False
    ) -> None:
        self.clock = clock
        self.ttl = ttl
        self.single_use = single_use
        self._store = store
        self._redis = store.client

    def __repr__(self) -> str:
        return f"<SharedTokenStore {self._store!r}>"

    async def issue(
        self,
        server_id: str,
        *,
        user: str = "",
        may_type: bool = True,
        ttl: float | None = None,
        ends: bool = False,
        minter: Minter | None = None,
    ) -> str:
        """Make a token for `server_id`: uuid4 text (TokenStore.issue)."""
        token, now = new_token(), self.clock()
        digest = digest_of(token).hex()
        ttl = self.ttl if ttl is None else ttl
        expires = now + ttl if ttl else None
        grant = Grant(server_id, digest[:TOKEN_ID_DIGITS], expires, user, may_type, ends, minter)
        fields, members = grant_fields(grant, now), f"{PREFIX}tokens:{server_id}"
        pipe = self._redis.pipeline()
        pipe.set(f"{PREFIX}token:{digest}", json.dumps(fields), px=milliseconds(ttl) if ttl else None)
        pipe.zremrangebyscore(members, "-inf", time.time())
        pipe.zadd(members, {digest: "+inf" if fields["until"] is None else fields["until"]})
        pipe.expire(members, LONG)
        await self._store.ask(pipe.execute())
        return token

    async def redeem(self, token: str, admit: Callable[[Grant], None]) -> Grant:
        """Exchange a token for its grant; raises TokenRefused, StoreUnavailable and what `admit` raises."""
        grant = await self._good(token)
        admit(grant)
        if self.single_use:
            left = None if grant.expires is None else milliseconds(grant.expires - self.clock())
            name = f"{PREFIX}used:{digest_of(token).hex()}"
            # Of two hosts that redeem it at a time, one has set it.
            if not await self._store.ask(self._redis.set(name, "1", nx=True, px=left)):
                raise TokenRefused("used")
        return grant

    async def look_up(self, token: str) -> Grant:
        """The grant of a token, which stays as good as it was; raises TokenRefused and StoreUnavailable."""
        return await self._good(token)

    async def expire(self, server_id: str) -> int:
        """End the time of every token of a server now; the number that had some left."""
        digests = await self._tokens(server_id)
        pipe = self._redis.pipeline()
        for digest in digests:
            pipe.set(f"{PREFIX}token:{digest}", json.dumps({"expired": True}), xx=True, px=milliseconds(REMEMBERED))
        pipe.delete(f"{PREFIX}tokens:{server_id}")
        done = await self._store.ask(pipe.execute())
        return sum(bool(each) for each in done[:-1])

    async def end(self, server_id: str, which: Which = every) -> int:
        """Forget the tokens of a server that are meant; how many."""
        digests = await self._tokens(server_id)
        if which is not every and digests:
            texts = await self._store.ask(self._redis.mget([f"{PREFIX}token:{digest}" for digest in digests]))
            digests = [digest for digest, text in zip(digests, texts, strict=True) if self._is_meant(text, which)]
        if not digests:
            return 0
        pipe = self._redis.pipeline()
        pipe.delete(*(f"{PREFIX}token:{digest}" for digest in digests))
        pipe.zrem(f"{PREFIX}tokens:{server_id}", *digests)
        return int((await self._store.ask(pipe.execute()))[0])

    def _is_meant(self, text: str | None, which: Which) -> bool:
        fields = {"expired": True} if text is None else json.loads(text)
        return "expired" not in fields and which(grant_of(fields, self.clock()))

    async def _tokens(self, server_id: str) -> list[str]:
        return list(await self._store.ask(self._redis.zrange(f"{PREFIX}tokens:{server_id}", 0, -1)))

    async def _good(self, token: str) -> Grant:
        digest = digest_of(token).hex()
        text, used = await self._store.ask(self._redis.mget(f"{PREFIX}token:{digest}", f"{PREFIX}used:{digest}"))
        if text is None:
            raise TokenRefused("unknown")
        fields = json.loads(text)
        if "expired" in fields:
            raise TokenRefused("expired")
        if used is not None and self.single_use:
            raise TokenRefused("used")
        return grant_of(fields, self.clock())
