"""Resume secrets: what brings a client back to its session after a cut, when its token is long gone (DESIGN 5.4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from consolesvc.errors import TokenRefused
from consolesvc.tokens.store import Grant

SECRET_BYTES = 24
SWEEP_EVERY = 10.0
"""Seconds between two looks for secrets that have expired: each goes through all of them."""


@dataclass(slots=True, eq=False)
class Lineage:
    """A session and those that came of it by resuming.

    Attributes:
        grant: What the first one's token was good for.
        until: When its secrets end, on the store's clock; None while a session lives.
        current: sha256 of the secret that was given last.
        before: sha256 of the one before, good until the current one is used; None where there is none.
    """

    grant: Grant
    until: float | None = None
    current: bytes = b""
    before: bytes | None = None
    sessions: int = field(default=0, repr=False)


class ResumeStore:
    """Secrets by sha256; each opens its lineage's console, once, and is then replaced.

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
        return f"<ResumeStore {len(self._lineages)} secrets>"

    def begin(self, grant: Grant) -> Lineage:
        """A lineage for a session that came with a token."""
        if self.clock() >= self._sweep_at:
            self._sweep_at = self.clock() + SWEEP_EVERY
            self.sweep()
        return Lineage(grant)

    def renew(self, lineage: Lineage) -> str:
        """A new secret for a session of this lineage, to be sent in its hello."""
        if lineage.before is not None:
            self._lineages.pop(lineage.before, None)
        lineage.before = lineage.current or None
        secret = secrets.token_urlsafe(SECRET_BYTES)
        lineage.current = _digest(secret)
        self._lineages[lineage.current] = lineage
        return secret

    def redeem(self, secret: str, admit: Callable[[Grant], None]) -> Lineage:
        """The lineage of a secret; the other secret of the two that are good ends.

        Args:
            secret: What the client showed.
            admit: As with a token: what it raises leaves the secret as good as it was.

        Raises:
            TokenRefused: it is unknown, used or expired.
        """
        lineage = self.look_up(secret)
        admit(lineage.grant)
        digest = _digest(secret)
        other = lineage.before if digest == lineage.current else lineage.current
        if other is not None:
            self._lineages.pop(other, None)
        lineage.current, lineage.before = digest, None
        return lineage

    def look_up(self, secret: str) -> Lineage:
        """The lineage of a secret, which stays as good as it was; raises TokenRefused as `redeem` does."""
        lineage = self._lineages.get(_digest(secret))
        if lineage is None:
            raise TokenRefused("unknown")
        if lineage.until is not None and self.clock() >= lineage.until:
            raise TokenRefused("expired")
        return lineage

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

    def end(self, server_id: str) -> None:
        """End every lineage of a server that is gone."""
        for lineage in {lineage for lineage in self._lineages.values() if lineage.grant.server_id == server_id}:
            self.drop(lineage)

    def sweep(self) -> None:
        """Forget what expired."""
        now = self.clock()
        for lineage in {x for x in self._lineages.values() if x.until is not None and x.until <= now}:
            self.drop(lineage)

    def dump(self) -> list[dict[str, object]]:
        """What lives, for a file: hashes, servers, and seconds that are left."""
        now = self.clock()
        self.sweep()
        return [
            {
                "sha256": digest.hex(),
                "server_id": lineage.grant.server_id,
                "token_id": lineage.grant.token_id,
                "left": self.ttl if lineage.until is None else lineage.until - now,
            }
            for digest, lineage in self._lineages.items()
        ]

    def restore(self, digest: bytes, grant: Grant, left: float) -> None:
        """Take back one secret from a file."""
        lineage = Lineage(grant, self.clock() + left if self.ttl else None, digest)
        self._lineages[digest] = lineage


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
