"""The identity in force, which a reload may replace under the calls that are being answered."""

from __future__ import annotations

import asyncio
from collections import Counter

from consolesvc.config.model import Config
from consolesvc.identity.caller import Caller
from consolesvc.identity.kinds import make_identity
from consolesvc.identity.seam import Headers, Identity, Needs
from consolesvc.tokens.store import Minter


class CurrentIdentity:
    """Stands for the kind of identity that `identity:` asks for now.

    Args:
        config: The configuration.

    Attributes:
        now: The identity in force.
        kind: Its `type`.

    Raises:
        ConfigurationError: a file that it names is wrong.
    """

    def __init__(self, config: Config) -> None:
        self.now = make_identity(config)
        self.kind = config.identity.type
        self._key = _key(config)
        self._changed = 0
        """How often callers' rights had changed before the one in force came."""
        self._asked: Counter[Identity] = Counter()
        self._old: set[Identity] = set()
        self._left = asyncio.Event()

    def __repr__(self) -> str:
        return f"<CurrentIdentity {self.now!r}>"

    @property
    def changes(self) -> int:
        """How often what is known of callers has changed, another identity included."""
        return self._changed + self.now.changes

    async def caller(self, headers: Headers) -> Caller:
        """The caller of a request, as the identity in force at its beginning says."""
        identity = self.now
        self._asked[identity] += 1
        try:
            return await identity.caller(headers)
        finally:
            self._asked[identity] -= 1
            if not self._asked[identity]:
                del self._asked[identity]
                self._left.set()

    def auth_url(self, root: str) -> str:
        """Where tokens come from."""
        return self.now.auth_url(root)

    def lost(self, minter: Minter, needs: Needs) -> bool:
        """Whether who minted a token, perhaps under another identity, is known to have no such right any more."""
        return self.now.lost(minter, needs)

    def another(self, config: Config) -> Identity | None:
        """Make what a new configuration asks for, and change nothing; None where it asks for what is in force.

        Raises:
            ConfigurationError: a file that it names is wrong.
        """
        return None if _key(config) == self._key else make_identity(config)

    async def replace(self, identity: Identity, config: Config) -> None:
        """Go over to what `another` has made; the old one is let go of when it has answered all it was asked."""
        self._changed += self.now.changes + 1
        old, self.now, self.kind, self._key = self.now, identity, config.identity.type, _key(config)
        self._old.add(old)
        while self._asked[old]:
            self._left.clear()
            await self._left.wait()
        await old.close()
        self._old.discard(old)

    async def close(self) -> None:
        """Let go of what is held. Idempotent."""
        for identity in (*self._old, self.now):
            await identity.close()


def _key(config: Config) -> tuple[object, ...]:
    """What an identity is made of."""
    return config.identity, config.defaults.project_id
