"""Who is at a console, as clients of `consolesvc.v1` are shown it as viewers come and go: once for many of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from consolesvc.log.index import timestamp

if TYPE_CHECKING:
    from consolesvc.console.console import Console
    from consolesvc.console.viewer import Viewer

EVERY = 0.1
"""Seconds between two lists, at least."""
MANY = 64
"""Viewers up to whom that holds. Each list is for each of them: with twice as many, four times as much is sent."""


class Roster:
    """The viewers of one console, in the order they came.

    Attributes:
        changes: How often it has changed; a viewer remembers what it was shown (Viewer.shown).
        informed: Those that are shown it.
    """

    def __init__(self, console: Console) -> None:
        self.changes = 0
        self.informed: set[Viewer] = set()
        self._console = console
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = -EVERY

    def view(self) -> list[dict[str, Any]]:
        """As JSON: `session`, `who`, `user` text, `may_type` (by its token), `holds` the input, `since` ISO 8601."""
        holder = self._console.keyboard.sharing.holder
        return [
            {
                "session": viewer.id,
                "who": viewer.who,
                "user": viewer.user,
                "may_type": viewer.may_type,
                "holds": viewer.id == holder,
                "since": timestamp(viewer.since),
            }
            for viewer in sorted(self._console.viewers, key=lambda viewer: viewer.since)
        ]

    def changed(self) -> None:
        """A viewer has come or gone; those who are informed will be shown."""
        self.changes += 1
        if self._timer is None and self.informed:
            pause = EVERY * max(1.0, (len(self._console.viewers) / MANY) ** 2)
            self._timer = self._loop.call_at(max(self._loop.time(), self._told_at + pause), self._tell)

    def close(self) -> None:
        """Tell nobody any more of what has changed so far. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self._timer = None
        self._told_at = self._loop.time()
        for viewer in self.informed:
            if viewer.shown != self.changes:
                viewer.tell_viewers()
