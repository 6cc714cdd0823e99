"""`GET …/{id}/output`: by offset, from ring and disk, as JSON and raw, followed."""

from __future__ import annotations

import asyncio
import base64
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.web import output as module
from tests.lines.devices import eventually
from tests.proxy.world import NODE, World, world
from tests.web.world import call, head, refusal, with_log

RAW = {"Accept": "application/octet-stream"}
KIB = 1024


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def output(lab: World, **query: object) -> dict[str, Any]:
    """A good answer's document."""
    status, document = await call(lab, "GET", "node/output", params={k: str(v) for k, v in query.items()})
    assert status == 200, document
    return dict(document)


async def test_by_offset(lab: World) -> None:
    """From an offset, from the end, from the oldest; `next` is where to read on, `end` where there is no more."""
    await lab.said(b"0123456789")
    document = await output(lab)
    assert document == {
        "stream": lab.console.stream,
        "start": 0,
        "next": 10,
        "end": 10,
        "gap": None,
        "contents": "0123456789",
    }
    for query, start, contents in (
        ({"start": 4}, 4, "456789"),
        ({"start": 4, "limit": 2}, 4, "45"),
        ({"start": -3}, 7, "789"),
        ({"start": -30}, 0, "0123456789"),
        ({"start": 10}, 10, ""),
        ({"start": 99}, 10, ""),
        ({"start": -3, "limit": 1}, 7, "7"),
    ):
        document = await output(lab, **query)
        assert (document["start"], document["contents"]) == (start, contents), query
        assert document["next"] == start + len(contents)
        assert (document["end"], document["gap"]) == (10, None)


async def test_contents_as_text_and_as_bytes(lab: World) -> None:
    """What is no UTF-8 is replaced; base64 and raw bytes are exact."""
    said = b"\xff\x00\xe2\x82\xac"
    await lab.said(said)
    assert (await output(lab))["contents"] == "\ufffd\0€"
    document = await output(lab, encoding="base64", limit=4)
    assert (base64.b64decode(document["contents"]), document["next"]) == (said[:4], 4)
    async with lab.http.get(f"{lab.api}/console/v1/consoles/{NODE}/output?start=1&limit=3", headers=RAW) as answer:
        assert await answer.read() == said[1:4]
        assert answer.headers["Content-Type"] == "application/octet-stream"
        names = ("Console-Start", "Console-Next", "Console-Stream")
        assert [answer.headers[name] for name in names] == ["1", "4", lab.console.stream]
        assert "Console-Gap" not in answer.headers


async def test_text_is_not_cut_inside_a_character(lab: World) -> None:
    """`next` is before a character that the limit or the end would cut; where it is all there is, it comes as it is."""
    await lab.said("a€b€".encode() + b"\xf0\x9f")
    assert [(d["contents"], d["next"]) for d in [await output(lab, limit=n) for n in (3, 4, 7, 8)]] == [
        ("a", 1),
        ("a€", 4),
        ("a€b", 5),
        ("a€b€", 8),
    ]
    assert (await output(lab))["next"] == 8
    assert [(d["contents"], d["next"]) for d in [await output(lab, start=8)]] == [("\ufffd", 10)]
    assert (await output(lab, start=1, limit=1))["next"] == 2


async def test_what_the_ring_has_lost_comes_from_disk(tmp_path: Path) -> None:
    """One answer spans segments and the ring; without a log, what is gone is a gap."""
    said = os.urandom(300 * KIB)
    async with world(tmp_path, with_log(tmp_path, segment_size=64 * KIB), ring=64 * KIB) as lab:
        await lab.said(said)
        assert lab.console.ring.start > 200 * KIB
        assert lab.console.oldest == 0
        document = await output(lab, start=1, limit=1024 * KIB, encoding="base64")
        assert base64.b64decode(document["contents"]) == said[1:]
        assert document["gap"] is None
    async with world(tmp_path, ring=64 * KIB) as lab:
        await lab.said(said)
        document = await output(lab, start=5, limit=10)
        oldest = len(said) - 64 * KIB
        assert (document["start"], document["gap"]) == (oldest, {"from": 5, "to": oldest})
        async with lab.http.get(f"{lab.api}/console/v1/consoles/node/output?start=5&limit=10", headers=RAW) as answer:
            assert (await answer.read(), answer.headers["Console-Gap"]) == (said[oldest:][:10], f"5-{oldest}")


async def test_an_offset_of_another_stream(lab: World) -> None:
    """Is a gap up to the oldest byte of this one; this stream's own uuid changes nothing."""
    await lab.said(b"new life")
    document = await output(lab, start=5, stream=lab.console.stream.upper())
    assert (document["contents"], document["gap"]) == ("ife", None)
    document = await output(lab, start=500, stream=uuid.uuid4())
    assert (document["contents"], document["gap"]) == ("new life", {"from": 500, "to": 0})
    assert document["stream"] == lab.console.stream


async def test_follow_waits_for_the_next_byte(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers with what comes, and with nothing when its time is over."""
    await lab.said(b"old")
    waiting = asyncio.create_task(output(lab, start=3, follow=1))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await lab.said(b"new")
    document = await asyncio.wait_for(waiting, 2)
    assert (document["start"], document["next"], document["contents"]) == (3, 6, "new")
    monkeypatch.setattr(module, "FOLLOW", 0.05)
    document = await output(lab, start=6, follow="true")
    assert (document["next"], document["contents"]) == (6, "")


async def test_follow_ends_when_the_console_does(lab: World) -> None:
    """A reader of a removed server does not wait its 30 s, nor does it hold the service's stop."""
    waiting = asyncio.create_task(output(lab, follow=1))
    await asyncio.sleep(0.1)
    await asyncio.wait_for(lab.service.remove(NODE, "test"), 3)
    assert (await asyncio.wait_for(waiting, 2))["contents"] == ""


async def test_a_raw_stream_goes_on_until_the_service_stops(lab: World) -> None:
    """Every byte from the offset on, as it comes; a proper end."""
    await lab.said(b"before|")
    async with lab.http.get(f"{lab.api}/console/v1/consoles/node/output?start=-1&follow=1", headers=RAW) as answer:
        assert answer.headers["Console-Start"] == "6"
        assert await answer.content.readexactly(1) == b"|"
        await lab.device.say(b"live")
        assert await answer.content.readexactly(4) == b"live"
        stopping = asyncio.create_task(lab.service.stop())
        assert await asyncio.wait_for(answer.content.read(), 4) == b""
        await asyncio.wait_for(stopping, 4)


async def test_a_raw_stream_with_a_limit_ends_there(lab: World) -> None:
    """Which makes `follow` an exact read for scripts."""
    await lab.said(b"abc")
    path = f"{lab.api}/console/v1/consoles/node/output?start=0&limit=5&follow=1"
    async with lab.http.get(path, headers=RAW) as answer:
        await lab.device.say(b"defg")
        assert await asyncio.wait_for(answer.read(), 2) == b"abcde"


async def test_a_head_of_a_stream_has_no_body(lab: World) -> None:
    """Or the next answer on its connection would begin with it."""
    await lab.said(b"said")
    answer = await head(lab, "node/output?follow=1&limit=4", **RAW)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"\r\n\r\n")


async def test_a_stream_whose_client_left_is_ended(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a silent console: no task is left (leaks are checked)."""
    monkeypatch.setattr(module, "LOOK", 0.05)
    answer = await lab.http.get(f"{lab.api}/console/v1/consoles/node/output?follow=1", headers=RAW)
    before = {task for task in asyncio.all_tasks() if "RequestHandler" in repr(task)}
    answer.close()
    await eventually(lambda: all(task.done() for task in before))


@pytest.mark.parametrize("then", ["speaks", "closes"])
async def test_a_client_that_left_is_no_error(lab: World, then: str, caplog: pytest.LogCaptureFixture) -> None:
    """What comes at the very moment finds its connection closing: nothing to write to, and nothing to log."""
    answer = await lab.http.get(f"{lab.api}/console/v1/consoles/node/output?follow=1", headers=RAW)
    runner = lab.service.ports._servings["api"]._runner
    assert runner is not None
    assert runner.server is not None
    [connection] = runner.server.connections
    assert connection.transport is not None
    connection.transport.close()
    if then == "speaks":
        await lab.said(b"to nobody")
    else:
        await lab.service.remove(NODE, "test")
    answer.close()
    await asyncio.sleep(0.05)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_gap_breaks_a_raw_stream(tmp_path: Path) -> None:
    """Bytes that were overtaken cannot be told inline: it breaks off, and joins nothing that does not belong."""
    async with world(tmp_path, ring=4096) as lab:
        path = f"{lab.api}/console/v1/consoles/node/output?follow=1"
        async with lab.http.get(path, headers=RAW) as answer:
            lab.console.received(bytes(4096))
            lab.console.received(b"x" * 5000)  # in one turn of the loop: the reader had none
            with pytest.raises((aiohttp.ClientPayloadError, ConnectionResetError)):
                await asyncio.wait_for(answer.content.read(), 2)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("start=x", "start: found 'x', expected an offset, or a negative number to count from the end"),
        ("start=", "start: found ''"),
        ("start=1e3", "start: found '1e3'"),
        ("start=٣", "start: found '٣'"),
        ("start=99999999999999999999", "start: found"),
        ("limit=0", "limit: found '0', expected a number of bytes from 1 to 1048576"),
        ("limit=1048577", "limit: found '1048577'"),
        ("limit=-1", "limit: found '-1'"),
        ("follow=maybe", "follow: found 'maybe', expected 1 or 0"),
        ("encoding=latin-1", "encoding: found 'latin-1', expected utf-8 or base64"),
        ("stream=abc", "stream: found 'abc', expected a stream's uuid"),
        ("strat=5", "unknown parameter 'strat', expected start, limit, follow, stream, encoding"),
        ("start=1&start=2", "start: found ['1', '2'], expected one value"),
    ],
)
async def test_bad_parameters(lab: World, query: str, said: str) -> None:
    """400, with the parameter, its value and what was expected."""
    status, message = await refusal(lab, "GET", f"node/output?{query}")
    assert status == 400
    assert message.startswith(said)


async def test_nobodys_console(lab: World) -> None:
    """404 as everywhere."""
    assert await refusal(lab, "GET", "nobody/output") == (404, "Instance nobody could not be found.")
