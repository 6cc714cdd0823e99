"""The websocket under a session: connecting, messages, signs of life, and foreign errors turned into ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from urllib.parse import urlsplit

import aiohttp

from consolesvc.cli.attach.endings import Ending, closed, refused
from consolesvc.cli.attach.life import Life
from consolesvc.cli.attach.session import BINARY, V1
from consolesvc.cli.attach.target import where
from consolesvc.cli.client import TIMEOUT, USAGE
from consolesvc.client.cacert import client_tls, refused_certificate
from consolesvc.errors import ClientError

OFFERS = ((V1, BINARY), (BINARY,), ())
"""What is offered, one after the other, to a service that answers an offer with 400: nova's proxy of a time did."""
BAD_REQUEST = 400
CLOSE_WAIT = 1.0
"""Seconds that the service has for its close frame."""
WAITED = 0.05
"""Seconds after which a send had to wait: that it has not to any more is a sign of life."""
UNACKNOWLEDGED = 60_000
"""Milliseconds after which the kernel gives up a peer that acknowledges nothing: then a send fails that waits."""
LARGEST = 64 * 1024 * 1024
"""Bytes of one message; relays of other makes send as much at once as they have read."""

_ANSWERS = (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PONG, aiohttp.WSMsgType.CLOSE)


class Connection:
    """One websocket.

    Attributes:
        protocol: The subprotocol that was agreed on; None for none.
        unanswered: Bytes of input sent since the service last said something that could be an answer: where the
            connection breaks, nobody knows whether they have arrived.
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.protocol = ws.protocol
        self._ws = ws
        self._loop = asyncio.get_running_loop()
        self._life = Life(self._loop.time())
        self._begun = self._loop.time()
        self._brought = False
        self._sending = False
        self.unanswered = 0

    def __repr__(self) -> str:
        return f"<Connection {self.protocol}{' closed' if self._ws.closed else ''}>"

    async def next(self) -> bytes | str | Ending:
        """The next message, or why there is none any more."""
        while True:
            try:
                message = await self._ws.receive(max(0.001, self._life.due - self._loop.time()))
            except TimeoutError:
                if not await self._ask():
                    return closed(None, "")
                continue
            self._life.heard(self._loop.time())
            if message.type in _ANSWERS:
                self.unanswered = 0
            if message.type is aiohttp.WSMsgType.PING:
                with contextlib.suppress(ConnectionError):  # the next receive says why
                    await self._ws.pong(message.data)
            elif message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT):
                self._brought = True
                data: bytes | str = message.data
                return data
            elif message.type is not aiohttp.WSMsgType.PONG:
                return self._end(message)

    async def _ask(self) -> bool:
        """Ask for a sign of life; whether it makes sense to wait for one.

        While our own input waits there is none to be had: a service stops reading where a machine takes nothing.
        """
        if self._life.asking and not self._sending:
            return False
        self._life.asked(self._loop.time())
        if not self._sending:
            try:
                await self._ws.ping()
            except ConnectionError:
                return False
        return True

    def _end(self, message: aiohttp.WSMessage) -> Ending:
        seconds = None if self._brought else self._loop.time() - self._begun
        reason = message.extra if isinstance(message.extra, str) else ""
        # A close's own: aiohttp says 1006 where it could not answer one any more, for a peer that had hung up already.
        code = (message.data or None) if message.type is aiohttp.WSMsgType.CLOSE else self._ws.close_code
        return closed(code, reason, plain=self.protocol != V1, seconds=seconds)

    async def send(self, message: bytes | str) -> None:
        """Send input, or a text of the protocol; waits where the service takes no more. Raises ConnectionError."""
        begun = self._loop.time()
        self._life.typed(begun)
        self._sending = True
        try:
            if isinstance(message, bytes):
                self.unanswered += len(message)
                await self._ws.send_bytes(message)
            else:
                await self._ws.send_str(message)
        finally:
            self._sending = False
        if self._loop.time() - begun > WAITED:
            self._life.heard(self._loop.time())

    async def alive(self) -> None:
        """Give a sign of life. Raises ConnectionError."""
        await self._ws.pong()

    async def close(self) -> None:
        """Say goodbye, to a service that may be gone."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(CLOSE_WAIT):
                await self._ws.close()


async def connect(http: aiohttp.ClientSession, url: str, address: str = "") -> Connection:
    """A connection to a console URL; `address` is what messages call it, the URL's scheme, host and port by default.

    Raises:
        ClientError: there is none: refused, no answer, or no console URL; the message has no token.
    """
    for offer in OFFERS[:-1]:
        try:
            return await _connect(http, url, address or where(url), offer)
        except ClientError as error:
            if error.status != BAD_REQUEST:
                raise
    return await _connect(http, url, address or where(url), OFFERS[-1])


async def _connect(http: aiohttp.ClientSession, url: str, address: str, offer: tuple[str, ...]) -> Connection:
    try:
        async with asyncio.timeout(TIMEOUT):
            # autoping off: a PING is a sign of life that we must see.
            tls = client_tls(os.environ) if urlsplit(url).scheme == "wss" else True
            ws = await http.ws_connect(url, protocols=offer, autoping=False, max_msg_size=LARGEST, ssl=tls)
    except aiohttp.WSServerHandshakeError as error:
        raise refused(address, error.status) from None
    except TimeoutError:
        raise ClientError(f"no answer from {address}: timed out", passing=True) from None
    except aiohttp.ClientSSLError as error:
        why = refused_certificate(error) or error.__cause__ or type(error).__name__
        raise ClientError(f"no answer from {address}: {why}") from None
    except OSError as error:
        raise ClientError(f"no answer from {address}: {error.strerror or error}", passing=True) from None
    except ValueError:  # aiohttp.InvalidURL, or a host that has no IDNA form
        raise ClientError(f"{address} is no address of a console", USAGE) from None
    except aiohttp.ServerDisconnectedError:
        why = "it closed the connection without an answer, as websockify does with a token that it does not know"
        raise ClientError(f"no answer from {address}: {why}", passing=True) from None
    except aiohttp.ClientError as error:
        raise ClientError(f"{address} does not answer as a console does: {type(error).__name__}") from None
    _bound_silence(ws)
    return Connection(ws)


def _bound_silence(ws: aiohttp.ClientWebSocketResponse) -> None:
    """Have the kernel end a connection whose other host is gone while something is on its way there."""
    sock = ws.get_extra_info("socket")
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
