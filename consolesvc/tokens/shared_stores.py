"""Both stores in a Redis that several hosts share; imported only where the configuration names one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from consolesvc.elsewhere import Elsewhere
from consolesvc.tokens.owed import Owed
from consolesvc.tokens.shared import SharedStore
from consolesvc.tokens.shared_resumes import SharedResumeStore
from consolesvc.tokens.shared_tokens import SharedTokenStore
from consolesvc.tokens.stores import Stores, Times


class SharedStores(Stores):
    """See the module. Redis keeps them over a restart of ours."""

    def __init__(self, url: str, clock: Callable[[], float], times: Times, password_file: str | None = None) -> None:
        self._shared = SharedStore(url, password_file)
        self._owed = Owed(self._end, lambda: self._shared.up is False)
        self.tokens = SharedTokenStore(self._shared, clock, self._owed, ttl=times.ttl, single_use=times.single_use)
        self.resumes = self._secrets = SharedResumeStore(self._shared, clock, self._owed, ttl=times.resume)

    async def end(self, server_id: str) -> None:
        """End all of a server; where Redis does not answer, as soon as it does."""
        await self._owed.end(server_id)

    async def _end(self, server_id: str) -> None:
        await self.tokens.end(server_id)
        await self.resumes.end(server_id)

    def restore(self, folder: Path) -> None:
        """Nothing: it is where it was."""

    def keep(self, folder: Path) -> None:
        """Nothing: it stays where it is."""

    def count(self) -> int | None:
        """None: they are not of this process alone."""
        return None

    @property
    def elsewhere(self) -> Elsewhere | None:
        """That Redis."""
        return self._shared

    async def close(self) -> None:
        """Tell Redis what it has not been told yet, and let it go."""
        await self._owed.close()
        await self._secrets.close()
        await self._shared.close()
