"""`GET /console/v1/consoles/{id}/boots` and what a console's view says of them, on a running service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.lines.devices import eventually
from tests.proxy.world import World, world
from tests.web.world import call, refusal, with_fake, with_log

UBOOT = b"\r\nU-Boot 2024.01 (x)\r\n"
LINUX = b"\r\n[    0.000000] Linux version 6.1\r\n"
PANIC = b"[    9.0] Kernel panic - not syncing: no init\r\n"
LOGIN = b"\r\nnode login: "


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:
        yield made


async def seen(lab: World, *said: bytes) -> None:
    """Have the machine say something, each piece looked at before the next comes."""
    for data in said:
        await lab.said(data)
        await eventually(lambda: lab.console.watch.offset == lab.console.ring.end)


async def test_boots(lab: World) -> None:
    """The newest first: how far each came, and how long it took; that the first panicked and was reset."""
    await seen(lab, UBOOT + LINUX, PANIC, UBOOT, LINUX, LOGIN)
    status, answer = await call(lab, "GET", "node/boots")
    assert (status, answer["stream"]) == (200, lab.console.stream)
    last, first = answer["boots"]
    assert (first["offset"], first["line"], first["reset"], first["login"]) == (2, "U-Boot 2024.01 (x)", True, None)
    assert [(stage["stage"], stage["offset"]) for stage in first["stages"]] == [("kernel", len(UBOOT) + 2)]
    panic = first["panic"]
    assert (panic["what"], panic["line"]) == ("panic", "Kernel panic - not syncing: no init")
    assert panic["offset"] == len(UBOOT + LINUX)
    assert (last["panic"], last["reset"]) == (None, False)
    assert last["login"]["offset"] == lab.console.ring.end - len(LOGIN) + 2
    assert last["login"]["seconds"] >= 0.2
    assert answer["trend"] == {"median": last["login"]["seconds"], "of": 1}
    assert datetime.fromisoformat(first["time"]) < datetime.fromisoformat(last["time"])


async def test_limit(lab: World) -> None:
    """The last ones; the trend is of more than are shown."""
    for _ in range(3):
        await seen(lab, LINUX + LOGIN)
    _, answer = await call(lab, "GET", "node/boots?limit=2")
    assert len(answer["boots"]) == 2
    assert answer["trend"]["of"] == 3
    for wrong in ("0", "101", "-1", "x", "1.5", "\u0661"):
        expected = f"limit: found {wrong!r}, expected a number of boots from 1 to 100"
        assert await refusal(lab, "GET", f"node/boots?limit={wrong}") == (400, expected)
    assert (await refusal(lab, "GET", "node/boots?n=1"))[0] == 400
    assert (await refusal(lab, "GET", "nix/boots"))[0] == 404


async def test_over_a_restart(lab: World, tmp_path: Path) -> None:
    """From the index, to the microsecond that it has."""
    await seen(lab, LINUX + LOGIN, LINUX)
    _, before = await call(lab, "GET", "node/boots")
    await lab.service.stop()
    lab.device.pull()
    async with world(tmp_path, with_log(tmp_path)) as again:
        _, after = await call(again, "GET", "node/boots")
        assert after == before
        _, view = await call(again, "GET", "node")
        assert [event["event"] for event in view["console"]["events"]] == ["boot", "login", "boot"]
        assert view["console"]["boot"] == before["boots"][0]


async def test_before_anything_was_recognised(lab: World) -> None:
    """Nothing, in the same shape; also without a log."""
    await with_fake(lab)
    for name in ("node", "fake"):
        _, answer = await call(lab, "GET", f"{name}/boots")
        assert (answer["boots"], answer["trend"]) == ([], {"median": None, "of": 0})
        _, view = await call(lab, "GET", name)
        assert (view["console"]["events"], view["console"]["boot"]) == ([], None)


async def test_the_view_of_a_console(lab: World) -> None:
    """What was recognised last, the newest first, five at most; and the boot that goes on."""
    for _ in range(3):
        await seen(lab, LINUX + LOGIN)
    _, answer = await call(lab, "GET", "node")
    console = answer["console"]
    assert [event["event"] for event in console["events"]] == ["login", "boot", "login", "boot", "login"]
    login = console["events"][0]
    assert login["offset"] == console["boot"]["login"]["offset"]
    assert login["text"].startswith("node asks for a login after ")
    assert login["text"].endswith(": node login:")
    assert set(login) == {"event", "offset", "time", "text"}
