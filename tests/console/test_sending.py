"""Text sent to a machine: at a pace, checked by its echo, and never for later."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from consolesvc.config.linespec import Pace
from consolesvc.console.call import typing
from consolesvc.console.console import Console
from consolesvc.console.sending import Sent, send
from consolesvc.console.text import plain_text
from consolesvc.errors import LineLost, LineUnavailable
from tests.console.shells import shell, shells
from tests.lines.devices import Device, eventually


async def sent(
    console: Console, data: bytes, *, echo: bool = False, pace: str | None = None, seconds: float = 10
) -> Sent:
    with typing(console, "a test") as call:
        return await send(call, data, echo=echo, pace=None if pace is None else Pace.parse(pace), seconds=seconds)


@contextlib.asynccontextmanager
async def echoing(device: Device) -> AsyncIterator[None]:
    """The machine sends back what comes, until the end."""
    task = asyncio.create_task(device.echo())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_bytes_go_as_they_are(console: Console, device: Device) -> None:
    """Every value, in order; what the machine says afterwards stands behind `start`."""
    await device.say(b"# ")
    await eventually(lambda: console.ring.end == 2)
    data = bytes(range(256)) * 20
    assert await sent(console, data) == Sent(len(data), 2, 2, None)
    assert await device.heard(len(data)) == data
    assert console.typed == len(data)


@pytest.mark.parametrize("name", shells())
async def test_an_echo_is_waited_for(name: str) -> None:
    """On real shells, over wrapped lines; `next` is behind it: a wait from there does not see what was typed."""
    async with shell(name) as console:
        data = b"echo first line; true " + b"x" * 150 + b"\recho " + "größe".encode() * 20 + b"\r"
        result = await sent(console, data, echo=True)
        assert (result.sent, result.echoed) == (len(data), True)
        assert console.ring.read(result.start, result.next - result.start).startswith(b"echo first")
        assert plain_text(console.ring.read(0, result.next)).endswith("größe")
        await eventually(lambda: "größegröße" in plain_text(console.ring.read(result.next, 1000)))


async def test_what_does_not_come_back_stops_it(console: Console, device: Device) -> None:
    """The lines behind one that was not echoed are not sent; how far it got is told."""
    heard = asyncio.create_task(device.heard(4))
    sending = asyncio.create_task(sent(console, b"one\rtwo\r", echo=True, seconds=0.6))
    assert await heard == b"one\r"
    await device.say(b"on")
    result = await sending
    assert (result.sent, result.start, result.next, result.echoed) == (4, 0, 0, False)


async def test_control_characters_have_no_echo(console: Console, device: Device) -> None:
    """They are sent, and nothing is waited for."""
    result = await sent(console, b"\x03\r", echo=True)
    assert (result.sent, result.next, result.echoed) == (2, 0, True)
    assert await device.heard(2) == b"\x03\r"


async def test_a_pace_is_kept(console: Console, device: Device) -> None:
    """Characters or lines a second, no faster."""
    for pace, data, least in (("100 c/s", b"x" * 40, 0.3), ("10 lines/s", b"a\rb\rc\rd\r", 0.25)):
        begun = time.monotonic()
        await sent(console, data, pace=pace)
        assert least <= time.monotonic() - begun < 10, pace
        assert await device.heard(len(data)) == data


async def test_pace_and_echo_together(console: Console, device: Device) -> None:
    """Each line at its pace, each once the one before has come back."""
    async with echoing(device):
        result = await sent(console, b"one\rtwo\rthree\r", echo=True, pace="200 c/s")
    assert (result.sent, result.echoed) == (14, True)


async def test_time_runs_out(console: Console, device: Device) -> None:
    """What had not left by then never does, and how much did is told."""
    data = b"x" * 1000
    result = await sent(console, data, pace="100 c/s", seconds=0.3)
    assert 0 < result.sent < 100
    await asyncio.sleep(0.2)
    assert await device.heard(result.sent) == data[: result.sent]
    assert console.typed == result.sent


async def test_a_machine_that_takes_nothing(console: Console) -> None:
    """Nobody reads its PTY: what its buffers hold has left, the rest is taken back in time."""
    begun = time.monotonic()
    result = await sent(console, b"x" * 1024 * 1024, seconds=0.5)
    assert time.monotonic() - begun < 10
    assert 0 < result.sent < 1024 * 1024
    assert not console.input._turns


async def test_a_line_that_is_not_open(console: Console, device: Device) -> None:
    """Nothing is kept for its return; nothing at all is still well."""
    device.pull()
    await eventually(lambda: not console.connected)
    with pytest.raises(LineUnavailable, match=r"node3 line is not open: \S+"):
        await sent(console, b"reboot\r")
    assert (await sent(console, b"")).sent == 0
    assert console.typed == 0


async def test_a_line_that_is_lost_meanwhile(console: Console, device: Device) -> None:
    """The sender learns that not all of it went out."""
    sending = asyncio.create_task(sent(console, b"x" * 1024 * 1024))
    await asyncio.sleep(0.1)
    device.pull()
    with pytest.raises(LineLost, match=r"node3 line was lost: \S+"):
        await asyncio.wait_for(sending, 5)


async def test_turns_are_taken(console: Console, device: Device) -> None:
    """A long text of one does not hold up a key of another."""
    long = asyncio.create_task(sent(console, b"x" * 200_000))
    await asyncio.sleep(0.05)
    key = asyncio.create_task(sent(console, b"\x03"))
    got = b""
    while b"\x03" not in got:
        got += await device.heard(1000)
    assert len(got) < 100_000
    await key
    long.cancel()
    await asyncio.gather(long, return_exceptions=True)
    assert not console.input._turns
