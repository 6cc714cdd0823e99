"""The reconnecting object on a device that is pulled and plugged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import SerialSpec
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.lines.serial import SerialOpener
from tests.lines.devices import Collector, Device, eventually


class Watched:
    """A reconnecting line and the states it went through."""

    def __init__(self, path: Path) -> None:
        self.got = Collector()
        self.states: list[str] = []
        self.line = ReconnectingLine(
            "node", SerialOpener(SerialSpec(str(path))), self.got.received, self._changed, read_limit=65536
        )

    def _changed(self) -> None:
        state = self.line.state
        if not self.states or self.states[-1] != state:
            self.states.append(state)


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    device = Device(tmp_path / "ttyUSB0")
    yield device
    device.pull()


@pytest.fixture
async def watched(device: Device) -> AsyncIterator[Watched]:
    watched = Watched(device.path)
    watched.line.start()
    yield watched
    await watched.line.close()
    assert watched.line.state == "closed"


async def test_waits_for_a_device_and_opens_it_within_a_second(device: Device, watched: Watched) -> None:
    """Absent at the start is a state with a reason, not an end."""
    await eventually(lambda: watched.line.state == "waiting")
    assert watched.line.why == "no such device: waiting for it"
    device.plug()
    await eventually(lambda: watched.line.state == "connected", patience=1.0)
    await device.say(b"hello")
    assert await watched.got.until(5) == b"hello"
    assert watched.states == ["opening", "waiting", "connected"]


async def test_comes_back_after_each_unplug_with_every_drained_byte_once(device: Device, watched: Watched) -> None:
    """Pulled and plugged again and again: what was read before each pull is there, once, in order."""
    device.plug()
    expected = b""
    for number in range(5):
        await eventually(lambda: watched.line.state == "connected")
        words = f"life {number};".encode()
        expected += words
        await device.say(words)
        assert await watched.got.until(len(expected)) == expected
        device.pull()
        await eventually(lambda: watched.line.state == "waiting")
        device.plug()
    await eventually(lambda: watched.line.state == "connected")
    assert watched.line.opened == 6


async def test_the_first_failure_is_a_warning_and_its_repeats_are_not(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """A device that is away for a weekend fills no log."""
    caplog.set_level(logging.DEBUG, "consolesvc.lines.reconnecting")
    await eventually(lambda: len(caplog.records) >= 3)
    assert [record.levelno for record in caplog.records[:3]] == [logging.WARNING, logging.DEBUG, logging.DEBUG]
    assert "no such device: waiting for it" in caplog.records[0].getMessage()
    assert watched.states == ["opening", "waiting"]


async def test_retry_does_not_wait(device: Device, watched: Watched) -> None:
    """USR1: now, not at the next look."""
    await eventually(lambda: watched.line.state == "waiting")
    await asyncio.sleep(0.05)
    device.plug()
    watched.line.retry()
    await eventually(lambda: watched.line.state == "connected", patience=0.3)


async def test_closing_while_opening_or_waiting_leaves_nothing(device: Device) -> None:
    """Whatever it is doing, close ends it; leaks are checked after each test."""
    device.plug()
    for turns in (0, 1, 2, 3, 10):
        watched = Watched(device.path)
        watched.line.start()
        for _ in range(turns):
            await asyncio.sleep(0.001)
        await watched.line.close()
        assert watched.line.state == "closed"
        assert watched.line.line is None
