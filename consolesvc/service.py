"""The composition root: builds everything by hand, in order, and takes it down in the other (DESIGN section 3)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import time
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from consolesvc.compute import app as compute
from consolesvc.config.model import Address, Config, ServerConfig
from consolesvc.console.console import Console
from consolesvc.http.access import access
from consolesvc.http.body_wait import body_wait
from consolesvc.http.doorway import Doorway
from consolesvc.http.faults import faults
from consolesvc.http.guard import guard
from consolesvc.http.hosts import known_hosts
from consolesvc.http.server_log import keep_requests_out_of_the_log
from consolesvc.http.urls import ConsoleUrls
from consolesvc.identity import kinds as identities
from consolesvc.identity.middleware import identify
from consolesvc.inventory import Inventory, Server
from consolesvc.lines.kinds import make_opener
from consolesvc.listeners import BACKLOG, bind
from consolesvc.proxy import codes
from consolesvc.proxy.face import Proxy
from consolesvc.proxy.gate import is_upgrade
from consolesvc.proxy.sessions import Sessions
from consolesvc.states import follow_power
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.web import api as native
from consolesvc.web import openapi
from consolesvc.web import state as native_state

log = logging.getLogger(__name__)

LEAVE_WAIT = 2.0
"""Seconds that viewers have to leave when the service stops."""
KEEPALIVE = 75.0
"""Seconds that a connection may be idle between two requests."""
LINES_WAIT = 2.0
"""Seconds that lines have to close; with the rest, a stop takes less than five (DESIGN 5.1)."""


class Service:
    """Everything that runs, made from one configuration.

    Args:
        config: What to run.
        clock: Seconds, monotonic, by which tokens expire.

    Raises:
        ConfigurationError: a file that `identity` names is wrong.
    """

    def __init__(self, config: Config, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.config = config
        self.trouble: str | None = None
        """Why the last reload was refused."""
        self.inventory = Inventory()
        self.made: set[str] = set()
        """The ids of servers that were made over the API: no configuration knows them, no reload touches them."""
        self.tokens = MemoryTokenStore(clock, ttl=config.tokens.ttl, single_use=config.tokens.single_use)
        self.sessions = Sessions(config.limits)
        self.known_hosts = set(_known_hosts(config))
        self.urls = ConsoleUrls(config.proxy)
        self.identity = identities.make_identity(config)
        self.proxy = Proxy(
            inventory=self.inventory,
            tokens=self.tokens,
            sessions=self.sessions,
            config=config,
            known_hosts=self.known_hosts,
            clock=clock,
        )
        self.api_address = config.api.listen
        self.proxy_address = config.proxy.listen
        self.doorway = Doorway(config.limits)
        self._runners: list[web.AppRunner] = []
        self._listening: list[asyncio.Server] = []

    def __repr__(self) -> str:
        return f"<Service api {self.api_address} proxy {self.proxy_address} {self.inventory!r}>"

    async def start(self) -> None:
        """Bind both ports, start the consoles, serve. Waits for no device.

        Raises:
            StartError: a port cannot be had; nothing is left behind.
        """
        keep_requests_out_of_the_log()
        # Port 0 is any free one, so that two of them are two ports.
        shared = self.config.api.listen == self.config.proxy.listen and self.config.api.listen.port != 0
        api_sockets = bind("api", self.config.api.listen)
        try:
            proxy_sockets = [] if shared else bind("proxy", self.config.proxy.listen)
        except Exception:
            _close(api_sockets)
            raise
        self.api_address = _bound(self.config.api.listen, api_sockets)
        self.proxy_address = _bound(self.config.proxy.listen, proxy_sockets or api_sockets)
        self.urls.port = self.proxy_address.port
        for server in self.config.servers:
            self.add(server)
        await self._serve(self._api_app(shared=shared), api_sockets)
        if proxy_sockets:
            await self._serve(self._proxy_app(), proxy_sockets)

    async def settled(self, seconds: float) -> None:
        """Wait until every line is open or known not to be, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(s.console.reconnecting.state == "opening" for s in self.inventory):  # noqa: ASYNC110 - once a start
                    await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Take no more, tell the viewers, close the lines; within five seconds whatever they do. Idempotent."""
        for listening in self._listening:
            listening.close()
        self._listening.clear()
        self.doorway.close()
        self.sessions.end_all(codes.STOPPING, "consolesvc is stopping")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WAIT):
                while self.sessions:  # noqa: ASYNC110 - once a life
                    await asyncio.sleep(0.01)
        closing = [asyncio.ensure_future(server.console.close()) for server in self.inventory]
        if closing:
            _, late = await asyncio.wait(closing, timeout=LINES_WAIT)
            for task in late:
                log.error("a line did not close in %g s", LINES_WAIT)
                task.cancel()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        await self.identity.close()

    async def reload(self, config: Config) -> list[str]:
        """Go over to another configuration; untouched servers do not notice.

        Returns:
            What of it needs a restart, a sentence each.
        """
        old = {server.id: server.config for server in self.inventory if server.id not in self.made}
        new = {server.id: server for server in config.servers}
        for server_id, server in old.items():
            if new.get(server_id) != server:
                await self.remove(server_id, "server removed" if server_id not in new else "server changed")
        for server_id, wanted in new.items():
            if old.get(server_id) != wanted:
                self.add(wanted)
        before, self.config = self.config, config
        self.proxy.config = config
        self.sessions.limits = self.doorway.limits = config.limits
        self.tokens.ttl, self.tokens.single_use = config.tokens.ttl, config.tokens.single_use
        self.known_hosts.clear()
        self.known_hosts.update(_known_hosts(config))
        self.urls.config = config.proxy
        self.trouble = None
        pairs = (
            ("api.listen", before.api.listen, config.api.listen),
            ("proxy.listen", before.proxy.listen, config.proxy.listen),
        )
        restarts = [f"{key} is now {b}: restart to listen there" for key, a, b in pairs if a != b]
        if before.identity != config.identity:
            restarts.append(f"identity has changed ({config.identity.type}): restart for that")
        return restarts

    def add(self, config: ServerConfig) -> Server:
        """Take a server in and open its line."""
        opener = make_opener(config.line, config.name)
        console = Console(config.name, opener, ring=config.ring, replay=config.replay)
        server = Server(config, console)
        self.inventory.add(server)
        follow_power(server)
        console.start()
        return server

    def make(self, config: ServerConfig) -> Server:
        """Take in a server that was ordered over the API; it lives until it is removed or the service stops."""
        server = self.add(config)
        self.made.add(server.id)
        return server

    async def remove(self, server_id: str, reason: str) -> None:
        """Take a server away: its tokens and its sessions end, with the reason, and its line is closed."""
        server = self.inventory.remove(server_id)
        self.made.discard(server.id)
        await self.tokens.end(server.id)
        self.sessions.end_all(codes.REMOVED, reason, server_id=server.id)
        await server.console.close()

    async def expire_tokens(self, server_id: str) -> int:
        """End the time of a server's tokens now, and of the sessions that are bound to it; how many tokens."""
        if self.config.tokens.enforce_session_timeout:
            self.sessions.end_all(codes.EXPIRED, "session expired", server_id=server_id)
        return await self.tokens.expire(server_id)

    def retry_lines(self) -> None:
        """Try every lost line now."""
        for server in self.inventory:
            server.console.reconnecting.retry()

    def _api_app(self, *, shared: bool) -> web.Application:
        app = web.Application(
            # One port for both: a websocket upgrade goes to the proxy, on any path (DESIGN 5.2).
            middlewares=[
                *([self._divert] if shared else []),
                access,
                faults,
                guard(self.known_hosts),
                body_wait,
                identify(self.identity),
            ],
            client_max_size=self.config.limits.body or sys.maxsize,
        )
        compute.setup(app, inventory=self.inventory, tokens=self.tokens, console_url=self.urls, lifecycle=self)
        identities.setup_routes(app, self.identity, self.config)
        native.setup(app, inventory=self.inventory, trouble=lambda: self.trouble)
        openapi.setup(app)
        native_state.setup(app, inventory=self.inventory, expire_tokens=self.expire_tokens)
        return app

    @web.middleware
    async def _divert(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_upgrade(request):
            return await faults(request, self.proxy.handle)
        return await handler(request)

    def _proxy_app(self) -> web.Application:
        app = web.Application(middlewares=[faults])
        app.router.add_route("*", "/{path:.*}", self.proxy.handle)
        return app

    async def _serve(self, app: web.Application, sockets: list[socket.socket]) -> None:
        # access_log: aiohttp's prints queries, and tokens are in them (DESIGN decision 6).
        most = self.config.limits.headers
        runner = web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=0.5,
            keepalive_timeout=KEEPALIVE,
            max_line_size=most,
            max_field_size=most,
        )
        await runner.setup()
        self._runners.append(runner)
        assert runner.server is not None  # noqa: S101 - set-up has made it
        for sock in sockets:
            # As aiohttp's own SockSite does, with the doorway before its protocol.
            factory = self.doorway.before(runner.server)
            self._listening.append(await asyncio.get_running_loop().create_server(factory, sock=sock, backlog=BACKLOG))


def _bound(wanted: Address, sockets: list[socket.socket]) -> Address:
    return Address(wanted.host, sockets[0].getsockname()[1])


def _known_hosts(config: Config) -> frozenset[str]:
    listens = (config.api.listen.host, config.proxy.listen.host)
    return known_hosts(listens, config.proxy.base_url, config.api.allowed_hosts)


def _close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()
