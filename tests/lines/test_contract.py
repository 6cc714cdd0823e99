"""One suite over every kind of line; a kind says what it lacks, and a test skips by that, never by name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.errors import LackError, LineLost
from consolesvc.lines.base import Line, ModemLines
from consolesvc.lines.kinds import OPENERS
from tests.lines.devices import Collector, eventually
from tests.lines.machines import KINDS, Machine


@pytest.fixture(params=[kind for _, kind in KINDS], ids=lambda kind: kind.__name__)
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
    assert {spec for spec, _ in KINDS} == OPENERS.keys()


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
    line.write(b"alive")
    await got.until(5)
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


async def test_every_kind_waits_for_a_machine_that_is_held(line: Line) -> None:
    """All of these are holdable: on none is a byte lost while we do not read."""
    assert line.holdable


async def test_a_flood_arrives_whole(line: Line, got: Collector) -> None:
    """What the machine says in one go comes in order, in pieces that the receiver can take."""
    flood = b"".join(b"%07d\n" % number for number in range(4096))
    for start in range(0, len(flood), 1024):
        line.write(flood[start : start + 1024])
        await line.drain()
    assert await got.until(len(flood)) == flood
    assert max(got.pieces) <= got.read_limit


async def test_a_break_or_its_lack(line: Line, got: Collector) -> None:
    """A break passes without stopping the loop and without hurting the line, or its lack is declared and said."""
    if "break" in line.lacks:
        with pytest.raises(LackError, match="break"):
            await line.send_break(0.01)
    else:
        await line.send_break(0.05)
    line.write(b"still here")
    assert await got.until(10) == b"still here"


async def test_modem_lines_or_their_lack(line: Line) -> None:
    """They can be set and read, or their lack is declared and said."""
    if "modem" in line.lacks:
        with pytest.raises(LackError, match="modem"):
            line.modem()
        with pytest.raises(LackError, match="modem"):
            line.set_modem(dtr=True)
    else:
        line.set_modem(dtr=True, rts=None)
        assert isinstance(line.modem(), ModemLines)


async def test_counters_or_their_lack(line: Line) -> None:
    """Counters are there, or their lack is declared."""
    assert (line.counters() is None) == ("counters" in line.lacks)


async def test_a_line_that_has_ended_sends_no_break(line: Line) -> None:
    """Whatever it had, it has no more: in words, and never by a foreign exception."""
    await line.close()
    with pytest.raises((LackError, LineLost)):
        await line.send_break(0.01)
    assert line.counters() is None
