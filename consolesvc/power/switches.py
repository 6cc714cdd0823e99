"""The switches of all real machines that have one, and the clock by which they are asked whether they are on."""

from __future__ import annotations

import asyncio
from typing import Final

from consolesvc.config.server import ServerConfig
from consolesvc.inventory import Server
from consolesvc.power.switch import Switch
from consolesvc.states import enter

AT_ONCE: Final = 4
"""Machines asked at a time: each is a program that runs, and all of them would begin with the service."""


class Switches:
    """Switches by their servers' ids. Make it in the loop.

    Args:
        poll: Seconds between two looks at a machine; 0 is none.
    """

    def __init__(self, poll: float) -> None:
        self._poll = poll
        self._switches: dict[str, Switch] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)

    def __repr__(self) -> str:
        return f"<Switches {len(self._switches)}, {len(self._watches)} watched>"

    def get(self, server: Server) -> Switch | None:
        """A server's switch; None where its machine has none."""
        return self._switches.get(server.id)

    def add(self, server: Server) -> None:
        """Take in a server, with the switch that its configuration gives it, if it gives one."""
        if server.config.power is not None:
            self._switches[server.id] = Switch(server, server.config.power)
            self._watch(server.id)

    async def change(self, server: Server, config: ServerConfig) -> None:
        """Go over to another configuration of a server's `power`: line, viewers and log do not notice.

        A command that runs is ended, and its server's task with it.
        """
        if server.config == config:
            return
        server.config = config
        await self.remove(server)
        if server.task_state is not None:
            enter(server, server.vm_state)
        self.add(server)

    async def repoll(self, poll: float) -> None:
        """Go over to another time between two looks."""
        if poll != self._poll:
            self._poll = poll
            for server_id in list(self._switches):
                await self._unwatch(server_id)
                self._watch(server_id)

    async def remove(self, server: Server) -> None:
        """Forget a server; a command of its that runs is ended."""
        await self._unwatch(server.id)
        switch = self._switches.pop(server.id, None)
        if switch is not None:
            await switch.close()

    async def close(self) -> None:
        """Forget all. Idempotent."""
        await asyncio.gather(*(self.remove(switch.server) for switch in list(self._switches.values())))

    def _watch(self, server_id: str) -> None:
        switch = self._switches[server_id]
        if self._poll and switch.commands.status:
            watching = self._look_at(switch)
            self._watches[server_id] = asyncio.get_running_loop().create_task(watching, name=f"power {server_id}")

    async def _unwatch(self, server_id: str) -> None:
        watch = self._watches.pop(server_id, None)
        if watch is not None:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _look_at(self, switch: Switch) -> None:
        while True:
            async with self._places:
                await switch.look()
            await asyncio.sleep(self._poll)
