"""`POST …/{id}/wait`: the answer's shape, its limits, and what frees it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolesvc.config.model import Limits
from tests.lines.devices import eventually
from tests.proxy.world import BASE, NODE, World, world
from tests.web.world import call, refusal


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def wait(lab: World, **body: Any) -> dict[str, Any]:
    """A good answer's document."""
    status, document = await call(lab, "POST", "node/wait", json=body)
    assert status == 200, document
    return dict(document)


async def waiting(lab: World, **body: Any) -> asyncio.Task[dict[str, Any]]:
    """A wait that is open."""
    before = len(lab.service.waits)
    task = asyncio.create_task(wait(lab, **body))
    await eventually(lambda: len(lab.service.waits) > before)
    return task


async def test_the_answer(lab: World) -> None:
    """All there is to know of a match; what was said before `since`, by default before now, does not count."""
    await lab.said(b"login: root\r\n\x1b[1mfake\x1b[0m9 login: ")
    assert await wait(lab, pattern=["never", r"(?P<host>[a-z]+)(\d)(x)? login: "], since=5) == {
        "matched": True,
        "index": 1,
        "match": {
            "text": "fake9 login: ",
            "start": 17,
            "end": 34,
            "groups": ["fake", "9", None],
            "named": {"host": "fake"},
        },
        "next": 34,
        "gap": None,
        "stream": lab.console.stream,
    }
    assert await wait(lab, pattern="login: ", timeout=0.05) == {
        "matched": False,
        "index": None,
        "match": None,
        "next": 34,
        "gap": None,
        "stream": lab.console.stream,
    }
    assert (await wait(lab, pattern="login: ", since=-8, timeout=0))["match"]["start"] == 27


async def test_it_waits(lab: World) -> None:
    """Until the output comes."""
    task = await waiting(lab, pattern="login: $")
    await lab.said(b"fake login: ")
    assert (await asyncio.wait_for(task, 2))["next"] == 12


async def test_patterns_that_take_long_stop_nobody(lab: World) -> None:
    """Sixty that RE2 is slow at, on 80 KiB of what they are slowest at and a trickle: others are served meanwhile."""
    rows = random.Random(1)
    await lab.said(bytes(rows.choice(b"ab") for _ in range(80 * 1024)))
    patterns = [f"[ab]*a[ab]{{12}}c{number}" for number in range(20)]
    waits = [await waiting(lab, pattern=patterns, since=0, timeout=60) for _ in range(3)]
    loop = asyncio.get_running_loop()
    late: list[float] = []
    for _ in range(100):
        lab.console.received(b"a")
        begun = loop.time()
        await asyncio.sleep(0.01)
        late.append(loop.time() - begun - 0.01)
    assert sum(late) / len(late) < 0.05
    lab.console.received(b"a" * 13 + b"c7")
    for each in waits:
        assert (await asyncio.wait_for(each, 60))["index"] == 7


async def test_from_a_mark_on(lab: World) -> None:
    """A mark stands for its offset; one that is not there is told with those that are."""
    await lab.said(b"login: ")
    await call(lab, "POST", "node/mark", json={"name": "reboot"})
    assert not (await wait(lab, pattern="login: ", since="reboot", timeout=0))["matched"]
    await lab.said(b"\r\nlogin: ")
    assert (await wait(lab, pattern="login: ", since="reboot", timeout=0))["match"]["start"] == 9
    assert (await wait(lab, pattern="login: ", since="3", timeout=0))["match"]["start"] == 9
    assert await refusal(lab, "POST", "node/wait", json={"pattern": "x", "since": "boot"}) == (
        404,
        "node has no mark 'boot'; it has reboot",
    )


async def test_another_stream_is_a_gap(lab: World) -> None:
    """Offsets of it mean nothing here: the wait begins with the oldest byte, and says so."""
    await lab.said(b"login: ")
    document = await wait(lab, pattern="login: ", since=500, stream=str(uuid.uuid4()), timeout=0)
    assert (document["matched"], document["gap"], document["stream"]) == (
        True,
        {"from": 500, "to": 0},
        lab.console.stream,
    )
    document = await wait(lab, pattern="in", since=4, stream=lab.console.stream.upper(), timeout=0)
    assert (document["matched"], document["gap"]) == (False, None)
    status, said = await refusal(lab, "POST", "node/wait", json={"pattern": "x", "stream": str(uuid.uuid4())})
    assert (status, said) == (400, "since: found None, expected an offset of the stream that is given")


async def test_a_gap_is_told(tmp_path: Path) -> None:
    """Bytes that no one has any more."""
    async with world(tmp_path, ring=4096) as lab:
        await lab.said(b"x" * 5000 + b"login: ")
        document = await wait(lab, pattern="login: ", since=0, timeout=0)
        assert (document["matched"], document["gap"]) == (True, {"from": 0, "to": 5007 - 4096})


async def test_one_caller_holds_so_many(tmp_path: Path) -> None:
    """The next is 429, until one has ended; a reload counts at once, and 0 is no cap."""
    config = dataclasses.replace(BASE, limits=Limits(waits_per_caller=2))
    async with world(tmp_path, config) as lab:
        open_waits = [await waiting(lab, pattern="a"), await waiting(lab, pattern="b")]
        full = (429, "limit reached: limits.waits_per_caller is 2")
        assert await refusal(lab, "POST", "node/wait", json={"pattern": "c", "timeout": 0}) == full
        # What types has a share of its own: who waits for all there is can still type, and no more often.
        assert (await call(lab, "POST", "node/send", json={"data": "x"}))[0] == 200
        body = {"data": "never echoed", "echo": True, "timeout": 1}
        typed = [asyncio.create_task(call(lab, "POST", "node/send", json=body)) for _ in range(2)]
        await eventually(lambda: len(lab.service.waits) == 4)
        assert await refusal(lab, "POST", "node/run", json={"command": "x"}) == full
        assert await refusal(lab, "POST", "node/send", json={"data": "x"}) == full
        assert [status for status, _ in await asyncio.gather(*typed)] == [200, 200]
        await lab.said(b"a")
        await asyncio.wait_for(open_waits[0], 2)
        await wait(lab, pattern="c", timeout=0)
        await lab.service.reload(dataclasses.replace(lab.service.config, limits=Limits(waits_per_caller=1)))
        assert (await refusal(lab, "POST", "node/wait", json={"pattern": "c", "timeout": 0}))[0] == 429
        await lab.service.reload(dataclasses.replace(lab.service.config, limits=Limits(waits_per_caller=0)))
        await wait(lab, pattern="c", timeout=0)
        await lab.said(b"b")
        await open_waits[1]
        assert not lab.service.waits._held


async def test_a_client_that_goes_away_frees_its_wait(lab: World) -> None:
    """At once, whatever the timeout."""
    task = await waiting(lab, pattern="never", timeout=600)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await eventually(lambda: not lab.service.waits._held, patience=1)
    assert not len(lab.service.waits)


async def test_a_server_that_is_removed_ends_it(lab: World) -> None:
    """404, as for any server that is gone."""
    task = asyncio.create_task(refusal(lab, "POST", "node/wait", json={"pattern": "never", "timeout": 60}))
    await eventually(lambda: len(lab.service.waits))
    await asyncio.wait_for(lab.service.remove(NODE, "test"), 3)
    assert await asyncio.wait_for(task, 2) == (404, f"Instance {NODE} could not be found.")


async def test_a_service_that_stops_ends_it(lab: World) -> None:
    """503, which says whence to go on; and the stop does not wait for its timeout."""
    await lab.said(b"boot")
    task = asyncio.create_task(call(lab, "POST", "node/wait", json={"pattern": "never", "timeout": 60}))
    await eventually(lambda: len(lab.service.waits))
    await asyncio.wait_for(lab.service.stop(), 4)
    status, document = await asyncio.wait_for(task, 2)
    assert (status, document) == (
        503,
        {
            "serviceUnavailable": {
                "code": 503,
                "message": "consolesvc is stopping",
                "next": 4,
                "stream": lab.console.stream,
                "gap": None,
            }
        },
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "pattern: found None, expected a regular expression in RE2's syntax"),
        ({"pattern": 5}, "pattern: found 5"),
        ({"pattern": "("}, "pattern: found '(', expected a regular expression in RE2's syntax: missing ): ("),
        ({"pattern": ""}, "pattern: found '', expected a regular expression in RE2's syntax: it is empty"),
        ({"pattern": []}, "pattern: found [], expected 1 to 20 patterns"),
        ({"pattern": ["x"] * 21}, "pattern: found ['x'"),
        ({"pattern": ["x", None]}, "pattern: found None"),
        ({"pattern": "\ud800"}, "pattern: found '\\ud800', expected a regular expression in RE2's syntax: it has half"),
        (
            {"pattern": "x", "since": 1.5},
            "since: found 1.5, expected an offset, a negative number to count from the end",
        ),
        ({"pattern": "x", "since": True}, "since: found True"),
        ({"pattern": "x", "since": 10**19}, "since: found 1000"),
        ({"pattern": "x", "since": []}, "since: found []"),
        ({"pattern": "x", "stream": "y", "since": 1}, "stream: found 'y', expected a stream's uuid"),
        ({"pattern": "x", "stream": 5, "since": 1}, "stream: found 5"),
        ({"pattern": "x", "timeout": -1}, "timeout: found -1, expected a number of seconds from 0 to 3600"),
        ({"pattern": "x", "timeout": 3601}, "timeout: found 3601"),
        ({"pattern": "x", "timeout": "1m"}, "timeout: found '1m'"),
        ({"patern": "x"}, "unknown parameter 'patern', expected pattern, since, stream, timeout"),
    ],
)
async def test_bad_bodies(lab: World, body: object, said: str) -> None:
    """400, with the key, its value and what was expected."""
    status, message = await refusal(lab, "POST", "node/wait", json=body)
    assert status == 400
    assert message.startswith(said)


async def test_nobodys_console(lab: World) -> None:
    """404 as everywhere."""
    assert (await refusal(lab, "POST", "nobody/wait", json={"pattern": "x"}))[0] == 404
