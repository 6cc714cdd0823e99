"""Resume secrets of one process, in memory (DESIGN 5.4)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from consolesvc.errors import TokenRefused
from consolesvc.tokens.digests import digest_of
from consolesvc.tokens.grants import read_back, written
from consolesvc.tokens.store import Grant, Lineage, Lives, Which, every, is_link

SECRET_BYTES = 24
SWEEP_EVERY = 10.0
"""Seconds between two looks for secrets that have expired: each goes through all of them."""


class MemoryResumeStore:
    """Secrets by sha256; each opens its lineage's console, and is then replaced.

    Args:
        clock: Seconds, monotonic.
        ttl: Seconds for which a secret is good after a cut; 0 for ever.
    """

    def __init__(self, clock: Callable[[], float], *, ttl: float = 12 * 3600) -> None:
        self.clock = clock
        self.ttl = ttl
        self._lineages: dict[bytes, Lineage] = {}
        self._sweep_at = 0.0

    def __repr__(self) -> str:
        return f"<MemoryResumeStore {len(self._lineages)} secrets>"

    def begin(self, grant: Grant) -> Lineage:
        """A lineage for a session that came with a token."""
        if self.clock() >= self._sweep_at:
            self._sweep_at = self.clock() + SWEEP_EVERY
            self.sweep()
        return Lineage(grant)

    async def renew(self, lineage: Lineage) -> str:
        """A new secret for a session of this lineage, to be sent in its hello."""
        if lineage.before is not None:
            self._lineages.pop(lineage.before, None)
        lineage.before = lineage.current or None
        secret = secrets.token_urlsafe(SECRET_BYTES)
        lineage.current = digest_of(secret)
        self._lineages[lineage.current] = lineage
        return secret

    async def redeem(self, secret: str, admit: Callable[[Grant], None], lives: Lives | None = None) -> Lineage:
        """The lineage that a session goes on with which comes by this secret (ResumeStore.redeem).

        Raises:
            TokenRefused: it is unknown, used or expired.
        """
        digest = digest_of(secret)
        lineage = self._good(digest)
        admit(lineage.grant)
        if lineage.sessions:
            if lives is None or await lives(lineage):
                return Lineage(lineage.grant)
            lineage = self._good(digest)  # another may have come meanwhile
        if digest != lineage.current:
            return Lineage(lineage.grant, session=lineage.session)
        # One of its own, too: whoever else is on the way here with the old one begins a chain.
        next_one = Lineage(lineage.grant, lineage.until, digest, session=lineage.session)
        if next_one.until is None and self.ttl:
            next_one.until = self.clock() + self.ttl
        if lineage.before is not None:
            self._lineages.pop(lineage.before, None)
        self._lineages[digest] = next_one
        lineage.current, lineage.before = b"", None
        return next_one

    async def look_up(self, secret: str) -> tuple[Grant, bool | None]:
        """The grant of a secret, which stays as good as it was, and whether its session lives; raises TokenRefused."""
        lineage = self._good(digest_of(secret))
        return lineage.grant, lineage.sessions > 0

    def enter(self, lineage: Lineage) -> None:
        """A session of this lineage lives: its secret does not run out."""
        lineage.sessions += 1
        lineage.until = None

    def leave(self, lineage: Lineage) -> None:
        """The session ended; from now on its secret is good for the TTL."""
        lineage.sessions -= 1
        if lineage.sessions == 0 and self.ttl:
            lineage.until = self.clock() + self.ttl

    def drop(self, lineage: Lineage) -> None:
        """End a lineage for good: its session was kicked, or its right ended."""
        for digest in (lineage.current, lineage.before):
            if digest is not None:
                self._lineages.pop(digest, None)

    async def end(self, server_id: str, which: Which = every) -> None:
        """End the lineages of a server whose grants are meant."""
        for lineage in {lineage for lineage in self._lineages.values() if lineage.grant.server_id == server_id}:
            if which(lineage.grant):
                self.drop(lineage)

    async def expire(self, server_id: str) -> None:
        """End now what ends with a token of this server, as `TokenStore.expire` ends the tokens."""
        now = self.clock()
        for lineage in self._lineages.values():
            if lineage.grant.server_id == server_id and is_link(lineage.grant):
                lineage.grant = lineage.grant._replace(expires=now)

    def sweep(self) -> None:
        """Forget what expired."""
        now = self.clock()
        for lineage in {lineage for lineage in self._lineages.values() if self._is_over(lineage, now)}:
            self.drop(lineage)

    def dump(self) -> list[dict[str, object]]:
        """What lives, for a file: hashes, grants, and seconds that are left of each secret."""
        now = self.clock()
        self.sweep()
        return [
            {
                "sha256": digest.hex(),
                "left": self.ttl if lineage.until is None else lineage.until - now,
                "grant": written(lineage.grant, now),
            }
            for digest, lineage in self._lineages.items()
        ]

    def restore(self, entry: Mapping[str, Any], gone: float) -> bool:
        """Take back one secret of `dump`, so many seconds later; whether it is good still."""
        then = self.clock() - gone
        # Without a grant it is of a release that kept the server alone.
        grant = read_back(entry["grant"], then) if "grant" in entry else read_back({**entry, "left": None}, then)
        digest = bytes.fromhex(entry["sha256"])
        lineage = Lineage(grant, then + float(entry["left"]) if self.ttl else None, digest)
        if self._is_over(lineage, self.clock()):
            return False
        self._lineages[digest] = lineage
        return True

    def _good(self, digest: bytes) -> Lineage:
        lineage = self._lineages.get(digest)
        if lineage is None:
            raise TokenRefused("unknown")
        if self._is_over(lineage, self.clock()):
            raise TokenRefused("expired")
        return lineage

    def _is_over(self, lineage: Lineage, now: float) -> bool:
        """Whether its secrets are good for nothing any more: their time is over, or a share link's is."""
        grant = lineage.grant
        ends = [lineage.until, grant.expires if grant.ends else None]
        return any(end is not None and end <= now for end in ends)
