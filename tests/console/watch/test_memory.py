"""What a watch knows of before: over a stop, a restart, a reload, with a log and without."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

from consolesvc.config.telling import Events
from consolesvc.log.history import last_events
from consolesvc.log.index import Record
from consolesvc.log.reader import LogReader
from tests.console.watch.watched import LINUX, LOGIN, PANIC, Told, offsets, recorded, watched
from tests.lines.devices import eventually
from tests.proxy.world import world


async def test_the_last_words_before_a_stop_are_recorded(tmp_path: Path) -> None:
    """Nobody looks any more, and the index has them."""
    async with watched(tmp_path) as (lab, _):
        await lab.said(PANIC)
    (panic,) = recorded(tmp_path, "panic")
    assert panic.offset == 2


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    """The boot, its login and what was told last come from the index; its login is no news, its next boot is one."""
    async with watched(tmp_path) as (lab, told):
        await lab.said(b"\r\nU-Boot 2024.01 (x)\r\n" + LINUX)
        await told.until("boot")
        boot = offsets(lab)
        before = [event.kind for event in lab.console.watch.memory.recent]
    async with watched(tmp_path) as (lab, told):
        memory = lab.console.watch.memory
        assert offsets(lab) == boot
        assert [event.kind for event in memory.recent] == before == ["boot"]
        await lab.said(LOGIN)
        (login,) = await told.until("login")
        assert 0 < login.facts["seconds"] < 20
        await lab.said(LOGIN)
    async with watched(tmp_path) as (lab, told):
        await lab.said(LOGIN + b"\r\n" + LINUX)
        await told.until("boot")
        assert len(lab.console.watch.memory.boots) == 2
        assert [event.kind for event in lab.console.watch.memory.recent] == ["boot", "login", "boot"]


async def test_a_restart_behind_much_output(tmp_path: Path) -> None:
    """However long the index is, its end has what was known at the stop; older boots are read when somebody asks."""
    async with watched(tmp_path) as (lab, told):
        for _ in range(3):
            await lab.said(LINUX + LOGIN)
            await eventually(lambda: lab.console.watch.offset == lab.console.ring.end)
        await told.until(*["boot", "login"] * 3)
        last = offsets(lab)
    index = tmp_path / "logs/node.index"
    head, *lines = index.read_bytes().splitlines(keepends=True)
    marks = b"".join(Record(1, 1000.0).line() for _ in range(2000))
    kept = [line for line in lines if b'"kept"' in line or b'"stop"' in line]
    assert len(kept) == 3
    index.write_bytes(head + b"".join(line for line in lines if line not in kept) + marks + b"".join(kept))
    async with watched(tmp_path) as (lab, _):
        memory = lab.console.watch.memory
        assert (len(memory.boots), offsets(lab)) == (1, last)
        await asyncio.gather(memory.recall(), memory.recall())
        assert len(memory.boots) == 3
        assert [boot.login is not None for boot in memory.boots.newest(9)] == [True] * 3
        assert offsets(lab) == last


async def test_log_boot_agrees(tmp_path: Path) -> None:
    """What `consolesvc log --boot` takes for a boot is what was recognised as one, to the byte."""
    from consolesvc.log.boots import find_boots  # noqa: PLC0415 - the other side of the comparison

    async with watched(tmp_path) as (lab, told):
        await lab.said(b"half a line, then a reset: [    0.000000] Linux version 5\r\n" + LOGIN)
        await lab.said(b"\r\nU-Boot 2024.01 (x)\r\n" + LINUX + LOGIN)
        await lab.said(b"\r\n" + LINUX)
        await told.until("boot", "login", "boot", "login", "boot")
        found = [event.offset for event in told.events if event.kind == "boot"]
        assert (found[0], told.events[0].facts["line"]) == (0, "Linux version 5")
    reader = LogReader(tmp_path / "logs", "node")
    assert find_boots(reader, 99) == found
    assert last_events(reader.segments[::-1], ("boot",), 1)[0].offset == found[-1]
    # And so it is where the index is lost, by the bytes alone.
    (tmp_path / "logs/node.index").unlink()
    assert find_boots(LogReader(tmp_path / "logs", "node"), 99) == found


async def test_other_events_by_a_reload(tmp_path: Path) -> None:
    """A pattern that is new counts from now on, and nobody's session ends for it."""
    async with watched(tmp_path) as (lab, told):
        ws = await lab.attach({"replay": "0"})
        console = lab.console
        config = lab.service.config
        (server,) = config.servers
        events = Events(panic=False, silence=0.5, patterns=(("fsck", "INCONSISTENCY"),))
        await lab.service.reload(dataclasses.replace(config, servers=(dataclasses.replace(server, events=events),)))
        assert lab.console is console
        await lab.said(PANIC + b"\x1b[31mUNEXPECTED\x1b[0m INCONSISTENCY\r\n")
        fsck, _ = await told.until("fsck", "silence")
        assert (fsck.text, fsck.offset) == ("node fsck: UNEXPECTED INCONSISTENCY", len(PANIC))
        assert not ws.closed
        await ws.close()


async def test_without_a_log_all_is_remembered_but_over_a_restart(tmp_path: Path) -> None:
    """A console that keeps nothing on disk."""
    async with world(tmp_path, log=False) as lab:
        told = Told(lab.console)
        await lab.said(LINUX + LOGIN)
        await told.until("boot", "login")
        await lab.console.watch.memory.recall()
        assert len(lab.console.watch.memory.boots) == 1
