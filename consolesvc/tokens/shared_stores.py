"""Both stores in a Redis that several hosts share; imported only where the configuration names one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from consolesvc.config.model import Tokens
from consolesvc.tokens.shared import SharedStore
from consolesvc.tokens.shared_resumes import SharedResumeStore
from consolesvc.tokens.shared_tokens import SharedTokenStore
from consolesvc.tokens.stores import Stores


class SharedStores(Stores):
    """See the module. Redis keeps them over a restart of ours."""

    def __init__(self, config: Tokens, clock: Callable[[], float]) -> None:
        self._shared = SharedStore(config.store)
        self.tokens = SharedTokenStore(self._shared, clock, ttl=config.ttl, single_use=config.single_use)
        self.resumes = self._secrets = SharedResumeStore(self._shared, clock, ttl=config.resume)

    def restore(self, folder: Path) -> None:
        """Nothing: it is where it was."""

    def keep(self, folder: Path) -> None:
        """Nothing: it stays where it is."""

    async def close(self) -> None:
        """Tell Redis what it has not been told yet, and let it go."""
        await self._secrets.close()
        await self._shared.close()
