"""The way in, on a real line whose machine reads when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from consolesvc.config.linespec import Pace, SerialSpec
from consolesvc.console.input import ROOM, InputPath, Typist
from consolesvc.lines.serial import SerialOpener
from tests.lines.devices import Collector, Device


@pytest.fixture
async def path(device: Device) -> AsyncIterator[InputPath]:
    way = InputPath("node")
    way.line = await SerialOpener(SerialSpec(str(device.path))).open(Collector())
    yield way
    await way.close()
    await way.line.close()


async def test_a_key_goes_out_at_once(device: Device, path: InputPath) -> None:
    """On a free line nothing waits and no task is made."""
    typist = Typist()
    path.write(typist, b"a")
    assert path._task is None
    assert typist.delivered == 1
    assert await device.heard(1) == b"a"


async def test_a_paste_arrives_whole_and_in_order(device: Device, path: InputPath) -> None:
    """A million bytes through a line that takes four thousand at a time."""
    typist = Typist()
    paste = bytes(range(256)) * 1024
    for start in range(0, len(paste), 5000):
        path.write(typist, paste[start : start + 5000])
    assert await device.heard(len(paste)) == paste
    assert typist.size == 0


async def test_one_viewer_overtakes_the_paste_of_another(device: Device, path: InputPath) -> None:
    """A ^C does not wait behind 100 kB that someone else pasted."""
    pasting, stopping = Typist(), Typist()
    path.write(pasting, b"p" * 100_000)
    await asyncio.sleep(0.05)
    path.write(stopping, b"\x03")
    got = await device.heard(100_001)
    assert got.index(b"\x03") < 20_000
    assert got.replace(b"\x03", b"") == b"p" * 100_000


async def test_room_is_given_when_less_than_the_limit_waits(device: Device, path: InputPath) -> None:
    """Full means wait; as the machine takes bytes, there is room again."""
    typist = Typist()
    path.write(typist, bytes(ROOM + 200_000))
    assert typist.full
    waiting = asyncio.create_task(typist.room())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await device.heard(200_000)
    await asyncio.wait_for(waiting, 5)
    assert typist.size < ROOM


async def test_what_waits_for_a_lost_line_is_dropped_and_counted(path: InputPath) -> None:
    """Nothing is kept for the line's return, and whose it was is known."""
    first, second = Typist(), Typist()
    path.write(first, b"1" * 50_000)
    path.write(second, b"2" * 10)
    await asyncio.sleep(0.05)
    dropped = path.drop()
    assert dropped[first] + first.delivered == 50_000
    assert first.size == second.size == 0


@pytest.mark.parametrize(
    ("pace", "paste", "least"),
    [("500 c/s", b"x" * 150, 0.25), ("20 lines/s", b"one\rtwo\r\nthree\nfour\n" + b"fi" * 2000 + b"ve\r", 0.2)],
)
async def test_a_paced_line_is_given_time(
    device: Device, path: InputPath, pace: str, paste: bytes, least: float
) -> None:
    """Characters or lines at the line's pace, whole and in order, and never all at once."""
    path.pace = Pace.parse(pace)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    path.write(Typist(), paste)
    assert await device.heard(len(paste)) == paste
    assert least * 0.8 <= loop.time() - begun < least + 1
    assert path._task is not None
    await path._task


async def test_a_paced_paste_is_overtaken(device: Device, path: InputPath) -> None:
    """Another viewer's key does not wait for the seconds that a paced paste takes."""
    path.pace = Pace(200, "c")
    pasting, stopping = Typist(), Typist()
    path.write(pasting, b"p" * 5000)
    await asyncio.sleep(0.05)
    path.write(stopping, b"\x03")
    begun = asyncio.get_running_loop().time()
    got = b""
    while b"\x03" not in got:
        got += await device.heard(1)
    assert asyncio.get_running_loop().time() - begun < 0.5
