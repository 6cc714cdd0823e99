"""A viewer's way out past aiohttp: output frames written straight to the client's socket (DESIGN decision 10).

aiohttp copies each message once to put its header in front, and once more, for each client, what a full socket does not
take; and a message has to be a `bytes` first. Here the header and the line's receive buffer go to the kernel as they
lie, in one writev. What this may not do is come between aiohttp's own bytes: it writes to the socket only while the
transport has nothing waiting, and else, or behind TLS, through the transport as aiohttp does.
"""

from __future__ import annotations

import asyncio
import os
import struct

from aiohttp import web

from consolesvc.console.express import Parts

# RFC 6455 section 5.2: FIN and opcode 2, then the length in 7 bits, or 16, or 64; a server masks nothing.
_BINARY = 0x82
_SHORT, _MEDIUM, _LONG = struct.Struct("!BB"), struct.Struct("!BBH"), struct.Struct("!BBQ")
_SHORT_MOST, _MEDIUM_MOST = 125, 0xFFFF
_IN_16_BITS, _IN_64_BITS = 126, 127


class Frames:
    """The way out of one websocket.

    Args:
        ws: Prepared; nobody else writes to its transport but aiohttp and this.
        transport: What it is on.
    """

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self._ws = ws
        self._transport = transport
        # A descriptor is good only while the transport is open: another connection may have its number afterwards.
        plain = transport.get_extra_info("ssl_object") is None
        self._fd = transport.get_extra_info("socket").fileno() if plain else None

    def __repr__(self) -> str:
        return f"<Frames {'open' if self._open else 'closed'}>"

    @property
    def clear(self) -> bool:
        """Whether it is open and nothing waits in it."""
        return self._open and not self._transport.get_write_buffer_size()

    @property
    def _open(self) -> bool:
        return not self._ws.closed and not self._transport.is_closing()

    def send(self, parts: Parts, size: int) -> bool:
        """Send one BINARY frame; whether the way is clear still (Way.send)."""
        if not self._open:
            return False
        head = header(size)
        sent = 0
        if self._fd is not None and not self._transport.get_write_buffer_size():
            try:
                sent = os.writev(self._fd, (head, *parts))
            except BlockingIOError:
                pass
            except OSError:  # the transport finds out by itself, and ends the session
                return False
            if sent == len(head) + size:
                return True
        self._transport.write(b"".join((head, *parts))[sent:])
        return not self._transport.get_write_buffer_size()


def header(size: int) -> bytes:
    """The head of a BINARY frame of so many bytes."""
    if size <= _SHORT_MOST:
        return _SHORT.pack(_BINARY, size)
    if size <= _MEDIUM_MOST:
        return _MEDIUM.pack(_BINARY, _IN_16_BITS, size)
    return _LONG.pack(_BINARY, _IN_64_BITS, size)
