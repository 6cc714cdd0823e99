"""Lines of kind `telnet`: a terminal server's port, its machine behind the codec in telnet.py."""

from __future__ import annotations

import asyncio
from typing import Final

from consolesvc.config.linespec import TelnetSpec, place
from consolesvc.errors import LineLost
from consolesvc.lines.base import Ability, Receiver
from consolesvc.lines.connecting import connect
from consolesvc.lines.stream import StreamLine, run_on
from consolesvc.lines.telnet import BREAK, Telnet

_MOST_UNSENT: Final = 64 * 1024
"""Bytes of answers that a peer may leave unread: nobody but an attacker asks that much."""


class TelnetLine(StreamLine):
    """An open telnet connection. A break's length is the server's choice."""

    in_place = False
    lacks: frozenset[Ability] = frozenset(("modem", "counters", "settings"))

    def __init__(self, receiver: Receiver, peer: str, codec: Telnet) -> None:
        super().__init__(receiver, peer)
        self._codec = codec
        self._why: LineLost | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a transparent connection."""
        super().connection_made(transport)
        self.send(self._codec.start())

    def take(self, data: memoryview) -> None:
        """Hand on what is the machine's, answer what is the peer's."""
        output = self._codec.feed(data)
        self.send(self.answers())
        if output:
            self._receiver.received(output)

    def answers(self) -> bytes:
        """What the peer is to be sent by now."""
        return self._codec.take()

    def send(self, encoded: bytes) -> None:
        """Send what is no data of a viewer's."""
        if self._transport is None or not encoded:
            return
        if self._transport.get_write_buffer_size() > _MOST_UNSENT:
            self._why = LineLost(f"{self.peer} asks for telnet options without end")
            self._transport.abort()
            return
        self._transport.write(encoded)

    def write(self, data: bytes) -> None:
        """Send bytes of a viewer's."""
        super().write(self._codec.encode(data))

    async def send_break(self, seconds: float) -> None:
        """Send telnet's break, which has no length."""
        del seconds
        if self._transport is None:
            raise LineLost("the line is not open")
        self.send(BREAK)

    def loss(self, exc: Exception | None) -> LineLost:
        """Who ended it, and how."""
        return self._why or super().loss(exc)


class TelnetOpener:
    """Connects to a terminal server's port."""

    local = False

    def __init__(self, spec: TelnetSpec) -> None:
        self.spec = spec
        self.due = asyncio.Event()

    async def open(self, receiver: Receiver) -> TelnetLine:
        """Connect; raises LineUnavailable. Nothing of telnet is waited for: the peer may speak none."""
        sock = await connect(self.spec.host, self.spec.port)
        return await run_on(sock, TelnetLine(receiver, place(self.spec.host, self.spec.port), Telnet()))

    async def close(self) -> None:
        """Nothing outlives a connection."""
