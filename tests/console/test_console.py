"""The console and its viewers on a real PTY."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import re
import weakref

import pytest

from consolesvc.config.linespec import Pace, SerialSpec
from consolesvc.console import console as console_module
from consolesvc.console.attach import replay_start
from consolesvc.console.console import Console
from consolesvc.console.events import Event, Gap
from consolesvc.console.ring import Ring
from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.lines.serial import SerialOpener
from tests.console.consoles import RING, running
from tests.lines.devices import Device, eventually


async def read(viewer: Viewer, size: int) -> bytes:
    """The next `size` bytes, which come without events."""
    got = b""
    async with asyncio.timeout(10):
        while len(got) < size:
            item = await viewer.next()
            assert isinstance(item, Chunk), item
            assert item.offset == viewer.offset - len(item.data)
            got += item.data
    return got


async def event(viewer: Viewer) -> Event:
    """The next item, which is an event."""
    async with asyncio.timeout(5):
        item = await viewer.next()
    assert isinstance(item, Event), item
    return item


async def test_every_viewer_sees_every_byte(console: Console, device: Device) -> None:
    """Ten viewers, one stream, the same bytes."""
    viewers = [Viewer(console, 0) for _ in range(10)]
    words = bytes(range(256)) * 100
    reading = [asyncio.create_task(read(viewer, len(words))) for viewer in viewers]
    await device.say(words)
    assert await asyncio.gather(*reading) == [words] * 10
    assert console.ring.end == len(words)


async def test_output_before_the_first_viewer_is_there(console: Console, device: Device) -> None:
    """A console is open from the start, whether or not anyone watches."""
    await device.say(b"booting\r\nlogin: ")
    await eventually(lambda: console.ring.end == 16)
    assert await read(Viewer(console, 0), 16) == b"booting\r\nlogin: "


async def test_an_unfinished_character_waits_for_its_end(console: Console, device: Device) -> None:
    """A chunk ends between characters; the rest of one comes with the next."""
    viewer = Viewer(console, 0)
    await device.say("größe 漢".encode()[:-1])
    assert await read(viewer, 8) == "größe ".encode()
    await device.say("漢".encode()[-1:])
    assert await read(viewer, 3) == "漢".encode()


async def test_an_unfinished_character_is_not_held_for_long(console: Console, device: Device) -> None:
    """After 100 ms bytes that only look unfinished go out as they are: they may be Latin-1."""
    viewer = Viewer(console, 0)
    await device.say(b"\xe6\xbc")
    started = asyncio.get_running_loop().time()
    assert await read(viewer, 2) == b"\xe6\xbc"
    assert 0.09 < asyncio.get_running_loop().time() - started < 1


async def test_a_slow_viewer_has_a_gap_and_the_fast_one_has_not(console: Console, device: Device) -> None:
    """Who reads nothing while four rings go by is told which bytes it lost; the sum is exact."""
    slow, fast = Viewer(console, 0), Viewer(console, 0)
    size = 4 * RING
    reading = asyncio.create_task(read(fast, size))
    await device.say(bytes(size))
    assert len(await reading) == size
    gap = await slow.next()
    assert isinstance(gap, Gap)
    assert (gap.start, gap.end) == (0, console.ring.start)
    rest = await read(slow, size - gap.end)
    assert slow.lost + len(rest) == size


async def test_a_viewer_without_progress_holds_the_machine_once_and_briefly(console: Console, device: Device) -> None:
    """A dead viewer costs a quarter of a second, not a stop."""
    Viewer(console, 0)
    started = asyncio.get_running_loop().time()
    await device.say(bytes(8 * RING))
    await eventually(lambda: console.ring.end == 8 * RING)
    assert asyncio.get_running_loop().time() - started < 3


async def test_a_viewer_that_makes_progress_loses_nothing_to_a_flood(console: Console, device: Device) -> None:
    """The machine is held for it: sixteen rings through a viewer with pauses, every byte."""
    viewer = Viewer(console, 0)
    words = bytes(range(251)) * (16 * RING // 251)
    talk = asyncio.create_task(device.say(words))
    digest, got = hashlib.sha256(), 0
    while got < len(words):
        item = await viewer.next()
        assert isinstance(item, Chunk), item
        digest.update(item.data)
        got += len(item.data)
        await asyncio.sleep(0.01)
    await talk
    assert digest.digest() == hashlib.sha256(words).digest()


async def test_a_line_that_no_viewer_needs_held_is_read_on(console: Console, device: Device) -> None:
    """A viewer that held the line and leaves lets it go."""
    viewer = Viewer(console, 0)
    talk = asyncio.create_task(device.say(bytes(4 * RING)))
    await eventually(lambda: console.flow.held)
    viewer.detach()
    assert not console.flow.held
    await talk


async def test_lost_and_back_are_told_between_the_right_bytes(console: Console, device: Device) -> None:
    """What came before the loss is shown before it; offsets go on."""
    viewer = Viewer(console, 0)
    await device.say(b"last words")
    await eventually(lambda: console.ring.end == 10)
    device.pull()
    await eventually(lambda: console.reconnecting.state == "waiting")
    device.plug()
    await eventually(lambda: console.connected)
    await device.say(b"hello again")
    assert await read(viewer, 10) == b"last words"
    lost = await event(viewer)
    assert (lost.kind, lost.offset) == ("lost", 10)
    assert lost.text.startswith("node3 line lost ")
    assert lost.text.endswith(": device unplugged; waiting")
    back = await event(viewer)
    assert (back.kind, back.offset) == ("back", 10)
    assert back.text.startswith("node3 line back after ")
    assert await read(viewer, 11) == b"hello again"


async def test_an_unfinished_character_is_let_go_before_a_notice(console: Console, device: Device) -> None:
    """No notice stands between held-back bytes."""
    viewer = Viewer(console, 0)
    await device.say(b"x\xe6\xbc")
    await eventually(lambda: console.ring.end == 3)
    device.pull()
    await eventually(lambda: not console.connected)
    assert await read(viewer, 3) == b"x\xe6\xbc"
    assert (await event(viewer)).kind == "lost"


async def test_attaching_to_a_console_whose_line_is_down_says_so(console: Console, device: Device) -> None:
    """An empty screen has a reason."""
    device.pull()
    await eventually(lambda: "no such device" in console.reconnecting.why)
    told = await event(Viewer(console, 0))
    assert told.kind == "down"
    assert told.text == "node3 line is not open: no such device: waiting for it"


async def test_input_to_a_lost_line_is_refused_counted_and_told_once(console: Console, device: Device) -> None:
    """Nothing is kept for the line's return; after it, input goes through and a new loss is told anew."""
    viewer = Viewer(console, 0)
    device.pull()
    await eventually(lambda: console.reconnecting.state == "waiting")
    console.write(viewer, b"rm -rf /\r")
    console.write(viewer, b"again")
    device.plug()
    await eventually(lambda: console.connected)
    console.write(viewer, b"ls\r")
    assert await device.heard(3) == b"ls\r"
    assert viewer.refused == console.refused == 14
    kinds = [(await event(viewer)).kind for _ in range(3)]
    assert sorted(kinds) == ["back", "lost", "refused"]


async def test_a_paste_cut_by_the_loss_is_told(console: Console, device: Device) -> None:
    """What waited for the line when it went is counted as refused."""
    viewer = Viewer(console, 0)
    console.write(viewer, bytes(100_000))
    await asyncio.sleep(0.02)
    device.pull()
    await eventually(lambda: viewer.refused)
    assert viewer.refused + viewer.typist.delivered == 100_000
    assert (await event(viewer)).kind in ("refused", "lost")


async def test_what_was_typed_before_leaving_arrives(console: Console, device: Device) -> None:
    """A script that sends a command and disconnects has sent it."""
    viewer = Viewer(console, 0)
    console.write(viewer, b"z" * 20_000)
    viewer.detach()
    assert await device.heard(20_000) == b"z" * 20_000


async def test_waiters_are_independent(console: Console, device: Device) -> None:
    """Cancelling one that waits for output leaves the others waiting, and they get it."""
    viewers = [Viewer(console, 0) for _ in range(3)]
    waiting = [asyncio.create_task(viewer.next()) for viewer in viewers]
    await asyncio.sleep(0.01)
    waiting[0].cancel()
    await asyncio.sleep(0.01)
    await device.say(b"x")
    got = await asyncio.gather(*waiting[1:])
    assert [isinstance(item, Chunk) and item.data for item in got] == [b"x", b"x"]


@pytest.mark.parametrize(
    ("replay", "expected"),
    [(0, 15), (4, 11), (9, 10), (10, 5), (15, 5), (1000, 5), (None, 4)],
)
async def test_replay_starts_with_a_line(console: Console, replay: int | None, expected: int) -> None:
    """Of a tail of lines in a ring that lost its first bytes: from a line's start; `all` from the oldest byte."""
    console.ring = Ring(11)
    console.ring.append(b"line\nnext\nlast\n")
    assert (console.ring.start, console.ring.end) == (4, 15)
    assert await replay_start(console, replay) == expected


async def test_a_lent_line_is_told_with_its_end(console: Console, device: Device) -> None:
    """Viewers hear until when another program has the port, and that it is back; meanwhile input is refused."""
    viewer = Viewer(console, 0)
    await console.reconnecting.lend(0.3)
    told = await event(viewer)
    assert told.kind == "lost"
    assert re.fullmatch(r"node3 line lost [\d:]{8}: lent until [\d:]{8}", told.text)
    console.write(viewer, b"reboot\r")
    assert (await event(viewer)).kind == "refused"
    assert (await event(viewer)).kind == "back"
    await device.say(b"hello")
    assert await read(viewer, 5) == b"hello"


async def test_the_pace_of_a_line_is_its_consoles(device: Device) -> None:
    """`pace` of the line's spec is what input goes by."""
    spec = SerialSpec(str(device.path), pace=Pace(100, "c"))
    console = Console("node3", SerialOpener(spec), ring=RING, replay=0)
    assert console.input.pace == Pace(100, "c")
    await console.close()


async def test_a_closed_console_gives_its_memory_back(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever still refers to it; but who reads its last words has time to."""
    monkeypatch.setattr(console_module, "LEFT_TO_READ", 0.2)
    async with running(device) as console:
        await device.say(b"last words")
        await eventually(lambda: console.ring.end == 10)
    assert console.ring.read(0, 10) == b"last words"
    await eventually(lambda: console.ring.start == 10)


async def test_a_closed_console_is_left_to_no_collector(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it is made of knows it, but does not keep it; who is still attached does, and has it whole."""
    monkeypatch.setattr(console_module, "LEFT_TO_READ", 0.1)
    gc.collect()
    gc.disable()
    try:
        async with running(device) as console:
            await device.say(b"last words")
            viewer = Viewer(console, 0)
            assert await read(viewer, 10) == b"last words"
        known = [weakref.ref(each) for each in (console, console.watch, console.keyboard, console.flow)]
        await asyncio.sleep(0.3)
        assert console.keyboard.sharing is not None
        viewer.detach()
        del console, viewer
        await eventually(lambda: not any(each() for each in known))
    finally:
        gc.enable()
