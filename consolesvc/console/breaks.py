"""Breaks: the one signal to a machine that is no byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from consolesvc.errors import LineError, LineUnavailable

if TYPE_CHECKING:
    from consolesvc.console.console import Console
    from consolesvc.console.viewer import Viewer

DEFAULT_MS, LONGEST_MS = 250, 5000
"""Milliseconds that a break lasts: where nobody says, and at most."""


class Breaks:
    """Sends breaks on one console's line, and tells everybody.

    Args:
        console: Whose.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._asked: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Breaks of {self._console.name}, {len(self._asked)} under way>"

    async def send(self, seconds: float, who: str) -> None:
        """Send one.

        Raises:
            LineUnavailable: the line is not open.
            LackError: this line has none.
            LineLost: the line ended meanwhile.
        """
        line = self._console.reconnecting.line
        if line is None:
            why = self._console.reconnecting.why
            raise LineUnavailable(f"{self._console.name} line is not open: {why}")
        await line.send_break(seconds)
        self._console.happened("break", f"break of {seconds * 1000:.0f} ms sent by {who}")

    def ask(self, viewer: Viewer, seconds: float) -> None:
        """Send one for a viewer, in its own time; what the line lacks, or its loss, is told to the viewer."""

        async def send() -> None:
            try:
                await self.send(seconds, viewer.name)
            except LineError as error:
                viewer.tell(f"no break sent: {error}")
                return
            if (witness := self._console.input.witness) is not None:
                witness.broke(viewer.typist, seconds)

        task = asyncio.get_running_loop().create_task(send(), name=f"break {self._console.name}")
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def close(self) -> None:
        """Break off what is under way."""
        for task in self._asked:
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)
