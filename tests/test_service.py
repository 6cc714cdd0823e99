"""The composition root: starting and stopping."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
from pathlib import Path

import pytest

from consolesvc.config.access import Address
from consolesvc.config.linespec import EmulatedSpec
from consolesvc.config.model import Config, Proxy
from consolesvc.config.server import ServerConfig
from consolesvc.config.servers import default_id
from consolesvc.errors import StartError
from consolesvc.service import Service
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, world


def fake(name: str, guest: str = "echo") -> ServerConfig:
    """A fake server's configuration."""
    return ServerConfig(default_id(name), name, BASE.defaults.project_id, EmulatedSpec(guest, speed="max"))


async def test_a_taken_port_leaves_nothing_behind() -> None:
    """The second port is taken: the first is given back, and no console was started (leaks are checked)."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        proxy = Proxy(listen=Address("127.0.0.1", held.getsockname()[1]))
        service = Service(dataclasses.replace(BASE, proxy=proxy, servers=(fake("a"),)))
        with pytest.raises(StartError, match=r"proxy\.listen"):
            await service.start()
        await service.stop()


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
