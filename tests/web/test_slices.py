"""`GET …/{id}/slice`: from place to place, as text, bytes and recordings."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from consolesvc.client import BytesMissing, Cloud
from consolesvc.config.recording import parse_recording
from consolesvc.console import slicing
from tests.lines.devices import eventually
from tests.proxy.world import World, world
from tests.web.world import call, head, refusal, with_log

KIB = 1024


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path, segment_size=64 * KIB), ring=64 * KIB) as made:
        yield made


async def cut(lab: World, **query: object) -> tuple[bytes, aiohttp.ClientResponse]:
    """A good answer's body, and the answer."""
    params = {key.rstrip("_"): str(value) for key, value in query.items()}
    async with lab.http.get(f"{lab.api}/console/v1/consoles/node/slice", params=params) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read(), answer


async def mark(lab: World, name: str) -> None:
    await call(lab, "POST", "node/mark", json={"name": name})


async def test_from_mark_to_mark(lab: World) -> None:
    """As text without sequences, as bytes, by marks, offsets, and from the end; the headers say where it stands."""
    await lab.said(b"before\r\n")
    await mark(lab, "test 1")
    await lab.said(b"\x1b[32mok\x1b[0m 1\r\n")
    await mark(lab, "test 2")
    await lab.said(b"after\r\n")
    for query, text in (
        ({"from_": "test 1", "to": "test 2"}, b"ok 1\n"),
        ({"from_": "test 1"}, b"ok 1\nafter\n"),
        ({"to": "test 1"}, b"before\n"),
        ({"from_": -7}, b"after\n"),
        ({"from_": 6, "to": 8}, b"\n"),
        ({"from_": "test 1", "to": "test 1"}, b""),
        ({"from_": 999}, b""),
        ({}, b"before\nok 1\nafter\n"),
    ):
        assert (await cut(lab, **query))[0] == text, query
    body, answer = await cut(lab, from_="test 1", to="test 2", format="raw")
    assert body == b"\x1b[32mok\x1b[0m 1\r\n"
    names = ("Console-Start", "Console-Next", "Console-Stream", "Content-Type", "Cache-Control")
    assert [answer.headers[name] for name in names] == [
        *("8", "23", lab.console.stream, "application/octet-stream", "no-store"),
    ]
    assert "Console-Gap" not in answer.headers


async def test_it_may_begin_in_the_middle_of_a_sequence(lab: World) -> None:
    """Its rest is no text."""
    await lab.said(b"a\x1b[1;31mred")
    assert (await cut(lab, from_=4))[0] == b"red"


async def test_a_slice_may_be_long(lab: World) -> None:
    """All of a log, over segments that were rotated and the ring; what comes meanwhile is no part of it."""
    said = os.urandom(300 * KIB)
    await lab.said(said)
    assert lab.console.ring.start > 200 * KIB
    body, answer = await cut(lab, format="raw")
    assert body == said
    assert answer.headers["Console-Next"] == str(len(said))


async def test_what_is_gone_is_told(tmp_path: Path) -> None:
    """At the beginning by a header, and in text also where it is missing; a recording has no times without a log."""
    async with world(tmp_path, ring=4096) as lab:
        await lab.said(b"x" * 5000 + b"\r\nend\r\n")
        start = 5007 - 4096
        body, answer = await cut(lab, from_=5, format="raw")
        assert (len(body), answer.headers["Console-Start"], answer.headers["Console-Gap"]) == (
            4096,
            str(start),
            f"5-{start}",
        )
        body, answer = await cut(lab, from_=5)
        assert body.startswith(f"\n[consolesvc: bytes 5..{start} are missing here]\nxxx".encode())
        assert body.endswith(b"x\nend\n")
        body, answer = await cut(lab, from_=5, to=6, format="raw")
        assert (body, answer.headers["Console-Start"], answer.headers["Console-Gap"]) == (b"", "6", "5-6")
        status, message = await refusal(lab, "GET", "node/slice?format=cast2")
        assert status == 409
        assert message.startswith("node has no log, so nobody knows when its output came")


async def test_a_gap_in_the_middle(tmp_path: Path) -> None:
    """As a crash leaves one: said in text and in a recording, raw bytes break off there."""
    config = with_log(tmp_path)
    async with world(tmp_path, config) as lab:
        await lab.said(b"first life\r\n")
    index = tmp_path / "logs/node.index"
    index.write_bytes(b"".join(line for line in index.read_bytes().splitlines(keepends=True) if b'"stop"' not in line))
    async with world(tmp_path, config) as lab:
        begun = lab.console.began
        await lab.said(b"second life\r\n")
        body, _ = await cut(lab)
        assert body.decode() == f"first life\n\n[consolesvc: bytes 12..{begun} are missing here]\nsecond life\n"
        events = [json.loads(line) for line in (await cut(lab, format="cast3"))[0].splitlines()][1:]
        assert [event[1:] for event in events] == [
            *(["o", "first life\r\n"], ["m", f"bytes 12..{begun} are missing here"], ["o", "second life\r\n"]),
        ]
        with pytest.raises((aiohttp.ClientPayloadError, ConnectionResetError)):
            await cut(lab, format="raw")
        console = Cloud(lab.api).console
        with pytest.raises(BytesMissing, match=rf"^node: the bytes 12\.\.{begun} are gone") as caught:
            await asyncio.to_thread(lambda: console("node").slice_bytes(0))
        assert (caught.value.gap, caught.value.next, caught.value.data) == ((12, begun), begun, b"first life\r\n")
        assert await asyncio.to_thread(lambda: console("node").slice_bytes(begun)) == b"second life\r\n"


@pytest.mark.parametrize("version", [2, 3])
async def test_a_recording(lab: World, version: int) -> None:
    """Has the times of the log, its marks, and a size; what is bytes there is text here."""
    begun = asyncio.get_running_loop().time()
    await lab.said(b"one\r\n")
    await asyncio.sleep(0.4)
    await mark(lab, "here")
    await lab.said("zwölf\r\n".encode() + b"\xff")
    took = asyncio.get_running_loop().time() - begun
    body, answer = await cut(lab, format=f"cast{version}", cols=132, rows=50)
    assert answer.headers["Content-Type"] == "application/x-asciicast"
    head, *events = (json.loads(line) for line in body.splitlines())
    size = {"width": 132, "height": 50} if version == 2 else {"term": {"cols": 132, "rows": 50}}
    assert head == {"version": version, **size, "timestamp": head["timestamp"], "title": "node"}
    assert [event[1:] for event in events] == [["o", "one\r\n"], ["m", "here"], ["o", "zwölf\r\n\ufffd"]]
    parsed = parse_recording(body, "boot.cast")
    assert parsed[0].at == 0
    assert 0.3 < parsed[-1].at < took + 0.1


async def test_a_recording_of_what_was_just_said(lab: World) -> None:
    """The log knows its time a moment later: it is waited for."""
    await lab.said(b"now")
    body, _ = await cut(lab, format="cast2")
    assert [event.data for event in parse_recording(body, "x.cast")] == [b"now"]
    assert json.loads(body.splitlines()[0])["timestamp"] > 1_000_000_000


async def test_an_empty_recording(lab: World) -> None:
    """Is a header."""
    assert json.loads((await cut(lab, format="cast2"))[0])["version"] == 2


async def test_marks_lie_between_the_right_bytes(lab: World) -> None:
    """Whatever pieces it is read in."""
    for number in range(5):
        await mark(lab, f"m{number}")
        await lab.said(b"%d" % number * 10_000)
    events = [json.loads(line) for line in (await cut(lab, format="cast2", from_="m1", to="m4"))[0].splitlines()][1:]
    order = ["m" if event[1] == "m" else event[2][0] for event in events]
    assert "".join(order).replace("11", "1").replace("22", "2").replace("33", "3") == "m1m2m3"
    assert "".join(event[2] for event in events if event[1] == "o") == "1" * 10_000 + "2" * 10_000 + "3" * 10_000


async def test_a_broken_disk_does_not_hold_a_recording_up(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that does not catch up is not waited for long."""
    monkeypatch.setattr(slicing, "LOG_WAIT", 0.1)
    await lab.said(b"said")
    await eventually(lambda: lab.console.log.offset == 4)
    lab.console.log.offset = 3
    assert (await cut(lab, format="cast2"))[0].endswith(b'"said"]\n')


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("from=nowhere", 404, "node has no mark 'nowhere'; it has none"),
        ("from=5&to=3", 400, "to: found '3', expected a place at or behind 5, where the slice begins"),
        ("from=1e3", 404, "node has no mark '1e3'"),
        ("from=", 404, "node has no mark ''"),
        ("format=pdf", 400, "format: found 'pdf', expected one of text, raw, cast2, cast3"),
        ("format=cast2&cols=0", 400, "cols: found '0', expected a whole number from 1 to 500"),
        ("format=cast2&rows=9999", 400, "rows: found '9999', expected a whole number from 1 to 200"),
        ("form=5", 400, "unknown parameter 'form', expected from, to, format, cols, rows"),
        ("from=1&from=2", 400, "from: found ['1', '2'], expected one value"),
    ],
)
async def test_bad_queries(lab: World, query: str, status: int, said: str) -> None:
    """The parameter, its value and what was expected."""
    await lab.said(b"0123456789")
    found, message = await refusal(lab, "GET", f"node/slice?{query}")
    assert found == status
    assert message.startswith(said)


@pytest.mark.parametrize("kind", ["text", "raw", "cast2"])
async def test_a_head_has_no_body(lab: World, kind: str) -> None:
    """Or the next answer on its connection would begin with it."""
    await lab.said(b"said")
    answer = await head(lab, f"node/slice?format={kind}")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nConsole-Next: 4\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")


async def test_a_client_that_goes_away_ends_it(lab: World) -> None:
    """In the middle of a long one: no task is left (leaks are checked), and no complaint."""
    await lab.said(os.urandom(300 * KIB))
    before: Any = asyncio.all_tasks()
    answer = await lab.http.get(f"{lab.api}/console/v1/consoles/node/slice?format=raw")
    answer.close()
    await eventually(lambda: all(task.done() for task in asyncio.all_tasks() - before))
