"""A port at work: below a path of a proxy's, and what the proxy tells, by whole requests."""

from __future__ import annotations

import dataclasses
import socket
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.access import Address
from consolesvc.config.model import Api, Proxy
from tests.http.test_doorway import ask
from tests.proxy.world import BASE, NODE, World, closed, world

LOOPBACK = Address("127.0.0.1", 0)
BELOW = dataclasses.replace(BASE, api=Api(listen=LOOPBACK, prefix="/consoles"))
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "console.lab", "X-Forwarded-For": "203.0.113.9"}

HEALTHY = (200, {"status": "ok", "ready": True, "warnings": []})


async def get(lab: World, path: str, **headers: str) -> tuple[int, Any]:
    async with lab.http.get(f"{lab.api}{path}", headers=headers) as answer:
        return answer.status, await answer.json()


async def links_at(lab: World, path: str, **headers: str) -> str:
    """Where the version document at this path says that it is."""
    status, body = await get(lab, path, **headers)
    assert status == 200
    return str(body["version"]["links"][0]["href"])


async def test_below_a_prefix(tmp_path: Path) -> None:
    """What a proxy passes on as it came: every call is there, and its links and URLs lead through the proxy again."""
    async with world(tmp_path, BELOW) as lab:
        assert await get(lab, "/consoles/healthcheck") == HEALTHY
        assert await links_at(lab, "/consoles/v2.1/") == f"{lab.api}/consoles/v2.1/"
        assert await links_at(lab, "/consoles/v2.1", **FORWARDED) == "https://console.lab/consoles/v2.1/"
        status, body = await get(lab, "/consoles/v2.1/servers?limit=1&name=no%26de")
        assert (status, body) == (200, {"servers": []})
        status, body = await get(lab, "/consoles/v2.1/servers?limit=1")
        assert body["servers"][0]["links"][0]["href"] == f"{lab.api}/consoles/v2.1/servers/{NODE}"
        path = f"{lab.api}/consoles/v2.1/servers/{NODE}/action"
        async with lab.http.post(path, json={"os-getSerialConsole": {"type": "serial"}}) as answer:
            assert answer.status == 200, "a body comes through as well"


async def test_beside_a_prefix(tmp_path: Path) -> None:
    """Who asks on this host, past the proxy, needs no prefix; what only begins like it is nothing."""
    async with world(tmp_path, BELOW) as lab:
        assert await links_at(lab, "/v2.1/") == f"{lab.api}/v2.1/"
        assert (await get(lab, "/consoles"))[0] == 200, "the versions, as at /"
        for path in ("/consolesv2.1", "/consoles//v2.1", "/consoles/consoles/v2.1", "/Consoles/v2.1"):
            assert (await get(lab, path))[0] == 404
        port = lab.service.ports.api.port
        status, _ = await ask(port, b"GET //consoles/v2.1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert status == 404
        whole = b"GET http://localhost/consoles/healthcheck HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert await ask(port, whole) == HEALTHY


async def test_a_prefix_comes_with_a_reload(tmp_path: Path) -> None:
    """From the next request on, also by a connection that is there."""
    async with world(tmp_path) as lab:
        assert (await get(lab, "/consoles/healthcheck"))[0] == 404
        config = dataclasses.replace(lab.service.config, api=BELOW.api)
        assert await lab.service.reload(config) == []
        assert (await get(lab, "/consoles/healthcheck"))[0] == 200


async def test_a_console_on_the_one_port_below_a_prefix(tmp_path: Path) -> None:
    """One port serves both: a websocket below the prefix is the console, as on any path."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = Address("127.0.0.1", port)
    config = dataclasses.replace(BASE, api=Api(listen=address, prefix="/consoles"), proxy=Proxy(listen=address))
    async with world(tmp_path, config) as lab:
        url = (await lab.url()).replace(f":{port}/", f":{port}/consoles/serial/")
        async with lab.http.ws_connect(url) as ws:
            await lab.device.say(b"hello")
            assert (await ws.receive_bytes()) == b"hello"


async def test_headers_of_a_proxy_that_is_not_trusted(tmp_path: Path) -> None:
    """They are as if they were not there: links, URLs, and who is said to be attached."""
    config = dataclasses.replace(
        BASE, proxy=Proxy(listen=Address("0.0.0.0", 0)), trusted_proxies=(ip_network("10.0.0.0/8"),)
    )
    async with world(tmp_path, config) as lab:
        assert await links_at(lab, "/v2.1/", **FORWARDED) == f"{lab.api}/v2.1/"
        assert (await url_with(lab, FORWARDED)).startswith("ws://127.0.0.1:")
        async with lab.http.ws_connect(await lab.url(), headers=FORWARDED):
            [viewer] = lab.console.viewers
            assert viewer.who.startswith("127.0.0.1:")
        await lab.service.reload(dataclasses.replace(lab.service.config, trusted_proxies=BASE.trusted_proxies))
        assert await links_at(lab, "/v2.1/", **FORWARDED) == "https://console.lab/v2.1/"
        assert (await url_with(lab, FORWARDED)).startswith("ws://console.lab:")
        async with lab.http.ws_connect(await lab.url(), headers=FORWARDED):
            [viewer] = lab.console.viewers
            assert viewer.who == "203.0.113.9"


async def test_a_page_behind_a_proxy_that_writes_another_host(tmp_path: Path) -> None:
    """Its Origin is the host that the proxy was asked by, for websockets and for calls; a foreign one stays foreign."""
    async with world(tmp_path) as lab:
        page, foreign = {"Origin": "https://console.lab"}, {"Origin": "https://evil.example"}
        async with lab.http.ws_connect(await lab.url(), headers={**FORWARDED, **page}) as ws:
            await lab.device.say(b"hello")
            assert (await ws.receive_bytes()) == b"hello"
        assert (await url_with(lab, {**FORWARDED, **page})).startswith("ws://")
        for headers in ({**FORWARDED, **foreign}, page):
            refused = await lab.http.ws_connect(await lab.url(), headers=headers)
            assert (await closed(refused))[0] == 1008
            with pytest.raises(AssertionError, match="another origin"):
                await url_with(lab, headers)


async def test_a_host_that_is_none_of_ours_is_refused_whatever_a_proxy_says(tmp_path: Path) -> None:
    """A page that made its name resolve to this host may write any header but Host."""
    async with world(tmp_path) as lab:
        assert (await get(lab, "/v2.1/", Host="evil.example", **{"X-Forwarded-Host": "localhost"}))[0] == 403


async def url_with(lab: World, headers: dict[str, str]) -> str:
    """A console URL, asked for with these headers."""
    path = f"{lab.api}/v2.1/servers/{NODE}/action"
    body = {"os-getSerialConsole": {"type": "serial"}}
    async with lab.http.post(path, json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["console"]["url"])
