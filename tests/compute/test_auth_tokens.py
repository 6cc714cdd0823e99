"""`GET /os-console-auth-tokens/{token}`."""

from __future__ import annotations

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.compute.app import setup
from consolesvc.identity.caller import Caller
from tests.compute.world import IDS, MEMBER, NO_ROLE, READER, Answer, Client, ask, make_world

NOWHERE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
STOCK = "The server could not comply with the request since it is either malformed or otherwise incorrect."


async def show(client: Client, token: str, version: str = "2.31", query: str = "") -> Answer:
    headers = {"OpenStack-API-Version": f"compute {version}"}
    return await ask(client, "GET", f"/v2.1/os-console-auth-tokens/{token}{query}", headers=headers)


@pytest.mark.parametrize("version", ["2.31", "2.98", "2.99", "latest"])
async def test_a_token(aiohttp_client: AiohttpClient, version: str) -> None:
    """The server of a token and where its websocket is; a look uses nothing up."""
    world = make_world()
    world.tokens.single_use = True
    client = await aiohttp_client(world.app)
    token = await world.tokens.issue(IDS[1])
    for _ in range(2):
        answer = await show(client, token, version)
        assert answer.body == {
            "console": {"instance_uuid": IDS[1], "host": "127.0.0.1", "port": 6083, "internal_access_path": None}
        }
    await world.tokens.redeem(token, lambda _: None)
    assert (await show(client, token, version)).body == {"itemNotFound": {"code": 404, "message": "Token not found"}}


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("wss://console.lab/?token=", "console.lab", 443),
        ("ws://[::1]/?token=", "::1", 80),
        ("ws://lab:6083/x?token=", "lab", 6083),
    ],
)
async def test_place(aiohttp_client: AiohttpClient, url: str, host: str, port: int) -> None:
    """Host and port are those of the console's URL."""
    world = make_world()
    app = web.Application(middlewares=world.app.middlewares)
    setup(app, inventory=world.inventory, tokens=world.tokens, console_url=lambda _, token: url + token)
    client = await aiohttp_client(app)
    answer = await show(client, await world.tokens.issue(IDS[0]))
    assert (answer.body["console"]["host"], answer.body["console"]["port"]) == (host, port)


@pytest.mark.parametrize("version", ["2.1", "2.30"])
async def test_below(aiohttp_client: AiohttpClient, version: str) -> None:
    """Up to 2.30 the call was about RDP: 400 whatever the token."""
    world = make_world()
    client = await aiohttp_client(world.app)
    for token in (await world.tokens.issue(IDS[0]), NOWHERE):
        assert (await show(client, token, version)).body == {"badRequest": {"code": 400, "message": STOCK}}


@pytest.mark.parametrize("token", [NOWHERE, "x", "%ff", "%00", "%ed%a0%80"])
async def test_unknown(aiohttp_client: AiohttpClient, token: str) -> None:
    """A token that is not there, or is none."""
    client = await aiohttp_client(make_world().app)
    assert (await show(client, token)).body == {"itemNotFound": {"code": 404, "message": "Token not found"}}


async def test_query(aiohttp_client: AiohttpClient) -> None:
    """Parameters are passed over, and refused from 2.99 on."""
    world = make_world()
    client = await aiohttp_client(world.app)
    token = await world.tokens.issue(IDS[0])
    assert (await show(client, token, "2.98", "?x=1")).status == 200
    answer = await show(client, token, "2.99", "?x=1")
    assert answer.message == "Additional properties are not allowed ('x' was unexpected)"


@pytest.mark.parametrize("caller", [MEMBER, READER, NO_ROLE], ids=lambda caller: caller.user_id)
async def test_admins_only(aiohttp_client: AiohttpClient, caller: Caller) -> None:
    """A token is an admin's to look at."""
    world = make_world(caller=caller)
    client = await aiohttp_client(world.app)
    for token in (await world.tokens.issue(IDS[0]), NOWHERE):
        text = "Policy doesn't allow os_compute_api:os-console-auth-tokens to be performed."
        assert (await show(client, token)).body == {"forbidden": {"code": 403, "message": text}}
