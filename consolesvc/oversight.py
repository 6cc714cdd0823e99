"""What the service shows of itself to its operators: metrics, health and the audit, put together.

The service owns it and tells it what happens; a port that is for metrics alone is opened and closed here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Middleware

from consolesvc.audit.audit import Audit, Place
from consolesvc.audit.witness import Witnesses
from consolesvc.config.access import Address
from consolesvc.config.model import Config
from consolesvc.config.operators import AUDIT_FILE, AUTO
from consolesvc.errors import StartError
from consolesvc.http.access import access
from consolesvc.http.deeds import Answers, witnessed
from consolesvc.http.faults import faults
from consolesvc.http.forwarded import PROXIES, Proxies
from consolesvc.http.guard import guard
from consolesvc.identity.seam import Identity
from consolesvc.inventory import Inventory, Server
from consolesvc.log.directory import LogDirectory
from consolesvc.log.thread import LogThread
from consolesvc.metrics import face as metrics
from consolesvc.metrics.scrape import Scrape
from consolesvc.metrics.service import Reloads, Sources
from consolesvc.ports import Ports
from consolesvc.proxy.face import Proxy
from consolesvc.tokens.stores import Stores
from consolesvc.web import health
from consolesvc.web.deeds import DEEDS

log = logging.getLogger(__name__)

AUDIT_WAIT = 0.25
"""Seconds that the audit has to be written when the service stops."""


class Listening(Protocol):
    """A port that is served."""

    @property
    def address(self) -> Address:
        """Where, as bound."""
        ...

    async def close(self) -> None:
        """Serve it no more."""
        ...


class Watched(Protocol):
    """The service, as far as it is looked at."""

    config: Config
    inventory: Inventory
    stores: Stores
    known_hosts: set[str]
    proxies: Proxies

    @property
    def logs(self) -> LogDirectory | None:
        """The folder of the logs; None where there are none."""
        ...

    @property
    def made(self) -> set[str]:
        """The ids of servers that were made over the API."""
        ...

    @property
    def identity(self) -> Identity:
        """Says who calls."""
        ...

    @property
    def proxy(self) -> Proxy:
        """The websocket."""
        ...

    @property
    def ports(self) -> Ports:
        """The two ports, and the TLS that they speak."""
        ...

    async def listen(self, what: str, address: Address, app: web.Application) -> Listening:
        """Serve an application on a port of its own; raises StartError."""
        ...


class Oversight:
    """Metrics, health and the audit of one service.

    Args:
        service: What is looked at; nothing of it is used before `setup`.
        log_path: The folder of the logs; None where there is none.
    """

    def __init__(self, service: Watched, log_path: Path | None) -> None:
        self._service = service
        self._log_path = log_path
        self.audit = Audit()
        self.witnesses = Witnesses(self.audit, keys=service.config.audit.keys)
        self.answers = Answers()
        self.reloads = Reloads()
        self.health = health.Health(self._warnings)
        self._scrape: Scrape | None = None
        self._thread: LogThread | None = None
        self._port: Listening | None = None
        self._served: Address | None = None
        """What the configuration called that port."""

    def __repr__(self) -> str:
        return f"<Oversight {self.health.status} {self.audit!r}>"

    @property
    def middleware(self) -> Middleware:
        """What sees every call of the API end; it stands between `access` and `faults`."""
        return witnessed(self.answers, self.audit, DEEDS)

    @property
    def beside(self) -> Middleware:
        """The same for what is beside the websocket on a port of its own; its answers are not the API's."""
        return witnessed(Answers(), self.audit, {})

    @property
    def address(self) -> Address | None:
        """Where metrics have a port of their own, as bound."""
        return None if self._port is None else self._port.address

    def setup(self, app: web.Application) -> None:
        """Add the routes on the API's port."""
        health.setup(app, self.health)

        def asks(request: web.Request) -> bool | None:
            return metrics.needs_token(request, self._service.config) if self._port is None else None

        metrics.setup_beside(app, self.scrape, self._service.identity, asks)

    @property
    def scrape(self) -> Scrape:
        """What makes the text of the metrics."""
        if self._scrape is None:
            self._scrape = Scrape(self._sources())
        return self._scrape

    def begin(self) -> None:
        """Open the audit: from now on deeds are written down."""
        self._place_audit()
        self.audit.note("started", servers=len(self._service.config.servers))

    async def serve(self) -> None:
        """Open the port for metrics alone, where there is one. Raises StartError."""
        listen = self._service.config.metrics.listen
        if listen is not None:
            self._port, self._served = await self._listen(listen), listen

    async def reloaded(self, before: Config) -> list[str]:
        """The service has gone over to another configuration.

        Returns:
            What of it could not be, a sentence each.
        """
        config = self._service.config
        self.reloads.taken += 1
        self.reloads.trouble = None
        self.witnesses.keys = config.audit.keys
        if before.audit != config.audit:
            self._place_audit()
        self.audit.note("reloaded", servers=len(config.servers))
        return [] if config.metrics.listen == self._served else await self._move(config.metrics.listen)

    def refused(self, trouble: str) -> None:
        """A configuration was read again and is wrong."""
        self.reloads.refused += 1
        self.reloads.trouble = trouble
        self.audit.note("reload-refused")

    def gone(self, server: Server) -> None:
        """A server that was made over the API is about to go."""
        if self._scrape is not None:
            self._scrape.gone(server)

    async def stop(self) -> None:
        """Write the audit's last words and close what is open. Idempotent."""
        self.audit.note("stopped")
        try:
            async with asyncio.timeout(AUDIT_WAIT):
                await self.audit.close()
        except TimeoutError:
            log.error("the audit's disk did not answer in %g s", AUDIT_WAIT)  # noqa: TRY400 - an operator's matter
        if self._thread is not None:
            await self._thread.close(AUDIT_WAIT)
            self._thread = None
        if self._scrape is not None:
            self._scrape.close()
        if self._port is not None:
            await self._port.close()
            self._port = None

    def _sources(self) -> Sources:
        service = self._service
        return Sources(
            inventory=service.inventory,
            made=service.made,
            proxy=service.proxy,
            tokens=service.stores.count,
            answers=self.answers,
            reloads=self.reloads,
            audit=self.audit,
            logs=lambda: service.logs,
            renewals=lambda: service.ports.renewals,
        )

    def _warnings(self) -> Iterator[health.Trouble]:
        consoles = [server.console for server in self._service.inventory]
        if any(console.log is not None and console.log.failing for console in consoles):
            yield "log"
        if consoles and not any(console.connected for console in consoles):
            yield "lines"
        if self.reloads.trouble is not None:
            yield "configuration"
        if self.audit.failing:
            yield "audit"

    def _place_audit(self) -> None:
        config = self._service.config.audit
        file = config.file
        if file == AUTO:
            file = None if self._log_path is None else str(self._log_path / AUDIT_FILE)
        if file is None and not self.audit.on:
            return
        # The log's thread, where there is one: one thread writes all that this service writes.
        logs = self._service.logs
        if logs is None and self._thread is None:
            self._thread = LogThread()
        thread = self._thread if logs is None or self._thread is not None else logs.thread
        assert thread is not None  # noqa: S101 - made above
        path = None if file is None else Path(file)
        self.audit.begin(thread, Place(path, config.segment_size, config.keep))

    async def _listen(self, address: Address) -> Listening:
        app = web.Application(middlewares=[access, faults, guard(self._service.known_hosts)])
        app[PROXIES] = self._service.proxies
        health.setup(app, self.health)
        metrics.setup(app, self.scrape)
        return await self._service.listen("metrics", address, app)

    async def _move(self, listen: Address | None) -> list[str]:
        """Open the new port, then close the old one."""
        old = self._port
        try:
            self._port = None if listen is None else await self._listen(listen)
        except StartError as error:
            return [f"{error}; metrics stay where they are"]
        self._served = listen
        if old is not None:
            await old.close()
        return []
