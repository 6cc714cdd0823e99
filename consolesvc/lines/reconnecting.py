"""One object beside the lines keeps a line open, whatever its kind (DESIGN section 4).

Its states, and what moves it:

    closed ──start──> opening ──opened──> connected ──lost──> waiting ──opened──> connected
                         └──unavailable──> waiting
    any ──close──> closed

It looks again from `waiting` without leaving it, so that `since` tells how long a line has been away.

The first failure is a WARNING with its cure; the same one again is DEBUG.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Literal

from consolesvc.errors import LineError, LineLost, LineUnavailable
from consolesvc.lines.base import Line, Opener

log = logging.getLogger(__name__)

State = Literal["closed", "opening", "connected", "waiting"]

LOOK = 0.5
"""Seconds between two looks at a local device: one that comes back is open within a second (DESIGN section 4)."""
FIRST_RETRY = 0.2
"""Seconds before a peer is tried again; doubling."""
LAST_RETRY = 5.0
"""Seconds between two tries at a peer at most."""
STEADY = 1.0
"""Seconds a line must have been open for its loss to be followed by a try at once."""


class ReconnectingLine:
    """Keeps one opener's line open and passes its bytes on.

    Args:
        name: The console's name, for the log.
        opener: What opens the line.
        received: Takes the bytes; a memoryview is valid only during the call.
        changed: Called with each change of `state` or `why`.
        read_limit: Bytes to take in one call at most.
    """

    def __init__(
        self,
        name: str,
        opener: Opener,
        received: Callable[[bytes | memoryview], None],
        changed: Callable[[], None],
        *,
        read_limit: int,
    ) -> None:
        self.name = name
        self.opener = opener
        self.received = received
        self.read_limit = read_limit
        self.state: State = "closed"
        self.why = ""
        self.line: Line | None = None
        self.since = 0.0
        """When `state` last changed, in the loop's time."""
        self.opened = 0
        """How often the line was opened."""
        self._changed = changed
        self._loss: asyncio.Future[LineLost] | None = None
        self._retry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<ReconnectingLine {self.name} {self.state} {self.why}>"

    def start(self) -> None:
        """Begin: `state` is `opening` from now on until it is `connected` or `waiting`."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"line {self.name}")

    def retry(self) -> None:
        """Do not wait: try now. Nothing where the line is open."""
        self._retry.set()

    async def close(self) -> None:
        """Close the line and what outlives it. Idempotent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        line, self.line = self.line, None
        if line is not None:
            await line.close()
        self._set("closed", "")
        await self.opener.close()

    def lost(self, reason: LineLost) -> None:
        """The line's word that it ended (Receiver)."""
        self.line = None
        if self._loss is not None and not self._loss.done():
            self._loss.set_result(reason)

    async def _run(self) -> None:
        delay = FIRST_RETRY
        while True:
            if self.state != "waiting":
                self._set("opening", "")
            try:
                steady = await self._hold_open()
            except LineError as error:
                self._report(error)
                steady = False
            if steady:
                delay = FIRST_RETRY
                await asyncio.sleep(0)
                continue
            self._retry.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK if self.opener.local else delay):
                    await self._retry.wait()
                    delay = FIRST_RETRY
            delay = min(2 * delay, LAST_RETRY)

    async def _hold_open(self) -> bool:
        """Open the line and stay until it is lost; whether it was steady. Raises LineUnavailable."""
        loop = asyncio.get_running_loop()
        self._loss = loop.create_future()
        line = await self.opener.open(self)
        if self._loss.done():  # gone before we knew it was there
            raise LineUnavailable(str(self._loss.result()))
        self.line = line
        self.opened += 1
        if self.opened > 1:
            log.info("%s: line back: %s", self.name, self.opener.spec)
        self._set("connected", "")
        begun = loop.time()
        reason = await self._loss
        log.warning("%s: line lost: %s", self.name, reason)
        self._set("waiting", str(reason))
        return loop.time() - begun >= STEADY

    def _report(self, error: LineError) -> None:
        again = (self.state, self.why) == ("waiting", str(error))
        log.log(logging.DEBUG if again else logging.WARNING, "%s: %s: %s", self.name, self.opener.spec, error)
        self._set("waiting", str(error))

    def _set(self, state: State, why: str) -> None:
        if (state, why) == (self.state, self.why):
            return
        if state != self.state:
            self.since = asyncio.get_running_loop().time()
        self.state, self.why = state, why
        self._changed()
