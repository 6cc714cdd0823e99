"""`POST …/{id}/send` and `/break`."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.linespec import TelnetSpec
from consolesvc.console.events import Event
from consolesvc.console.viewer import Viewer
from tests.lines.devices import eventually
from tests.lines.peers import peer
from tests.proxy.world import World, world
from tests.web.world import call, refusal

IAC_BREAK = b"\xff\xf3"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def send(lab: World, **body: Any) -> dict[str, Any]:
    """A good answer's document."""
    status, document = await call(lab, "POST", "node/send", json=body)
    assert status == 200, document
    return dict(document)


async def test_text_and_bytes(lab: World) -> None:
    """Go as they are; what the machine answers is behind `start`."""
    await lab.said(b"# ")
    assert await send(lab, data="größe\r") == {
        "sent": 8,
        "start": 2,
        "next": 2,
        "echoed": None,
        "stream": lab.console.stream,
    }
    assert await lab.device.heard(8) == "größe\r".encode()
    every = bytes(range(256))
    assert (await send(lab, base64=base64.b64encode(every).decode()))["sent"] == 256
    assert await lab.device.heard(256) == every
    assert (await send(lab, data=""))["sent"] == 0


async def test_with_its_echo(lab: World) -> None:
    """`next` is behind it."""
    task = asyncio.create_task(send(lab, data="uname\r", echo=True))
    assert await lab.device.heard(6) == b"uname\r"
    await lab.device.say(b"una\x1b[1mme\r\nLinux\r\n# ")
    document = await asyncio.wait_for(task, 2)
    assert (document["echoed"], document["start"], document["next"]) == (True, 0, 9)


async def test_without_the_echo_in_time(lab: World) -> None:
    """200, and the answer says so: what was typed is typed."""
    document = await send(lab, data="root\rsecret\r", echo=True, timeout=0.3)
    assert (document["sent"], document["echoed"], document["next"]) == (5, False, 0)
    assert await lab.device.heard(5) == b"root\r"


async def test_at_a_pace(lab: World) -> None:
    """Of the caller's; what did not leave in time is counted."""
    document = await send(lab, data="x" * 1000, pace="100 c/s", timeout=0.3)
    assert 0 < document["sent"] < 100


async def test_a_line_that_is_not_open(lab: World) -> None:
    """409, and why it is not."""
    lab.device.pull()
    await eventually(lambda: not lab.console.connected)
    status, message = await refusal(lab, "POST", "node/send", json={"data": "reboot\r"})
    assert status == 409
    assert message.startswith("node line is not open: ")


async def test_a_line_that_is_lost_meanwhile(lab: World) -> None:
    """Likewise."""
    task = asyncio.create_task(refusal(lab, "POST", "node/send", json={"data": "x" * 500_000}))
    await eventually(lambda: lab.console.typed)
    lab.device.pull()
    status, message = await asyncio.wait_for(task, 5)
    assert (status, message.partition(":")[0]) == (409, "node line was lost")


async def test_a_client_that_goes_away_takes_the_rest_back(lab: World) -> None:
    """Nothing of it is typed later."""
    task = asyncio.create_task(send(lab, data="x" * 500_000, timeout=60))
    await eventually(lambda: lab.console.typed)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await eventually(lambda: not len(lab.service.waits) and not lab.console.input._turns, patience=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "expected one of data (text) and base64 (bytes)"),
        ({"data": "x", "base64": "eA=="}, "expected one of data (text) and base64 (bytes)"),
        ({"data": 5}, "data: found 5, expected text"),
        ({"data": None}, "data: found None, expected text"),
        ({"data": "\ud800"}, "data: found '\\ud800', expected text without half characters; other bytes go as base64"),
        ({"base64": "x"}, "base64: found 'x', expected bytes in base64"),
        ({"base64": 5}, "base64: found 5, expected bytes in base64"),
        ({"data": "x", "echo": 1}, "echo: found 1, expected true or false"),
        ({"data": "x", "pace": "fast"}, "pace: found 'fast', expected a pace such as 200 c/s or 20 lines/s"),
        ({"data": "x", "pace": 5}, "pace: found 5"),
        ({"data": "x", "timeout": -1}, "timeout: found -1"),
        ({"text": "x"}, "unknown parameter 'text', expected data, base64, echo, timeout, pace"),
    ],
)
async def test_bad_bodies(lab: World, body: object, said: str) -> None:
    """400, with the key, its value and what was expected; nothing is typed."""
    status, message = await refusal(lab, "POST", "node/send", json=body)
    assert status == 400
    assert message.startswith(said)
    assert lab.console.typed == 0


async def test_a_break_is_told_to_all(tmp_path: Path) -> None:
    """With who sent it; the machine has it."""
    async with peer() as server, world(tmp_path, line=TelnetSpec("127.0.0.1", server.port)) as lab:
        server.echo = False
        await (await server.connected()).drain()
        viewer = Viewer(lab.console, 0)
        assert await call(lab, "POST", "node/break", json={"ms": 20}) == (200, {"break": {"ms": 20}})
        async with asyncio.timeout(2):
            assert await viewer.next() == Event(0, "break", "break of 20 ms sent by admin")
        viewer.detach()
        assert (await call(lab, "POST", "node/break"))[1] == {"break": {"ms": 250}}
        await eventually(lambda: server.heard.count(IAC_BREAK) == 2)


async def test_a_break_that_cannot_be_sent(lab: World) -> None:
    """409: the line lacks it, or is not open."""
    assert await refusal(lab, "POST", "node/break") == (409, "this line cannot send a break")
    lab.device.pull()
    await eventually(lambda: not lab.console.connected)
    status, message = await refusal(lab, "POST", "node/break", json={})
    assert status == 409
    assert message.startswith("node line is not open: ")


@pytest.mark.parametrize("ms", [0, -1, 5001, "250", None, True])
async def test_a_bad_break(lab: World, ms: object) -> None:
    """400."""
    status, message = await refusal(lab, "POST", "node/break", json={"ms": ms})
    assert (status, message) == (400, f"ms: found {ms!r}, expected a number of milliseconds from 1 to 5000")
