"""Lines of kind `rfc2217`: a terminal server's port with its speed, break and modem lines."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from consolesvc.config.linespec import Rfc2217Spec, place
from consolesvc.errors import LineLost, LineUnavailable
from consolesvc.lines.base import LONGEST_BREAK, Ability, LineCounters, ModemLines, Receiver
from consolesvc.lines.comport import (
    BREAK_OFF,
    BREAK_ON,
    CONTROL,
    DTR_OFF,
    DTR_ON,
    RTS_OFF,
    RTS_ON,
    ComPort,
    missing_names,
    request,
)
from consolesvc.lines.connecting import connect
from consolesvc.lines.stream import run_on
from consolesvc.lines.telnet import COM_PORT, Telnet
from consolesvc.lines.telnetline import TelnetLine

log = logging.getLogger(__name__)

AGREE_WAIT: Final = 3.0
"""Seconds that a server has to say that it speaks RFC 2217."""
SETTLE_WAIT: Final = 1.0
"""Seconds that it has to confirm the settings; many confirm some never, and the line is good without."""


class Rfc2217Line(TelnetLine):
    """An open connection to a port whose UART is ours to set."""

    lacks: frozenset[Ability] = frozenset()

    def __init__(self, receiver: Receiver, peer: str) -> None:
        self._port = ComPort("consolesvc")
        super().__init__(receiver, peer, Telnet(ours=frozenset({COM_PORT}), subnegotiated=self._subnegotiated))
        self._heard = asyncio.Event()
        self._released = asyncio.Event()
        self._released.set()
        self._settling = True
        self._ended_by: LineLost | None = None

    async def settle(self, spec: Rfc2217Spec) -> None:
        """Agree on RFC 2217 and set the port up; raises LineUnavailable."""
        await self._until(self._agreed, AGREE_WAIT)
        codec = self._codec
        if self._ended_by is None and not (codec.ours(COM_PORT) or codec.theirs(COM_PORT)):
            cure = "enable it there, or take a line of type telnet and set the port's speed on the server"
            raise LineUnavailable(f"{self.peer} speaks no RFC 2217", cure)
        self.send(self._port.settle(spec.settings, spec.flow))
        await self._until(lambda: not self._port.missing, SETTLE_WAIT)
        if self._ended_by is not None:
            raise LineUnavailable(str(self._ended_by))
        self._settling = False
        for what, asked, answered in self._port.different:
            log.warning("%s: the server set the port's %s to %s, not to %s", self.peer, what, answered, asked)
        if self._port.missing:
            log.info("%s: not confirmed by the server: %s", self.peer, ", ".join(missing_names(self._port)))
        log.debug("%s: the server is %s", self.peer, self._port.signature or "nameless")

    def take(self, data: memoryview) -> None:
        """What the server says of its port counts from when it is heard."""
        super().take(data)
        self._heard.set()

    def answers(self) -> bytes:
        """Those of both codecs."""
        return super().answers() + self._port.take()

    def connection_lost(self, exc: Exception | None) -> None:
        """An end before the line was open is the opener's to tell."""
        if self._settling and not self._closing:
            self._ended_by = self.loss(exc)
            self._closing = True
        super().connection_lost(exc)
        self._released.set()
        self._heard.set()

    @property
    def writable(self) -> bool:
        """Whether `drain` would return at once: the server, too, may have asked us to wait."""
        return super().writable and self._released.is_set()

    async def drain(self) -> None:
        """Wait until both the connection and the server want more."""
        while not self.writable:
            await super().drain()
            await self._released.wait()

    async def send_break(self, seconds: float) -> None:
        """Begin a break, and end it so much later."""
        self._control(BREAK_ON)
        try:
            await asyncio.sleep(min(seconds, LONGEST_BREAK))
        finally:
            if self._transport is not None:
                self._control(BREAK_OFF)
        if self._transport is None:
            raise LineLost("the line is not open")

    def set_modem(self, *, dtr: bool | None = None, rts: bool | None = None) -> None:
        """Ask the server to raise or drop DTR and RTS."""
        for wanted, on, off in ((dtr, DTR_ON, DTR_OFF), (rts, RTS_ON, RTS_OFF)):
            if wanted is not None:
                self._control(on if wanted else off)

    def modem(self) -> ModemLines:
        """The modem lines as the server last told them."""
        return self._port.modem

    def counters(self) -> LineCounters | None:
        """The server's notices of errors and breaks, counted."""
        return None if self._transport is None else self._port.counters

    def _control(self, value: int) -> None:
        if self._transport is None:
            raise LineLost("the line is not open")
        self.send(request(CONTROL, value))

    def _subnegotiated(self, option: int, content: bytes) -> None:
        if option != COM_PORT:
            return
        self._port.received(content)
        if self._port.suspended:
            self._released.clear()
        else:
            self._released.set()

    def _agreed(self) -> bool:
        codec = self._codec
        return bool(codec.ours(COM_PORT) or codec.theirs(COM_PORT)) or codec.ours(COM_PORT) is False

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition() and not self.ended.is_set():
                    self._heard.clear()
                    await self._heard.wait()


class Rfc2217Opener:
    """Connects to a terminal server's port and sets it up."""

    local = False

    def __init__(self, spec: Rfc2217Spec) -> None:
        self.spec = spec
        self.due = asyncio.Event()

    async def open(self, receiver: Receiver) -> Rfc2217Line:
        """Connect and set the port up; raises LineUnavailable."""
        sock = await connect(self.spec.host, self.spec.port)
        line = await run_on(sock, Rfc2217Line(receiver, place(self.spec.host, self.spec.port)))
        try:
            await line.settle(self.spec)
        except BaseException:
            line.abort()
            raise
        return line

    async def close(self) -> None:
        """Nothing outlives a connection."""
