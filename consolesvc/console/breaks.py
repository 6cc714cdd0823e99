"""Breaks: the one signal to a machine that is no byte."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from consolesvc.errors import LineError, LineUnavailable

if TYPE_CHECKING:
    from consolesvc.console.console import Console
    from consolesvc.console.viewer import Viewer

DEFAULT_MS, LONGEST_MS = 250, 5000
"""Milliseconds that a break lasts: where nobody says, and at most."""


class Breaks:
    """Sends breaks on one console's line, one after the other, and tells everybody.

    Args:
        console: Whose.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._line = asyncio.Lock()
        self._waiting: deque[tuple[Viewer, float]] = deque()
        """What viewers have asked for while another was under way: of each viewer one at most."""
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Breaks of {self._console.name}, {len(self._waiting)} waiting>"

    async def send(self, seconds: float, who: str) -> None:
        """Send one, once those before it are over: of two that overlap the end of one would cut the other short.

        Raises:
            LineUnavailable: the line is not open.
            LackError: this line has none.
            LineLost: the line ended meanwhile.
        """
        async with self._line:
            line = self._console.reconnecting.line
            if line is None:
                why = self._console.reconnecting.why
                raise LineUnavailable(f"{self._console.name} line is not open: {why}")
            await line.send_break(seconds)
        self._console.happened("break", f"break of {seconds * 1000:.0f} ms sent by {who}")

    def ask(self, viewer: Viewer, seconds: float) -> None:
        """Send one for a viewer, in its own time; what the line lacks, or its loss, is told to the viewer."""
        if any(waits is viewer for waits, _ in self._waiting):
            viewer.tell("no break sent: another one of yours waits for its turn")
            return
        if self._task is not None and not self._task.done():
            self._waiting.append((viewer, seconds))
            return
        run = self._run(viewer, seconds)
        self._task = asyncio.get_running_loop().create_task(run, name=f"break {self._console.name}")

    def leave(self, viewer: Viewer) -> None:
        """A viewer goes: what it has asked for and what has not begun is not sent."""
        self._waiting = deque(each for each in self._waiting if each[0] is not viewer)

    async def close(self) -> None:
        """Break off what is under way."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, viewer: Viewer, seconds: float) -> None:
        await self._send(viewer, seconds)
        while self._waiting:
            viewer, seconds = self._waiting.popleft()
            # Somebody else may hold the input by now.
            if refused := self._console.keyboard.strike(viewer):
                viewer.tell(f"no break sent: {refused}")
            else:
                await self._send(viewer, seconds)

    async def _send(self, viewer: Viewer, seconds: float) -> None:
        try:
            await self.send(seconds, viewer.name)
        except LineError as error:
            viewer.tell(f"no break sent: {error}")
            return
        if (witness := self._console.input.witness) is not None:
            witness.broke(viewer.typist, seconds)
