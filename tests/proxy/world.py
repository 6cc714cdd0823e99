"""A whole service in the test's own loop, on free ports, with one console on a PTY of the test's."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from consolesvc.config.access import Address
from consolesvc.config.linespec import SerialSpec
from consolesvc.config.model import Api, Config, Proxy
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.service import Service
from tests.lines.devices import Device, eventually

LOOPBACK = Address("127.0.0.1", 0)
BASE = Config(api=Api(listen=LOOPBACK), proxy=Proxy(listen=Address("127.0.0.1", 0)))
NODE = default_id("node")


class Clock:
    """Seconds by which tokens expire, turned by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class World:
    """A running service, its device, its clock, and a client session."""

    def __init__(self, service: Service, device: Device, clock: Clock, http: aiohttp.ClientSession) -> None:
        self.service = service
        self.device = device
        self.clock = clock
        self.http = http

    @property
    def console(self) -> Any:
        """The one console."""
        return self.service.inventory.get(NODE).console

    @property
    def api(self) -> str:
        """The API's URL."""
        return f"http{'s' * ('api' in self.service.ports.secure)}://{self.service.ports.api}"

    async def url(self, query: Mapping[str, str] | None = None, *, server_id: str = NODE) -> str:
        """A fresh console URL by the seed's call, with further parameters."""
        path = f"{self.api}/v2.1/servers/{server_id}/action"
        async with self.http.post(path, json={"os-getSerialConsole": {"type": "serial"}}) as answer:
            assert answer.status == 200, await answer.text()
            url = (await answer.json())["console"]["url"]
        return str(url) + "".join(f"&{key}={value}" for key, value in (query or {}).items())

    async def attach(self, query: Mapping[str, str] | None = None) -> aiohttp.ClientWebSocketResponse:
        """An attached websocket; closing is the caller's."""
        return await self.http.ws_connect(await self.url(query), protocols=("binary",), max_msg_size=0)

    async def flushed(self) -> None:
        """Wait until all that the console has is on disk."""
        await eventually(lambda: self.console.log.offset == self.console.ring.end)

    async def said(self, data: bytes) -> None:
        """Have the machine say something, and wait until the console has it."""
        end = self.console.ring.end + len(data)
        await self.device.say(data)
        await eventually(lambda: self.console.ring.end == end)


@contextlib.asynccontextmanager
async def world(tmp_path: Path, config: Config = BASE, **server: Any) -> AsyncIterator[World]:
    """A running service for as long as this lasts; `server` replaces fields of the one server's configuration."""
    device, clock = Device(tmp_path / "ttyUSB0"), Clock()
    device.plug()
    entry = ServerConfig(NODE, "node", config.defaults.project_id, SerialSpec(str(device.path)))
    service = Service(dataclasses.replace(config, servers=(dataclasses.replace(entry, **server),)), clock=clock)
    await service.start()
    try:
        async with aiohttp.ClientSession() as http:
            made = World(service, device, clock, http)
            await eventually(lambda: made.console.connected)
            yield made
    finally:
        await service.stop()
        device.pull()


@contextlib.asynccontextmanager
async def serving(config: Config, **options: Any) -> AsyncIterator[Service]:
    """A running service alone, for as long as this lasts."""
    service = Service(config, **options)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


async def received(ws: aiohttp.ClientWebSocketResponse, size: int) -> bytes:
    """The next bytes, `size` at least, each message BINARY."""
    got = b""
    while len(got) < size:
        message = await ws.receive(timeout=5)
        assert message.type is aiohttp.WSMsgType.BINARY, message
        got += message.data
    return got


async def closed(ws: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
    """The close code and reason that end a websocket, whatever comes before."""
    while True:
        message = await ws.receive(timeout=5)
        if message.type is aiohttp.WSMsgType.CLOSE:
            return int(message.data), str(message.extra)
        assert message.type is aiohttp.WSMsgType.BINARY, message
