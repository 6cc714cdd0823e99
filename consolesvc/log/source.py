"""Where a log's bytes come from, as its writer sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Source(Protocol):
    """What the log reads from: a ring."""

    capacity: int
    end: int

    @property
    def start(self) -> int:
        """The oldest offset held."""
        ...

    def read(self, offset: int, limit: int) -> bytes:
        """A copy of the bytes there."""
        ...

    def lend(self, offset: int, limit: int) -> Sequence[bytes | memoryview]:
        """The bytes there, in one part or two, which do not change until they are given back."""
        ...

    def give_back(self) -> None:
        """End the loan."""
        ...
