"""`POST …/{id}/mark` and `GET …/marks`."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.proxy.world import BASE, World, world
from tests.web.world import call, refusal, with_log


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def test_a_mark(lab: World) -> None:
    """Stands before the next byte, and is listed."""
    await lab.said(b"12345")
    status, document = await call(lab, "POST", "node/mark", json={"name": "test 12 starts"})
    mark = document["mark"]
    assert status == 200
    assert (mark["name"], mark["offset"], mark["stream"]) == ("test 12 starts", 5, lab.console.stream)
    assert datetime.fromisoformat(mark["time"]).timestamp() == pytest.approx(time.time(), abs=5)
    assert await call(lab, "GET", "node/marks") == (200, {"marks": [mark]})


async def test_marks_survive_a_restart(tmp_path: Path) -> None:
    """In the log."""
    config = with_log(tmp_path)
    async with world(tmp_path, config) as lab:
        await lab.said(b"12345")
        mark = (await call(lab, "POST", "node/mark", json={"name": "before"}))[1]["mark"]
    async with world(tmp_path, config) as lab:
        assert (await call(lab, "GET", "node/marks"))[1] == {"marks": [mark]}


async def test_v1_clients_are_told_and_raw_ones_are_not(lab: World) -> None:
    """A name for a place is no notice among somebody's output."""
    raw = await lab.attach()
    v1 = await lab.http.ws_connect(await lab.url(), protocols=("consolesvc.v1",))
    await v1.receive_json(timeout=2)
    await call(lab, "POST", "node/mark", json={"name": "here"})
    event = await v1.receive_json(timeout=2)
    assert event == {"type": "event", "event": "mark", "offset": 0, "text": "mark: here"}
    await lab.said(b"x")
    assert (await raw.receive(timeout=2)).data == b"x"
    await raw.close()
    await v1.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "name: found None, expected 1 to 100 printable characters"),
        ({"name": ""}, "name: found ''"),
        ({"name": "a\nb"}, "name: found 'a\\nb'"),
        ({"name": "x" * 101}, "name: found 'xxx"),
        ({"name": "-5"}, "name: found '-5', expected a name that is no number: places are given by offset, too"),
        ({"name": "0"}, "name: found '0'"),
        ({"name": "\ud800"}, "name: found '\\ud800'"),
        ({"label": "x"}, "unknown parameter 'label', expected name"),
    ],
)
async def test_bad_bodies(lab: World, body: object, said: str) -> None:
    """400, with the key, its value and what was expected."""
    status, message = await refusal(lab, "POST", "node/mark", json=body)
    assert status == 400
    assert message.startswith(said)
    assert (await call(lab, "GET", "node/marks"))[1] == {"marks": []}


async def test_without_a_log_they_go_with_the_ring(tmp_path: Path) -> None:
    """What cannot be shown any more has no mark."""
    async with world(tmp_path, dataclasses.replace(BASE), ring=4096) as lab:
        await call(lab, "POST", "node/mark", json={"name": "here"})
        await lab.said(bytes(4097))
        assert (await call(lab, "GET", "node/marks"))[1] == {"marks": []}
