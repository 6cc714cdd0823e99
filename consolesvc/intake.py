"""Servers taken in and taken away again, one by one: at the start, by a reload, over the API."""

from __future__ import annotations

import asyncio
from typing import Protocol

from consolesvc.config.model import Config
from consolesvc.config.server import ServerConfig
from consolesvc.console.console import Console
from consolesvc.console.sharing import Sharing
from consolesvc.inventory import Inventory, Server
from consolesvc.lines.kinds import make_opener
from consolesvc.logs import Logs
from consolesvc.oversight import Oversight
from consolesvc.power.switches import Switches
from consolesvc.proxy.rights import Rights
from consolesvc.states import follow_power
from consolesvc.watching import Watching


class House(Protocol):
    """The service, as far as servers live in it."""

    config: Config
    inventory: Inventory
    rights: Rights
    seen: Oversight
    switches: Switches
    watching: Watching


class Intake:
    """Takes servers in and away.

    Args:
        house: Where they live.
        logs: Where their logs are.

    Attributes:
        made: The ids of servers that were made over the API: no configuration knows them, no reload touches them.
    """

    def __init__(self, house: House, logs: Logs) -> None:
        self.made: set[str] = set()
        self._house = house
        self._logs = logs
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
        await house.switches.remove(server)
        made = server.id in self.made
        if made:
            house.seen.gone(server)
        self.made.discard(server.id)
        await house.rights.remove(server.id, reason)
        # What was made over the API and deleted leaves nothing, neither bytes nor offsets, to one made again.
        await server.console.close(remove=made)

    def console_for(self, config: ServerConfig) -> Console:
        """A new console for a server; nothing of it is opened."""
        return Console(
            config.name,
            make_opener(config.line, config.name),
            ring=config.ring,
            replay=config.replay,
            log=self._logs.file(config, made=config.id in self.made),
            sharing=Sharing(config.input, config.lease_idle),
            events=config.events,
        )

    def _take_in(self, config: ServerConfig) -> Server:
        server = Server(config, self.console_for(config))
        self._house.inventory.add(server)
        self.attend(server)
        follow_power(server)
        self._house.switches.add(server)
        return server

    def attend(self, server: Server) -> None:
        """Have a server's console, which has not started, be heard by who hears all of them."""
        self._house.watching.attend(server)
        self._house.seen.witnesses.hear(server)
