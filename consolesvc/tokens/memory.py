"""Tokens of one process, in memory (DESIGN decision 6)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Any

from consolesvc.errors import TokenRefused
from consolesvc.tokens.digests import TOKEN_ID_DIGITS, digest_of, new_token
from consolesvc.tokens.grants import read_back, written
from consolesvc.tokens.store import Grant, Minter, Which, every


class MemoryTokenStore:
    """Tokens by sha256, each with the time it expires.

    Args:
        clock: Gives seconds, monotonic; passed in, so that tests turn it by hand.
        ttl: Seconds for which a token is good for connecting; 0 for ever.
        single_use: Whether a token is good for one connection only.
    """

    def __init__(self, clock: Callable[[], float], *, ttl: float = 600, single_use: bool = False) -> None:
        self.clock = clock
        self.ttl = ttl
        self.single_use = single_use
        self._grants: dict[bytes, Grant] = {}
        self._used: set[bytes] = set()
        self._expiries: list[tuple[float, bytes]] = []

    def __repr__(self) -> str:
        return f"<MemoryTokenStore {len(self._grants)} tokens, ttl {self.ttl:g} s>"

    def __len__(self) -> int:
        return len(self._grants)

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
        self.sweep()
        token = new_token()
        digest = digest_of(token)
        ttl = self.ttl if ttl is None else ttl
        expires = self.clock() + ttl if ttl else None
        self._grants[digest] = Grant(server_id, digest.hex()[:TOKEN_ID_DIGITS], expires, user, may_type, ends, minter)
        if expires is not None:
            heapq.heappush(self._expiries, (expires, digest))
        return token

    async def redeem(self, token: str, admit: Callable[[Grant], None]) -> Grant:
        """Exchange a token for its grant; raises TokenRefused and what `admit` raises."""
        digest, grant = self._good(token)
        admit(grant)
        if self.single_use:
            self._used.add(digest)
        return grant

    async def look_up(self, token: str) -> Grant:
        """The grant of a token, which stays as good as it was; raises TokenRefused."""
        return self._good(token)[1]

    async def end(self, server_id: str, which: Which = every) -> int:
        """Forget the tokens of a server that are meant; how many."""
        self.sweep()
        of_server = [(digest, grant) for digest, grant in self._grants.items() if grant.server_id == server_id]
        ended = [digest for digest, grant in of_server if which(grant)]
        for digest in ended:
            self._forget(digest)
        return len(ended)

    def dump(self) -> list[dict[str, object]]:
        """What lives, for a file: hashes and grants. Used ones are left out."""
        now = self.clock()
        self.sweep()
        return [
            {"sha256": digest.hex(), **written(grant, now)}
            for digest, grant in self._grants.items()
            if digest not in self._used
        ]

    def restore(self, entry: Mapping[str, Any], gone: float) -> bool:
        """Take back one token of `dump`, so many seconds later; whether it is good still."""
        now = self.clock()
        grant = read_back(entry, now - gone)
        if grant.expires is not None and grant.expires <= now:
            return False
        digest = bytes.fromhex(entry["sha256"])
        self._grants[digest] = grant
        if grant.expires is not None:
            heapq.heappush(self._expiries, (grant.expires, digest))
        return True

    async def expire(self, server_id: str) -> int:
        """End the time of every token of a server now; the number that had some left."""
        now, expired = self.clock(), 0
        for digest, grant in self._grants.items():
            left = grant.expires is None or grant.expires > now
            if left and grant.server_id == server_id:
                # Another value under a key that is there: what is walked through keeps its size.
                self._grants[digest] = grant._replace(expires=now)
                heapq.heappush(self._expiries, (now, digest))
                expired += 1
        return expired

    def _good(self, token: str) -> tuple[bytes, Grant]:
        digest = digest_of(token)
        grant = self._grants.get(digest)
        if grant is None:
            raise TokenRefused("unknown")
        if grant.expires is not None and self.clock() >= grant.expires:
            raise TokenRefused("expired")
        if digest in self._used:
            raise TokenRefused("used")
        return digest, grant

    def _forget(self, digest: bytes) -> bool:
        self._used.discard(digest)
        return self._grants.pop(digest, None) is not None

    def sweep(self) -> int:
        """Forget what expired; the number forgotten. Each costs a heap pop, so it runs with every issue."""
        now, swept = self.clock(), 0
        while self._expiries and self._expiries[0][0] <= now:
            swept += self._forget(heapq.heappop(self._expiries)[1])
        return swept
