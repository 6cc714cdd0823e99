"""The composition root: builds everything by hand, in order, and takes it down in the other (DESIGN section 3)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Middleware

from consolesvc.compute import app as compute
from consolesvc.config.events import event_names
from consolesvc.config.model import Config
from consolesvc.http.access import access
from consolesvc.http.body_wait import body_wait
from consolesvc.http.faults import faults
from consolesvc.http.forwarded import PROXIES, Proxies
from consolesvc.http.guard import guard
from consolesvc.http.server_log import keep_requests_out_of_the_log
from consolesvc.http.urls import ConsoleUrls
from consolesvc.identity.current import CurrentIdentity
from consolesvc.identity.local import local_admin, local_asker
from consolesvc.identity.middleware import identify
from consolesvc.identity.mount import mount
from consolesvc.intake import Intake
from consolesvc.inventory import Inventory
from consolesvc.log.directory import LogDirectory
from consolesvc.logs import Logs
from consolesvc.oversight import Oversight
from consolesvc.ports import Inherited, Ports, names_of
from consolesvc.power.switches import Switches
from consolesvc.proxy import codes
from consolesvc.proxy.app import divert, proxy_app
from consolesvc.proxy.face import Proxy
from consolesvc.proxy.rights import Rights
from consolesvc.proxy.sessions import Sessions
from consolesvc.reloading import Reloading
from consolesvc.tokens.kinds import make_stores
from consolesvc.watching import Watching
from consolesvc.web import api as native
from consolesvc.web import events as native_events
from consolesvc.web import listing, openapi, pages, share, terminal
from consolesvc.web import state as native_state
from consolesvc.web.waits import Waits

log = logging.getLogger(__name__)

LEAVE_WAIT = 2.0
"""Seconds that viewers have to leave when the service stops."""
LINES_WAIT = 1.5
"""Seconds that lines and their logs have to close."""
LOGS_WAIT = 0.5
"""Seconds that the log thread and webhooks have to end; with the rest, a stop takes less than five (DESIGN 5.1)."""


class Service:
    """Everything that runs, made from one configuration.

    Args:
        config: What to run.
        state_path: The state folder, where secrets are kept over a restart; None: they are not.
        log_path: The folder of the logs where the configuration names none; None: no logs.
        local_path: Where the local socket is to be; None: nowhere.
        inherited: Sockets to listen on, by port, in the place of those that the service would open.
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
        local_path: Path | None = None,
        inherited: Inherited | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = config
        self._state_path = state_path
        self._logs = Logs(config.log, log_path)
        self.inventory = Inventory()
        self.stores = make_stores(config.tokens.store, clock, config.tokens, config.tokens.password_file)
        self.tokens, self.resumes = self.stores.tokens, self.stores.resumes
        self.sessions = Sessions(config.limits)
        self.waits = Waits(config.limits.waits_per_caller)
        self.streams = Waits(config.limits.streams_per_caller, "streams_per_caller")
        self.known_hosts = set(names_of(config))
        self.proxies = Proxies(config.trusted_proxies)
        self.ports = Ports(config, local_path, inherited)
        self.listen = self.ports.listen
        self.urls = ConsoleUrls(config.proxy, secure="proxy" in self.ports.secure)
        self.identity = CurrentIdentity(config)
        self.rights = Rights(
            self.inventory,
            self.identity,
            self.stores,
            self.sessions,
            config.tokens.enforce_session_timeout,
        )
        self.seen = Oversight(self, self._logs.path)
        self.proxy = Proxy(
            inventory=self.inventory,
            rights=self.rights,
            config=config,
            known_hosts=self.known_hosts,
            witnesses=self.seen.witnesses,
        )
        self.switches = Switches(config.power.poll)
        self.watching = Watching(state_path)
        self.intake = Intake(self, self._logs)
        self.reloading = Reloading(self)

    def __repr__(self) -> str:
        return f"<Service {self.ports!r} {self.inventory!r}>"

    @property
    def made(self) -> set[str]:
        """The ids of servers that were made over the API."""
        return self.intake.made

    @property
    def logs(self) -> LogDirectory | None:
        """The folder of the logs; None where there are none."""
        return self._logs.directory

    async def start(self) -> None:
        """Bind both ports, start the consoles, serve. Waits for no device.

        Raises:
            StartError: a port cannot be had; nothing is left behind.
        """
        keep_requests_out_of_the_log()
        self.ports.bind()
        self.urls.listen = self.ports.proxy
        try:
            await self.seen.serve()
            await self._logs.open()
        except Exception:
            await self.seen.stop()
            self.ports.release()
            raise
        if self._state_path is not None:
            self.stores.restore(self._state_path)
        self.seen.begin()
        await self.watching.tell(self.config.webhooks)
        await asyncio.gather(*(self.intake.add(server) for server in self.config.servers))
        await self.ports.serve(self._api_app(), self._proxy_app(), self._local_app())
        self.rights.watch()
        self.seen.health.status = "ok"

    async def settled(self, seconds: float) -> None:
        """Wait until every line is open or known not to be, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(s.console.reconnecting.state == "opening" for s in self.inventory):  # noqa: ASYNC110 - once a start
                    await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Take no more, tell the viewers, close the lines; within five seconds whatever they do. Idempotent."""
        self.seen.health.status = "stopping"
        await self.reloading.close()
        self.ports.close()
        self.watching.feed.close()
        await self.rights.close()
        self.sessions.end_all(codes.STOPPING, "consolesvc is stopping")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WAIT):
                while self.sessions:  # noqa: ASYNC110 - once a life
                    await asyncio.sleep(0.01)
        if self._state_path is not None and self.ports.serving:
            self.stores.keep(self._state_path)
        ending = [self.switches.close(), *(server.console.close() for server in self.inventory)]
        _, late = await asyncio.wait([asyncio.ensure_future(each) for each in ending], timeout=LINES_WAIT)
        for task in late:
            log.error("a line or a power command did not end in %g s", LINES_WAIT)
            task.cancel()
        await self.seen.stop()
        await asyncio.gather(self._logs.close(LOGS_WAIT), self.watching.close(LOGS_WAIT))
        await self.ports.cleanup()
        await self.identity.close()
        await self.stores.close()

    async def reload(self, config: Config) -> list[str]:
        """Go over to another configuration; untouched servers do not notice (reloading.py).

        Returns:
            What of it needs a restart, a sentence each.

        Raises:
            ConfigurationError: a file that `identity` names is wrong; nothing has changed.
            TlsUnusable: what `tls` names went wrong after it was read; nothing has changed then.
        """
        return await self.reloading.go_over(config)

    async def settle(self, config: Config) -> None:
        """Have from now on what it says of no single server; raises TlsUnusable, and changes nothing then."""
        renewals = self.ports.renewed(config)
        self.config = config
        self.proxy.config = config
        self.sessions.limits = self.ports.doorway.limits = config.limits
        self.stores.reload(config.tokens)
        self.rights.enforce = config.tokens.enforce_session_timeout
        self.waits.most = config.limits.waits_per_caller
        self.streams.most = config.limits.streams_per_caller
        self.known_hosts.clear()
        self.known_hosts.update(names_of(config))
        self.proxies.trusted = config.trusted_proxies
        await self.ports.go_over(config, renewals)
        # Where the ports are, they are: URLs must lead there (config/restarts.py).
        self.urls.config = replace(config.proxy, listen=self.urls.config.listen)
        self.urls.secure = "proxy" in self.ports.secure
        self._logs.rebound(config.log)
        await self.watching.tell(config.webhooks)
        await self.switches.repoll(config.power.poll)

    async def remove(self, server_id: str, reason: str) -> None:
        """Take a server away: its tokens and its sessions end, with the reason, and its line is closed."""
        await self.intake.remove(server_id, reason)

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
        # One port for both: a websocket upgrade goes to the proxy, on any path (DESIGN 5.2), and a page is at the root.
        first, last = ([divert(self.proxy)], [terminal.at_root]) if self.ports.shared else ([], [])
        asked = (guard(self.known_hosts), body_wait, identify(self.identity))
        return self._app(*first, access, self.seen.middleware, faults, *asked, *last)

    def _local_app(self) -> web.Application:
        # A console can be attached to here as well: its port may be open to nobody but a proxy that is down.
        return self._app(local_admin, divert(self.proxy), access, self.seen.middleware, faults, body_wait, local_asker)

    def _app(self, *middlewares: Middleware) -> web.Application:
        app = web.Application(middlewares=middlewares, client_max_size=self.config.limits.body or sys.maxsize)
        app[PROXIES] = self.proxies
        compute.setup(
            app,
            inventory=self.inventory,
            tokens=self.tokens,
            console_url=self.urls,
            lifecycle=self.intake,
            switches=self.switches,
        )
        mount(app, self.identity)
        native.setup(
            app,
            inventory=self.inventory,
            waits=self.waits,
            streams=self.streams,
            trouble=lambda: self.seen.reloads.trouble,
            tls_trouble=lambda: self.ports.trouble,
            kick=self.rights.kick,
        )
        links = share.Links(self.tokens, self.urls, self.rights.withdraw_links)
        share.setup(app, inventory=self.inventory, links=links)
        self.seen.setup(app)
        openapi.setup(app)
        native_events.setup(
            app,
            inventory=self.inventory,
            feed=self.watching.feed,
            streams=self.streams,
            names=lambda: event_names(self.config),
            caller_of=self.identity.caller,
        )
        native_state.setup(app, inventory=self.inventory, expire_tokens=self.rights.expire)
        listing.setup(app, identity=self.config.identity.type)
        self._add_terminal(app, pages.FILES_PATH)
        return app

    def _proxy_app(self) -> web.Application:
        app = proxy_app(
            self.proxy, self.known_hosts, witness=self.seen.beside, page=terminal.at_root, files=self._add_terminal
        )
        app[PROXIES] = self.proxies
        return app

    def _add_terminal(self, app: web.Application, path: str) -> None:
        doors = terminal.Doors(self.tokens, self.resumes, self.rights.check)
        terminal.setup(app, path, inventory=self.inventory, doors=doors)
