"""Servers taken in and taken away again, one by one: at the start, by a reload, over the API."""

from __future__ import annotations

import asyncio
from typing import Protocol

from consolesvc.config.linespec import RemoteSpec
from consolesvc.config.model import Config, ServerConfig
from consolesvc.console.console import Console
from consolesvc.console.sharing import Sharing
from consolesvc.inventory import Inventory, Server
from consolesvc.lines.kinds import make_opener
from consolesvc.log.directory import LogDirectory
from consolesvc.log.file import LogFile
from consolesvc.oversight import Oversight
from consolesvc.proxy.rights import Rights
from consolesvc.states import follow_power


class House(Protocol):
    """The service, as far as servers live in it."""

    config: Config
    inventory: Inventory
    logs: LogDirectory | None
    rights: Rights
    seen: Oversight


class Intake:
    """Takes servers in and away.

    Attributes:
        made: The ids of servers that were made over the API: no configuration knows them, no reload touches them.
    """

    def __init__(self, house: House) -> None:
        self.made: set[str] = set()
        self._house = house
        self._starting: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Intake {len(self.made)} made>"

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._house.config

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

    async def remove(self, server_id: str, reason: str) -> None:
        """Take a server away: its tokens and its sessions end, with the reason, and its line is closed."""
        house = self._house
        server = house.inventory.remove(server_id)
        made = server.id in self.made
        if made:
            house.seen.gone(server)
        self.made.discard(server.id)
        await house.rights.remove(server.id, reason)
        # What was made over the API and deleted leaves nothing, neither bytes nor offsets, to one made again.
        await server.console.close(remove=made)

    def console_for(self, config: ServerConfig) -> Console:
        """A new console for a server; nothing of it is opened."""
        opener = make_opener(config.line, config.name)
        # Nothing of a name that a caller chose reaches a path (DESIGN 5.5).
        log_name = config.id if config.id in self.made else config.name
        elsewhere = isinstance(config.line, RemoteSpec)
        log, logs = None, self._house.logs
        if logs is not None and config.log:
            log = LogFile(logs, log_name, config.ring, counted_elsewhere=elsewhere)
        sharing = Sharing(config.input, config.lease_idle)
        return Console(config.name, opener, ring=config.ring, replay=config.replay, log=log, sharing=sharing)

    def _take_in(self, config: ServerConfig) -> Server:
        server = Server(config, self.console_for(config))
        self._house.inventory.add(server)
        self._house.seen.witnesses.hear(server)
        follow_power(server)
        return server
