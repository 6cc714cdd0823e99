"""Waiting for what a console says, on a real PTY: whenever it comes, in whatever pieces."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from pathlib import Path

from consolesvc.config.operators import Log
from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.hearing import HEARINGS
from consolesvc.console.listening import PIECE, Listener
from consolesvc.console.patterns import compile_bounded
from consolesvc.console.waiting import LONGEST, Waited, wait_for
from consolesvc.log.directory import LogDirectory
from consolesvc.log.file import LogFile
from consolesvc.log.thread import LogThread
from tests.console.consoles import RING, running
from tests.lines.devices import Device, eventually


async def wait(console: Console, *patterns: str, since: int = 0, seconds: float = 5.0) -> Waited:
    return await wait_for(console, [compile_bounded(each) for each in patterns], Listener(console, since), seconds)


async def text_of(console: Console, *patterns: str, since: int = 0, seconds: float = 5.0) -> str:
    found = (await wait(console, *patterns, since=since, seconds=seconds)).found
    assert found is not None
    return found.text


async def test_what_was_said_before_counts_from_the_offset_on(console: Console, device: Device) -> None:
    """It is found without waiting, and only from there on."""
    await device.say(b"login: root\r\nlogin: ")
    await eventually(lambda: console.ring.end == 20)
    for since, start in ((0, 0), (1, 13)):
        waited = await wait(console, "login: ", since=since, seconds=0)
        assert waited.found is not None
        assert (waited.found.start, waited.found.end, waited.next) == (start, start + 7, start + 7)
    assert (await wait(console, "login: ", since=14, seconds=0)).found is None


async def test_what_comes_later_is_waited_for(console: Console, device: Device) -> None:
    """However small the pieces are, a sequence cut in two between them."""
    waiting = asyncio.create_task(wait(console, r"(?P<host>\w+) login: $"))
    await asyncio.sleep(0.05)
    for byte in b"\r\n\x1b[1mfake1\x1b[0m log\x1b[32min: ":
        await device.say(bytes([byte]))
        await asyncio.sleep(0.005)
    waited = await asyncio.wait_for(waiting, 5)
    found = waited.found
    assert found is not None
    assert (found.text, found.groups, found.named) == ("fake1 login: ", ("fake1",), {"host": "fake1"})
    assert (found.start, found.end) == (6, 28)
    assert console.ring.read(found.start, found.end - found.start) == b"fake1\x1b[0m log\x1b[32min: "


async def test_the_first_match_counts_whichever_pattern_it_is_of(console: Console, device: Device) -> None:
    """And of two at one place the first of the list."""
    await device.say(b"one two three")
    await eventually(lambda: console.ring.end == 13)
    for patterns, index in ((("three", "two"), 1), (("two th", "two"), 0), (("two", "two th"), 0), (("x", "o"), 1)):
        found = (await wait(console, *patterns, seconds=0)).found
        assert found is not None
        assert found.index == index, patterns


async def test_after_its_time_it_says_whence_to_go_on(console: Console, device: Device) -> None:
    """Where a match could still begin: what came in two halves, on either side of the timeout, is found."""
    await device.say(b"booting\r\nlog")
    begun = time.monotonic()
    waited = await wait(console, "login: ", seconds=0.2)
    assert 0.2 <= time.monotonic() - begun < 10
    assert (waited.found, waited.next) == (None, 0)
    await device.say(b"in: ")
    assert await text_of(console, "login: ", since=waited.next) == "login: "


async def test_lines_end_in_lf_and_dollar_is_before_it(console: Console, device: Device) -> None:
    """CR is no text, so `(?m)$` is a line's end; `$` alone is the end of what has been said."""
    await device.say(b"a\r\nb\r\n# ")
    await eventually(lambda: console.ring.end == 8)
    assert await text_of(console, "(?m)^b$", seconds=0) == "b"
    assert await text_of(console, "a\nb\n", seconds=0) == "a\nb\n"
    assert await text_of(console, r"# $", seconds=0) == "# "
    assert (await wait(console, "^b", seconds=0)).found is None
    assert await text_of(console, "^b", since=3, seconds=0) == "b"


async def test_a_piece_that_is_read_together_ends_no_match(console: Console, device: Device) -> None:
    """Text at hand is read on before a match at its end counts: where it is cut in reading decides nothing."""
    await device.say(b"x" * (PIECE - 3) + b"12345\r\n$ ")
    await eventually(lambda: console.ring.end == PIECE + 6)
    assert await text_of(console, r"\d+", seconds=0) == "12345"
    assert (await wait(console, r"123$", seconds=0)).found is None


async def test_the_end_of_what_was_said_is_not_in_its_middle(console: Console, device: Device) -> None:
    """However much was looked through before, and wherever a piece was cut: in a sequence, or behind CR."""
    for filler in (b"x", b"\x1b[1mx", b"x\r"):
        begin = console.ring.end
        await device.say((filler * (6 * PIECE))[: 6 * PIECE] + b"\r\n# ")
        await eventually(lambda begin=begin: console.ring.end == begin + 6 * PIECE + 4)
        waited = await wait(console, "[x#] ?$", since=begin, seconds=0)
        assert waited.found is not None
        assert (waited.found.text, waited.found.end) == ("# ", console.ring.end)


async def test_half_a_line_is_no_prompt(console: Console) -> None:
    """What ends where the output does counts once nothing follows; what cannot change counts at once."""
    waiting = asyncio.create_task(wait(console, "# $"))
    for part in (b"# ", b"/etc/fstab: static\r\n", b"host:~# "):
        await asyncio.sleep(0.05)
        console.received(part)
    waited = await asyncio.wait_for(waiting, 5)
    assert waited.found is not None
    assert waited.found.end == console.ring.end
    begun = time.monotonic()
    assert (await wait(console, "host:", seconds=5)).found is not None
    assert time.monotonic() - begun < 2


async def test_many_wait_at_one_text(console: Console) -> None:
    """Each from its own place on, whatever the others wait for; and nothing is kept once they are gone."""
    console.received(b"zero\r\n" + b"x" * (LONGEST - 2000) + b"\r\n")
    patterns = ("^one", "(?m)^t.*o$", "ne\ntwo", "(?s)zero.*three", "never")
    waits = [
        asyncio.create_task(wait(console, each, since=0 if "zero" in each else console.ring.end, seconds=3))
        for each in patterns
    ]
    await asyncio.sleep(0.1)
    for part in (b"o", b"ne\r", b"\nt\x1b[1", b"mwo\r\n", b"three\r\n"):
        console.received(part)
        await asyncio.sleep(0.05)
    ends = [waited.found.text[-9:] if waited.found else None for waited in await asyncio.gather(*waits)]
    assert ends == ["one", "two", "ne\ntwo", "two\nthree", None]
    assert console not in HEARINGS


async def test_a_match_may_be_long(console: Console, device: Device) -> None:
    """LONGEST bytes, however slowly they come; what is kept meanwhile is bounded."""
    lines = b"".join(b"line %06d\r\n" % number for number in range(20_000))
    size = LONGEST - 2000
    await device.say(lines[: 128 * 1024])
    begin = console.ring.end
    waiting = asyncio.create_task(wait(console, r"(?s)BEGIN.*END", since=0))
    await device.say(b"BEGIN" + b"y" * (size // 2))
    await asyncio.sleep(0.05)
    await device.say(b"y" * (size // 2) + b"END")
    found = (await asyncio.wait_for(waiting, 5)).found
    assert found is not None
    assert (found.start >= begin, found.end - found.start) == (True, size + 8)


async def test_a_flood_is_waited_through(console: Console, device: Device) -> None:
    """Megabytes go past, and the timeout comes although there is always more."""
    flood = asyncio.create_task(_flood(device))
    waited = await asyncio.wait_for(wait(console, "never said", since=console.ring.end, seconds=0.5), 5)
    flood.cancel()
    assert waited.found is None
    assert console.ring.end > RING


async def _flood(device: Device) -> None:
    while True:
        await device.say(b"0123456789abcdef" * 512)


async def test_a_line_lost_and_back_is_no_end(console: Console, device: Device) -> None:
    """The text goes on over it."""
    waiting = asyncio.create_task(wait(console, "login: "))
    await device.say(b"log")
    await eventually(lambda: console.ring.end == 3)
    device.pull()
    await eventually(lambda: not console.connected)
    device.plug()
    await eventually(lambda: console.connected)
    await device.say(b"in: ")
    assert (await asyncio.wait_for(waiting, 5)).found is not None


async def test_a_gap_is_told_and_nothing_matches_across_it(console: Console) -> None:
    """What the ring lost in one turn of the loop, and no log has, is gone; what stood on its sides does not join."""
    waiting = asyncio.create_task(wait(console, "login: ", seconds=0.5))
    await asyncio.sleep(0.05)
    console.received(b"log")
    await asyncio.sleep(0.05)
    console.received(b"-" * RING)
    console.received(b"in: " + b"+" * (RING - 4))
    waited = await waiting
    assert waited.found is None
    assert waited.gap == Gap(3, 3 + RING)
    console.received(b"login: ")
    waited = await wait(console, "login: ", since=0)
    assert (waited.found is not None, waited.gap) == (True, Gap(0, console.ring.end - RING))


async def test_what_the_ring_has_lost_is_read_from_the_log(tmp_path: Path, device: Device) -> None:
    """A wait from long ago finds what is on disk alone."""
    logs = LogDirectory(tmp_path / "logs", Log(min_free=0), LogThread())
    log = LogFile(logs, "node3", 4096)
    async with running(device, ring=4096, log=log) as console:
        await device.say(b"Kernel panic - not syncing: no init\r\n" + b"-" * 20_000)
        await eventually(lambda: console.ring.end == 20_037)
        waited = await wait(console, r"panic - (.*)", since=0, seconds=0)
        assert waited.found is not None
        assert (waited.found.groups, waited.gap) == (("not syncing: no init",), None)
    logs.thread.post(logs.close)
    await logs.thread.close(2)


async def test_a_wait_that_is_over_keeps_no_text(console: Console, device: Device) -> None:
    """It goes at once: the collector may not come for minutes."""
    await device.say(b"Welcome\r\n")
    await eventually(lambda: console.ring.end == 9)
    waiting = asyncio.create_task(wait(console, "never said", since=0, seconds=60))
    await eventually(lambda: console in HEARINGS)
    text = weakref.ref(HEARINGS[console].transcript)
    gc.collect()
    gc.disable()
    try:
        waiting.cancel()
        await asyncio.wait([waiting])
        del waiting
        await eventually(lambda: text() is None)
    finally:
        gc.enable()


async def test_a_closed_console_ends_a_wait(console: Console) -> None:
    """Nothing more can come."""
    waiting = asyncio.create_task(wait(console, "login: ", seconds=30))
    await asyncio.sleep(0.05)
    await console.close()
    assert (await asyncio.wait_for(waiting, 1)).found is None


async def test_it_may_begin_in_the_middle_of_a_sequence(console: Console, device: Device) -> None:
    """A wait that begins now is not fooled by the end of a colour."""
    await device.say(b"text \x1b[3")
    await eventually(lambda: console.ring.end == 8)
    waiting = asyncio.create_task(wait(console, r"^(.*)x", since=8))
    await device.say(b"1mabcx")
    found = (await asyncio.wait_for(waiting, 5)).found
    assert found is not None
    assert found.groups == ("abc",)
