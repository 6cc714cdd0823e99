"""Whether the other side is still there: when to ask for a sign of life, and when to give it up. No I/O, no clock.

A silent machine and a dead network look alike. A service pings a silent client every 30 s; one that does not is asked.
Where something was typed and nothing at all has come back, it is asked sooner: the user waits, and a laptop that was
opened again has a connection that nobody has told that it is gone.
"""

from __future__ import annotations

SILENCE = 25.0
"""Seconds of silence after which a sign of life is asked for; the service does after 30."""
TYPED = 5.0
"""Seconds, where something was typed meanwhile."""
ANSWER = 15.0
"""Seconds that a sign of life may take."""


class Life:
    """Signs of life of one connection.

    Args:
        now: Seconds, monotonic; likewise everywhere here.
    """

    def __init__(self, now: float) -> None:
        self._heard = now
        self._typed: float | None = None
        self._asked: float | None = None

    def heard(self, now: float) -> None:
        """Something has come, whatever it is."""
        self._heard, self._typed, self._asked = now, None, None

    def typed(self, now: float) -> None:
        """Something was sent."""
        if self._typed is None:
            self._typed = now

    def asked(self, now: float) -> None:
        """A sign of life was asked for."""
        self._asked = now

    @property
    def due(self) -> float:
        """When something is to be done: `asking` says what."""
        if self._asked is not None:
            return self._asked + ANSWER
        return min(self._heard + SILENCE, self._heard + SILENCE if self._typed is None else self._typed + TYPED)

    @property
    def asking(self) -> bool:
        """Whether a sign of life was asked for: where its time is over, nobody is there."""
        return self._asked is not None
