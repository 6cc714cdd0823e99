"""One suite over every kind of line; a kind says what it lacks, and a test skips by that, never by name."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest

from consolesvc.config.linespec import EmulatedSpec, SerialSpec
from consolesvc.lines.base import Line, Opener
from consolesvc.lines.emulated import EmulatedOpener
from consolesvc.lines.kinds import OPENERS
from consolesvc.lines.serial import SerialOpener
from tests.lines.devices import Collector, Device, eventually, plugged


class Machine(Protocol):
    """A machine that echoes, at the other end of a line of some kind."""

    opener: Opener

    def vanish(self) -> None:
        """Cut the line from the machine's side."""


class EchoOnPty:
    """A serial device whose machine sends back what it gets."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.opener: Opener = SerialOpener(SerialSpec(str(device.path)))

    def vanish(self) -> None:
        self.device.pull()

    async def echo(self) -> None:
        """Send back until cancelled."""
        while True:
            with contextlib.suppress(AssertionError, TimeoutError):
                await self.device.say(await self.device.heard(1))
            await asyncio.sleep(0)


class EchoGuest:
    """A fake server with the echo guest."""

    def __init__(self) -> None:
        self._opener = EmulatedOpener(EmulatedSpec("echo", speed="max"), "echo")
        self.opener: Opener = self._opener

    def vanish(self) -> None:
        self._opener.fake.unplug()


@contextlib.asynccontextmanager
async def serial(tmp_path: Path) -> AsyncIterator[Machine]:
    async with plugged(tmp_path / "tty") as device:
        machine = EchoOnPty(device)
        echo = asyncio.create_task(machine.echo())
        yield machine
        echo.cancel()
        await asyncio.gather(echo, return_exceptions=True)


@contextlib.asynccontextmanager
async def emulated(_tmp_path: Path) -> AsyncIterator[Machine]:
    machine = EchoGuest()
    yield machine
    await machine.opener.close()


KINDS: dict[type, Callable[[Path], AbstractAsyncContextManager[Machine]]] = {
    SerialSpec: serial,
    EmulatedSpec: emulated,
}


@pytest.fixture(params=KINDS.values(), ids=lambda kind: kind.__name__)
async def machine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Machine]:
    async with request.param(tmp_path) as machine:
        yield machine


@pytest.fixture
def got() -> Collector:
    return Collector()


@pytest.fixture
async def line(machine: Machine, got: Collector) -> AsyncIterator[Line]:
    line = await machine.opener.open(got)
    yield line
    await line.close()


def test_every_kind_is_in_this_suite() -> None:
    """A kind that is added comes here too."""
    assert KINDS.keys() == OPENERS.keys()


async def test_echo(line: Line, got: Collector) -> None:
    """What is written reaches the machine, and what it says reaches the receiver."""
    line.write(b"ping \xff\x00\r\n")
    assert await got.until(9) == b"ping \xff\x00\r\n"


async def test_pause_holds_back_and_resume_lets_go(line: Line, got: Collector) -> None:
    """While paused nothing is received; afterwards all of it is. Both may be said twice."""
    line.pause()
    line.pause()
    line.write(b"held")
    await asyncio.sleep(0.05)
    assert got.data == b""
    line.resume()
    line.resume()
    assert await got.until(4) == b"held"


async def test_loss_is_told_once_in_words(machine: Machine, line: Line, got: Collector) -> None:
    """The machine's end of the line is told to the receiver, and whoever drains is released."""
    machine.vanish()
    await eventually(lambda: got.losses)
    await line.drain()
    line.write(b"nobody there")
    await asyncio.sleep(0.02)
    assert len(got.losses) == 1
    assert got.losses[0]


async def test_our_own_end_is_no_loss(line: Line, got: Collector) -> None:
    """Close and abort say nothing, may be repeated, and leave a line that takes bytes in silence."""
    await line.close()
    await line.close()
    line.abort()
    line.write(b"too late")
    await line.drain()
    assert got.losses == []


async def test_an_opener_opens_again(machine: Machine, got: Collector) -> None:
    """A line ends; its opener does not."""
    for number in range(3):
        line = await machine.opener.open(got)
        line.write(b"%d" % number)
        await got.until(number + 1)
        await line.close()
    assert got.data == b"012"
