"""A console, as those know it that watch it."""

from __future__ import annotations

from typing import Protocol

from consolesvc.console.events import Event
from consolesvc.console.ring import Ring
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.log.writer import LogWriter


class Subject(Protocol):
    """What is watched: see Console."""

    name: str
    ring: Ring
    reconnecting: ReconnectingLine
    log: LogWriter | None
    last_output: float | None

    @property
    def connected(self) -> bool:
        """Whether its line is open."""
        ...

    def announce(self, event: Event) -> None:
        """Tell everybody what happened."""
        ...
