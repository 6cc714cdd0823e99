"""One port at work: its sockets, the application behind the doorway, and TLS before it where that is asked for."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from aiohttp import web
from yarl import URL

from consolesvc.config.model import Limits
from consolesvc.http.doorway import Doorway
from consolesvc.http.faults import Fault, fault_response
from consolesvc.http.forwarded import PREFIX
from consolesvc.http.renewal import Renewal
from consolesvc.http.secure import SecureListener

KEEPALIVE = 75.0
"""Seconds that a connection may be idle between two requests."""
BACKLOG = 1024

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Serving:
    """Answers on some sockets with one application.

    Args:
        what: The port's name in the log: `api` or `proxy`.
        sockets: Listening; closed with this.
        doorway: Where connections wait for their first request.
        limits: `limits.headers`.
        prefix: The path under which the application is, for those who ask below it; it is found without, too.
            Replaced by a reload.
    """

    def __init__(
        self, what: str, sockets: Sequence[socket.socket], doorway: Doorway, limits: Limits, *, prefix: str = ""
    ) -> None:
        self.prefix = prefix
        self._what = what
        self._sockets = sockets
        self._doorway = doorway
        self._most = limits.headers
        self._runner: web.AppRunner | None = None
        self._renewal: Renewal | None = None
        self._listening: list[asyncio.Server | SecureListener] = []
        self._secure: list[SecureListener] = []

    def __repr__(self) -> str:
        return f"<Serving {self._what}{' by TLS' if self._renewal is not None else ''}>"

    async def start(self, app: web.Application, renewal: Renewal | None) -> None:
        """Answer from now on, by TLS where there is a `renewal`."""
        runner = web.AppRunner(
            app,
            # aiohttp's prints queries, and tokens are in them (DESIGN decision 6).
            access_log=None,
            shutdown_timeout=0.5,
            keepalive_timeout=KEEPALIVE,
            max_line_size=self._most,
            max_field_size=self._most,
        )
        await runner.setup()
        self._runner = runner
        assert runner.server is not None  # noqa: S101 - set-up has made it
        runner.server.request_handler = _without_expectations(self._below_prefix(runner.server.request_handler))
        self._renewal = renewal
        await self._listen()

    async def speak(self, renewal: Renewal | None) -> None:
        """Go over to other TLS, or none, for new connections; those there are go on as they are."""
        changes = (renewal is None) != (self._renewal is None)
        self._renewal = renewal
        if changes and self._listening:
            # On other descriptors of the same sockets: who connects meanwhile waits in the kernel.
            before, self._listening = self._listening, []
            await self._listen()
            for listening in before:
                listening.close()

    def close(self) -> None:
        """Take no more connections. Idempotent."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        for sock in self._sockets:
            sock.close()

    async def cleanup(self) -> None:
        """End what is still being answered. Idempotent."""
        if self._runner is not None:
            server = self._runner.server
            connections = [] if server is None else [each.transport for each in server.connections]
            await self._runner.cleanup()
            self._runner = None
            for transport in connections:
                # By TLS a client has a second to take its leave, and no stop waits for that.
                if transport is not None:
                    transport.abort()
        for secure in self._secure:
            secure.abort()
        self._secure.clear()

    async def _listen(self) -> None:
        assert self._runner is not None  # noqa: S101 - it was started
        assert self._runner.server is not None  # noqa: S101 - likewise
        server, renewal = self._runner.server, self._renewal
        for sock in self._sockets:
            if renewal is None:
                # As aiohttp's own SockSite does, with the doorway before its protocol.
                loop, factory = asyncio.get_running_loop(), self._doorway.before(server)
                listen = loop.create_unix_server if sock.family == socket.AF_UNIX else loop.create_server
                self._listening.append(await listen(factory, sock=sock.dup(), backlog=BACKLOG))
            else:
                secure = SecureListener(sock.dup(), self._what, self._doorway, server, self._context_after(renewal))
                self._listening.append(secure)
                self._secure.append(secure)

    def _context_after(self, first: Renewal) -> Callable[[], ssl.SSLContext]:
        """What gives the context of the moment; of `first` once there is no TLS any more, for who is still to begin."""
        return lambda: (self._renewal or first).context

    def _below_prefix(self, handler: Answering) -> Answering:
        """`handler`, for requests below `prefix` as if they were not."""

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            path = request.rel_url.raw_path
            if not self.prefix or not (path == self.prefix or path.startswith(f"{self.prefix}/")):
                return await handler(request)
            rest = path.removeprefix(self.prefix) or "/"
            url = URL.build(path=rest, query_string=request.rel_url.raw_query_string, encoded=True)
            mark = PREFIX.set(self.prefix)
            try:
                return await handler(request.clone(rel_url=url))
            finally:
                PREFIX.reset(mark)

        return handle


def _without_expectations(handler: Answering) -> Answering:
    """`handler`, for requests that expect nothing, or a 100.

    aiohttp looks at Expect before its middlewares, refuses it in plain text, and fails over one that is not ASCII.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", "100-continue").lower() != "100-continue":
            return fault_response(Fault(HTTPStatus.EXPECTATION_FAILED, "Expect: only 100-continue is met here"))
        return await handler(request)

    return handle
