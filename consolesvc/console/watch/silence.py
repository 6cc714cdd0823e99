"""Silence: no byte for so long while the line is open, and its end. Each is told once, in turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from consolesvc.console.watch.subject import Subject

Happened = Callable[[str, int, float, dict[str, Any]], None]
"""Told the kind of an event, its offset, its unix time and its facts."""


class Silence:
    """Listens to one console's silence.

    Its timer counts from the last byte and is set anew when it is over: the way of a byte knows nothing of it.

    Args:
        console: Whose.
        seconds: For how long it may say nothing; 0 for ever.
        happened: Told `silence` and `silence-over`.
    """

    def __init__(self, console: Subject, seconds: float, happened: Happened) -> None:
        self.seconds = seconds
        self._console = console
        self._happened = happened
        self._timer: asyncio.TimerHandle | None = None
        self._from: float | None = None

    def __repr__(self) -> str:
        return f"<Silence of {self._console.name} {'goes on' if self._from is not None else 'is awaited'}>"

    def listen(self) -> None:
        """Count from the last byte or from when the line was opened, if it is; a silence that was told goes on."""
        self.stop()
        if self.seconds and self._console.connected and self._from is None:
            self._timer = asyncio.get_running_loop().call_at(self._quiet_since + self.seconds, self._look)

    def stop(self) -> None:
        """Count no more. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def broken(self, offset: int, came: float) -> None:
        """Hear of the bytes that have come at an offset and a unix time."""
        if self._from is not None:
            seconds = (self._console.last_output or self._from) - self._from
            self._from = None
            self._happened("silence-over", offset, came, {"seconds": round(seconds, 1)})
            self.listen()

    @property
    def _quiet_since(self) -> float:
        return max(self._console.last_output or 0.0, self._console.reconnecting.since)

    def _look(self) -> None:
        since = self._quiet_since
        left = since + self.seconds - asyncio.get_running_loop().time()
        if left > 0:
            self.listen()
            return
        self._timer, self._from = None, since
        self._happened("silence", self._console.ring.end, time.time(), {"seconds": round(self.seconds - left, 1)})
