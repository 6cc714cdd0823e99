"""The reconnecting object on a device that is pulled and plugged."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import resource
import termios
import time
from collections.abc import AsyncIterator
from contextvars import ContextVar
from pathlib import Path

import pytest

from consolesvc.config.linespec import EmulatedSpec, LineSettings, SerialSpec
from consolesvc.lines.base import Receiver
from consolesvc.lines.emulated import EmulatedOpener
from consolesvc.lines.reconnecting import ReconnectingLine
from consolesvc.lines.serial import SerialLine, SerialOpener
from consolesvc.subject import CONSOLE
from tests.lines.devices import Collector, Device, eventually


class Watched:
    """A reconnecting line and the states it went through."""

    def __init__(self, path: Path) -> None:
        self.got = Collector()
        self.states: list[str] = []
        self.line = ReconnectingLine(
            "node", SerialOpener(SerialSpec(str(path))), self.got, self._changed, read_limit=65536
        )

    @property
    def now(self) -> str:
        """The line's state."""
        return self.line.state

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
    await eventually(lambda: watched.line.state == "connected", patience=2)
    await device.say(b"hello")
    assert await watched.got.until(5) == b"hello"
    assert watched.states == ["opening", "waiting", "connected"]


async def test_its_words_are_about_its_console_and_not_about_who_started_it(device: Device) -> None:
    """A request that had a line opened is over when the line is lost: it must not stand in the log then."""
    asked: ContextVar[str] = ContextVar("asked", default="nobody")
    said: list[tuple[str, str]] = []
    opener = SerialOpener(SerialSpec(str(device.path)))
    line = ReconnectingLine(
        "node", opener, Collector(), lambda: said.append((CONSOLE.get(), asked.get())), read_limit=65536
    )
    asked.set("somebody")
    line.start()
    await eventually(lambda: line.state == "waiting")
    await line.close()
    assert said[0] == ("node", "nobody")


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
    await eventually(lambda: watched.line.state == "connected", patience=2)


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
    await asyncio.sleep(0.3)  # the thread of a cancelled open may be looking for who holds the device


async def test_a_lent_line_lets_go_and_comes_back_by_itself(device: Device, watched: Watched) -> None:
    """Another program can lock the device meanwhile; a retry does not end the loan, its time does."""
    device.plug()
    await eventually(lambda: watched.line.state == "connected")
    begun = time.time()
    await watched.line.lend(0.4)
    assert watched.now == "lent"
    assert watched.line.line is None
    until = time.strptime(watched.line.why.removeprefix("lent until "), "%H:%M:%S")
    assert abs(until.tm_sec - time.localtime(begun + 0.4).tm_sec) in (0, 1, 59)
    lock(device.path)
    watched.line.retry()
    await asyncio.sleep(0.2)
    assert watched.now == "lent"
    await eventually(lambda: watched.line.state == "connected", patience=2)
    await device.say(b"back")
    assert await watched.got.until(4) == b"back"
    assert watched.states[-4:] == ["connected", "lent", "opening", "connected"]


def lock(path: Path) -> None:
    """What a flasher does: open and lock; fails where somebody else has it."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(fd)


async def test_a_loan_can_be_changed_and_taken_back(device: Device, watched: Watched) -> None:
    """Without a time it lasts until it is taken back; lent again, the new time counts; not lent, nothing happens."""
    device.plug()
    await eventually(lambda: watched.line.state == "connected")
    watched.line.take_back()
    assert watched.now == "connected"
    await watched.line.lend(0.1)
    await watched.line.lend(None)
    assert watched.line.why == "lent until taken back"
    await asyncio.sleep(0.3)
    assert watched.now == "lent"
    watched.line.take_back()
    watched.line.take_back()
    await eventually(lambda: watched.line.state == "connected", patience=2)
    assert watched.line.opened == 2


async def test_a_line_that_is_away_can_be_lent(device: Device, watched: Watched) -> None:
    """Whatever its state: nothing is opened while it is lent, and close ends a loan as anything else."""
    await eventually(lambda: watched.line.state == "waiting")
    await watched.line.lend(30)
    device.plug()
    await asyncio.sleep(0.7)
    assert watched.now == "lent"
    await watched.line.close()
    assert watched.now == "closed"


async def test_the_same_adapter_under_another_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A by-id link that points to another tty after the replug is followed, and its settings are made anew."""
    number0, number1 = Device(tmp_path / "ttyUSB0"), Device(tmp_path / "ttyUSB1")
    link = tmp_path / "usb-FTDI_A10K"
    number0.plug()
    link.symlink_to(number0.path)
    got = Collector()
    spec = SerialSpec(str(link), LineSettings(9600))
    line = ReconnectingLine("node", SerialOpener(spec), got, lambda: None, read_limit=65536)
    line.start()
    await eventually(lambda: line.state == "connected")
    link.unlink()
    number0.pull()
    number1.plug()
    await eventually(lambda: line.state == "waiting")
    link.symlink_to(number1.path)
    await eventually(lambda: line.state == "connected", patience=2)
    await number1.say(b"same board")
    assert await got.until(10) == b"same board"
    fd = os.open(number1.path, os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(fd)[5] == termios.B9600
    os.close(fd)
    await line.close()
    number1.pull()
    assert "device unplugged" in caplog.text


async def test_two_names_of_one_device_are_refused_when_they_meet(tmp_path: Path) -> None:
    """Links that came to point to one tty after the configuration was read: the second line says what is wrong."""
    device = Device(tmp_path / "ttyUSB0")
    device.plug()
    links = [tmp_path / "by-id", tmp_path / "by-path"]
    lines = []
    for link in links:
        link.symlink_to(device.path)
        opener = SerialOpener(SerialSpec(str(link)))
        lines.append(ReconnectingLine(link.name, opener, Collector(), lambda: None, read_limit=65536))
        lines[-1].start()
        await eventually(lambda: lines[-1].state in ("connected", "waiting"))
    assert [line.state for line in lines] == ["connected", "waiting"]
    assert lines[1].why.startswith("held by consolesvc itself: two lines have ")
    for line in lines:
        await line.close()
    device.pull()


class Broken(SerialOpener):
    """An opener that has a fault when it is first asked."""

    tried = 0

    async def open(self, receiver: Receiver) -> SerialLine:
        self.tried += 1
        if self.tried == 1:
            raise ZeroDivisionError
        return await super().open(receiver)


async def test_a_fault_of_ours_does_not_end_a_console(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its traceback, and the line is tried again."""
    device.plug()
    line = ReconnectingLine("node", Broken(SerialSpec(str(device.path))), Collector(), lambda: None, read_limit=4096)
    line.start()
    await eventually(lambda: line.state == "waiting")
    assert line.why == "an error in consolesvc: see its log"
    assert "ZeroDivisionError" in caplog.text
    await eventually(lambda: line.state == "connected")
    await line.close()


async def test_a_fake_that_found_no_descriptor_comes_up_when_there_is_one() -> None:
    """Out of descriptors is said as what it is, tried again, and over when it is over."""
    opener = EmulatedOpener(EmulatedSpec("echo", speed="max"), "fake")
    got = Collector()
    line = ReconnectingLine("fake", opener, got, lambda: None, read_limit=4096)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, hard))  # noqa: PTH208 - a count
    try:
        line.start()
        await eventually(lambda: line.state == "waiting")
        assert line.why.startswith("no PTY for it: Too many open files")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    await eventually(lambda: line.state == "connected")
    await line.close()
