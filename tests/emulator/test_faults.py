"""What a fake can be told to suffer, seen by a program that has its PTY open."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.emulator import pty
from consolesvc.emulator.faults import FAULTS, Garble
from consolesvc.emulator.guests import GuestOptions, make_guest
from consolesvc.emulator.pty import FakeServer
from tests.emulator.test_pty import Plugged, opened
from tests.lines.devices import eventually


@contextlib.contextmanager
def fake(guest: str, *, rate: float = 10, baud: int | None = None) -> Iterator[FakeServer]:
    """A started fake server."""
    made = FakeServer("f", make_guest(guest, GuestOptions(name="f", rate=rate)), baud=baud)
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def test_unplug_takes_the_cable_away_for_a_while() -> None:
    """The path is gone, then there is another one, with the same guest behind it."""
    with fake("echo") as server:
        with opened(server) as program:
            server.suffer("unplug", 0.1)
            assert server.path is None
            with pytest.raises(OSError, match="Input/output"):
                os.write(program.fd, b"x")
        await eventually(lambda: server.path is not None, patience=1)
        with opened(server) as program:
            os.write(program.fd, b"back")
            await eventually(lambda: program.read() == b"back")


async def test_a_cable_without_a_pty_is_plugged_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of descriptors when the fault ends: it comes back once there is one."""
    monkeypatch.setattr(pty, "AGAIN", 0.05)
    with fake("echo") as server:
        server.suffer("unplug", 0.05)
        with monkeypatch.context() as broken:
            broken.setattr(os, "openpty", no_pty)
            await asyncio.sleep(0.15)
            assert (server.path, server.suffers) == (None, None)
        await eventually(lambda: server.path is not None, patience=1)


def no_pty() -> None:
    """What `openpty` does where there is none."""
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_hang_stops_both_ways_and_loses_nothing() -> None:
    """What is typed meanwhile is answered afterwards; no turn of the loop is spent on it."""
    with fake("echo") as server, opened(server) as program:
        server.suffer("hang", 60)
        os.write(program.fd, b"anyone?")
        await asyncio.sleep(0.2)
        assert program.read() == b""
        assert server._timer is None
        server.recover()
        await eventually(lambda: program.read() == b"anyone?")


async def test_a_hang_ends_by_itself() -> None:
    """When its time is over."""
    with fake("echo") as server, opened(server) as program:
        begun = time.monotonic()
        server.suffer("hang", 0.3)
        os.write(program.fd, b"anyone?")
        await eventually(lambda: program.read() == b"anyone?")
        assert time.monotonic() - begun >= 0.3


async def test_a_hung_machine_falls_silent() -> None:
    """Chatter stops, and goes on with its next number."""
    with fake("chatter", rate=200) as server, opened(server) as program:
        await eventually(lambda: len(program.read()) > 640)
        server.suffer("hang", 60)
        size = len(program.read())
        await asyncio.sleep(0.15)
        assert len(program.read()) == size
        server.recover()
        await eventually(lambda: len(program.read()) > size + 6400, patience=2)
        numbers = [int(line.split()[1]) for line in program.data.splitlines()[:-1]]
        assert numbers == list(range(len(numbers)))


async def test_silence_loses_what_is_said_and_not_what_is_typed() -> None:
    """The machine hears, and cannot be heard."""
    with fake("echo") as server, opened(server) as program:
        server.suffer("silence", 0.15)
        os.write(program.fd, b"lost")
        await asyncio.sleep(0.2)
        os.write(program.fd, b"heard")
        await eventually(lambda: program.read() == b"heard", patience=1)


async def test_flood_is_faster_than_the_line_and_over_what_the_guest_says() -> None:
    """Far more than 9600 baud gives; afterwards the guest is what it was."""
    with fake("echo", baud=9600) as server, opened(server) as program:
        server.suffer("flood", 0.3)
        await eventually(lambda: server.suffers is None or not program.read(), patience=2)
        assert len(program.read()) > 50_000
        assert program.data.startswith(b"f 00000000 ")
        await drained(server, program)
        os.write(program.fd, b"guest")
        await eventually(lambda: program.read().endswith(b"guest"), patience=2)


async def test_a_flood_that_nobody_reads_piles_nothing_up() -> None:
    """It waits for its reader as all output does."""
    with fake("echo") as server:
        server.suffer("flood", 0.3)
        await asyncio.sleep(0.2)
        assert len(server._unsent) < 16 * 1024


async def test_garble_is_rubbish_and_the_same_for_the_same_seed() -> None:
    """As many bytes, others; two fakes with one seed say the same."""
    heard = []
    for seed in (7, 7, 8):
        with fake("echo") as server, opened(server) as program:
            server.suffer("garble", 5, seed)
            os.write(program.fd, bytes(64))
            await eventually(lambda program=program: len(program.read()) == 64)
            heard.append(program.data)
    assert heard[0] == heard[1] != heard[2]
    assert heard[0] != bytes(64)


@given(st.binary(max_size=9000), st.integers(0, 9000), st.integers(0, 100))
def test_garble_is_the_same_however_output_is_split(data: bytes, cut: int, seed: int) -> None:
    """Timing decides where output is cut; a test that runs twice must see the same rubbish."""
    whole, parts = Garble(seed), Garble(seed)
    assert whole.output(data) == parts.output(data[:cut]) + parts.output(data[cut:])


@pytest.mark.parametrize("guest", ["linux", "uboot"])
async def test_panic_reboots_after_its_time(guest: str) -> None:
    """From the login prompt too, where nobody typed anything; then the machine starts anew."""
    with fake(guest) as server, opened(server) as program:
        with pytest.raises(RuntimeError, match="no kernel runs"):
            server.panic(0.1)
        await eventually(lambda: b"Linux version" in program.read(), patience=20)
        size = len(program.read())
        server.panic(0.1)
        await eventually(lambda: b"Rebooting in 0.1 seconds.." in program.read()[size:])
        assert b"Kernel panic - not syncing" in program.data[size:]
        first_words = b"FakeBIOS" if guest == "linux" else b"U-Boot 20"
        await eventually(lambda: program.read()[size:].count(first_words) == 1)


async def test_a_guest_without_a_kernel_cannot_panic() -> None:
    """And says so."""
    with fake("switch") as server, pytest.raises(RuntimeError, match="no kernel that could panic"):
        server.panic(1)


@pytest.mark.parametrize("name", FAULTS)
async def test_one_fault_at_a_time_that_can_be_ended(name: str) -> None:
    """A second one is refused by the first one's name; `recover` ends it, and stopping the fake does."""
    with fake("chatter", rate=100) as server:
        server.suffer(name, 30)
        with pytest.raises(RuntimeError, match=f"{name} goes on for 30.0 s more"):
            server.suffer("hang", 1)
        server.recover()
        server.recover()
        with opened(server) as program:
            await eventually(lambda: b"The quick" in program.read())
        server.suffer(name, 30)
    assert (server.suffers, server._timer, server._health._timer) == (None, None, None)


async def drained(server: FakeServer, program: Plugged) -> None:
    """Read until the fake has nothing unsent."""
    await eventually(lambda: (program.read(), not server._unsent)[1], patience=15)
