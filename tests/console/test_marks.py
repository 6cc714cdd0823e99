"""Marks: names for places, as long as the place has a byte to show."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.operators import Log
from consolesvc.console.console import Console
from consolesvc.console.events import Event
from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.log.directory import LogDirectory
from consolesvc.log.file import LogFile
from consolesvc.log.index import read_index
from consolesvc.log.thread import LogThread
from tests.console.consoles import running
from tests.lines.devices import Device, eventually


@contextlib.asynccontextmanager
async def console(device: Device, logs: Path | None, ring: int = 4096) -> AsyncIterator[Console]:
    """A running console, with a log or without."""
    folder = None if logs is None else LogDirectory(logs, Log(min_free=0, segment_size=8192), LogThread())
    log = None if folder is None else LogFile(folder, "node3", ring)
    try:
        async with running(device, ring=ring, log=log) as console:
            yield console
    finally:
        if folder is not None:
            folder.thread.post(folder.close)
            await folder.thread.close(2)


async def say(console: Console, device: Device, size: int) -> None:
    end = console.ring.end + size
    await device.say(bytes(size))
    await eventually(lambda: console.ring.end == end)


async def names(console: Console) -> list[tuple[str, int]]:
    return [(mark.name, mark.offset) for mark in await console.marks.all()]


async def test_marks_are_told_and_written_down(device: Device, tmp_path: Path) -> None:
    """At the byte that comes next: to viewers, and to the log's index under their own name."""
    async with console(device, tmp_path) as node:
        viewer = Viewer(node, 0)
        await say(node, device, 10)
        mark = node.marks.set("tést 12 starts")
        await say(node, device, 5)
        assert (mark.offset, mark.stream) == (10, node.stream)
        items = [await viewer.next() for _ in range(3)]
        assert isinstance(items[1], Event)
        assert (items[1].offset, items[1].kind, items[1].text) == (10, "mark", "mark: t?st 12 starts")
        assert [item.data for item in items if isinstance(item, Chunk)] == [bytes(10), bytes(5)]
        viewer.detach()
    (record,) = (record for record in read_index(tmp_path / "node3.index") if record.event == "mark")
    assert (record.offset, record.facts) == (10, {"name": "tést 12 starts"})
    assert record.time == pytest.approx(mark.time, abs=1e-6)


async def test_they_survive_a_restart(device: Device, tmp_path: Path) -> None:
    """With their offset, stream and time; of two of one name the last one is found, and each is there once."""
    async with console(device, tmp_path) as node:
        first = [node.marks.set("a"), node.marks.set("b")]
        await say(node, device, 10)
        first.append(node.marks.set("a"))
        assert await node.marks.all() == first
    async with console(device, tmp_path) as node:
        node.marks.set("a")  # at the very byte where the last one was
        await say(node, device, 10)
        node.marks.set("c")
        assert await names(node) == [("a", 0), ("b", 0), ("a", 10), ("c", 20)]
        assert (await node.marks.all())[1].time == pytest.approx(first[1].time, abs=1e-6)
        found = await node.marks.find("a")
        assert found is not None
        assert (found.offset, found.stream) == (10, first[2].stream)
        assert await node.marks.find("d") is None
        await asyncio.sleep(0.3)  # written down by now
        assert len(await names(node)) == 4


async def test_one_on_disk_outlives_the_ring(device: Device, tmp_path: Path) -> None:
    """As long as its byte is there: in a segment that was rotated, too."""
    async with console(device, tmp_path) as node:
        node.marks.set("old")
        await say(node, device, 20_000)
        assert node.ring.start > 0
        assert await names(node) == [("old", 0)]


async def test_without_a_log_they_live_with_the_ring(device: Device) -> None:
    """And no longer."""
    async with console(device, None) as node:
        await say(node, device, 100)
        node.marks.set("here")
        await say(node, device, 4096)
        assert await names(node) == [("here", 100)]
        await say(node, device, 1)
        assert await names(node) == []
        assert await node.marks.find("here") is None


async def test_a_disk_that_fails_loses_no_mark_of_this_run(device: Device, tmp_path: Path) -> None:
    """Memory has them."""
    async with console(device, tmp_path / "logs") as node:
        node.marks.set("here")
        await asyncio.sleep(0.3)
        shutil.rmtree(tmp_path / "logs")
        (tmp_path / "logs").write_text("no folder")
        assert await names(node) == [("here", 0)]
