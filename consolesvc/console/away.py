"""What is said when a console's line is lost, and when it is back."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Protocol

from consolesvc.console.events import duration
from consolesvc.console.input import InputPath, Typist
from consolesvc.lines.reconnecting import ReconnectingLine


class Typing(Protocol):
    """A viewer, as far as it types: see Viewer."""

    typist: Typist

    def tell_refused(self, size: int, why: str) -> None:
        """Count input that was refused, and say so."""
        ...


class Told(Protocol):
    """A console, whose viewers are told: see Console."""

    name: str
    reconnecting: ReconnectingLine
    input: InputPath
    refused: int

    @property
    def viewers(self) -> Collection[Typing]:
        """Who is attached."""
        ...

    def happened(self, kind: str, text: str) -> None:
        """Tell everybody what happens now."""
        ...


class Away:
    """Tells the viewers of one console, once each time, that its line is away, and that it has come back.

    Args:
        console: Whose.
    """

    def __init__(self, console: Told) -> None:
        self._console = console
        self._since: float | None = None

    def __repr__(self) -> str:
        return f"<Away {self._console.name} {'is' if self._since is not None else 'is not'}>"

    def line_changed(self) -> None:
        """Look at the line's state, which has changed."""
        console, line = self._console, self._console.reconnecting
        if line.state == "connected":
            if self._since is not None:
                away = duration(time.monotonic() - self._since)
                console.happened("back", f"{console.name} line back after {away}; what it sent meanwhile is unknown")
            elif line.opened == 1 and console.viewers:
                console.happened("back", f"{console.name} line is up")
            self._since = None
        elif line.state in ("waiting", "lent") and self._since is None and line.opened:
            self._since = time.monotonic()
            waiting = "" if line.state == "lent" else "; waiting"
            console.happened("lost", f"{console.name} line lost {time.strftime('%H:%M:%S')}: {line.why}{waiting}")
            self._drop_input()

    def _drop_input(self) -> None:
        """What was typed and not sent yet is not kept for the line's return."""
        console = self._console
        dropped = console.input.drop()
        console.refused += sum(dropped.values())
        for viewer in console.viewers:
            if size := dropped.get(viewer.typist, 0):
                viewer.tell_refused(size, console.reconnecting.why)
