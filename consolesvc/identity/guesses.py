"""Against guessing passwords: who fails often has to wait, twice as long each time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 5
"""Failures in a row that cost nothing: people mistype."""
LONGEST = 60.0
"""Seconds that a wait grows to."""
FORGIVEN = 900.0
"""Seconds without a failure after which all is forgotten."""
MOST = 10_000
"""Names remembered; of more, those that failed longest ago are forgotten."""


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    last: float


class Guesses:
    """Failures by a key, which is a user's name and an address: nobody locks another one out from elsewhere.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Guesses {len(self._failures)}>"

    def wait(self, key: tuple[str, str]) -> float:
        """Seconds until the key may try again; 0 where it may now."""
        failures = self._failures.get(key)
        if failures is None or failures.count < FREE:
            return 0.0
        penalty = min(LONGEST, 2.0 ** (failures.count - FREE)) if failures.count < FREE + 10 else LONGEST
        return max(0.0, failures.last + penalty - self._clock())

    def failed(self, key: tuple[str, str]) -> None:
        """Note a failure."""
        now = self._clock()
        before = self._failures.pop(key, None)
        count = before.count if before is not None and now - before.last < FORGIVEN else 0
        self._failures[key] = _Failures(count + 1, now)
        if len(self._failures) > MOST:
            self._failures.popitem(last=False)

    def succeeded(self, key: tuple[str, str]) -> None:
        """Forgive a key."""
        self._failures.pop(key, None)
