"""The fast path: what reaches a viewer that has had everything is what its task would have given it, at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolesvc.config.linespec import UnixSpec
from consolesvc.console.console import Console
from consolesvc.console.events import Event
from consolesvc.console.express import Parts
from consolesvc.console.flow import PENANCE
from consolesvc.console.utf8 import UNFINISHED_WAIT, unfinished
from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.lines.unix import UnixOpener
from tests.lines.devices import eventually

RING = 4096


class Pipe:
    """A way out that keeps what it is given, and can be full."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.clear = True

    def send(self, parts: Parts, size: int) -> bool:
        """Take a message; the parts are valid only now."""
        message = b"".join(parts)
        assert len(message) == size
        self.messages.append(message)
        return self.clear


class Reader:
    """A viewer with a task that takes what does not come by the fast path, into the same pipe."""

    def __init__(self, console: Console) -> None:
        self.viewer = Viewer(console, console.ring.end)
        self.pipe = Pipe()
        self.events: list[str] = []
        self.viewer.way = self.pipe
        self.task = asyncio.create_task(self._take())

    async def _take(self) -> None:
        while True:
            item = await self.viewer.next()
            if isinstance(item, Chunk):
                self.pipe.messages.append(item.data)
            elif isinstance(item, Event):
                self.events.append(item.text)

    async def boards(self) -> None:
        """Wait until it has had everything and takes the fast path."""
        await eventually(lambda: self.viewer in self.viewer.console.express)

    async def end(self) -> None:
        self.viewer.detach()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    made = Console("node", UnixOpener(UnixSpec(str(tmp_path / "none.sock"))), ring=RING, replay=0)
    yield made
    await made.close()


@pytest.fixture
async def reader(console: Console) -> AsyncIterator[Reader]:
    made = Reader(console)
    yield made
    await made.end()


async def test_output_is_there_before_the_loop_turns(console: Console, reader: Reader) -> None:
    """No task is woken: the message has left when the line's call returns."""
    await reader.boards()
    console.received(b"boot\r\n")
    assert reader.pipe.messages == [b"boot\r\n"]
    assert (reader.viewer.offset, reader.viewer.received) == (6, 6)


async def test_a_full_way_goes_on_by_its_task(console: Console, reader: Reader) -> None:
    """What was taken is not sent again, what comes after is not lost, and once it is clear the fast path goes on."""
    await reader.boards()
    reader.pipe.clear = False
    console.received(b"one|")
    console.received(b"two|")
    assert reader.pipe.messages == [b"one|"]
    await eventually(lambda: reader.pipe.messages == [b"one|", b"two|"])
    reader.pipe.clear = True
    console.received(b"three|")
    await reader.boards()
    console.received(b"four")
    assert b"".join(reader.pipe.messages) == b"one|two|three|four"


async def test_an_event_keeps_its_place_between_bytes(console: Console, reader: Reader) -> None:
    """The viewer's task tells it before the bytes that came after it."""
    await reader.boards()
    console.received(b"before")
    reader.viewer.tell("something happened")
    assert reader.viewer not in console.express
    console.received(b"after")
    await eventually(lambda: reader.events == ["something happened"])
    await eventually(lambda: reader.pipe.messages == [b"before", b"after"])


async def test_an_unfinished_character_is_held_and_then_given_up(console: Console, reader: Reader) -> None:
    """As on the slow path (DESIGN 5.4): until its rest comes, or for 100 ms."""
    await reader.boards()
    word = "größe 漢".encode()
    console.received(word[:-1])
    assert reader.pipe.messages == [word[:-3]]
    console.received(word[-1:])
    assert reader.pipe.messages == [word[:-3], word[-3:]]
    begun = asyncio.get_running_loop().time()
    console.received(b"\xe6\xbc")
    assert len(reader.pipe.messages) == 2
    await eventually(lambda: reader.pipe.messages[2:] == [b"\xe6\xbc"])
    assert asyncio.get_running_loop().time() - begun >= UNFINISHED_WAIT * 0.9
    assert reader.viewer in console.express


async def test_who_leaves_with_half_a_character_held_loses_nothing(console: Console, reader: Reader) -> None:
    """The task takes over the held bytes as well."""
    await reader.boards()
    console.received(b"x\xe6\xbc")
    reader.viewer.tell("look")
    console.received(b"\xa2y")
    await eventually(lambda: b"".join(reader.pipe.messages) == "x漢y".encode())


async def test_penance_is_done_while_one_keeps_up(console: Console, reader: Reader) -> None:
    """A viewer that was left behind once holds the line again, after ten seconds, though it never lagged meanwhile."""
    await reader.boards()
    now = asyncio.get_running_loop().time()
    reader.viewer.hold.left_behind = now - PENANCE - 1
    console.express.leave(reader.viewer)
    assert reader.viewer.hold.left_behind is None


@given(
    st.lists(
        st.one_of(
            st.text(alphabet="aé漢🌍", min_size=1, max_size=6).map(str.encode),
            st.binary(min_size=1, max_size=6),
            st.sampled_from(["full", "clear", "event", "turn"]),
        ),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_every_byte_once_in_order_whatever_happens(steps: list[bytes | str]) -> None:
    """Two readers, one of them full at times: both get the stream, and no message of the quick one cuts a character."""

    async def run() -> None:
        console = Console("node", UnixOpener(UnixSpec("/nonexistent/node.sock")), ring=RING, replay=0)
        readers = [Reader(console), Reader(console)]
        said, begun = b"", asyncio.get_running_loop().time()
        for step in steps:
            if isinstance(step, bytes):
                console.received(step)
                said += step
            elif step == "event":
                readers[0].viewer.tell("look")
            elif step == "turn":
                await asyncio.sleep(0.001)
            else:
                readers[1].pipe.clear = step == "clear"
        await eventually(lambda: all(b"".join(reader.pipe.messages) == said for reader in readers))
        # A host that pauses for so long makes any character look unfinished.
        if _is_utf8(said) and asyncio.get_running_loop().time() - begun < UNFINISHED_WAIT:
            assert not any(unfinished(message) for message in readers[0].pipe.messages)
        for reader in readers:
            await reader.end()
        await console.close()

    asyncio.run(run())


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
