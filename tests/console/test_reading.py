"""Reading at an offset; from disk it is tested with the log and with the API."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from consolesvc.console.console import Console
from consolesvc.console.events import Gap
from consolesvc.console.reading import read_at, read_text, until_news
from tests.compute.world import Absent


def console_with(said: bytes, ring: int = 4096) -> Console:
    """A console without a line whose machine has said this."""
    console = Console("node", Absent(), ring=ring, replay=1024)
    console.ring.append(said)
    return console


async def test_what_is_gone_is_a_gap() -> None:
    """The bytes begin at the oldest there is, and say what was skipped."""
    piece = await read_at(console_with(b"0123456789", ring=4), 2, 3)
    assert (piece.offset, piece.data, piece.end) == (6, b"678", 9)
    assert piece.gap(2) == Gap(2, 6)
    assert piece.gap(6) is None


async def test_until_news_is_woken_by_bytes_and_by_the_end() -> None:
    """By nothing else: a viewer that is woken is no news."""
    console = console_with(b"old")
    waiting = asyncio.create_task(until_news(console, 3, 5))
    await asyncio.sleep(0)
    console.wake()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    console.received(b"new")
    assert await asyncio.wait_for(waiting, 1)
    assert not await until_news(console, 6, 0.01)
    waiting = asyncio.create_task(until_news(console, 6, 5))
    await asyncio.sleep(0)
    await console.close()
    assert not await asyncio.wait_for(waiting, 1)


@settings(deadline=None, max_examples=60)
@given(st.one_of(st.binary(max_size=40), st.text(max_size=12).map(str.encode)), st.integers(1, 9))
def test_pages_of_text_are_the_bytes(said: bytes, limit: int) -> None:
    """Whatever the bytes and the limit: read on from the end of each, every byte comes once, and it ends."""

    async def read() -> bytes:
        console, got = console_with(said), b""
        while len(got) < len(said):
            piece = await read_text(console, len(got), limit)
            assert 0 < len(piece.data) <= limit
            got += piece.data
        return got

    assert asyncio.run(read()) == said


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=30), st.integers(4, 9))
def test_pages_of_whole_text_are_text(said: str, limit: int) -> None:
    """Where the bytes are UTF-8 and the limit holds a character, each page is UTF-8 of its own."""

    async def read() -> str:
        data = said.encode()
        console, offset, got = console_with(data), 0, ""
        while offset < len(data):
            piece = await read_text(console, offset, limit)
            got, offset = got + piece.data.decode(), piece.end
        return got

    assert asyncio.run(read()) == said
