"""How long to wait before another try. No I/O, no clock."""

from __future__ import annotations

FIRST, LONGEST = 0.2, 1.0
"""Seconds: a service that was upgraded has its clients back before its operator has looked."""
LASTED = 5.0
"""Seconds after which a connection was a success: the next try comes at once."""


class Backoff:
    """Pauses that double: 0, 0.2 s, 0.4 s and so on, 1 s at most."""

    def __init__(self) -> None:
        self._pause = 0.0

    def next(self) -> float:
        """Seconds to wait before this try."""
        pause, self._pause = self._pause, min(LONGEST, max(FIRST, 2 * self._pause))
        return pause

    def lasted(self, seconds: float) -> None:
        """A connection was there for so long."""
        if seconds >= LASTED:
            self._pause = 0.0
