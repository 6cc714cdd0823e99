"""Where a connection waits until the head of its first request is whole (DESIGN 5.2 `limits`).

aiohttp gives a client for ever to finish a request's head, and takes any number of such clients. Here a connection has
HEAD_WAIT seconds and `limits.headers` bytes, and of those that wait there are at most `limits.handshakes`: with one
more, the one that has waited longest must go. Thus a good client, whose head comes in one piece, gets in however many
others only hold the door open. Once its head is whole a connection is aiohttp's, and nothing of this is in its way.
Where TLS is spoken, its handshake (secure.py) waits here first, under the same cap.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol, cast

from consolesvc.config.model import Limits
from consolesvc.errors import LimitReached
from consolesvc.http.faults import CONTENT_TYPE, Fault, fault_body

log = logging.getLogger(__name__)

HEAD_WAIT = 10.0
"""Seconds in which a connection's first request must have told its head."""
LINGER = 1.0
"""Seconds for which a client in the middle of sending may go on: closed at once, it would see a reset, no answer."""
WARN_AGAIN = 60.0
"""Seconds between two warnings that the cap was reached."""
HANDSHAKE = 0x16
"""The first byte of TLS: a record of this type (RFC 8446 section 5.1). No method of HTTP begins with it."""
NO_TLS = Fault(HTTPStatus.BAD_REQUEST, "No TLS is spoken here: ask with http://, and connect with ws://.")

# An empty line; what ends lines otherwise than HTTP asks is the parser's to refuse.
_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_END = 4


class Waiting(Protocol):
    """A connection that waits: for its TLS to be up, or for the head of its first request."""

    def refuse(self, fault: Fault) -> None:
        """Send it away; with the fault, where it can be told one yet."""
        ...

    def close(self) -> None:
        """Close it without a word."""
        ...


class Doorway:
    """All connections of this process that have not told a whole head yet.

    Args:
        limits: The caps; 0 handshakes is no cap. Replaced by a reload: `doorway.limits = …`.
        wait: Seconds for a head.
    """

    def __init__(self, limits: Limits, *, wait: float = HEAD_WAIT) -> None:
        self.limits = limits
        self.wait = wait
        # A dict keeps the order of arrival, and forgets one of a thousand as fast as the last.
        self._waiting: dict[Waiting, None] = {}
        self._warn_at = 0.0

    def __repr__(self) -> str:
        return f"<Doorway {len(self)} waiting>"

    def __len__(self) -> int:
        return len(self._waiting)

    def before(self, server: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """The protocol factory to listen with: its connections wait here, then become `server`'s."""
        return lambda: Arrival(self, server)

    def enter(self, arrival: Waiting, before: Waiting | None = None) -> None:
        """Count a connection in; the one that has waited longest goes where there are too many.

        Args:
            arrival: What waits now.
            before: What the same connection has waited as until now.
        """
        if before is not None:
            self.leave(before)
        self._waiting[arrival] = None
        cap = self.limits.handshakes
        if cap and len(self._waiting) > cap:
            self._warn(cap)
            longest = next(iter(self._waiting))
            longest.refuse(Fault(HTTPStatus.TOO_MANY_REQUESTS, str(LimitReached("handshakes", cap))))

    def leave(self, arrival: Waiting) -> None:
        """Count a connection out."""
        self._waiting.pop(arrival, None)

    def close(self) -> None:
        """Close whatever waits."""
        for arrival in list(self._waiting):
            arrival.close()

    def _warn(self, cap: int) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._warn_at:
            self._warn_at = now + WARN_AGAIN
            log.warning("%d connections have not finished a request: the oldest are refused (limits.handshakes)", cap)


class Arrival(asyncio.Protocol):
    """One connection, until its first head is whole.

    Args:
        doorway: Where it waits.
        server: Makes the protocol that takes over.
        before: What the connection has waited as until it is made.
        refusal: Whatever it asks is refused with this; None: it is not.
    """

    def __init__(
        self,
        doorway: Doorway,
        server: Callable[[], asyncio.Protocol],
        before: Waiting | None = None,
        refusal: Fault | None = None,
    ) -> None:
        self._doorway = doorway
        self._server = server
        self._before = before
        self._refusal = refusal
        self._head = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait."""
        # A stream's; no isinstance, for uvloop's are of no class of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(self._doorway.wait, self._late)
        self._doorway.enter(self, self._before)
        self._before = None

    def data_received(self, data: bytes) -> None:
        """Keep what comes; go on once it is a whole head."""
        if self._refused:
            return
        if self._refusal is not None:
            self.refuse(self._refusal, linger=True)
            return
        seen = max(0, len(self._head) - _LONGEST_END)
        self._head += data
        if not seen:
            # Empty lines before a request are allowed, and are no head.
            self._head = self._head.lstrip(b"\r\n")
        if self._head[:1] == bytes((HANDSHAKE,)):
            self.refuse(NO_TLS, linger=True)  # its end of a head may never come, and it would wait for that as long
            return
        end = _END.search(self._head, seen)
        if (end.start() if end else len(self._head)) > self._doorway.limits.headers:
            limit = LimitReached("headers", self._doorway.limits.headers)
            self.refuse(Fault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"{limit} bytes"), linger=True)
        elif end:
            self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """The client has gone, or was sent away."""
        self._stop_waiting()

    def refuse(self, fault: Fault, *, linger: bool = False) -> None:
        """Answer with a fault, and close; `linger` where the client is in the middle of sending."""
        self._stop_waiting()
        self._refused = True
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        body = json.dumps(fault_body(fault)).encode()
        head = (
            f"HTTP/1.1 {fault.status} {HTTPStatus(fault.status).phrase}\r\nContent-Type: {CONTENT_TYPE}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        transport.write(head.encode("ascii") + body)
        if linger:
            # TLS has no half-closed connection: there the client has to be content with the answer's length.
            if transport.can_write_eof():
                transport.write_eof()
            self._timer = asyncio.get_running_loop().call_later(LINGER, transport.abort)
        else:
            transport.close()

    def close(self) -> None:
        """Close without a word."""
        self._stop_waiting()
        if self._transport is not None:
            self._transport.abort()

    def _late(self) -> None:
        if self._head:
            wait = f"{self._doorway.wait:g}"
            self.refuse(Fault(HTTPStatus.REQUEST_TIMEOUT, f"The request's head was not complete within {wait} s."))
        else:
            # A browser connects ahead of need; it is no error that it never asked.
            self.close()

    def _go_on(self) -> None:
        self._stop_waiting()
        assert self._transport is not None  # noqa: S101 - data came by it
        server = self._server()
        self._transport.set_protocol(server)
        server.connection_made(self._transport)
        server.data_received(bytes(self._head))

    def _stop_waiting(self) -> None:
        self._doorway.leave(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
