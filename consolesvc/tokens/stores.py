"""The table of stores: `tokens.store` of the configuration -> what keeps tokens and resume secrets (DESIGN 5.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from consolesvc.config.model import Tokens
from consolesvc.tokens.keeping import keep, restore
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.tokens.resume import MemoryResumeStore
from consolesvc.tokens.store import ResumeStore, TokenStore


class Stores:
    """Both stores of a service, in its own memory.

    Args:
        config: `tokens:` of the configuration.
        clock: Seconds, monotonic.

    Attributes:
        tokens: Issues and redeems tokens.
        resumes: The same for resume secrets.
    """

    tokens: TokenStore
    resumes: ResumeStore

    def __init__(self, config: Tokens, clock: Callable[[], float]) -> None:
        self.tokens = self._tokens = MemoryTokenStore(clock, ttl=config.ttl, single_use=config.single_use)
        self.resumes = self._resumes = MemoryResumeStore(clock, ttl=config.resume)

    def reload(self, config: Tokens) -> None:
        """Go over to other times; `store` itself needs a restart."""
        self.tokens.ttl, self.tokens.single_use = config.ttl, config.single_use
        self.resumes.ttl = config.resume

    def restore(self, folder: Path) -> None:
        """Take back what the last run has kept."""
        restore(folder, self._tokens, self._resumes)

    def keep(self, folder: Path) -> None:
        """Keep what lives for the next run."""
        keep(folder, self._tokens, self._resumes)

    async def close(self) -> None:
        """Nothing to let go of."""


def make_stores(config: Tokens, clock: Callable[[], float]) -> Stores:
    """The stores that a configuration asks for. Waits for no other process."""
    if config.store == "memory":
        return Stores(config, clock)
    # Imported only where it is asked for: redis-py takes 8 MiB and a fifth of a second of CPU (ecosystem.md section 8).
    from consolesvc.tokens.shared_stores import SharedStores  # noqa: PLC0415 - see above

    return SharedStores(config, clock)
