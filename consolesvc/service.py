"""The composition root: builds everything by hand, in order, and takes it down in the other (DESIGN section 3)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from consolesvc.compute import app as compute
from consolesvc.config.linespec import RemoteSpec
from consolesvc.config.model import Config, ServerConfig
from consolesvc.config.restarts import restarts
from consolesvc.console.console import Console
from consolesvc.console.sharing import Sharing
from consolesvc.errors import StartError
from consolesvc.http.access import access
from consolesvc.http.body_wait import body_wait
from consolesvc.http.faults import faults
from consolesvc.http.guard import guard
from consolesvc.http.server_log import keep_requests_out_of_the_log
from consolesvc.http.urls import ConsoleUrls
from consolesvc.identity import kinds as identities
from consolesvc.identity.middleware import identify
from consolesvc.inventory import Inventory, Server
from consolesvc.lines.kinds import make_opener
from consolesvc.log.directory import LogDirectory
from consolesvc.log.file import LogFile
from consolesvc.log.thread import LogThread
from consolesvc.oversight import Oversight
from consolesvc.ports import Ports, names_of
from consolesvc.proxy import codes
from consolesvc.proxy.app import divert, proxy_app
from consolesvc.proxy.face import Proxy
from consolesvc.proxy.rights import Rights
from consolesvc.proxy.sessions import Sessions
from consolesvc.states import follow_power
from consolesvc.tokens.kinds import make_stores
from consolesvc.web import api as native
from consolesvc.web import listing, openapi, pages, share, terminal
from consolesvc.web import state as native_state
from consolesvc.web.waits import Waits

log = logging.getLogger(__name__)

LEAVE_WAIT = 2.0
"""Seconds that viewers have to leave when the service stops."""
LINES_WAIT = 1.5
"""Seconds that lines and their logs have to close."""
LOGS_WAIT = 0.5
"""Seconds that the log thread has to end; with the rest, a stop takes less than five (DESIGN 5.1)."""


class Service:
    """Everything that runs, made from one configuration.

    Args:
        config: What to run.
        state_path: The state folder, where secrets are kept over a restart; None: they are not.
        log_path: The folder of the logs where the configuration names none; None: no logs.
        clock: Seconds, monotonic, by which tokens expire.

    Raises:
        ConfigurationError: a file that `identity` names is wrong.
    """

    def __init__(
        self,
        config: Config,
        *,
        state_path: Path | None = None,
        log_path: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self._state_path = state_path
        self._log_path = config.log.directory or log_path
        self.logs: LogDirectory | None = None
        self.inventory = Inventory()
        self.made: set[str] = set()
        """The ids of servers that were made over the API: no configuration knows them, no reload touches them."""
        self.stores = make_stores(config.tokens.store, clock, config.tokens)
        self.tokens, self.resumes = self.stores.tokens, self.stores.resumes
        self.sessions = Sessions(config.limits)
        self.rights = Rights(self.tokens, self.resumes, self.sessions, config.tokens.enforce_session_timeout)
        self.waits = Waits(config.limits.waits_per_caller)
        self.known_hosts = set(names_of(config))
        self.urls = ConsoleUrls(config.proxy)
        self.identity = identities.make_identity(config)
        self.seen = Oversight(self, self._log_path)
        self.proxy = Proxy(
            inventory=self.inventory,
            tokens=self.tokens,
            resumes=self.resumes,
            sessions=self.sessions,
            config=config,
            known_hosts=self.known_hosts,
            witnesses=self.seen.witnesses,
        )
        self.ports = Ports(config)
        self.listen = self.ports.listen
        self._starting: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Service {self.ports!r} {self.inventory!r}>"

    async def start(self) -> None:
        """Bind both ports, start the consoles, serve. Waits for no device.

        Raises:
            StartError: a port cannot be had; nothing is left behind.
        """
        keep_requests_out_of_the_log()
        self.ports.bind()
        self.urls.port = self.ports.proxy.port
        try:
            await self.seen.serve()
            await self._open_logs()
        except Exception:
            await self.seen.stop()
            self.ports.release()
            raise
        if self._state_path is not None:
            self.stores.restore(self._state_path)
        self.seen.begin()
        await asyncio.gather(*(self.add(server) for server in self.config.servers))
        await self.ports.serve(self._api_app(), self._proxy_app())
        self.seen.health.status = "ok"

    async def _open_logs(self) -> None:
        if self._log_path is None or not self.config.log.enabled:
            return
        self.logs = LogDirectory(self._log_path, self.config.log, LogThread())
        try:
            await self.logs.thread.call(self.logs.prepare)
        except OSError as error:
            # Each console's log says so once more and tries again: consoles work without.
            log.error("log folder %s: %s", self._log_path, error.strerror)  # noqa: TRY400 - an operator's matter, no traceback
        except StartError:
            await self._close_logs()
            raise

    async def _close_logs(self) -> None:
        if self.logs is not None:
            self.logs.thread.post(self.logs.close)
            if not await self.logs.thread.close(LOGS_WAIT):
                log.error("the disk under the logs did not answer in %g s", LOGS_WAIT)
            self.logs = None

    async def settled(self, seconds: float) -> None:
        """Wait until every line is open or known not to be, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(s.console.reconnecting.state == "opening" for s in self.inventory):  # noqa: ASYNC110 - once a start
                    await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Take no more, tell the viewers, close the lines; within five seconds whatever they do. Idempotent."""
        self.seen.health.status = "stopping"
        self.ports.close()
        self.sessions.end_all(codes.STOPPING, "consolesvc is stopping")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WAIT):
                while self.sessions:  # noqa: ASYNC110 - once a life
                    await asyncio.sleep(0.01)
        if self._state_path is not None and self.ports.serving:
            self.stores.keep(self._state_path)
        closing = [asyncio.ensure_future(server.console.close()) for server in self.inventory]
        if closing:
            _, late = await asyncio.wait(closing, timeout=LINES_WAIT)
            for task in late:
                log.error("a line did not close in %g s", LINES_WAIT)
                task.cancel()
        await self.seen.stop()
        await self._close_logs()
        await self.ports.cleanup()
        await self.identity.close()
        await self.stores.close()

    async def reload(self, config: Config) -> list[str]:
        """Go over to another configuration; untouched servers do not notice.

        Returns:
            What of it needs a restart, a sentence each.
        """
        old = {server.id: server.config for server in self.inventory if server.id not in self.made}
        new = {server.id: server for server in config.servers}
        for server_id in new.keys() - old.keys():
            await self.add(new[server_id])
        for server_id, server in old.items():
            if new.get(server_id) != server:
                await self.remove(server_id, "server removed" if server_id not in new else "server changed")
                if server_id in new:
                    await self.add(new[server_id])
        before, self.config = self.config, config
        self.proxy.config = config
        self.sessions.limits = self.ports.doorway.limits = config.limits
        self.stores.reload(config.tokens)
        self.rights.enforce = config.tokens.enforce_session_timeout
        self.waits.most = config.limits.waits_per_caller
        self.known_hosts.clear()
        self.known_hosts.update(names_of(config))
        self.urls.config = config.proxy
        return restarts(before, config) + await self.seen.reloaded(before)

    async def add(self, config: ServerConfig) -> Server:
        """Take a server in, find where its log goes on, and open its line."""
        server = self._take_in(config)
        await server.console.start()
        return server

    def make(self, config: ServerConfig) -> Server:
        """Take in a server that was ordered over the API; it lives until it is removed or the service stops.

        It is there at once, so that two orders cannot both take the last place; its line opens in its own time.
        """
        self.made.add(config.id)
        server = self._take_in(config)
        starting = asyncio.get_running_loop().create_task(server.console.start(), name=f"start {server.id}")
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        return server

    def _take_in(self, config: ServerConfig) -> Server:
        opener = make_opener(config.line, config.name)
        # Nothing of a name that a caller chose reaches a path (DESIGN 5.5).
        log_name = config.id if config.id in self.made else config.name
        elsewhere = isinstance(config.line, RemoteSpec)
        log = None
        if self.logs is not None and config.log:
            log = LogFile(self.logs, log_name, config.ring, counted_elsewhere=elsewhere)
        sharing = Sharing(config.input, config.lease_idle)
        console = Console(config.name, opener, ring=config.ring, replay=config.replay, log=log, sharing=sharing)
        server = Server(config, console)
        self.inventory.add(server)
        self.seen.witnesses.hear(server)
        follow_power(server)
        return server

    async def remove(self, server_id: str, reason: str) -> None:
        """Take a server away: its tokens and its sessions end, with the reason, and its line is closed."""
        server = self.inventory.remove(server_id)
        made = server.id in self.made
        if made:
            self.seen.gone(server)
        self.made.discard(server.id)
        await self.rights.remove(server.id, reason)
        # What was made over the API and deleted leaves nothing, neither bytes nor offsets, to one made again.
        await server.console.close(remove=made)

    def reopen_logs(self) -> None:
        """Close every log file; each is opened again, by name, for its next byte (USR2)."""
        for server in self.inventory:
            if server.console.log is not None:
                server.console.log.reopen()
        self.seen.audit.reopen()

    def retry_lines(self) -> None:
        """Try every lost line now."""
        for server in self.inventory:
            server.console.reconnecting.retry()

    def _api_app(self) -> web.Application:
        app = web.Application(
            # One port for both: a websocket upgrade goes to the proxy, on any path (DESIGN 5.2).
            middlewares=[
                *([divert(self.proxy)] if self.ports.shared else []),
                access,
                self.seen.middleware,
                faults,
                guard(self.known_hosts),
                body_wait,
                identify(self.identity),
                *([terminal.at_root] if self.ports.shared else []),
            ],
            client_max_size=self.config.limits.body or sys.maxsize,
        )
        compute.setup(app, inventory=self.inventory, tokens=self.tokens, console_url=self.urls, lifecycle=self)
        identities.setup_routes(app, self.identity, self.config)
        native.setup(app, inventory=self.inventory, waits=self.waits, trouble=lambda: self.seen.reloads.trouble)
        share.setup(
            app, inventory=self.inventory, links=share.Links(self.tokens, self.urls, self.rights.withdraw_links)
        )
        self.seen.setup(app)
        openapi.setup(app)
        native_state.setup(app, inventory=self.inventory, expire_tokens=self.rights.expire)
        listing.setup(app, identity=self.config.identity.type)
        self._add_terminal(app, pages.FILES_PATH)
        return app

    def _proxy_app(self) -> web.Application:
        return proxy_app(self.proxy, self.known_hosts, page=terminal.at_root, files=self._add_terminal)

    def _add_terminal(self, app: web.Application, path: str) -> None:
        terminal.setup(app, path, inventory=self.inventory, tokens=self.tokens, resumes=self.resumes)
