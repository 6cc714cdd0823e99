"""Resume secrets that several hosts share: a client that was cut here comes back there (ResumeStore, in Redis)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any

from redis.asyncio.client import Pipeline

from consolesvc.errors import StoreUnavailable, TokenRefused
from consolesvc.tokens.digests import digest_of
from consolesvc.tokens.resume import SECRET_BYTES
from consolesvc.tokens.shared import LONG, PATIENCE, PREFIX, SharedStore, grant_fields, grant_of, milliseconds
from consolesvc.tokens.store import Grant, Lineage, Lives, Which, every, is_link

log = logging.getLogger(__name__)


class SharedResumeStore:
    """Secrets by sha256; each opens its lineage's console, on whichever host (ResumeStore).

    Args:
        store: Where they are.
        clock: Seconds, monotonic.
        ttl: Seconds for which a secret is good after a cut; 0 for ever.
    """

    def __init__(self, store: SharedStore, clock: Callable[[], float], *, ttl: float = 12 * 3600) -> None:
        self.clock = clock
        self.ttl = ttl
        self._store = store
        self._redis = store.client
        self._living: set[Lineage] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refreshing: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<SharedResumeStore {self._store!r}>"

    def begin(self, grant: Grant) -> Lineage:
        """A lineage for a session that came with a token."""
        return Lineage(grant, id=secrets.token_hex(8))

    async def renew(self, lineage: Lineage) -> str:
        """A new secret for a session of this lineage; "" where the store does not answer: the session goes on."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        gone, before, current = lineage.before, lineage.current, digest_of(secret)
        entry = {"lineage": lineage.id, "grant": grant_fields(lineage.grant, self.clock())}
        members = f"{PREFIX}lineages:{lineage.grant.server_id}"
        pipe = self._redis.pipeline()
        if gone is not None:
            pipe.delete(f"{PREFIX}resume:{gone.hex()}")
        pipe.set(f"{PREFIX}resume:{current.hex()}", json.dumps(entry))
        pipe.hset(f"{PREFIX}lineage:{lineage.id}", mapping=_chain(current, before, lineage.session))
        pipe.sadd(members, lineage.id)
        pipe.expire(members, max(LONG, int(2 * self.ttl)))
        self._touch(pipe, lineage.id, (before, current))
        try:
            await self._store.ask(pipe.execute())
        except StoreUnavailable:
            return ""
        lineage.before, lineage.current = before or None, current
        return secret

    async def redeem(self, secret: str, admit: Callable[[Grant], None], lives: Lives | None = None) -> Lineage:
        """The lineage that a session goes on with which comes by this secret (ResumeStore.redeem).

        Whether the session before lives is known of those on this host alone; on another host it is over.

        Raises:
            TokenRefused, StoreUnavailable, and what `admit` raises.
        """
        digest = digest_of(secret)
        grant, lineage = await self._good(digest)
        admit(grant)
        for living in [each for each in self._living if each.id == lineage]:
            if lives is None or await lives(living):
                return self.begin(grant)
        name = f"{PREFIX}lineage:{lineage}"
        good = await self._store.ask(self._redis.hgetall(name))
        session = good.get("session", "")
        if good.get("current") != digest.hex():
            return replace(self.begin(grant), session=session)
        pipe = self._redis.pipeline()
        if before := good.get("before"):
            pipe.delete(f"{PREFIX}resume:{before}")
        pipe.hset(name, "before", "")
        await self._store.ask(pipe.execute())
        return Lineage(grant, current=digest, id=lineage, session=session)

    async def look_up(self, secret: str) -> tuple[Grant, bool | None]:
        """The grant of a secret, which stays as good as it was, and whether its session lives (ResumeStore.look_up)."""
        grant, lineage = await self._good(digest_of(secret))
        return grant, True if any(living.id == lineage for living in self._living) else None

    def enter(self, lineage: Lineage) -> None:
        """A session of this lineage lives: its secret does not run out."""
        lineage.sessions += 1
        self._living.add(lineage)
        if self._refreshing is None and self.ttl:
            self._refreshing = asyncio.get_running_loop().create_task(self._refresh(), name="resume secrets")

    def leave(self, lineage: Lineage) -> None:
        """The session ended; from now on its secret is good for the TTL."""
        lineage.sessions -= 1
        if lineage.sessions == 0:
            self._living.discard(lineage)
            self._soon(self._prolong([lineage]))

    def drop(self, lineage: Lineage) -> None:
        """End a lineage for good."""
        self._soon(self._forget(lineage.id, [lineage.current.hex(), (lineage.before or b"").hex()]))

    async def end(self, server_id: str, which: Which = every) -> None:
        """End the lineages of a server whose grants are meant."""
        name = f"{PREFIX}lineages:{server_id}"
        for lineage in await self._store.ask(self._redis.smembers(name)):
            chain = await self._store.ask(self._redis.hgetall(f"{PREFIX}lineage:{lineage}"))
            good = [chain.get("current", ""), chain.get("before", "")]
            if which is every or await self._is_meant(good, which):
                await self._forget(lineage, good)
                await self._store.ask(self._redis.srem(name, lineage))

    async def expire(self, server_id: str) -> None:
        """End now what ends with a token of this server."""
        await self.end(server_id, is_link)

    async def close(self) -> None:
        """Tell Redis what it has not been told yet, and stop."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        if self._living:
            self._soon(self._prolong(list(self._living)))
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=PATIENCE)
        waiting = [*self._tasks, *([self._refreshing] if self._refreshing else [])]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _good(self, digest: bytes) -> tuple[Grant, str]:
        """The grant of a secret and the id of its lineage; raises TokenRefused and StoreUnavailable."""
        text = await self._store.ask(self._redis.get(f"{PREFIX}resume:{digest.hex()}"))
        if text is None:
            raise TokenRefused("unknown")
        entry = json.loads(text)
        grant = grant_of(entry["grant"], self.clock())
        if grant.ends and grant.expires is not None and grant.expires <= self.clock():
            raise TokenRefused("expired")
        return grant, str(entry["lineage"])

    async def _is_meant(self, digests: list[str], which: Which) -> bool:
        names = [f"{PREFIX}resume:{digest}" for digest in digests if digest]
        texts = await self._store.ask(self._redis.mget(names)) if names else []
        now = self.clock()
        return any(text is not None and which(grant_of(json.loads(text)["grant"], now)) for text in texts)

    async def _forget(self, lineage: str, digests: list[str]) -> None:
        names = [f"{PREFIX}resume:{digest}" for digest in digests if digest]
        await self._store.ask(self._redis.delete(*names, f"{PREFIX}lineage:{lineage}"))

    def _touch(self, pipe: Pipeline, lineage: str, digests: Iterable[bytes | None]) -> None:
        """Have a lineage's secrets be good for the TTL from now on."""
        if self.ttl:
            for digest in digests:
                if digest:
                    pipe.pexpire(f"{PREFIX}resume:{digest.hex()}", milliseconds(self.ttl))
            pipe.pexpire(f"{PREFIX}lineage:{lineage}", milliseconds(self.ttl))

    async def _prolong(self, lineages: Iterable[Lineage]) -> None:
        pipe = self._redis.pipeline()
        for lineage in lineages:
            self._touch(pipe, lineage.id, (lineage.current, lineage.before))
        await self._store.ask(pipe.execute())

    async def _refresh(self) -> None:
        """Have what lives here outlive the TTL, and the end of this host by no more than that."""
        while True:
            await asyncio.sleep(self.ttl / 4)
            with contextlib.suppress(StoreUnavailable):
                await self._prolong(list(self._living))

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it without anybody waiting; where the store does not answer, its own clock ends what was to end."""

        async def quietly() -> None:
            try:
                await work
            except StoreUnavailable:
                log.debug("the token store was not told of an end")

        task = asyncio.get_running_loop().create_task(quietly(), name="token store")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _chain(current: bytes, before: bytes, session: str) -> dict[Any, Any]:
    """A lineage as it is kept: its two good secrets, and its last session."""
    return {"current": current.hex(), "before": before.hex(), "session": session}
