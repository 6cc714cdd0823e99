"""What follows for a console from what becomes of its line: who is told, and what is forgotten (DESIGN section 4)."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any, Protocol

from consolesvc.console.events import Kind, duration
from consolesvc.console.flow import Flow
from consolesvc.console.input import InputPath, Typist
from consolesvc.lines.reconnecting import ReconnectingLine


class Watcher(Protocol):
    """A viewer, as it hears of the line."""

    typist: Typist

    def tell_refused(self, size: int, why: str) -> None:
        """Count what it typed that goes nowhere, and tell it why that is."""
        ...


class Attached(Protocol):
    """A console, as its line's fate concerns it."""

    name: str
    refused: int
    input: InputPath
    flow: Flow
    reconnecting: ReconnectingLine

    @property
    def viewers(self) -> Collection[Watcher]:
        """All who look."""
        ...

    def happened(self, kind: Kind, text: str, at: float | None = None, **facts: Any) -> None:
        """Tell every viewer, and the log's index."""
        ...


class Lifeline:
    """Hears each change of one console's line."""

    def __init__(self, console: Attached) -> None:
        self._console = console
        self._lost_at: float | None = None

    def __repr__(self) -> str:
        return f"<Lifeline of {self._console.name}>"

    def changed(self) -> None:
        """The line's state, or the reason for it, has changed."""
        console, line = self._console, self._console.reconnecting
        console.input.line = line.line
        if line.state == "connected":
            self._back()
            console.flow.check()
        elif line.state in ("waiting", "lent") and self._lost_at is None and line.opened:
            self._lost()

    def _back(self) -> None:
        console = self._console
        if self._lost_at is not None:
            away = duration(time.monotonic() - self._lost_at)
            console.happened("back", f"{console.name} line back after {away}; what it sent meanwhile is unknown")
        elif console.reconnecting.opened == 1 and console.viewers:
            console.happened("back", f"{console.name} line is up")
        self._lost_at = None

    def _lost(self) -> None:
        console, line = self._console, self._console.reconnecting
        self._lost_at = time.monotonic()
        console.flow.let_go()
        clock = time.strftime("%H:%M:%S")
        away = "" if line.state == "lent" else "; waiting"
        console.happened("lost", f"{console.name} line lost {clock}: {line.why}{away}")
        dropped = console.input.drop()
        console.refused += sum(dropped.values())
        for viewer in console.viewers:
            if size := dropped.get(viewer.typist, 0):
                viewer.tell_refused(size, line.why)
