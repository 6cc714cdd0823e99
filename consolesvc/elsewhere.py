"""What another process does for this one, and whether it answers: the token store, the identity.

Nothing is asked for the sake of knowing while it answers: that is known from what happened last. While it does not, or
nobody has asked yet, whoever reads that has it looked at, now and then, and reads what came of it the next time.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

EVERY: Final = 5.0
"""Seconds between two looks, at least."""


@runtime_checkable
class Elsewhere(Protocol):
    """Something that another process does."""

    @property
    def up(self) -> bool | None:
        """Whether it answered when it was asked last; None before that."""
        ...

    async def look(self) -> None:
        """Ask it something. Whatever comes of it is in `up`; it raises nothing."""
        ...


class Looks:
    """Reads whether something answers, and looks where that is due. Make it in the loop, or before.

    Args:
        of: What is read; None where no other process does it.
    """

    def __init__(self, of: Callable[[], Elsewhere | None]) -> None:
        self._of = of
        self._due = 0.0
        self._looking: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Looks at {self._of()!r}>"

    @property
    def there(self) -> bool:
        """Whether another process does it at all."""
        return self._of() is not None

    def up(self) -> bool | None:
        """Whether it answered last; None where that is not known, or no other process does it."""
        elsewhere = self._of()
        if elsewhere is None:
            return None
        loop = asyncio.get_running_loop()
        idle = self._looking is None or self._looking.done()
        if not elsewhere.up and idle and loop.time() >= self._due:
            self._due = loop.time() + EVERY
            self._looking = loop.create_task(elsewhere.look(), name=f"look at {elsewhere!r}")
        return elsewhere.up

    async def close(self) -> None:
        """Look no more. Idempotent."""
        self._due = math.inf
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
