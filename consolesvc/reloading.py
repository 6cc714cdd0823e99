"""Going over to another configuration while people are at their consoles (DESIGN 5.1, HUP).

What each server's entry says decides what its viewers notice:

    equal                                nothing
    ring, replay, input, events, power   they stay; they are told where another rule says who types
    line                                 they stay, and the stream goes on: they are told that it is lost, and back
    name, log; a line to a consolesvc    the numbering is another one: they are cut (1012) and come back by themselves
    project_id                           they are cut for good (4003): the right was the old project's
    gone                                 they are cut for good (4002)

First everything that goes is closed, then everything that comes is opened: two servers may change places. A few servers
are seen to in each turn of the loop, and none waits for another, so that a reload of hundreds delays nobody's bytes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Protocol

from consolesvc.config.linespec import EmulatedSpec, RemoteSpec
from consolesvc.config.model import Config
from consolesvc.config.restarts import restarts
from consolesvc.config.server import ServerConfig
from consolesvc.console.changing import change_sharing, leave_line, resize_ring, take_line
from consolesvc.console.numbering import RENUMBERED
from consolesvc.identity.current import CurrentIdentity
from consolesvc.identity.seam import Identity
from consolesvc.intake import Intake
from consolesvc.inventory import Inventory, Server
from consolesvc.lines.kinds import make_opener
from consolesvc.oversight import Oversight
from consolesvc.power.switches import Switches
from consolesvc.proxy.rights import Rights
from consolesvc.states import begin_anew
from consolesvc.watching import Watching

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Servers that are begun with in one turn of the loop."""
STEP_WAIT = 5.0
"""Seconds after which a reload goes on without those whose device or disk does not answer; they follow when it does."""

Step = Callable[[], Awaitable[object]]


class Reloaded(Protocol):
    """The service, as far as a reload concerns it."""

    config: Config
    inventory: Inventory
    intake: Intake
    identity: CurrentIdentity
    rights: Rights
    seen: Oversight
    switches: Switches
    watching: Watching

    async def settle(self, config: Config) -> None:
        """Have from now on what concerns no single server: limits, tokens, names, bounds of the logs."""
        ...


class Reloading:
    """Takes a service from configuration to configuration, one at a time."""

    def __init__(self, service: Reloaded) -> None:
        self._service = service
        self._started = service.config
        """What the service keeps of the configuration that it was started with (config/restarts.py)."""
        self._one = asyncio.Lock()
        self._steps: dict[str, asyncio.Task[None]] = {}
        """The last step of each server that is being changed, by id."""
        self._letting_go: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Reloading {len(self._steps)} servers>"

    async def go_over(self, config: Config) -> list[str]:
        """Go over to a configuration.

        Returns:
            What of it needs a restart, a sentence each.

        Raises:
            ConfigurationError: a file that `identity` names is wrong; nothing has changed.
        """
        async with self._one:
            service = self._service
            identity = await asyncio.to_thread(service.identity.another, config)
            before = service.config
            await service.settle(config)
            if identity is not None:
                self._replace(identity, config)
            await self._change(config.servers)
            return restarts(self._started, config) + await service.seen.reloaded(before)

    async def close(self) -> None:
        """Give up what is under way. Idempotent."""
        tasks = (*self._steps.values(), *self._letting_go)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _replace(self, identity: Identity, config: Config) -> None:
        # The old one may have been asked something that a Keystone takes its time to answer: nobody waits for that.
        task = asyncio.get_running_loop().create_task(self._service.identity.replace(identity, config))
        self._letting_go.add(task)
        task.add_done_callback(self._letting_go.discard)

    async def _change(self, servers: Iterable[ServerConfig]) -> None:
        service = self._service
        old = {server.id: server for server in service.inventory if server.id not in service.intake.made}
        new = {server.id: server for server in servers}
        going: dict[str, Step] = {}
        coming: dict[str, Step] = {}
        for server_id, server in old.items():
            config = new.get(server_id)
            if config is None:
                going[server_id] = partial(service.intake.remove, server_id, "server removed")
            elif config != server.config:
                change = _Change(service, server, config)
                going[server_id], coming[server_id] = change.end, change.begin
        for server_id in new.keys() - old.keys():
            coming[server_id] = partial(service.intake.add, new[server_id])
        await self._all(going)
        await self._all({server_id: coming[server_id] for server_id in new if server_id in coming})

    async def _all(self, steps: dict[str, Step]) -> None:
        tasks = []
        for number, (server_id, step) in enumerate(steps.items(), 1):
            tasks.append(self._begin(server_id, step))
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STEP_WAIT)
            if late:
                log.error("%d servers are not changed yet: a device or the disk does not answer", len(late))

    def _begin(self, server_id: str, step: Step) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(
            _after(self._steps.get(server_id), server_id, step), name=f"reload {server_id}"
        )
        self._steps[server_id] = task

        def done(_: asyncio.Task[None]) -> None:
            if self._steps.get(server_id) is task:
                del self._steps[server_id]

        task.add_done_callback(done)
        return task


async def _after(before: asyncio.Task[None] | None, server_id: str, step: Step) -> None:
    if before is not None:
        await asyncio.wait([before])
    try:
        await step()
    except Exception:  # a fault of ours with one server must not keep the others from their change
        log.exception("server %s cannot be changed", server_id)


class _Change:
    """One server's way from its entry to another one of the same id."""

    def __init__(self, service: Reloaded, server: Server, config: ServerConfig) -> None:
        self._service = service
        self._server = server
        self._before, self._config = server.config, config
        before = server.config
        self._line = before.line != config.line
        elsewhere = isinstance(before.line, RemoteSpec) or isinstance(config.line, RemoteSpec)
        self._anew = (before.name, before.log) != (config.name, config.log) or (self._line and elsewhere)

    async def end(self) -> None:
        """Close what goes."""
        server, service = self._server, self._service
        service.watching.retune(server, self._config)
        if self._before.power != self._config.power:
            await service.switches.change(server, self._config)
        server.config = self._config
        if self._before.project_id != self._config.project_id:
            await service.rights.move(server.id)
        if self._anew:
            await server.console.close()
        elif self._line:
            await leave_line(server.console)

    async def begin(self) -> None:
        """Open what comes."""
        server, before, config = self._server, self._before, self._config
        if self._anew:
            await self._begin_anew()
            return
        console = server.console
        if self._line:
            take_line(console, make_opener(config.line, config.name))
            self._begin_power()
        if before.ring != config.ring:
            await resize_ring(console, config.ring)
        console.replay = config.replay
        if (before.input, before.lease_idle) != (config.input, config.lease_idle):
            change_sharing(console, config.input, config.lease_idle)

    async def _begin_anew(self) -> None:
        """Put another console in the place of the one that was closed; who was there comes to it by themselves."""
        server, old = self._server, self._server.console
        server.console = self._service.intake.console_for(self._config)
        self._service.intake.attend(server)
        self._begin_power()
        await server.console.start()
        for viewer in list(old.viewers):
            viewer.end(RENUMBERED, "server changed: come back")

    def _begin_power(self) -> None:
        """A fake that comes is on, and one that went says nothing of the machine that is there now."""
        if any(isinstance(config.line, EmulatedSpec) for config in (self._before, self._config)):
            begin_anew(self._server)
