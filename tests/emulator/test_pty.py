"""A fake server's PTY: line speed, cable, power."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import AsyncIterator, Iterator

import pytest

from consolesvc.emulator.guests import GuestOptions, make_guest
from consolesvc.emulator.guests.echo import EchoGuest
from consolesvc.emulator.pty import FakeServer
from tests.lines.devices import eventually


class Plugged:
    """What a program sees that has a fake's slave open."""

    def __init__(self, fake: FakeServer) -> None:
        assert fake.path is not None
        self.fd = os.open(fake.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.data = b""

    def read(self) -> bytes:
        """All that came so far."""
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self.fd, 65536):
                self.data += chunk
        return self.data


@pytest.fixture
async def chatter() -> AsyncIterator[FakeServer]:
    fake = FakeServer("c", make_guest("chatter", GuestOptions(name="c", rate=0)), baud=115200)
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
async def echo() -> AsyncIterator[FakeServer]:
    fake = FakeServer("e", make_guest("echo", GuestOptions(name="e")))
    fake.start()
    yield fake
    fake.stop()


@contextlib.contextmanager
def opened(fake: FakeServer) -> Iterator[Plugged]:
    """A program that has the fake's slave open."""
    program = Plugged(fake)
    try:
        yield program
    finally:
        os.close(program.fd)


async def test_a_line_has_its_speed(chatter: FakeServer) -> None:
    """115200 baud is 11520 bytes a second, however fast the guest could talk and the program read."""
    with opened(chatter) as program:
        program.read()
        begun = asyncio.get_running_loop().time()
        before = len(program.data)
        await eventually(lambda: asyncio.get_running_loop().time() - begun >= 1.0 and bool(program.read()))
        elapsed = asyncio.get_running_loop().time() - begun
        rate = (len(program.read()) - before) / elapsed
    # Never faster. On a busy host slower: what the clock has passed by is not made up for.
    assert 0.4 * 11520 < rate < 1.2 * 11520 + 4096 / elapsed


@pytest.mark.parametrize("baud", [110, 300, 9600])
async def test_slow_lines_move(baud: int) -> None:
    """Also where a hundredth of a second is less than a byte."""
    fake = FakeServer("c", make_guest("chatter", GuestOptions(name="c", rate=0)), baud=baud)
    fake.start()
    with opened(fake) as program:
        await eventually(lambda: len(program.read()) >= 5)
    fake.stop()


async def test_a_reader_that_stops_stops_the_guest(chatter: FakeServer) -> None:
    """Nothing piles up behind a PTY that nobody reads."""
    await asyncio.sleep(1.0)
    assert len(chatter._unsent) < 16 * 1024


async def test_echo_of_more_than_the_buffers_hold(echo: FakeServer) -> None:
    """A megabyte in, the same megabyte out: full buffers stop the writer, and lose nothing."""
    data = bytes(range(256)) * 4096
    with opened(echo) as program:
        left = memoryview(data)
        while left:
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(program.fd, left) :]
            await asyncio.sleep(0)
            if len(program.read()) > len(data):
                break
        await eventually(lambda: len(program.read()) >= len(data), patience=20)
        assert program.data == data


async def test_the_slave_is_a_raw_terminal_of_24_by_80(echo: FakeServer) -> None:
    """Programs that set nothing see bytes as they are, and a size that is not 0 by 0."""
    with opened(echo) as program:
        lflag = termios.tcgetattr(program.fd)[3]
        assert lflag & (termios.ECHO | termios.ICANON | termios.ISIG) == 0
        assert os.get_terminal_size(program.fd) == (80, 24)


async def test_unplug_hangs_up_and_the_guest_lives_on(echo: FakeServer) -> None:
    """The cable goes, not the machine; plugged again there is a new path."""
    with opened(echo) as program:
        echo.unplug()
        assert echo.path is None
        await asyncio.sleep(0.02)
        with pytest.raises(OSError, match="Input/output error"):
            os.write(program.fd, b"x")
    assert echo.guest.powered
    echo.plug()
    with opened(echo) as program:
        os.write(program.fd, b"back")
        await eventually(lambda: program.read() == b"back")


async def test_what_is_said_into_a_pulled_cable_is_gone() -> None:
    """As on a real line: the guest talks on, and nobody gets it later."""
    fake = FakeServer("c", make_guest("chatter", GuestOptions(name="c", rate=100)))
    fake.start()
    fake.unplug()
    await asyncio.sleep(0.5)
    fake.plug()
    with opened(fake) as program:
        await eventually(lambda: len(program.read()) >= 128)
        first = int(program.data.split()[1])
    fake.stop()
    assert first > 20


async def test_power_cycle_starts_from_cold(chatter: FakeServer) -> None:
    """Volatile state is gone, and what was unsent with it."""
    with opened(chatter) as program:
        await eventually(lambda: b"c 00000010" in program.read())
        size = len(program.read())
        chatter.power_cycle()
        await eventually(lambda: b"c 00000000" in program.read()[size:])


async def test_power_off_silences_the_machine_and_keeps_its_line(echo: FakeServer) -> None:
    """Whoever has the slave open keeps it, and hears the machine again once it is on."""
    with opened(echo) as program:
        path = echo.path
        echo.power_off()
        os.write(program.fd, b"lost")
        await asyncio.sleep(0.05)
        assert (echo.powered, program.read(), echo.path) == (False, b"", path)
        echo.power_on()
        os.write(program.fd, b"heard")
        await eventually(lambda: program.read() == b"heard")


class Quitter(EchoGuest):
    """A machine that switches itself off when it is told so."""

    def feed(self, data: bytes, now: float) -> bytes:
        self.powered = self.powered and data != b"q"
        return super().feed(data, now)


async def test_power_changes_are_told_whoever_made_them() -> None:
    """A switch from outside and a machine that switches itself off look the same."""
    fake = FakeServer("q", Quitter(GuestOptions(name="q")))
    told: list[bool] = []
    fake.power_changed = lambda: told.append(fake.powered)
    fake.power_on()
    assert told == []  # not started: there is nothing to switch on
    fake.start()
    fake.power_on()
    fake.power_cycle()
    assert told == [True, False, True]
    with opened(fake) as program:
        os.write(program.fd, b"q")
        await eventually(lambda: len(told) == 4)
    assert told[-1] is False
    fake.stop()


async def test_stop_is_final_and_may_be_repeated() -> None:
    """No timer, no task and no descriptor survives it."""
    fake = FakeServer("c", make_guest("chatter", GuestOptions(name="c", rate=0)))
    fake.stop()
    fake.start()
    fake.stop()
    fake.stop()
    assert not fake.guest.powered
    assert fake._timer is None
