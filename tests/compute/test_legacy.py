"""The legacy API under `/v2`."""

from __future__ import annotations

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from tests.compute.world import IDS, PROJECT, SERIAL, ask, make_world


@pytest.mark.parametrize("prefix", ["/v2", f"/v2/{PROJECT}"])
@pytest.mark.parametrize("asked", ["compute 2.100", "compute spam", "compute 2.999"])
async def test_no_microversions(aiohttp_client: AiohttpClient, prefix: str, asked: str) -> None:
    """Version headers are neither read nor returned: answers are those of 2.1."""
    client = await aiohttp_client(make_world().app)
    headers = {"OpenStack-API-Version": asked, "X-OpenStack-Nova-API-Version": asked}
    answers = [
        await ask(client, "GET", f"{prefix}/servers", headers=headers),
        await ask(client, "GET", f"{prefix}/servers/{IDS[0]}", headers=headers),
        await ask(client, "POST", f"{prefix}/servers/{IDS[0]}/action", json=SERIAL, headers=headers),
        await ask(client, "GET", f"{prefix}/servers/nope", headers=headers),
    ]
    assert [answer.status for answer in answers] == [200, 200, 200, 404]
    assert "locked" not in answers[1].body["server"]
    assert answers[1].body["server"]["links"][0]["href"].endswith(f"{prefix}/servers/{IDS[0]}")
    for answer in answers:
        for name in ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version", "Vary"):
            assert name not in answer.headers
        assert "x-openstack-request-id" in answer.headers


async def test_unknown_keys(aiohttp_client: AiohttpClient) -> None:
    """What the legacy API doesn't know it passes over; what it needs it still asks for."""
    client = await aiohttp_client(make_world().app)
    path = f"/v2/servers/{IDS[0]}/action"
    answer = await ask(client, "POST", path, json={"os-getSerialConsole": {"type": "serial", "x": 1}})
    assert answer.status == 200
    assert (await ask(client, "POST", path, json={"os-getSerialConsole": {"x": 1}})).status == 400
    assert (await ask(client, "GET", "/v2/servers?x=1")).status == 200


async def test_one_connection_two_apis(aiohttp_client: AiohttpClient) -> None:
    """Nothing of a request's API or version is left for the next on the same connection."""
    client = await aiohttp_client(make_world().app)
    for _ in range(3):
        headers = {"OpenStack-API-Version": "compute 2.100"}
        new = await ask(client, "GET", f"/v2.1/servers/{IDS[0]}", headers=headers)
        old = await ask(client, "GET", f"/v2/servers/{IDS[0]}")
        plain = await ask(client, "GET", f"/v2.1/servers/{IDS[0]}")
        assert ["locked" in answer.body["server"] for answer in (new, old, plain)] == [True, False, False]


async def test_what_came_later_is_not_there(aiohttp_client: AiohttpClient) -> None:
    """Calls with a first microversion are not the legacy API's."""
    client = await aiohttp_client(make_world().app)
    body = {"remote_console": {"protocol": "serial", "type": "serial"}}
    assert (await ask(client, "POST", f"/v2/servers/{IDS[0]}/remote-consoles", json=body)).status == 404
    assert (await ask(client, "GET", "/v2/os-console-auth-tokens/x")).status == 400
