"""The two ports: bound before anything else starts, served through the doorway, closed in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from consolesvc.config.model import Address, Config
from consolesvc.http.doorway import Doorway
from consolesvc.http.faults import Fault, fault_response
from consolesvc.http.hosts import known_hosts
from consolesvc.listeners import BACKLOG, bind

KEEPALIVE = 75.0
"""Seconds that a connection may be idle between two requests."""


class Ports:
    """The API's port and the proxy's, or one that is both (DESIGN 5.2).

    Args:
        config: `api.listen`, `proxy.listen` and `limits`.

    Attributes:
        api: Where the API is bound; with port 0 in the configuration, known after `bind`.
        proxy: Likewise.
        shared: Whether one port serves both. Port 0 is any free one, so that two of them are two ports.
        doorway: Where connections wait for their first request; its `limits` are replaced by a reload.
    """

    def __init__(self, config: Config) -> None:
        self.api = config.api.listen
        self.proxy = config.proxy.listen
        self.shared = config.api.listen == config.proxy.listen and config.api.listen.port != 0
        self.doorway = Doorway(config.limits)
        self._limits = config.limits
        self._api_sockets: list[socket.socket] = []
        self._proxy_sockets: list[socket.socket] = []
        self._runners: list[web.AppRunner] = []
        self._listening: list[asyncio.Server] = []

    def __repr__(self) -> str:
        return f"<Ports api {self.api} proxy {self.proxy}>"

    @property
    def serving(self) -> bool:
        """Whether requests are, or were, answered."""
        return bool(self._runners)

    def bind(self) -> None:
        """Take the ports; raises StartError, and holds none then."""
        self._api_sockets = bind("api", self.api)
        try:
            self._proxy_sockets = [] if self.shared else bind("proxy", self.proxy)
        except Exception:
            self.release()
            raise
        self.api = _bound(self.api, self._api_sockets)
        self.proxy = _bound(self.proxy, self._proxy_sockets or self._api_sockets)

    def release(self) -> None:
        """Give back ports that are not served."""
        for sock in (*self._api_sockets, *self._proxy_sockets):
            sock.close()

    async def serve(self, api: web.Application, proxy: web.Application) -> None:
        """Answer requests: the API's, and the proxy's where that has a port of its own."""
        await self._serve(api, self._api_sockets)
        if not self.shared:
            await self._serve(proxy, self._proxy_sockets)

    def close(self) -> None:
        """Take no more connections."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        self.doorway.close()

    async def cleanup(self) -> None:
        """End what is still being answered. Idempotent."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def listen(self, what: str, address: Address, app: web.Application) -> Aside:
        """Serve an application on a port of its own, beside the two.

        Args:
            what: The configuration's section, for the error.
            address: Where.
            app: What is answered there.

        Raises:
            StartError: the port cannot be had.
        """
        sockets = bind(what, address)
        runner, listening = await self._answer(app, sockets)
        return Aside(_bound(address, sockets), runner, listening)

    async def _serve(self, app: web.Application, sockets: list[socket.socket]) -> None:
        runner, listening = await self._answer(app, sockets)
        self._runners.append(runner)
        self._listening += listening

    async def _answer(
        self, app: web.Application, sockets: list[socket.socket]
    ) -> tuple[web.AppRunner, list[asyncio.Server]]:
        # access_log: aiohttp's prints queries, and tokens are in them (DESIGN decision 6).
        most = self._limits.headers
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=0.5,
            keepalive_timeout=KEEPALIVE,
            max_line_size=most,
            max_field_size=most,
        )
        await runner.setup()
        assert runner.server is not None  # noqa: S101 - set-up has made it
        runner.server.request_handler = _without_expectations(runner.server.request_handler)
        # As aiohttp's own SockSite does, with the doorway before its protocol.
        factory = self.doorway.before(runner.server)
        create = asyncio.get_running_loop().create_server
        return runner, [await create(factory, sock=sock, backlog=BACKLOG) for sock in sockets]


class Aside:
    """A port beside the two, while it is served.

    Args:
        address: Where it is bound.
        runner: Answers there.
        listening: Takes the connections.
    """

    def __init__(self, address: Address, runner: web.AppRunner, listening: list[asyncio.Server]) -> None:
        self.address = address
        self._runner = runner
        self._listening = listening

    def __repr__(self) -> str:
        return f"<Aside {self.address}>"

    async def close(self) -> None:
        """Serve it no more."""
        for listening in self._listening:
            listening.close()
        await self._runner.cleanup()


Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _without_expectations(handler: Answering) -> Answering:
    """`handler`, for requests that expect nothing, or a 100.

    aiohttp looks at Expect before its middlewares, refuses it in plain text, and fails over one that is not ASCII.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Expect", "100-continue").lower() != "100-continue":
            return fault_response(Fault(HTTPStatus.EXPECTATION_FAILED, "Expect: only 100-continue is met here"))
        return await handler(request)

    return handle


def names_of(config: Config) -> frozenset[str]:
    """The names by which clients may call this service, besides IP literals and localhost (DESIGN 5.3)."""
    ports = (config.api.listen, config.proxy.listen, config.metrics.listen)
    hosts = [port.host for port in ports if port is not None]
    return known_hosts(hosts, config.proxy.base_url, config.api.allowed_hosts)


def _bound(wanted: Address, sockets: list[socket.socket]) -> Address:
    return Address(wanted.host, sockets[0].getsockname()[1])
