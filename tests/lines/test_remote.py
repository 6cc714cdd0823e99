"""A console followed from another consolesvc: real services, cut apart, restarted, renumbered.

`host` has the machine, `hub` shows it. The way between them is a relay of the test's own, so that it can be cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from consolesvc.config.access import Address, IdentityStatic
from consolesvc.config.linespec import RemoteSpec, SerialSpec
from consolesvc.config.model import Api, Config, Proxy
from consolesvc.config.operators import Log
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.lines.kinds import probe
from consolesvc.lines.remotewords import AHEAD
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
        self.host: Service | None = None
        self.hub: Service | None = None

    async def start_host(self) -> None:
        config = Config(
            api=Api(listen=LOOPBACK),
            proxy=Proxy(listen=LOOPBACK, base_url=f"ws://127.0.0.1:{self.proxy.port}/"),
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
        spec = RemoteSpec(f"http://127.0.0.1:{self.api.port}", "node", self.token_file)
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


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(tmp_path)
    (tmp_path / "host-state").mkdir()
    made.device.plug()
    await made.api.start()
    await made.proxy.start()
    yield made
    await made.stop_hub()
    await made.stop_host()
    await made.api.close()
    await made.proxy.close()
    made.device.pull()


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


async def test_the_same_bytes_under_the_same_numbers_both_ways(lab: Lab) -> None:
    """What was said before the hub came, what is said now, what is typed at the hub, and a break."""
    await lab.start_host()
    await lab.said(b"booting\r\n")
    await lab.start_hub()
    await lab.followed()
    await lab.said(b"login: ")
    await lab.followed()
    assert await everything(lab.here, 0) == b"booting\r\nlogin: "
    await eventually(lambda: lab.here.connected)
    viewer = Viewer(lab.here, lab.here.ring.end)
    lab.here.write(viewer, b"root\r")
    assert await lab.device.heard(5) == b"root\r"
    viewer.detach()


async def test_a_cut_loses_nothing(lab: Lab) -> None:
    """While the way is gone the host goes on; then the hub has every byte, at its number, and no gap."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"before|")
    await lab.followed()
    for relay in (lab.api, lab.proxy):
        relay.cut()
    await eventually(lambda: not lab.here.connected)
    assert "cut" in lab.here.reconnecting.why or "reach" in lab.here.reconnecting.why
    said = bytes(range(256)) * 4000
    await lab.said(said)
    for relay in (lab.api, lab.proxy):
        relay.mend()
    lab.here.reconnecting.retry()
    await lab.followed()
    assert await everything(lab.here, 0) == b"before|" + said
    assert lab.here.gaps == 0


async def test_a_restart_of_either_loses_nothing(lab: Lab) -> None:
    """The hub goes on where its log ends, the host where its own does; offsets are the same throughout."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"one|")
    await lab.followed()
    await lab.stop_hub()
    await lab.said(b"two|")
    await lab.start_hub()
    await lab.followed()
    await lab.stop_host()
    await eventually(lambda: not lab.here.connected)
    await lab.start_host()
    await lab.said(b"three|")
    await lab.followed()
    assert await everything(lab.here, 0) == b"one|two|three|"
    await eventually(lambda: (lab.folder / "hub/copy.log").read_bytes() == b"one|two|three|")


async def test_what_a_crash_kept_from_the_hubs_disk_comes_again(lab: Lab) -> None:
    """Its numbers are the host's: nothing is skipped for safety, and what was not written is asked for again."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"written|unwritten|")
    await lab.followed()
    await lab.stop_hub()
    log, index = lab.folder / "hub/copy.log", lab.folder / "hub/copy.index"
    log.write_bytes(log.read_bytes()[:8])
    index.write_bytes(b"".join(line for line in index.read_bytes().splitlines(keepends=True) if b"stop" not in line))
    await lab.start_hub()
    await lab.followed()
    assert await everything(lab.here, 0) == b"written|unwritten|"


async def test_a_pulled_cable_there_is_told_here(lab: Lab) -> None:
    """The line here is lost and back with the one there; the session in between goes on."""
    await lab.start_host()
    await lab.start_hub()
    await eventually(lambda: lab.here.connected)
    session = lab.here.reconnecting.opener._session
    lab.device.pull()
    await eventually(lambda: "device unplugged (at http" in lab.here.reconnecting.why)
    lab.device.plug()
    await eventually(lambda: lab.here.connected, 5)
    assert lab.here.reconnecting.opener._session is session
    await lab.said(b"still here")
    await lab.followed()


async def test_a_host_that_numbers_anew_makes_no_number_mean_two_bytes(lab: Lab) -> None:
    """Without a log there, its restart begins a new stream: here it goes on above all that was counted, with a gap."""
    lab.logged = False
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"first life")
    await lab.followed()
    stream = lab.here.stream
    await lab.stop_host()
    await eventually(lambda: not lab.here.connected)
    await lab.start_host()
    await lab.said(b"second life")
    await eventually(lambda: lab.here.ring.end == 10 + AHEAD + 11, 10)
    assert lab.here.stream == stream
    assert await everything(lab.here, 0) == b"first lifesecond life"
    assert lab.here.gaps == 1


async def test_who_looked_before_there_was_anything_comes_back_to_the_new_numbers(lab: Lab) -> None:
    """The hub is up first: a viewer of its empty console is sent away to come back."""
    await lab.start_hub()
    early = Viewer(lab.here, 0)
    await lab.start_host()
    await lab.said(b"hello")
    lab.here.reconnecting.retry()
    end = await asyncio.wait_for(early.ended, 10)
    assert (end.code, end.reason) == (1012, "the console has begun: come back")
    await lab.followed()


async def test_a_token_of_ours_and_none(lab: Lab) -> None:
    """The first line of token_file, read anew each time; what the host says of none is told with its cure."""
    tokens, ours = lab.folder / "tokens.yaml", lab.folder / "token"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens.write_text(f"tokens:\n  - {{sha256: {digest}, user: hub, project_id: {'a' * 32}, roles: [admin]}}\n")
    lab.identity, lab.token_file = IdentityStatic(str(tokens)), str(ours)
    ours.write_text("wrong\n")
    await lab.start_host()
    await lab.start_hub()
    await eventually(lambda: "does not let us in" in lab.here.reconnecting.why)
    assert f"the token in {ours} is not known there" in lab.here.reconnecting.why
    ours.write_text(f"{TOKEN}\n")
    lab.here.reconnecting.retry()
    await lab.said(b"in")
    await lab.followed()
    assert TOKEN not in repr(lab.here.reconnecting.opener.spec)


async def test_what_is_no_console_there_is_said(lab: Lab) -> None:
    """Another name, and a port behind which no consolesvc is."""
    await lab.start_host()
    spec = RemoteSpec(f"http://127.0.0.1:{lab.api.port}", "nobody")
    assert "nobody is no console of http" in await why(spec)
    assert lab.host is not None
    spec = RemoteSpec(f"http://127.0.0.1:{lab.host.ports.proxy.port}", "node")
    assert "node is no console of http" in await why(spec)
    lab.api.cut()
    assert "cannot be reached" in await why(RemoteSpec(f"http://127.0.0.1:{lab.api.port}", "node"))


async def why(spec: RemoteSpec) -> str:
    """Why a line there cannot be opened, as `check --open` says it."""
    said = await probe(spec)
    assert said is not None
    return said


async def test_a_flood_reaches_the_hub_whole(lab: Lab) -> None:
    """More than its ring holds, with a viewer that reads and one that does not, by the hub's own log."""
    await lab.start_host()
    await lab.start_hub()
    await eventually(lambda: lab.here.connected)
    said = bytes(range(256)) * 16384
    stalled = Viewer(lab.here, 0)
    reading = asyncio.create_task(_read(lab.here, len(said)))
    await lab.said(said)
    assert await asyncio.wait_for(reading, 30) == said
    await eventually(lambda: (lab.folder / "hub/copy.log").stat().st_size == len(said), 10)
    stalled.detach()


async def _read(console: Any, size: int) -> bytes:
    viewer, got = Viewer(console, 0), b""
    while len(got) < size:
        item = await viewer.next()
        assert isinstance(item, Chunk), item
        got += item.data
    viewer.detach()
    return got


async def test_a_service_that_is_another_version_is_told() -> None:
    """A websocket that does not speak our protocol, and one whose hello lacks what ours has."""

    async def console(_request: web.Request) -> web.Response:
        return web.json_response({"console": {"id": "1"}})

    async def action(_request: web.Request) -> web.Response:
        return web.json_response({"console": {"url": f"ws://127.0.0.1:{port}/?token=x"}})

    async def websocket(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=("consolesvc.v1",) if hello else ())
        await ws.prepare(request)
        if hello:
            await ws.send_str(hello)
        async for _ in ws:
            pass
        return ws

    hello, port = "", 0
    app = web.Application()
    app.router.add_get("/console/v1/consoles/node", console)
    app.router.add_post("/v2.1/servers/1/action", action)
    app.router.add_get("/", websocket)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    spec = RemoteSpec(f"http://127.0.0.1:{port}", "node")
    assert "does not speak consolesvc.v1" in await why(spec)
    hello = '{"type": "hello", "version": 2}'
    assert "does not speak our consolesvc.v1: KeyError: 'line'" in await why(spec)
    await runner.cleanup()
