"""What a serial line has beside its bytes: break, modem lines, counters, as far as PTYs and the kernel's layouts go."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import SerialSpec
from consolesvc.errors import LackError, LineLost
from consolesvc.lines.base import LineCounters, ModemLines
from consolesvc.lines.serial import SerialLine, SerialOpener
from consolesvc.lines.tty import Tty
from tests.lines.devices import Collector, Device, plugged


@pytest.fixture
async def device(tmp_path: Path) -> AsyncIterator[Device]:
    async with plugged(tmp_path / "ttyTEST0") as made:
        yield made


async def opened(device: Device, collector: Collector) -> SerialLine:
    return await SerialOpener(SerialSpec(str(device.path))).open(collector)


async def test_a_break_stops_nobody(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins, lasts and ends beside the loop, also when the wait for it is cancelled."""
    breaks: list[bool] = []
    monkeypatch.setattr(Tty, "set_break", lambda _self, *, on: breaks.append(on))
    line = await opened(device, Collector())
    line.lacks = frozenset()  # as if it were a UART
    ticks = 0
    breaking = asyncio.create_task(line.send_break(0.2))
    while not breaking.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert 10 <= ticks <= 30
    cut_short = asyncio.create_task(line.send_break(5))
    await asyncio.sleep(0.01)
    cut_short.cancel()
    await asyncio.gather(cut_short, return_exceptions=True)
    assert breaks == [True, False, True, False]
    await line.close()


async def test_a_device_that_goes_during_a_break_is_lost(device: Device) -> None:
    """The kernel's own break, which a PTY takes and does nothing with; its end is LineLost, nothing foreign."""
    collector = Collector()
    line = await opened(device, collector)
    line.lacks = frozenset()
    breaking = asyncio.create_task(line.send_break(0.2))
    await asyncio.sleep(0.05)
    device.pull()
    with pytest.raises(LineLost):
        await breaking
    with pytest.raises(LineLost):
        line.modem()
    await line.close()


async def test_what_a_pty_lacks_is_said(device: Device) -> None:
    """No break, no modem lines, no counters: declared, and an error in words."""
    line = await opened(device, Collector())
    assert line.lacks == {"break", "modem", "counters"}
    with pytest.raises(LackError, match="this line cannot send a break") as caught:
        await line.send_break(0.1)
    assert caught.value.ability == "break"
    await line.close()


def test_the_kernels_own_words_for_lines_and_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """TIOCMGET's bits and TIOCGICOUNT's twenty numbers are read as Linux lays them out."""
    master, slave = os.openpty()
    tty = Tty(SerialSpec(os.ttyname(slave)))
    os.close(slave)
    assert tty.counters() is None  # a PTY counts nothing
    with pytest.raises(OSError, match="Inappropriate ioctl"):
        tty.modem()
    answers = {
        termios.TIOCMGET: struct.pack("I", termios.TIOCM_DTR | termios.TIOCM_CTS | termios.TIOCM_CD),
        0x545D: struct.pack("20i", *range(20)),
    }
    real = fcntl.ioctl
    monkeypatch.setattr(fcntl, "ioctl", lambda fd, request, arg: answers.get(request) or real(fd, request, arg))
    assert tty.modem() == ModemLines(dtr=True, rts=False, cts=True, dsr=False, ri=False, cd=True)
    assert tty.counters() == LineCounters(rx=4, tx=5, frame=6, overrun=7, parity=8, brk=9, buf_overrun=10)
    monkeypatch.undo()
    tty.close()
    os.close(master)
