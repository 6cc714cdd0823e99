"""The shared keyboard on a real PTY, where websockets would hide something; the rest: tests/proxy/test_sharing.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from consolesvc.config.linespec import Pace
from consolesvc.console.call import typing
from consolesvc.console.console import Console
from consolesvc.console.events import Event
from consolesvc.console.keyboard import LOOKED_AT
from consolesvc.console.sharing import Sharing
from consolesvc.console.viewer import TOLD, Viewer
from consolesvc.errors import InputHeld
from tests.console.consoles import running
from tests.lines.devices import Device, eventually


@pytest.fixture
async def console(device: Device) -> AsyncIterator[Console]:
    async with running(device, replay=0, sharing=Sharing("lease", 300.0)) as console:
        yield console


def words(viewer: Viewer) -> list[str]:
    """All that a viewer is told now, in words."""
    told = []
    while isinstance(item := viewer.peek(), Event):
        told.append(item.text)
    return told


async def test_a_viewer_that_takes_nothing_keeps_the_newest_words(console: Console) -> None:
    """What others do to the input while its socket is stuck is no queue without an end."""
    stuck, alice, bob = Viewer(console, 0), Viewer(console, 0, user="alice"), Viewer(console, 0, user="bob")
    for _ in range(TOLD):
        console.keyboard.ask(alice, "take")
        console.keyboard.ask(bob, "take")
    told = words(stuck)
    assert len(told) == TOLD
    assert told[-1] == "bob took the input of node3 from alice"


async def test_one_that_is_informed_is_told_once_of_many_changes(console: Console) -> None:
    """One message shows how things stand when it is sent: holders come and go between two of them."""
    shown, alice = Viewer(console, 0), Viewer(console, 0)
    shown.inform()
    for _ in range(10):
        console.write(alice, b"x")
        console.keyboard.ask(alice, "release")
    assert words(shown) == [""]
    assert console.keyboard.view(shown)["may_type"] is True


async def test_who_is_raw_is_told_in_words_alone(console: Console) -> None:
    """A change that needs none is nothing to it, and wakes nobody."""
    raw, alice = Viewer(console, 0), Viewer(console, 0)
    console.write(alice, b"x")
    console.keyboard.ask(alice, "release")
    assert words(raw) == []


async def test_a_view_of_who_has_left(console: Console) -> None:
    """A message that was on its way when its session ended says no more than that."""
    viewer = Viewer(console, 0)
    viewer.detach()
    viewer.detach()
    assert console.keyboard.view(viewer)["may_type"] is False


async def test_a_large_message_of_one_who_looks_is_not_looked_through(console: Console) -> None:
    """All of it is counted; what may be an answer in its first bytes is none of it."""
    looker = Viewer(console, 0, may_type=False)
    console.write(looker, b"\x1b[1;1R" * (LOOKED_AT // 6) + b"\x1b[1;1R" * 100_000)
    assert 599_000 < looker.refused <= 600_000
    assert words(looker)[0].endswith("this session may only look")


async def test_closing_leaves_no_timer(device: Device) -> None:
    """Neither for a lease, nor for what is held, nor for the list of viewers."""
    async with running(device, sharing=Sharing("lease", 300.0)) as console:
        viewer = Viewer(console, 0)
        viewer.inform()
        console.write(viewer, b"x")
        console.write(viewer, b"\x1b[24;")
    assert console.keyboard._timer is not None
    assert console.keyboard._timer.cancelled()
    viewer.detach()
    assert "held by None" in repr(console.keyboard)


async def test_a_call_holds_the_input_for_its_length(console: Console, device: Device) -> None:
    """Nobody else types meanwhile, and afterwards it is free; what it sent arrives."""
    viewer = Viewer(console, 0, user="alice")
    with typing(console, "bob") as call:
        assert console.keyboard.sharing.holder == call.id
        await call.type(b"reboot\r")
        console.write(viewer, b"no")
        assert words(viewer) == ["input refused (2 bytes): bob holds the input of node3"]
    assert await device.heard(7) == b"reboot\r"
    assert words(viewer) == ["the input of node3 is free"]
    console.write(viewer, b"yes")
    assert await device.heard(3) == b"yes"


async def test_a_call_is_refused_where_somebody_holds_the_input(console: Console) -> None:
    """By name, and it leaves no trace."""
    viewer = Viewer(console, 0, user="alice", who="10.0.0.3:5")
    console.write(viewer, b"x")
    with pytest.raises(InputHeld, match=r"^alice \(10\.0\.0\.3:5\) holds the input of node3$"), typing(console, "bob"):
        pytest.fail("it was let in")
    assert console.keyboard.sharing.holder == viewer.id


async def test_a_call_that_is_overruled_types_no_more(console: Console, device: Device) -> None:
    """Who takes the input takes it from a call as well."""
    viewer = Viewer(console, 0, user="alice")
    with typing(console, "bob") as call:
        await call.type(b"1")
        assert await device.heard(1) == b"1"
        task = asyncio.ensure_future(call.type(b"2" * 100_000))
        await asyncio.sleep(0)
        console.keyboard.ask(viewer, "take")
        assert words(viewer) == ["alice took the input of node3 from bob"]
        with pytest.raises(InputHeld, match="alice holds the input of node3"):
            await task
        with pytest.raises(InputHeld, match="alice holds the input of node3"):
            await call.type(b"2")
        assert call.typist.delivered + console.refused == 100_001
    console.write(viewer, b"3")
    arrived = await device.heard(call.typist.delivered)
    assert arrived.endswith(b"3")


async def test_calls_share_a_shared_input(device: Device) -> None:
    """With viewers and with each other."""
    async with running(device) as console:
        viewer = Viewer(console, 0)
        with typing(console, "a") as one, typing(console, "b") as two:
            await one.type(b"1")
            console.write(viewer, b"2")
            await two.type(b"3")
        assert await device.heard(3) == b"123"


async def test_a_paced_paste_keeps_the_lease(device: Device) -> None:
    """It takes longer than a lease may be silent; the holder types all the while."""
    async with running(device, pace=Pace(100, "c"), sharing=Sharing("lease", 0.2)) as console:
        alice, bob = Viewer(console, 0, user="alice"), Viewer(console, 0)
        console.write(alice, b"a" * 60)
        console.write(bob, b"b")
        assert await device.heard(50) == b"a" * 50
        assert console.keyboard.sharing.holder == alice.id
        await eventually(lambda: console.keyboard.sharing.holder is None, patience=2)
        await asyncio.sleep(0)
        assert words(alice)[-1] == "you typed nothing for 0.2 s: the input of node3 is free"
        assert words(bob)[-1] == "the input of node3 is free"
