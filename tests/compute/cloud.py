"""A whole service that makes servers, and a client of its Compute API."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from consolesvc.config.linespec import EmulatedSpec, SerialSpec
from consolesvc.config.model import Config, Emulator
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.inventory import Server
from consolesvc.service import Service
from tests.compute.world import Answer
from tests.lines.devices import eventually
from tests.proxy.world import BASE

REAL, FAKE = default_id("real"), default_id("fake")
PROJECT = BASE.defaults.project_id
ORDER = {"name": "made", "imageRef": "echo", "flavorRef": "1"}


class Cloud:
    """The service and its client."""

    def __init__(self, service: Service, http: aiohttp.ClientSession) -> None:
        self.service = service
        self.http = http

    @property
    def api(self) -> str:
        """The API's address."""
        return f"http://{self.service.ports.api}"

    async def ask(self, method: str, path: str, body: Any = None, version: str = "2.1", **headers: str) -> Answer:
        """Call the API; `path` begins behind `/v2.1`, or with `/console`."""
        url = self.api + (path if path.startswith("/console") else f"/v2.1{path}")
        data = None if body is None else json.dumps(body)
        sent = {"OpenStack-API-Version": f"compute {version}", "Content-Type": "application/json", **headers}
        async with self.http.request(method, url, data=data, headers=sent) as answer:
            text = await answer.text()
            return Answer(answer.status, answer.headers.copy(), json.loads(text) if text else None)

    async def create(self, version: str = "2.1", **server: Any) -> Answer:
        """`POST /servers` with some keys set otherwise; None leaves one out."""
        order = {key: value for key, value in {**ORDER, **server}.items() if value is not None}
        return await self.ask("POST", "/servers", {"server": order}, version)

    async def made(self, **server: Any) -> Server:
        """A new server, once it is active."""
        answer = await self.create(**server)
        assert answer.status == 202, answer.body
        found = self.service.inventory.get(answer.body["server"]["id"])
        await eventually(lambda: found.console.connected)
        return found

    async def act(self, server_id: str, action: str, content: Any = None) -> Answer:
        """An action of a server."""
        return await self.ask("POST", f"/servers/{server_id}/action", {action: content})

    async def tell(self, server_id: str, **told: Any) -> Answer:
        """The native call that tells a fake its states."""
        return await self.ask("POST", f"/console/v1/servers/{server_id}/state", told)

    async def show(self, server_id: str) -> Answer:
        """A server, by Compute's API."""
        return await self.ask("GET", f"/servers/{server_id}")

    async def attach(self, server_id: str) -> aiohttp.ClientWebSocketResponse:
        """A viewer."""
        return await self.http.ws_connect(await self.url(server_id), protocols=("binary",))

    async def url(self, server_id: str) -> str:
        """A console's URL."""
        answer = await self.act(server_id, "os-getSerialConsole", {"type": "serial"})
        assert answer.status == 200, answer.body
        return str(answer.body["console"]["url"])


@contextlib.asynccontextmanager
async def cloud(tmp_path: Path, emulator: Emulator | None = None, base: Config = BASE) -> AsyncIterator[Cloud]:
    """A service with one real line that is away, one fake, and room for more."""
    project = base.defaults.project_id
    servers = (
        ServerConfig(REAL, "real", project, SerialSpec(str(tmp_path / "ttyUSB0"))),
        ServerConfig(FAKE, "fake", project, EmulatedSpec("echo", speed="max")),
    )
    config = dataclasses.replace(base, servers=servers, emulator=emulator or Emulator(allow_create=True))
    service = Service(config)
    await service.start()
    try:
        async with aiohttp.ClientSession() as http:
            fake = service.inventory.get(FAKE)
            await eventually(lambda: fake.console.connected)
            yield Cloud(service, http)
    finally:
        await service.stop()
