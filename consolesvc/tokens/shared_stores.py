"""Both stores in a Redis that several hosts share; imported only where the configuration names one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from consolesvc.tokens.shared import SharedStore
from consolesvc.tokens.shared_resumes import SharedResumeStore
from consolesvc.tokens.shared_tokens import SharedTokenStore
from consolesvc.tokens.stores import Stores, Times


class SharedStores(Stores):
    """See the module. Redis keeps them over a restart of ours."""

    def __init__(self, url: str, clock: Callable[[], float], times: Times, password_file: str | None = None) -> None:
        self._shared = SharedStore(url, password_file)
        self.tokens = SharedTokenStore(self._shared, clock, ttl=times.ttl, single_use=times.single_use)
        self.resumes = self._secrets = SharedResumeStore(self._shared, clock, ttl=times.resume)

    def restore(self, folder: Path) -> None:
        """Nothing: it is where it was."""

    def keep(self, folder: Path) -> None:
        """Nothing: it stays where it is."""

    def count(self) -> int | None:
        """None: they are not of this process alone."""
        return None

    async def close(self) -> None:
        """Tell Redis what it has not been told yet, and let it go."""
        await self._secrets.close()
        await self._shared.close()
