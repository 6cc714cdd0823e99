"""A real machine on a PTY, with a BMC that is a program: what switches it, and what it was told."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from consolesvc.config.linespec import SerialSpec
from consolesvc.config.model import Config, Power
from consolesvc.config.server import PowerCommands, ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.inventory import Server
from consolesvc.service import Service
from tests.compute.cloud import Cloud
from tests.lines.devices import Device, eventually
from tests.proxy.world import BASE

METAL = default_id("metal")
ALL = ("reset", "on", "off", "status")
"""The commands that there are for a machine."""

_BMC = """\
#!/bin/sh
# bmc COMMAND: the machine's state is a file, and so is what it was told; a file `hold-COMMAND` has it wait.
here=$(dirname "$0")
echo $1 $$ >>$here/told
while [ -e $here/hold-$1 ]; do sleep 0.02; done
[ ! -e $here/broken ] || { echo "Error: Unable to establish IPMI v2 session" >&2; exit 1; }
case $1 in
    on | off) [ -e $here/stuck ] || echo $1 >$here/state ;;
    reset) echo on >$here/state ;;
    status) echo "Chassis Power is $(cat $here/state)"; exit ;;
esac
echo "Chassis Power Control: $1"
"""


class Bmc:
    """The program, and the files it works with."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.path = folder / "bmc"
        self.path.write_text(_BMC)
        self.path.chmod(0o755)
        self.turn(on=True)

    def turn(self, *, on: bool) -> None:
        """What somebody does who stands in front of it."""
        (self.folder / "state").write_text("on\n" if on else "off\n")

    def is_on(self) -> bool:
        """Whether the machine is."""
        return (self.folder / "state").read_text() == "on\n"

    @property
    def told(self) -> list[str]:
        """The commands it was given, in order."""
        return [line.split()[0] for line in self._lines()]

    @property
    def pids(self) -> list[int]:
        """Their processes."""
        return [int(line.split()[1]) for line in self._lines()]

    def hold(self, command: str) -> None:
        """Have a command wait."""
        (self.folder / f"hold-{command}").touch()

    def let_go(self, command: str) -> None:
        """Have it go on."""
        (self.folder / f"hold-{command}").unlink()

    def commands(self, *names: str, **more: Any) -> PowerCommands:
        """The configuration's `power` with these commands."""
        given: dict[str, Any] = {name: (str(self.path), name) for name in names}
        return PowerCommands(**given, **more)

    def _lines(self) -> list[str]:
        told = self.folder / "told"
        return told.read_text().splitlines() if told.exists() else []


class Metal(Cloud):
    """A service with one real machine, and a client."""

    def __init__(self, service: Service, http: aiohttp.ClientSession, bmc: Bmc, device: Device) -> None:
        super().__init__(service, http)
        self.bmc = bmc
        self.device = device

    @property
    def server(self) -> Server:
        """The machine's server."""
        return self.service.inventory.get(METAL)

    async def states(self) -> tuple[str, str, str | None, int]:
        """Status, vm_state, task_state and power_state, as a client sees them."""
        shown = (await self.show(METAL)).body["server"]
        keys = ("OS-EXT-STS:vm_state", "OS-EXT-STS:task_state", "OS-EXT-STS:power_state")
        return (shown["status"], *(shown[key] for key in keys))


@contextlib.asynccontextmanager
async def metal(
    tmp_path: Path, *commands: str, poll: float = 0, base: Config = BASE, **more: Any
) -> AsyncIterator[Metal]:
    """A running service; `commands` of the BMC are configured, with `more` of the `power` key."""
    bmc, device = Bmc(tmp_path / "bmc"), Device(tmp_path / "ttyUSB0")
    device.plug()
    line = SerialSpec(str(device.path))
    power = bmc.commands(*commands, **more) if commands else None
    server = ServerConfig(METAL, "metal", base.defaults.project_id, line, power=power)
    config = dataclasses.replace(base, servers=(server,), power=Power(poll))
    service = Service(config, log_path=tmp_path / "logs")
    await service.start()
    try:
        async with aiohttp.ClientSession() as http:
            running = Metal(service, http, bmc, device)
            await eventually(lambda: running.server.console.connected)
            yield running
    finally:
        await service.stop()
        device.pull()


def gone(pid: int) -> bool:
    """Whether there is no such process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def notice(text: str) -> bytes:
    """What viewers are told of the machine."""
    return f"\r\n[consolesvc: metal {text}]\r\n".encode()
