"""The composition root: starting, reloading, stopping."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from pathlib import Path

import aiohttp
import pytest

from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.model import Address, Api, Config, IdentityStatic, Limits, Proxy, ServerConfig, Tokens
from consolesvc.config.servers import default_id
from consolesvc.errors import StartError
from consolesvc.service import Service
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, closed, received, world


def fake(name: str, guest: str = "echo") -> ServerConfig:
    """A fake server's configuration."""
    return ServerConfig(default_id(name), name, BASE.defaults.project_id, EmulatedSpec(guest, speed="max"))


async def test_another_identity_needs_a_restart_and_says_so(tmp_path: Path) -> None:
    """Who was let in by the one must not be by chance by the other; until then the old one counts."""
    async with world(tmp_path) as lab:
        (tmp_path / "tokens.yaml").write_text("tokens: []")
        config = dataclasses.replace(lab.service.config, identity=IdentityStatic(str(tmp_path / "tokens.yaml")))
        assert await lab.service.reload(config) == ["identity has changed (static): restart for that"]
        assert await lab.url()


async def test_a_taken_port_leaves_nothing_behind() -> None:
    """The second port is taken: the first is given back, and no console was started (leaks are checked)."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        proxy = Proxy(listen=Address("127.0.0.1", held.getsockname()[1]))
        service = Service(dataclasses.replace(BASE, proxy=proxy, servers=(fake("a"),)))
        with pytest.raises(StartError, match=r"proxy\.listen"):
            await service.start()
        await service.stop()


async def test_reload_adds_removes_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    """A viewer of an untouched server notices nothing; of a removed one it is told."""
    async with world(tmp_path) as lab:
        service, before = lab.service, lab.service.config
        await service.reload(dataclasses.replace(before, servers=(*before.servers, fake("added"))))
        added = service.inventory.find("added")
        await eventually(lambda: added.console.connected)
        untouched = await lab.attach()
        watching = await lab.http.ws_connect(await url_of(lab.http, lab.api, added.id))

        assert await service.reload(before) == []
        assert await closed(watching) == (4002, "server removed")
        assert [server.name for server in service.inventory] == ["node"]
        await lab.device.say(b"still here")
        assert await received(untouched, 10) == b"still here"
        await untouched.close()


async def test_reload_of_a_changed_server_starts_it_anew(tmp_path: Path) -> None:
    """Another device is another line: sessions end with the reason, tokens with them."""
    async with world(tmp_path) as lab:
        ws, url = await lab.attach(), await lab.url()
        changed = dataclasses.replace(lab.service.config.servers[0], ring=4096)
        await lab.service.reload(dataclasses.replace(lab.service.config, servers=(changed,)))
        assert await closed(ws) == (4002, "server changed")
        refused = await lab.http.ws_connect(url, headers={"Origin": "http://127.0.0.1"})
        assert await closed(refused) == (1008, "token unknown")
        assert lab.console.ring.capacity == 4096


async def test_reload_takes_limits_and_tokens_and_names_what_needs_a_restart(tmp_path: Path) -> None:
    """Listening elsewhere needs a restart, and says so; the rest holds from now on."""
    async with world(tmp_path) as lab:
        config = dataclasses.replace(
            lab.service.config,
            api=Api(listen=Address("127.0.0.1", 1)),
            limits=Limits(sessions=1),
            tokens=Tokens(ttl=5),
        )
        assert await lab.service.reload(config) == ["api.listen is now 127.0.0.1:1: restart to listen there"]
        url = await lab.url()
        ws = await lab.http.ws_connect(url)
        refused = await lab.http.ws_connect(url, headers={"Origin": "http://127.0.0.1"})
        assert (await closed(refused))[0] == 1013
        await ws.close()
        lab.clock.now += 5
        refused = await lab.http.ws_connect(url, headers={"Origin": "http://127.0.0.1"})
        assert await closed(refused) == (1008, "token expired")


async def test_stop_is_quick_whatever_the_lines_do(tmp_path: Path) -> None:
    """A line with a paste that its machine never takes closes within the time allowed; stop may be said twice."""
    async with world(tmp_path) as lab, await lab.attach() as ws:
        await ws.send_bytes(bytes(500_000))
        await asyncio.sleep(0.1)
        await asyncio.wait_for(lab.service.stop(), 4)
        await lab.service.stop()


async def test_the_native_list_says_what_the_line_does(tmp_path: Path) -> None:
    """State and why, offsets, viewers, silence: by id and by name."""
    async with world(tmp_path) as lab:
        await lab.said(b"hello")
        async with lab.http.get(f"{lab.api}/console/v1/consoles/node") as answer:
            console = (await answer.json())["console"]
        assert console["id"] == NODE
        line = console["line"]
        assert 0 <= line.pop("for") < 5
        assert line == {
            "type": "serial",
            "target": str(lab.device.path),
            "state": "connected",
            "why": "",
            "loan": None,
        }
        assert (console["oldest"], console["start"], console["end"], console["viewers"]) == (0, 0, 5, 0)
        assert console["counters"] == {"out": 5, "in": 0, "refused": 0, "opened": 1, "gaps": 0, "missed": 0}
        assert (console["log"], console["fault"]) == (None, None)
        assert 0 <= console["silent"] < 5
        lab.device.pull()
        await eventually(lambda: "no such device" in lab.console.reconnecting.why)
        async with lab.http.get(f"{lab.api}/console/v1/consoles") as answer:
            document = await answer.json()
        assert document["configuration_error"] is None
        assert document["consoles"][0]["line"]["why"] == "no such device: waiting for it"
        async with lab.http.get(f"{lab.api}/console/v1/consoles/nobody") as answer:
            assert (answer.status, await answer.json()) == (
                404,
                {"itemNotFound": {"code": 404, "message": "Instance nobody could not be found."}},
            )
        async with lab.http.get(f"{lab.api}/healthcheck") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    ("proxy", "asked", "expected"),
    [
        ({"listen": Address("127.0.0.1", 6083)}, "api.lab:8774", "ws://127.0.0.1:6083/"),
        ({"listen": Address("console.lab", 6083)}, "x", "ws://console.lab:6083/"),
        ({"listen": Address("0.0.0.0", 6083)}, "api.lab:8774", "ws://api.lab:6083/"),
        ({"listen": Address("::", 6083)}, "[2001:db8::1]:8774", "ws://[2001:db8::1]:6083/"),
        ({"listen": Address("::1", 6083)}, "x", "ws://[::1]:6083/"),
        ({"listen": Address("0.0.0.0", 6083), "base_url": "wss://console.lab/c/"}, "x", "wss://console.lab/c/"),
    ],
)
def test_the_base_of_console_urls(proxy: dict[str, object], asked: str, expected: str) -> None:
    """DESIGN 5.2: base_url, else a specific listen address, else the request's Host."""
    service = Service(Config(proxy=Proxy(**proxy)))  # type: ignore[arg-type]  # a parameter of fields
    assert service.urls.base(asked) == expected


async def url_of(http: aiohttp.ClientSession, api: str, server_id: str) -> str:
    """A console URL of any server."""
    async with http.post(
        f"{api}/v2.1/servers/{server_id}/action", json={"os-getSerialConsole": {"type": "serial"}}
    ) as answer:
        return str((await answer.json())["console"]["url"])
