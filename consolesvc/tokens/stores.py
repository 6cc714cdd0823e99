"""Both stores of a service, in its own memory, and what outlives a restart of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from consolesvc.elsewhere import Elsewhere
from consolesvc.tokens.keeping import keep, restore
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.tokens.resume import MemoryResumeStore
from consolesvc.tokens.store import ResumeStore, TokenStore


class Times(Protocol):
    """How long tokens and secrets are good: `tokens:` of the configuration."""

    @property
    def ttl(self) -> float:
        """Seconds for which a token is good for connecting; 0 for ever."""
        ...

    @property
    def single_use(self) -> bool:
        """Whether for one connection only."""
        ...

    @property
    def resume(self) -> float:
        """Seconds for which a secret is good after a cut; 0 for ever."""
        ...


class Stores:
    """See the module.

    Args:
        clock: Seconds, monotonic.
        times: How long tokens and secrets are good.

    Attributes:
        tokens: Issues and redeems tokens.
        resumes: The same for resume secrets.
    """

    tokens: TokenStore
    resumes: ResumeStore

    def __init__(self, clock: Callable[[], float], times: Times) -> None:
        self.tokens = self._tokens = MemoryTokenStore(clock, ttl=times.ttl, single_use=times.single_use)
        self.resumes = self._resumes = MemoryResumeStore(clock, ttl=times.resume)

    def reload(self, times: Times) -> None:
        """Go over to other times."""
        self.tokens.ttl, self.tokens.single_use = times.ttl, times.single_use
        self.resumes.ttl = times.resume

    async def end(self, server_id: str) -> None:
        """End every token and every secret of a server. Whatever a store of other processes does, it succeeds."""
        await self.tokens.end(server_id)
        await self.resumes.end(server_id)

    def restore(self, folder: Path) -> None:
        """Take back what the last run has kept."""
        restore(folder, self._tokens, self._resumes)

    def keep(self, folder: Path) -> None:
        """Keep what lives for the next run."""
        keep(folder, self._tokens, self._resumes)

    def count(self) -> int | None:
        """How many tokens are good for connecting; None where that is not known."""
        self._tokens.sweep()
        return len(self._tokens)

    @property
    def elsewhere(self) -> Elsewhere | None:
        """The process that keeps them; None for this one."""
        return None

    async def close(self) -> None:
        """Nothing to let go of."""
