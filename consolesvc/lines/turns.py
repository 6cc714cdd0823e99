"""How much a line may read at a time: little while somebody types elsewhere, much while nobody else speaks.

A read of 64 KiB costs the relay a third more CPU per byte than one of 256 KiB, and one of 16 KiB twice as much; but
whoever types beside a flood waits for two or three such reads to be relayed, for each key press. Measured beside a
flood, as the ratio of an echo's median time to websockify's, which has a process for each session: 2.0 with reads of
64 KiB, 1.1 with 16 KiB (CONTRIBUTING, Speed; DESIGN decision 10).
"""

from __future__ import annotations

import threading
import time
from typing import Final

from consolesvc.lines.base import READ_ALONE, READ_BESIDE_TYPING, READ_SIZE

QUIET: Final = 0.1
"""Seconds for which nobody else has read, after which a line counts as alone."""
TYPING: Final = 1.0
"""Seconds for which somebody who has typed counts as typing."""


class Turns(threading.local):
    """The lines of a thread's loop, taking turns."""

    def __init__(self) -> None:
        self._last: object = None
        self._alone_at = 0.0
        self._typed_at: object = None
        self._typing_until = 0.0

    def most(self, line: object) -> int:
        """Bytes that a line may read now; who asks is about to read."""
        now = time.monotonic()
        if line is not self._last:
            self._last, self._alone_at = line, now + QUIET
        if now < self._typing_until and line is not self._typed_at:
            return READ_BESIDE_TYPING
        return READ_ALONE if now >= self._alone_at else READ_SIZE

    def typed(self, line: object) -> None:
        """Hear that somebody has typed at a line."""
        self._typed_at, self._typing_until = line, time.monotonic() + TYPING


turns: Final = Turns()
