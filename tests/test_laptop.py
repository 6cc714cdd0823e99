"""`identity: none` on a laptop: no page in a browser on it can mint a token, type or make anything (DESIGN 5.3)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from consolesvc.config.access import Address, Identity, IdentityNone
from consolesvc.config.model import Config
from consolesvc.service import Service
from consolesvc.tokens.memory import MemoryTokenStore
from tests.identity.world import write_users
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, closed, world

SAFE = ("GET", "HEAD")
ANYWHERE = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")
EVIL = "evil.example"
REBOUND = {"Host": f"{EVIL}:8774", "Origin": f"http://{EVIL}:8774"}
"""What a page sends whose name was made to resolve to this host: to the browser, it is the page's own host."""


@pytest.fixture(params=["two ports", "one port"])
async def lab(request: pytest.FixtureRequest, tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[World]:
    here = Address("127.0.0.1", unused_tcp_port)
    shared = replace(BASE, api=replace(BASE.api, listen=here), proxy=replace(BASE.proxy, listen=here))
    async with world(tmp_path, shared if request.param == "one port" else BASE) as made:
        yield made


def routes(identity: Identity) -> Iterator[tuple[str, str]]:
    """Method and path of everything that the API's port answers, with an example in the place of each variable."""
    app = Service(Config(identity=identity))._api_app()
    for route in walk(app):
        assert route.resource is not None
        path = route.resource.canonical
        for name, example in (("tenant_id", "0c5e1ab0"), ("server_id", NODE), ("id", "node")):
            path = path.replace(f"{{{name}}}", example)
        yield route.method.replace("*", "PUT"), re.sub(r"\{[^}]*\}", "x", path)


def walk(app: web.Application) -> Iterator[web.AbstractRoute]:
    """The routes of an application and of those within it."""
    for resource in app.router.resources():
        inner = getattr(resource, "_app", None)
        if inner is not None:
            yield from walk(inner)
        else:
            yield from resource


def test_the_routes_are_found(tmp_path: Path) -> None:
    """The walk sees the native calls, Compute's and the builtin Keystone's."""
    found = set(routes(write_users(tmp_path)))
    assert ("GET", "/console/v1/consoles/node") in found
    assert ("POST", f"/v2.1/0c5e1ab0/servers/{NODE}/action") in found
    assert ("POST", "/identity/v3/auth/tokens") in found


async def test_a_rebound_name_reaches_no_route(lab: World) -> None:
    """However it was made to resolve: a Host that is not ours is 403 on every call, reading ones too."""
    for method, path in routes(IdentityNone()):
        async with lab.http.request(method, lab.api + path, headers=REBOUND, json={}) as answer:
            assert answer.status == 403, (method, path)
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": f"http://{EVIL}"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": f"http://127.0.0.1.{EVIL}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_foreign_page_changes_nothing(lab: World, headers: dict[str, str]) -> None:
    """Whatever the method and the route, a preflight too; and nothing has been minted."""
    for method, path in routes(IdentityNone()):
        for asked in {method, *ANYWHERE} - set(SAFE):
            # text/plain: what a page may send without asking first.
            sent = {**headers, "Content-Type": "text/plain"}
            body = b'{"os-getSerialConsole": {"type": "serial"}}'
            async with lab.http.request(asked, lab.api + path, headers=sent, data=body) as answer:
                assert answer.status == 403, (asked, path)
    assert isinstance(lab.service.tokens, MemoryTokenStore)
    assert len(lab.service.tokens) == 0


async def test_reading_mints_nothing(lab: World) -> None:
    """A page may cause any GET: an image's address is enough. None has an effect, and none can be read by the page."""
    for method, path in routes(IdentityNone()):
        async with lab.http.get(lab.api + path, headers={"Origin": f"http://{EVIL}"}) as answer:
            assert answer.status in (200, 400, 401, 404), (method, path)
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert isinstance(lab.service.tokens, MemoryTokenStore)
    assert len(lab.service.tokens) == 0


@pytest.mark.parametrize("headers", [{"Origin": f"http://{EVIL}"}, {"Origin": "null"}, {"Origin": ""}, REBOUND])
async def test_a_foreign_page_types_nothing(lab: World, headers: dict[str, str]) -> None:
    """Even with a good token a websocket of a foreign page is closed before it reaches the console."""
    ws = await lab.http.ws_connect(await lab.url(), headers=headers, protocols=("binary",))
    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
        await ws.send_bytes(b"halt\r")
    assert (await closed(ws))[0] == 1008
    async with await lab.attach() as ours:
        await ours.send_bytes(b"ok")
        assert await lab.device.heard(2) == b"ok"
    await eventually(lambda: not lab.service.sessions)
