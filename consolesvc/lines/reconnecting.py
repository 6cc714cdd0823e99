"""One object beside the lines keeps a line open, whatever its kind (DESIGN section 4).

Its states, and what moves it:

    closed ──start──> opening ──opened──> connected ──lost──> waiting ──opened──> connected
                         └──unavailable──> waiting
    any ──lend──> lent ──time is over, or taken back──> opening
    any but lent ──leave──> waiting ──go_over──> as before, on the new opener's line
    any ──close──> closed

It looks again from `waiting` without leaving it, so that `since` tells how long a line has been away. While it is
`lent`, another program has the port: nothing is opened.

The first failure is a WARNING with its cure; the same one again is DEBUG.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, Literal

from consolesvc.errors import LineError, LineLost, LineUnavailable
from consolesvc.lines.base import Line, Opener, Sink
from consolesvc.lines.turns import turns
from consolesvc.subject import CONSOLE

log = logging.getLogger(__name__)

State = Literal["closed", "opening", "connected", "waiting", "lent"]

LOOK = 0.5
"""Seconds between two looks at a local device: one that comes back is open within a second (DESIGN section 4)."""
FIRST_RETRY = 0.2
"""Seconds before a peer is tried again; doubling."""
LAST_RETRY = 5.0
"""Seconds between two tries at a peer at most."""
FAULT = "an error in consolesvc: see its log"
"""Why a line waits that a fault of ours keeps from being opened; the traceback is logged once."""
STEADY = 1.0
"""Seconds a line must have been open for its loss to be followed by a try at once."""


class ReconnectingLine:
    """Keeps one opener's line open and passes its bytes on.

    Args:
        name: The console's name, for the log.
        opener: What opens the line.
        sink: Takes the bytes.
        changed: Called with each change of `state` or `why`.
        read_limit: Bytes to take in one call at most, however quiet the other lines are.
    """

    def __init__(
        self,
        name: str,
        opener: Opener,
        sink: Sink,
        changed: Callable[[], None],
        *,
        read_limit: int,
    ) -> None:
        self.name = name
        self.opener = opener
        self.received, self.space, self.filled = sink.received, sink.space, sink.filled
        self._most = read_limit
        self.state: State = "closed"
        self.why = ""
        self.line: Line | None = None
        self.since = 0.0
        """When `state` last changed, in the loop's time."""
        self.opened = 0
        """How often the line was opened."""
        self._changed = changed
        self._loss: asyncio.Future[LineLost] | None = None
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<ReconnectingLine {self.name} {self.state} {self.why}>"

    @property
    def read_limit(self) -> int:
        """Bytes to take in the next call at most (Receiver)."""
        return min(self._most, turns.most(self))

    @read_limit.setter
    def read_limit(self, most: int) -> None:
        self._most = most

    def start(self) -> None:
        """Begin: `state` is `opening` from now on until it is `connected` or `waiting`."""
        self._go(self._run())

    def retry(self) -> None:
        """Do not wait: try now. Nothing where the line is open or lent."""
        if self.line is None:
            self.opener.due.set()

    async def lend(self, seconds: float | None) -> None:
        """Close the line and leave the port to another program; lent already, the new time counts.

        Args:
            seconds: When to take it back by itself; None for not before `take_back`.
        """
        await self._stop()
        until = None if seconds is None else time.strftime("%H:%M:%S", time.localtime(time.time() + seconds))
        why = "lent until taken back" if until is None else f"lent until {until}"
        log.info("%s: %s: %s", self.name, self.opener.spec, why)
        # Before the line is closed: whoever looks meanwhile sees why it is away.
        line, self.line = self.line, None
        self._set("lent", why)
        if line is not None:
            await line.close()
        self._go(self._wait_lent(seconds))

    def take_back(self) -> None:
        """End a loan now; nothing where there is none."""
        if self.state == "lent" and self._task is not None:
            self._task.cancel()
            self.start()

    async def leave(self, why: str) -> None:
        """Close the line for good, and what outlives it, with the reason; `go_over` to another follows.

        While the line is lent it is away already, and stays with who has it.
        """
        opener = self.opener
        if self.state != "lent":
            await self._stop()
            line, self.line = self.line, None
            self._set("waiting", why)
            if line is not None:
                await line.close()
        await opener.close()

    def go_over(self, opener: Opener) -> None:
        """Open another line in place of the one that was left; a loan's time is waited for."""
        self.opener = opener
        if self.state != "lent":
            self._go(self._run())

    async def close(self) -> None:
        """Close the line and what outlives it. Idempotent."""
        await self._stop()
        if self.line is not None:
            # Known until it is closed: what it says to the last has to wait for the log as ever.
            await self.line.close()
            self.line = None
        self._set("closed", "")
        await self.opener.close()

    def forget(self) -> None:
        """Let go of whom it has handed bytes to, who knows it as well. It is closed, and for good."""
        nobody = _Nobody()
        self.received, self.space, self.filled = nobody.received, nobody.space, nobody.filled
        self._changed = nobody.changed

    def lost(self, reason: LineLost) -> None:
        """The line's word that it ended (Receiver)."""
        self.line = None
        if self._loss is not None and not self._loss.done():
            self._loss.set_result(reason)

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        # A context of its own: what it says in a month is not about the request that had the line opened today.
        create = asyncio.get_running_loop().create_task
        self._task = create(work, name=f"line {self.name}", context=Context())

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _wait_lent(self, seconds: float | None) -> None:
        if seconds is None:
            await asyncio.get_running_loop().create_future()
        else:
            await asyncio.sleep(seconds)
        await self._run()

    async def _run(self) -> None:
        CONSOLE.set(self.name)
        delay = FIRST_RETRY
        while True:
            self.opener.due.clear()
            if self.state != "waiting":
                self._set("opening", "")
            try:
                steady = await self._hold_open()
            except LineError as error:
                self._report(error)
                steady = False
            except Exception:  # a fault of ours must not end a console for good
                if self.why != FAULT:
                    log.exception("%s: %s cannot be opened", self.name, self.opener.spec)
                self._set("waiting", FAULT)
                steady = False
            if steady:
                delay = FIRST_RETRY
                await asyncio.sleep(0)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK if self.opener.local else delay):
                    await self.opener.due.wait()
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


class _Nobody:
    """Who is handed what comes after the end."""

    def received(self, data: bytes | memoryview) -> None:
        """Not wanted any more."""

    def space(self, most: int) -> memoryview | None:  # noqa: ARG002 - the protocol's signature
        """None is given."""
        return None

    def filled(self, size: int) -> None:
        """None was given."""

    def changed(self) -> None:
        """Nothing to be told."""
