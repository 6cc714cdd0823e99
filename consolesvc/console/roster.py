"""Who is at a console, as clients of `consolesvc.v1` are shown it as viewers come and go: once for many of them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, Protocol

from consolesvc.console.loop import InLoop
from consolesvc.console.sharing import Sharing
from consolesvc.log.index import timestamp

EVERY = 0.1
"""Seconds between two lists, at least."""
MANY = 64
"""Viewers up to whom that holds. Each list is for each of them: with twice as many, four times as much is sent."""


class Shown(Protocol):
    """A viewer, as the list knows it."""

    id: str
    who: str
    user: str
    may_type: bool
    since: float
    shown: int

    def tell_viewers(self) -> None:
        """Have it told who is here."""
        ...


class Roster(InLoop):
    """The viewers of one console, in the order they came.

    Args:
        viewers: Who is there at any time.
        sharing: Knows who holds the input.

    Attributes:
        changes: How often it has changed; a viewer remembers what it was shown (Viewer.shown).
        informed: Those that are shown it.
    """

    def __init__(self, viewers: Collection[Shown], sharing: Sharing) -> None:
        self.changes = 0
        self.informed: set[Shown] = set()
        self._viewers = viewers
        self._sharing = sharing
        self._timer: asyncio.TimerHandle | None = None
        self._told_at = -EVERY

    def view(self) -> list[dict[str, Any]]:
        """As JSON: `session`, `who`, `user` text, `may_type` (by its token), `holds` the input, `since` ISO 8601."""
        holder = self._sharing.holder
        return [
            {
                "session": viewer.id,
                "who": viewer.who,
                "user": viewer.user,
                "may_type": viewer.may_type,
                "holds": viewer.id == holder,
                "since": timestamp(viewer.since),
            }
            for viewer in sorted(self._viewers, key=lambda viewer: viewer.since)
        ]

    def changed(self) -> None:
        """A viewer has come or gone; those who are informed will be shown."""
        self.changes += 1
        if self._timer is None and self.informed:
            pause = EVERY * max(1.0, (len(self._viewers) / MANY) ** 2)
            self._timer = self.loop.call_at(max(self.loop.time(), self._told_at + pause), self._tell)

    def close(self) -> None:
        """Tell nobody any more of what has changed so far. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self._timer = None
        self._told_at = self.loop.time()
        for viewer in self.informed:
            if viewer.shown != self.changes:
                viewer.tell_viewers()
