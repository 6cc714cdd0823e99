"""A host with a machine, a hub that follows it, and between them a way that can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from pathlib import Path
from typing import Any

from consolesvc.config.access import Address, Tls
from consolesvc.config.linespec import RemoteSpec, SerialSpec
from consolesvc.config.model import Api, Config, Proxy
from consolesvc.config.operators import Log
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.lines.kinds import probe
from consolesvc.service import Service
from tests.lines.devices import Device, eventually

LOOPBACK = Address("127.0.0.1", 0)
KEEP = Log(min_free=0)
TOKEN = "4f9e1b6c"


class Relay:
    """A port that leads to another one, until it is cut."""

    def __init__(self) -> None:
        self.target = 0
        self.port = 0
        self.cut_off = False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut_off:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except ConnectionError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        await asyncio.gather(pump(reader, back), pump(there, writer))

    def cut(self) -> None:
        """Nothing passes, and what is on its way is lost."""
        self.cut_off = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def mend(self) -> None:
        self.cut_off = False

    async def close(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()


class Lab:
    """A host with a machine, and a hub that follows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.device = Device(folder / "ttyUSB0")
        self.api, self.proxy = Relay(), Relay()
        self.logged = True
        self.identity: Any = None
        self.token_file: str | None = None
        self.tls: Tls | None = None
        self.keys: dict[str, Any] = {}
        self.host: Service | None = None
        self.hub: Service | None = None

    async def start_host(self) -> None:
        scheme = "ws" if self.tls is None else "wss"
        config = Config(
            api=Api(listen=LOOPBACK),
            proxy=Proxy(listen=LOOPBACK, base_url=f"{scheme}://127.0.0.1:{self.proxy.port}/"),
            tls=self.tls,
            log=dataclasses.replace(KEEP, enabled=self.logged, directory=self.folder / "host"),
        )
        if self.identity is not None:
            config = dataclasses.replace(config, identity=self.identity)
        self.host = await self._service(config, "node", SerialSpec(str(self.device.path)), self.folder / "host-state")
        self.api.target, self.proxy.target = self.host.ports.api.port, self.host.ports.proxy.port

    async def start_hub(self) -> None:
        config = Config(
            api=Api(listen=LOOPBACK), proxy=Proxy(listen=LOOPBACK),
            log=dataclasses.replace(KEEP, directory=self.folder / "hub"),
        )  # fmt: skip
        scheme = "http" if self.tls is None else "https"
        spec = RemoteSpec(f"{scheme}://127.0.0.1:{self.api.port}", "node", self.token_file, **self.keys)
        self.hub = await self._service(config, "copy", spec, None)

    async def _service(self, config: Config, name: str, spec: Any, state: Path | None) -> Service:
        entry = ServerConfig(default_id(name), name, config.defaults.project_id, spec)
        service = Service(dataclasses.replace(config, servers=(entry,)), state_path=state)
        await service.start()
        return service

    async def stop_host(self) -> None:
        if self.host is not None:
            await self.host.stop()
            self.host = None

    async def stop_hub(self) -> None:
        if self.hub is not None:
            await self.hub.stop()
            self.hub = None

    @property
    def there(self) -> Any:
        assert self.host is not None
        return self.host.inventory.get(default_id("node")).console

    @property
    def here(self) -> Any:
        assert self.hub is not None
        return self.hub.inventory.get(default_id("copy")).console

    async def followed(self) -> None:
        """The hub has all that the host has, under the same numbers."""
        await eventually(
            lambda: self.there.ring.end == self.here.ring.end and self.there.stream == self.here.stream, 10
        )

    async def said(self, data: bytes) -> None:
        """The machine says something; the host has it."""
        end = self.there.ring.end + len(data)
        await self.device.say(data)
        await eventually(lambda: self.there.ring.end == end, 10)


async def everything(console: Any, begin: int) -> bytes:
    """What a viewer here is given from an offset to the end, gaps left out."""
    viewer, got = Viewer(console, begin), b""
    async with asyncio.timeout(10):
        while viewer.offset < console.ring.end:
            item = await viewer.next()
            if isinstance(item, Chunk):
                got += item.data
    viewer.detach()
    return got


async def why(spec: RemoteSpec) -> str:
    """Why a line there cannot be opened, as `check --open` says it."""
    said = await probe(spec)
    assert said is not None
    return said
