from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.compute.actions import PLAIN
from tests.compute.world import IDS, PROJECT, SERIAL, Answer, Client, ask, make_world

PATH = f"/v2.1/servers/{IDS[0]}/action"
NOWHERE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
MALFORMED = "Malformed request body"
FIELD = "Invalid input for field/attribute"


async def post(client: Client, body: bytes | Any, path: str = PATH, **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(client, "POST", path, data=data, headers={"Content-Type": "application/json", **named})


@pytest.mark.parametrize("prefix", ["/v2.1", f"/v2.1/{PROJECT}", f"/v2.1/{uuid.UUID(PROJECT)}", "/v2.1/f"])
@pytest.mark.parametrize("server_id", [IDS[0], IDS[0].replace("-", "")])
async def test_serial_console(aiohttp_client: AiohttpClient, prefix: str, server_id: str) -> None:
    """The seed's call: with or without a project, ids in both spellings; the token in the URL is the server's."""
    world = make_world()
    client = await aiohttp_client(world.app)
    answer = await post(client, SERIAL, f"{prefix}/servers/{server_id}/action")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.body) == {"console"}
    assert set(answer.body["console"]) == {"type", "url"}
    assert answer.body["console"]["type"] == "serial"
    url = urlsplit(answer.body["console"]["url"])
    assert (url.scheme, url.netloc, url.path) == ("ws", "127.0.0.1:6083", "/")
    (token,) = parse_qs(url.query)["token"]
    assert uuid.UUID(token).version == 4
    assert (await world.tokens.redeem(token, lambda _: None)).server_id == IDS[0]


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.5"])
async def test_serial_console_by_version(aiohttp_client: AiohttpClient, version: str) -> None:
    """The action is there up to 2.5."""
    client = await aiohttp_client(make_world().app)
    assert (await post(client, SERIAL, OpenStack_API_Version=f"compute {version}")).status == 200
    assert (await post(client, SERIAL, X_OpenStack_Nova_API_Version=version)).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "application/json; charset=UTF-8", "APPLICATION/JSON", "text/plain", ""),
        *("application/vnd.openstack.compute+json", "application/vnd.openstack.compute+json;version=2.1"),
    ],
)
async def test_content_types(aiohttp_client: AiohttpClient, content_type: str) -> None:
    """The names that a JSON body goes by."""
    client = await aiohttp_client(make_world().app)
    assert (await post(client, SERIAL, Content_Type=content_type)).status == 200


@pytest.mark.parametrize("body", [*sorted(PLAIN), b' {"os-getSerialConsole" : {"type": "serial"}}\n'])
async def test_however_it_is_written(aiohttp_client: AiohttpClient, body: bytes) -> None:
    """The body that is known by heart, and the same one written otherwise, in both APIs; above 2.5 it is gone."""
    client = await aiohttp_client(make_world().app)
    assert (await post(client, body)).status == 200
    assert (await post(client, body, PATH.replace("v2.1", "v2"))).status == 200
    assert (await post(client, body, OpenStack_API_Version="compute 2.6")).status == 404
    assert (await post(client, body, f"/v2.1/servers/{NOWHERE}/action")).status == 404


async def test_no_content_type(aiohttp_client: AiohttpClient) -> None:
    """A body without a name is JSON."""
    client = await aiohttp_client(make_world().app)
    answer = await ask(client, "POST", PATH, data=json.dumps(SERIAL).encode(), skip_auto_headers=["Content-Type"])
    assert answer.status == 200


@pytest.mark.parametrize(
    "content_type", ["application/xml", "text/html", "application/x-www-form-urlencoded", "json", ";"]
)
async def test_bad_content_types(aiohttp_client: AiohttpClient, content_type: str) -> None:
    """Any other is 415; a form of another site's page among them."""
    client = await aiohttp_client(make_world().app)
    answer = await post(client, SERIAL, Content_Type=content_type)
    assert answer.body == {"badMediaType": {"code": 415, "message": "Unsupported Content-Type"}}
    assert answer.headers["OpenStack-API-Version"] == "compute 2.1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        *[(body, MALFORMED) for body in (b"", b"{", b"{}", b"[]", b"null", b'"os-getSerialConsole"', b"1", b"NaN")],
        (b'["os-getSerialConsole"]', MALFORMED),
        (SERIAL | {"reboot": {}}, MALFORMED),
        ({"os-foo": {}, "os-bar": {}}, MALFORMED),
        (b'{"os-getSerialConsole": {"type": "serial"}, "os-getSerialConsole": {"type": "serial"}}', MALFORMED),
        (b'{"os-getSerialConsole": {"type": "novnc", "type": "serial"}}', MALFORMED),
        (b'\xef\xbb\xbf{"os-getSerialConsole": {"type": "serial"}}', MALFORMED),
        (b'{"os-getSerialConsole": {"type": "\xff"}}', MALFORMED),
        (b'{"os-getSerialConsole": {"type": "\\ud800"}}', MALFORMED),
        (b'{"\\ud800": 1}', MALFORMED),
        (b'{"os-getSerialConsole": {"type": NaN}}', MALFORMED),
        (b'{"os-getSerialConsole": ' + b"9" * 5000 + b"}", MALFORMED),
        (b'{"os-getSerialConsole": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", MALFORMED),
        ({"os-foo": {}}, "There is no such action: os-foo"),
        ({"os-foo": None}, "There is no such action: os-foo"),
        ({"OS-GETSERIALCONSOLE": {"type": "serial"}}, "There is no such action: OS-GETSERIALCONSOLE"),
        ({"": 1}, "There is no such action: "),
        ({"os-ä\r\n": 1}, "There is no such action: os-ä\r\n"),
        (
            {"os-getSerialConsole": {"type": None}},
            f"{FIELD} type. Value: None. None is not of type 'string'",
        ),
        (
            {"os-getSerialConsole": {"type": "novnc"}},
            f"{FIELD} type. Value: novnc. 'novnc' is not one of ['serial']",
        ),
        (
            {"os-getSerialConsole": {}},
            f"{FIELD} os-getSerialConsole. Value: {{}}. 'type' is a required property",
        ),
        (
            {"os-getSerialConsole": None},
            f"{FIELD} os-getSerialConsole. Value: None. None is not of type 'object'",
        ),
    ],
)
async def test_bad_bodies(aiohttp_client: AiohttpClient, body: Any, message: str) -> None:
    """Each wrong body has its 400, and none costs a token."""
    world = make_world()
    client = await aiohttp_client(world.app)
    answer = await post(client, body)
    assert answer.body == {"badRequest": {"code": 400, "message": message}}
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert answer.headers["OpenStack-API-Version"] == "compute 2.1"
    assert len(world.tokens) == 0


@pytest.mark.parametrize("server_id", [NOWHERE, "fake1", "not-a-uuid", "..%2f", "%00", IDS[0] + "0"])
async def test_unknown_server(aiohttp_client: AiohttpClient, server_id: str) -> None:
    """Whatever is no known id is 404, a name as well."""
    world = make_world()
    client = await aiohttp_client(world.app)
    answer = await post(client, SERIAL, f"/v2.1/servers/{server_id}/action")
    assert (answer.status, *answer.body) == (404, "itemNotFound")
    assert answer.message.startswith("Instance ")
    assert answer.message.endswith(" could not be found.")
    assert len(world.tokens) == 0


async def test_building_server(aiohttp_client: AiohttpClient) -> None:
    """A server that is still being made has no console yet."""
    world = make_world()
    world.inventory.get(IDS[0]).vm_state = "building"
    client = await aiohttp_client(world.app)
    answer = await post(client, SERIAL)
    assert answer.body == {"conflictingRequest": {"code": 409, "message": f"Instance {IDS[0]} is not ready"}}
    assert len(world.tokens) == 0


@pytest.mark.parametrize("task_state", ["deleting", "migrating"])
async def test_leaving_server(aiohttp_client: AiohttpClient, task_state: str) -> None:
    """A server on its way out is a 409, where nova fails (nova-contract 6)."""
    world = make_world()
    world.inventory.get(IDS[0]).task_state = task_state
    client = await aiohttp_client(world.app)
    answer = await post(client, SERIAL)
    assert (answer.status, *answer.body) == (409, "conflictingRequest")
    assert task_state in answer.message
    assert len(world.tokens) == 0


async def test_large_body(aiohttp_client: AiohttpClient) -> None:
    """A body beyond the limit is 413, whether its length was told or not; one at the limit is read."""
    client = await aiohttp_client(make_world(max_size=1000).app)
    body = json.dumps(SERIAL).encode()
    assert (await post(client, body.ljust(1000))).status == 200

    async def in_chunks() -> Any:
        yield body.ljust(1001)

    for data in (body.ljust(1001), in_chunks()):
        answer = await ask(client, "POST", PATH, data=data, headers={"Content-Type": "application/json"})
        assert answer.body == {"overLimit": {"code": 413, "message": "Request is too large."}}
        assert answer.headers["OpenStack-API-Version"] == "compute 2.1"


async def test_echoed_text_is_short(aiohttp_client: AiohttpClient) -> None:
    """A megabyte of a caller's is not sent back."""
    client = await aiohttp_client(make_world().app)
    long = "x" * 1_000_000
    bodies: list[dict[str, Any]] = [{long: {}}, {"os-getSerialConsole": {"type": long}}]
    for body in bodies:
        assert len((await post(client, body)).message) < 1000
