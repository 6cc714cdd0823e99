"""The sentences that nova-contract quotes, each with a request that brings it about, side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_aiohttp.plugin import AiohttpClient

from tests.compute.world import IDS, ask, make_world

ACTION = f"servers/{IDS[0]}/action"
NAME = "os-getSerialConsole"
BUILDING = IDS[1]


FIELD = "Invalid input for field/attribute"
SERIAL = {NAME: {"type": "serial"}}
EXTRA = {NAME: {"type": "serial", "x": 1}}

Row = tuple[str, Any, dict[str, str], int, str, str]

ROWS: list[Row] = [
    ("servers/node/action", SERIAL, {}, 404, "itemNotFound", "Instance node could not be found."),
    ("servers/node", None, {}, 404, "itemNotFound", "Instance node could not be found."),
    (f"servers/{BUILDING}/action", SERIAL, {}, 409, "conflictingRequest", f"Instance {BUILDING} is not ready"),
    ("what", None, {}, 404, "itemNotFound", "The resource could not be found."),
    (ACTION, [], {}, 400, "badRequest", "Malformed request body"),
    (ACTION, {"os-foo": {}}, {}, 400, "badRequest", "There is no such action: os-foo"),
    (
        *(ACTION, {NAME: {"type": None}}, {}, 400, "badRequest"),
        f"{FIELD} type. Value: None. None is not of type 'string'",
    ),
    (
        *(ACTION, {NAME: {"type": "novnc"}}, {}, 400, "badRequest"),
        f"{FIELD} type. Value: novnc. 'novnc' is not one of ['serial']",
    ),
    (ACTION, {NAME: {}}, {}, 400, "badRequest", f"{FIELD} {NAME}. Value: {{}}. 'type' is a required property"),
    (
        *(ACTION, EXTRA, {}, 400, "badRequest"),
        f"{FIELD} {NAME}. Value: {EXTRA[NAME]}. Additional properties are not allowed ('x' was unexpected)",
    ),
    (ACTION, SERIAL, {"Content-Type": "a/b"}, 415, "badMediaType", "Unsupported Content-Type"),
    (
        *("", None, {"OpenStack-API-Version": "compute spam"}, 400, "badRequest"),
        "API Version String spam is of invalid format. Must be of format MajorNum.MinorNum.",
    ),
    (
        *("", None, {"OpenStack-API-Version": "compute 2.999"}, 406, "computeFault"),
        "Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.100.",
    ),
    ("servers?marker=nope", None, {}, 400, "badRequest", "marker [nope] not found"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[3]} {row[5][:40]}")
async def test_sentences(aiohttp_client: AiohttpClient, row: Row) -> None:
    """Status, name and message are nova's (nova-contract 1.5, 1.6, 2)."""
    path, body, headers, status, name, message = row
    world = make_world()
    world.inventory.get(BUILDING).vm_state = "building"
    client = await aiohttp_client(world.app)
    data = None if body is None else json.dumps(body)
    answer = await ask(client, "GET" if body is None else "POST", f"/v2.1/{path}", data=data, headers=headers)
    assert (answer.status, answer.body) == (status, {name: {"code": status, "message": message}})
