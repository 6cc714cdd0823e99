"""`os-getConsoleOutput`."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_aiohttp.plugin import AiohttpClient

from consolesvc.compute.output import FIRST_LOOK, MAX_BYTES, recent_lines, recent_text
from consolesvc.console.ring import Ring
from tests.compute.world import IDS, READER, Answer, Client, ask, make_world

FIELD = "Invalid input for field/attribute"
LOG = b"one\r\ntwo\r\n\x1b[32mthree\x1b[0m\r\nfour\r\nf\xc3\xbcnf\r\n"


async def output(client: Client, content: Any, version: str = "2.1") -> Answer:
    headers = {"OpenStack-API-Version": f"compute {version}"}
    return await ask(
        client, "POST", f"/v2.1/servers/{IDS[0]}/action", json={"os-getConsoleOutput": content}, headers=headers
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, "one\ntwo\nthree\nfour\nfünf\n"),
        ({"length": None}, "one\ntwo\nthree\nfour\nfünf\n"),
        ({"length": -1}, "one\ntwo\nthree\nfour\nfünf\n"),
        ({"length": "-1"}, "one\ntwo\nthree\nfour\nfünf\n"),
        ({"length": "9" * 5000}, "one\ntwo\nthree\nfour\nfünf\n"),
        ({"length": 0}, ""),
        ({"length": "0"}, ""),
        ({"length": 1}, "fünf"),
        ({"length": 3}, "three\nfour\nfünf"),
        ({"length": "3"}, "three\nfour\nfünf"),
        ({"length": 2.0}, "four\nfünf"),
        ({"length": 50}, "one\ntwo\nthree\nfour\nfünf"),
        ({"length": 10**30}, "one\ntwo\nthree\nfour\nfünf\n"),
    ],
)
@pytest.mark.parametrize("version", ["2.1", "2.100"])
async def test_length(aiohttp_client: AiohttpClient, content: Any, expected: str, version: str) -> None:
    """The last lines, as many as asked for; all without a length (nova-contract 1.3)."""
    world = make_world()
    world.inventory.get(IDS[0]).console.ring.append(LOG)
    client = await aiohttp_client(world.app)
    assert (await output(client, content, version)).body == {"output": expected}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, f"{FIELD} os-getConsoleOutput. Value: None. None is not of type 'object'"),
        ({"length": 1.5}, f"{FIELD} length. Value: 1.5. 1.5 is not of type 'integer', 'string', 'null'"),
        ({"length": True}, f"{FIELD} length. Value: True. True is not of type 'integer', 'string', 'null'"),
        ({"length": []}, f"{FIELD} length. Value: []. [] is not of type 'integer', 'string', 'null'"),
        ({"length": ""}, f"{FIELD} length. Value: . '' does not match '^-?[0-9]+$'"),
        ({"length": "abc"}, f"{FIELD} length. Value: abc. 'abc' does not match '^-?[0-9]+$'"),
        ({"length": " 3"}, f"{FIELD} length. Value:  3. ' 3' does not match '^-?[0-9]+$'"),
        ({"length": "+3"}, f"{FIELD} length. Value: +3. '+3' does not match '^-?[0-9]+$'"),
        ({"length": -2}, f"{FIELD} length. Value: -2. -2 is less than the minimum of -1"),
        ({"length": "-2"}, f"{FIELD} length. Value: -2. -2 is less than the minimum of -1"),
    ],
)
async def test_bad_length(aiohttp_client: AiohttpClient, content: Any, message: str) -> None:
    """What is no length is 400 in nova's words."""
    client = await aiohttp_client(make_world().app)
    assert (await output(client, content)).body == {"badRequest": {"code": 400, "message": message}}


async def test_nothing_said_yet(aiohttp_client: AiohttpClient) -> None:
    """A silent console has an empty output."""
    client = await aiohttp_client(make_world().app)
    for content in ({}, {"length": 5}):
        assert (await output(client, content)).body == {"output": ""}


async def test_states(aiohttp_client: AiohttpClient) -> None:
    """Not ready is 409, without a console 404; a server that is being deleted still tells what it said."""
    world = make_world()
    server = world.inventory.get(IDS[0])
    client = await aiohttp_client(world.app)
    server.task_state = "deleting"
    assert (await output(client, {})).status == 200
    server.vm_state = "building"
    answer = await output(client, {})
    assert answer.body == {"conflictingRequest": {"code": 409, "message": f"Instance {IDS[0]} is not ready"}}
    server.vm_state, server.console_type_available = "active", False
    answer = await output(client, {})
    assert answer.body == {"itemNotFound": {"code": 404, "message": "Guest does not have a console available."}}


async def test_a_reader_may(aiohttp_client: AiohttpClient) -> None:
    """Output may be read by whoever may look at the server."""
    client = await aiohttp_client(make_world(caller=READER).app)
    assert (await output(client, {})).status == 200


def test_a_lapped_ring_begins_with_a_line() -> None:
    """Where earlier bytes are gone, the rest of a cut line goes with them."""
    ring = Ring(10)
    ring.append(b"\x1b[31mabc\ndef\nghi\n")
    assert recent_text(ring, 100) == "def\nghi\n"
    ring.append(b"a very long line without an end")
    assert recent_text(ring, 100) == "out an end"


@given(
    st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=40),
    st.integers(0, 12),
    st.sampled_from([16, 64, 1 << 20]),
)
def test_a_first_look_is_enough(lines: list[bytes], count: int, capacity: int) -> None:
    """A few lines cost a look at a few bytes, and are what a look at all would give."""
    ring = Ring(capacity)
    ring.append(b"\n".join(lines))
    assert recent_lines(ring, count) == "\n".join(
        recent_text(ring, MAX_BYTES).removesuffix("\n").split("\n")[-count:]
    ) * bool(count)


@pytest.mark.parametrize("line", [b"x" * 100 + b"\r\n", b"\x1b[1m\x1b[0m" * 20000 + b"\r\n"])
def test_looks_further_back(line: bytes) -> None:
    """Where the first look holds too few lines, the next is longer; beyond the limit it ends."""
    ring = Ring(2 * MAX_BYTES)
    ring.append(line * (2 * MAX_BYTES // len(line)))
    wanted = 3 * FIRST_LOOK // 100
    assert len(recent_lines(ring, wanted).split("\n")) == min(wanted, MAX_BYTES // len(line))
