"""`remote-consoles` and the consoles that are not there."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.states import CONSOLE_KEY, CONSOLES
from tests.compute.world import IDS, PROJECT, Answer, Client, ask, make_world

PATH = f"/v2.1/servers/{IDS[0]}/remote-consoles"
NOWHERE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
FIELD = "Invalid input for field/attribute"


async def create(client: Client, protocol: Any, kind: Any, version: str = "2.6", path: str = PATH) -> Answer:
    return await post(client, {"remote_console": {"protocol": protocol, "type": kind}}, version, path)


async def post(client: Client, body: Any, version: str = "2.6", path: str = PATH) -> Answer:
    headers = {"Content-Type": "application/json", "OpenStack-API-Version": f"compute {version}"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await ask(client, "POST", path, data=data, headers=headers)


@pytest.mark.parametrize("version", ["2.6", "2.8", "2.31", "2.96", "2.99", "2.100", "latest"])
@pytest.mark.parametrize("prefix", ["/v2.1", f"/v2.1/{PROJECT}"])
async def test_serial(aiohttp_client: AiohttpClient, version: str, prefix: str) -> None:
    """200 with a URL whose token is the server's, in every version from 2.6 on."""
    world = make_world()
    client = await aiohttp_client(world.app)
    answer = await create(client, "serial", "serial", version, f"{prefix}/servers/{IDS[0]}/remote-consoles")
    assert answer.status == 200
    assert set(answer.body) == {"remote_console"}
    assert set(answer.body["remote_console"]) == {"protocol", "type", "url"}
    (token,) = parse_qs(urlsplit(answer.body["remote_console"]["url"]).query)["token"]
    assert (await world.tokens.look_up(token)).server_id == IDS[0]


@pytest.mark.parametrize("version", ["2.1", "2.5"])
async def test_not_there_yet(aiohttp_client: AiohttpClient, version: str) -> None:
    """Below 2.6 there is no such call, whatever the body."""
    client = await aiohttp_client(make_world().app)
    bodies: list[Any] = [{"remote_console": {"protocol": "serial", "type": "serial"}}, b"x"]
    for body in bodies:
        answer = await post(client, body, version)
        assert answer.body == {"itemNotFound": {"code": 404, "message": "The resource could not be found."}}
        assert answer.headers["OpenStack-API-Version"] == f"compute {version}"


@pytest.mark.parametrize("version", ["2.6", "latest"])
async def test_the_action_is_no_more(aiohttp_client: AiohttpClient, version: str) -> None:
    """From 2.6 on the actions are 404, never 400 (nova-contract 1.1)."""
    client = await aiohttp_client(make_world().app)
    for body in ({"os-getSerialConsole": {"type": "serial"}}, {"os-getVNCConsole": {"type": "novnc"}}):
        answer = await post(client, body, version, f"/v2.1/servers/{IDS[0]}/action")
        assert answer.body == {"itemNotFound": {"code": 404, "message": "The resource could not be found."}}


@pytest.mark.parametrize(
    ("protocol", "kind", "version", "message"),
    [
        ("vnc", "novnc", "2.6", "Unavailable console type novnc."),
        ("vnc", "xvpvnc", "2.6", "Unavailable console type xvpvnc."),
        ("spice", "spice-html5", "2.6", "Unavailable console type spice-html5."),
        ("spice", "spice-direct", "2.99", "Unavailable console type spice-direct."),
        ("mks", "webmks", "2.8", "Unavailable console type webmks."),
        ("rdp", "rdp-html5", "2.6", "Unavailable console type rdp."),
        ("vnc", "serial", "2.6", "Invalid console type serial"),
        ("serial", "novnc", "2.6", "Invalid console type novnc"),
        ("spice", "novnc", "2.6", "Invalid console type novnc"),
    ],
)
async def test_what_is_not_offered(
    aiohttp_client: AiohttpClient, protocol: str, kind: str, version: str, message: str
) -> None:
    """Other consoles are unavailable, and pairs that do not belong together invalid; none costs a token."""
    world = make_world()
    client = await aiohttp_client(world.app)
    answer = await create(client, protocol, kind, version)
    assert answer.body == {"badRequest": {"code": 400, "message": message}}
    assert len(world.tokens) == 0


@pytest.mark.parametrize(
    ("protocol", "kind", "version", "field", "known"),
    [
        ("mks", "webmks", "2.7", "protocol", ["vnc", "spice", "serial", "rdp"]),
        ("vnc", "webmks", "2.7", "type", ["novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5"]),
        ("spice", "spice-direct", "2.98", "type", ["novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5", "webmks"]),
        ("x", "serial", "2.8", "protocol", ["vnc", "spice", "serial", "rdp", "mks"]),
    ],
)
async def test_words_by_version(
    aiohttp_client: AiohttpClient, protocol: str, kind: str, version: str, field: str, known: list[str]
) -> None:
    """Each version has its words."""
    client = await aiohttp_client(make_world().app)
    value = {"protocol": protocol, "type": kind}[field]
    answer = await create(client, protocol, kind, version)
    assert answer.message == f"{FIELD} {field}. Value: {value}. '{value}' is not one of {known}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Malformed request body"),
        (b"[]", "Malformed request body"),
        ({}, "'remote_console' is a required property"),
        ({"remote_console": None}, f"{FIELD} remote_console. Value: None. None is not of type 'object'"),
        (
            {"remote_console": {"protocol": "serial"}},
            f"{FIELD} remote_console. Value: {{'protocol': 'serial'}}. 'type' is a required property",
        ),
        (
            {"remote_console": {"protocol": "serial", "type": "serial"}, "x": 1},
            "Additional properties are not allowed ('x' was unexpected)",
        ),
    ],
)
async def test_bad_bodies(aiohttp_client: AiohttpClient, body: Any, message: str) -> None:
    """A wrong body is told in nova's words, before the server is looked for."""
    client = await aiohttp_client(make_world().app)
    for path in (PATH, f"/v2.1/servers/{NOWHERE}/remote-consoles"):
        assert (await post(client, body, path=path)).message == message


async def test_unknown_server(aiohttp_client: AiohttpClient) -> None:
    """A server that is not there is 404."""
    client = await aiohttp_client(make_world().app)
    answer = await create(client, "serial", "serial", path=f"/v2.1/servers/{NOWHERE}/remote-consoles")
    assert answer.body == {"itemNotFound": {"code": 404, "message": f"Instance {NOWHERE} could not be found."}}


@pytest.mark.parametrize(
    ("state", "status", "message"),
    [
        ({"vm_state": "building"}, 409, f"Instance {IDS[0]} is not ready"),
        (
            {"task_state": "deleting"},
            409,
            f"Cannot 'get_serial_console' instance {IDS[0]} while it is in task_state deleting",
        ),
        (
            {"task_state": "migrating"},
            409,
            f"Cannot 'get_serial_console' instance {IDS[0]} while it is in task_state migrating",
        ),
        ({"console_type_available": False}, 400, "Unavailable console type serial."),
        ({"metadata": {CONSOLE_KEY: "not-implemented"}}, 501, "The requested functionality is not supported."),
        ({"vm_state": "stopped"}, 200, ""),
        ({"vm_state": "error"}, 200, ""),
    ],
)
async def test_states(aiohttp_client: AiohttpClient, state: dict[str, Any], status: int, message: str) -> None:
    """Each state is the same fault by the action and by remote-consoles (nova-contract 1.5)."""
    world = make_world()
    for name, value in state.items():
        setattr(world.inventory.get(IDS[0]), name, value)
    client = await aiohttp_client(world.app)
    for answer in (
        await create(client, "serial", "serial"),
        await post(client, {"os-getSerialConsole": {"type": "serial"}}, "2.1", f"/v2.1/servers/{IDS[0]}/action"),
    ):
        assert answer.status == status
        assert status == 200 or answer.message == message


@pytest.mark.parametrize("word", [word for word in CONSOLES.values() if word not in ("", "no-console")])
async def test_told_to_fail(aiohttp_client: AiohttpClient, word: str) -> None:
    """A fake can be told each of nova's failures."""
    world = make_world()
    world.inventory.get(IDS[0]).metadata[CONSOLE_KEY] = word
    client = await aiohttp_client(world.app)
    answer = await create(client, "serial", "serial")
    expected = {"no-free-port": 400, "not-implemented": 501, "error": 500}
    assert (answer.status, len(world.tokens)) == (expected[word], 0)


@pytest.mark.parametrize(
    ("action", "kind"),
    [("os-getVNCConsole", "novnc"), ("os-getVNCConsole", "xvpvnc"), ("os-getSPICEConsole", "spice-html5")],
)
async def test_screens(aiohttp_client: AiohttpClient, action: str, kind: str) -> None:
    """The old actions for screens are known, and unavailable."""
    client = await aiohttp_client(make_world().app)
    answer = await post(client, {action: {"type": kind}}, "2.1", f"/v2.1/servers/{IDS[0]}/action")
    assert answer.body == {"badRequest": {"code": 400, "message": f"Unavailable console type {kind}."}}
