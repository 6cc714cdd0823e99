from __future__ import annotations

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.http.faults import faults
from consolesvc.http.guard import guard


async def answer(_: web.Request) -> web.Response:
    return web.Response(text="here")


def make_app(known: set[str]) -> web.Application:
    app = web.Application(middlewares=[faults, guard(known, passes=lambda request: request.path == "/ws")])
    app.router.add_route("*", "/", answer)
    app.router.add_route("*", "/ws", answer)
    return app


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("POST", {}, 200),
        ("GET", {"Host": "evil.example"}, 403),
        ("GET", {"Host": "lab"}, 200),
        ("GET", {"Origin": "http://evil.example"}, 200),
        ("POST", {"Origin": "http://evil.example"}, 403),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("POST", {"Host": "lab:1", "Origin": "http://lab:2"}, 200),
    ],
)
async def test_guard(aiohttp_client: AiohttpClient, method: str, headers: dict[str, str], status: int) -> None:
    """The guard answers with a fault of its own and lets no foreign request through to a route."""
    client = await aiohttp_client(make_app({"lab"}))
    async with client.request(method, "/", headers=headers) as response:
        assert response.status == status
        if status == 403:
            assert (await response.json())["forbidden"]["code"] == 403
        assert not [name for name in response.headers if name.lower().startswith("access-control")]


async def test_guard_covers_what_has_no_route(aiohttp_client: AiohttpClient) -> None:
    """A foreign Host learns nothing of which routes there are."""
    client = await aiohttp_client(make_app(set()))
    async with client.get("/nothing", headers={"Host": "evil.example"}) as response:
        assert response.status == 403


async def test_guard_passes_what_applies_the_rules_itself(aiohttp_client: AiohttpClient) -> None:
    """The websocket's requests go by: its gate refuses in its own way."""
    client = await aiohttp_client(make_app(set()))
    async with client.get("/ws", headers={"Host": "evil.example"}) as response:
        assert response.status == 200


async def test_guard_sees_a_reload(aiohttp_client: AiohttpClient) -> None:
    """Known hosts are looked up with each request, so that a reload can change the set."""
    known: set[str] = set()
    client = await aiohttp_client(make_app(known))
    async with client.get("/", headers={"Host": "new.lab"}) as response:
        assert response.status == 403
    known.add("new.lab")
    async with client.get("/", headers={"Host": "new.lab"}) as response:
        assert response.status == 200


async def test_a_request_allows_nothing_for_the_next(aiohttp_client: AiohttpClient) -> None:
    """What is allowed comes from the configuration alone: no header of anybody's adds to it (nova-contract 3.4)."""
    known = {"lab"}
    client = await aiohttp_client(make_app(known))
    foreign = {"Host": "evil.example", "Origin": "http://evil.example", "X-Forwarded-Host": "evil.example"}
    for _ in range(2):
        async with client.post("/", headers=foreign) as response:
            assert response.status == 403
        async with client.get("/ws", headers=foreign) as response:
            assert response.status == 200
    assert known == {"lab"}
