"""A listening socket that speaks TLS: accepts, waits for the handshake in the doorway, and hands over.

asyncio's own server would take any number of clients that never finish a handshake, keep one context for all its life,
and answer plain HTTP with a silent end. Here each connection is looked at first: one that says something else than TLS
is told so, and one that speaks it gets the context of that moment, so that a renewed certificate is the next one's.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus

from consolesvc.config.tls_context import reason
from consolesvc.http.doorway import HANDSHAKE, Arrival, Doorway
from consolesvc.http.faults import Fault
from consolesvc.http.forwarded import peer_at

log = logging.getLogger(__name__)

GOODBYE = 1.0
"""Seconds that a client has to answer the end of TLS; asyncio would give it thirty, and keep the descriptor."""
HIGH_WATER = 64 * 1024
"""Bytes that may wait in a connection until its writer has to; asyncio's own figure for plain sockets, whereas for TLS
it has eight times as much, which a stalled viewer would have to itself."""
AT_ONCE = 128
"""Connections accepted before others get their turn."""
RETRY = 1.0
"""Seconds until more are accepted once the process has no descriptor left."""
PLAIN = Fault(HTTPStatus.BAD_REQUEST, "This port speaks TLS: ask with https://, and connect with wss://.")

_OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class SecureListener:
    """Accepts on one socket until it is closed.

    Args:
        sock: Listening; closed with this.
        what: The port's name in the log, such as `api`.
        doorway: Where connections wait.
        server: Makes the protocol of a connection whose first request is there.
        context: Gives what TLS is spoken with now.
    """

    def __init__(
        self,
        sock: socket.socket,
        what: str,
        doorway: Doorway,
        server: Callable[[], asyncio.Protocol],
        context: Callable[[], ssl.SSLContext],
    ) -> None:
        self.what = what
        self.doorway = doorway
        self.server = server
        self.context = context
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._handshakes: set[Handshake] = set()
        self._retry: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        self._loop.add_reader(sock, self._accept)

    def __repr__(self) -> str:
        return f"<SecureListener {self.what} {len(self._handshakes)} handshakes>"

    def close(self) -> None:
        """Accept no more. Idempotent."""
        if self._retry is not None:
            self._retry.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._sock.close()

    def abort(self) -> None:
        """End the handshakes that are under way."""
        for handshake in list(self._handshakes):
            handshake.close()

    def done(self, handshake: Handshake) -> None:
        """Forget one that is over."""
        self._handshakes.discard(handshake)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                sock, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionAbortedError:
                continue
            except OSError as error:
                if error.errno not in _OUT_OF_RESOURCES:
                    raise
                log.error("%s: no connection can be accepted: %s", self.what, error.strerror)  # noqa: TRY400 - an operator's matter
                self._loop.remove_reader(self._sock)
                self._retry = self._loop.call_later(RETRY, self._loop.add_reader, self._sock, self._accept)
                return
            sock.setblocking(False)
            self._handshakes.add(Handshake(self, sock, str(peer_at(peer))))


class Handshake:
    """One accepted connection until its TLS is up; it waits in the doorway meanwhile."""

    def __init__(self, listener: SecureListener, sock: socket.socket, peer: str) -> None:
        self._listener = listener
        self._doorway = listener.doorway
        self._sock = sock
        self._peer = peer
        self._begun = False
        self._handed_over = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"handshake {peer}")
        self._task.add_done_callback(self._over)
        self._doorway.enter(self)

    def __repr__(self) -> str:
        return f"<Handshake with {self._peer}>"

    def refuse(self, fault: Fault) -> None:  # noqa: ARG002 - Waiting's signature
        """End it: nothing can be told before TLS is up."""
        self.close()

    def close(self) -> None:
        """End it without a word."""
        self._task.cancel()

    def _over(self, _task: asyncio.Task[None]) -> None:
        self._doorway.leave(self)
        self._listener.done(self)
        if not self._handed_over:
            self._sock.close()

    async def _run(self) -> None:
        try:
            async with asyncio.timeout(self._doorway.wait):
                await self._carry_out()
        except TimeoutError:
            if self._begun:
                log.info("%s: %s did not finish its TLS handshake in %g s", *self._names, self._doorway.wait)
        except ssl.SSLError as error:
            log.info("%s: no TLS with %s: %s", *self._names, reason(error))
        except OSError as error:
            # It has gone; a health check of a balancer does so every few seconds.
            log.debug("%s: %s left in its TLS handshake: %s", *self._names, error)

    @property
    def _names(self) -> tuple[str, str]:
        return self._listener.what, self._peer

    async def _carry_out(self) -> None:
        first = await _first_byte(self._sock)
        if not first:
            return
        loop, listener = asyncio.get_running_loop(), self._listener
        self._handed_over = True
        if first[0] != HANDSHAKE:
            log.info("%s: %s speaks no TLS; it is told to", *self._names)
            refusing = Arrival(self._doorway, listener.server, self, PLAIN)
            await loop.connect_accepted_socket(lambda: refusing, self._sock)
            return
        self._begun = True
        arrival = Arrival(self._doorway, listener.server, self)
        transport, _ = await loop.connect_accepted_socket(
            lambda: arrival,
            self._sock,
            ssl=listener.context(),
            ssl_handshake_timeout=2 * self._doorway.wait,  # ours ends it before
            ssl_shutdown_timeout=GOODBYE,
        )
        transport.set_write_buffer_limits(high=HIGH_WATER)


async def _first_byte(sock: socket.socket) -> bytes:
    """The first byte that comes, which stays to be read; b"" where the client leaves instead."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sock, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sock)
    return sock.recv(1, socket.MSG_PEEK)
