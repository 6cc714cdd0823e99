"""A console's log beside its ring, in a running service: floods, stops, broken disks, kills."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from consolesvc.config.operators import Log
from consolesvc.console.events import Gap
from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.log import beat
from consolesvc.log.index import read_index
from consolesvc.log.names import scan
from tests.lines.devices import eventually
from tests.proxy.world import BASE, World, closed, received, world

MIB = 1024 * 1024
KEEP_ALL = Log(keep=0, max_total=0, min_free=0)


def with_log(path: Path, **log: object) -> object:
    """A configuration that logs below `path`."""
    return dataclasses.replace(BASE, log=dataclasses.replace(KEEP_ALL, directory=path / "logs", **log))  # type: ignore[arg-type]  # fields by name


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, with_log(tmp_path)) as made:  # type: ignore[arg-type]  # a Config
        yield made


def logged(path: Path) -> bytes:
    """All bytes in the log of the one console."""
    directory = path / "logs"
    files = [segment.path for segment in scan(directory).get("node", [])]
    return b"".join(file.read_bytes() for file in [*files, directory / "node.log"])


async def test_everything_is_logged_though_nobody_watches(lab: World, tmp_path: Path) -> None:
    """Bytes, and only bytes; what happened is in the index."""
    await lab.said(b"boot\r\nlogin: ")
    await eventually(lambda: logged(tmp_path) == b"boot\r\nlogin: ", patience=3)
    lab.device.pull()
    await eventually(lambda: any(r.event == "lost" for r in read_index(tmp_path / "logs/node.index")), patience=2)
    assert logged(tmp_path) == b"boot\r\nlogin: "


async def test_what_happens_while_the_log_is_written_is_told_once(lab: World, tmp_path: Path) -> None:
    """The disk takes its time over bytes among which nothing had happened."""
    log, disk = lab.console.log, threading.Event()
    assert log is not None
    log.thread.post(disk.wait)
    await lab.said(b"before")
    await eventually(lambda: log.thread.waiting == 1)
    lab.console.note("mark", name="once")
    disk.set()
    await lab.said(b", after")
    await eventually(lambda: logged(tmp_path) == b"before, after")
    await log.thread.call(lambda: None)  # what is told is written behind the bytes
    assert [record.event for record in read_index(tmp_path / "logs/node.index")].count("mark") == 1


async def test_a_flood_while_the_log_rotates_every_mebibyte(tmp_path: Path) -> None:
    """50 MB through the line: the log is those bytes, and a viewer got them too."""
    flood = os.urandom(MIB) * 48
    async with world(tmp_path, with_log(tmp_path, segment_size=MIB)) as lab:  # type: ignore[arg-type]  # a Config
        viewer = Viewer(lab.console, 0)
        reading = asyncio.create_task(digest_of(viewer, len(flood)))
        await lab.device.say(flood)
        assert await reading == hashlib.sha256(flood).hexdigest()
        viewer.detach()
    assert len(list((tmp_path / "logs").glob("node-*.log"))) >= 47
    assert hashlib.sha256(logged(tmp_path)).hexdigest() == hashlib.sha256(flood).hexdigest()


async def digest_of(viewer: Viewer, size: int) -> str:
    """Read `size` bytes without a gap."""
    digest, got = hashlib.sha256(), 0
    while got < size:
        item = await viewer.next()
        assert isinstance(item, Chunk), item
        digest.update(item.data)
        got += len(item.data)
    return digest.hexdigest()


async def test_a_viewer_that_was_left_behind_reads_on_from_disk(lab: World) -> None:
    """Twenty rings later it has every byte: only what the log no longer holds is a gap."""
    viewer = Viewer(lab.console, 0)
    flood = os.urandom(MIB) * 20
    await lab.said(flood)
    assert lab.console.ring.start > 0
    assert await asyncio.wait_for(digest_of(viewer, len(flood)), 20) == hashlib.sha256(flood).hexdigest()
    assert viewer.lost == 0
    await lab.device.say(b"live")
    item = await viewer.next()
    assert isinstance(item, Chunk)
    assert item.data == b"live"


async def test_what_retention_has_removed_is_a_gap(tmp_path: Path) -> None:
    """From what is gone to the oldest byte on disk, exactly."""
    config = with_log(tmp_path, segment_size=64 * 1024, keep=2)
    async with world(tmp_path, config, ring=64 * 1024) as lab:  # type: ignore[arg-type]  # a Config
        viewer = Viewer(lab.console, 0)
        await lab.said(bytes(MIB))
        await eventually(lambda: lab.console.log.offset == MIB)
        gap = await viewer.next()
        assert isinstance(gap, Gap)
        assert (gap.start, gap.end) == (0, lab.console.oldest)
        assert gap.end == MIB - 3 * 64 * 1024
        await digest_of(viewer, MIB - gap.end)


async def test_offsets_go_on_over_a_restart(tmp_path: Path) -> None:
    """The same stream, the next byte, and the output of before for who attaches after."""
    async with world(tmp_path, with_log(tmp_path)) as lab:  # type: ignore[arg-type]  # a Config
        await lab.said(b"first life\r\n")
        stream = lab.console.stream
    async with world(tmp_path, with_log(tmp_path)) as lab:  # type: ignore[arg-type]  # a Config
        assert (lab.console.stream, lab.console.ring.end) == (stream, 12)
        await lab.said(b"second life\r\n")
        async with await lab.attach({"replay": "all"}) as ws:
            assert await received(ws, 25) == b"first life\r\nsecond life\r\n"
    assert logged(tmp_path) == b"first life\r\nsecond life\r\n"


@pytest.mark.usefixtures("lab")
async def test_a_second_process_on_the_same_logs_is_refused(tmp_path: Path) -> None:
    """Two writers would mix their bytes; the first is named."""
    config = tmp_path / "second.yaml"
    config.write_text(
        f"log: {{directory: {tmp_path}/logs}}\napi: {{listen: 127.0.0.1:0}}\nproxy: {{listen: 127.0.0.1:0}}\n"
    )
    serve = [sys.executable, "-m", "consolesvc", "serve", "--ephemeral", "--config", str(config)]
    done = await asyncio.to_thread(subprocess.run, serve, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert f"log folder {tmp_path}/logs is in use by consolesvc with pid {os.getpid()}" in done.stderr


async def test_a_folder_that_vanishes_is_said_once_and_begun_again(
    lab: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The console goes on; when there is a folder again, the log goes on at the right offset."""
    await lab.said(b"before|")
    await eventually(lambda: lab.console.log.offset == 7)
    lab.service.reopen_logs()
    shutil.rmtree(tmp_path / "logs")
    (tmp_path / "logs").write_text("no folder")
    await lab.said(b"meanwhile|")
    await eventually(lambda: lab.console.log.failing)
    async with await lab.attach() as ws:
        await lab.said(b"still relaying|")
        assert (await received(ws, 32)).endswith(b"still relaying|")
    (tmp_path / "logs").unlink()
    (tmp_path / "logs").mkdir()
    await eventually(lambda: not lab.console.log.failing, patience=5)
    await eventually(lambda: lab.console.log.offset == 32)
    assert logged(tmp_path) == b"meanwhile|still relaying|"
    assert next(read_index(tmp_path / "logs/node.index")).offset == 7
    assert sum("cannot be written" in record.getMessage() for record in caplog.records) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two mebibytes."""
    path = tmp_path / "logs"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small tmpfs needs root and the right to mount")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


async def test_a_full_disk_holds_nobody_and_is_a_gap(
    small_disk: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Full: said once, counted; viewers get every byte. Room again: the log goes on, the hole is in the index."""
    (small_disk / "ballast").write_bytes(bytes(1024 * 1024))
    async with world(tmp_path, with_log(tmp_path), ring=256 * 1024) as lab:  # type: ignore[arg-type]  # a Config
        viewer = Viewer(lab.console, 0)
        flood = os.urandom(MIB) * 6
        reading = asyncio.create_task(digest_of(viewer, len(flood)))
        await lab.device.say(flood)
        assert await asyncio.wait_for(reading, 20) == hashlib.sha256(flood).hexdigest()
        assert lab.console.log.failing == "No space left on device"
        (small_disk / "ballast").unlink()
        await eventually(lambda: not lab.console.log.failing, patience=5)
        await lab.said(b"after")
        await eventually(lambda: lab.console.log.offset == len(flood) + 5)
        viewer.detach()
        segments = scan(small_disk)["node"]
        before, after = segments[-1].path.read_bytes(), (small_disk / "node.log").read_bytes()
        head = next(read_index(small_disk / "node.index"))
        gaps = [(r.offset, r.facts["to"]) for r in read_index(small_disk / "node.index") if r.event == "gap"]
        assert flood.startswith(before)
        assert after == (flood + b"after")[head.offset :]
        assert gaps == [(len(before), head.offset)]
        assert lab.console.log.lost == head.offset - len(before)
    assert sum("cannot be written" in record.getMessage() for record in caplog.records) == 1


async def test_quiet_consoles_hold_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some seconds after the last byte the files are closed, and opened again for the next."""
    monkeypatch.setattr("consolesvc.log.beat.IDLE", 0.2)
    async with world(tmp_path, with_log(tmp_path)) as lab:  # type: ignore[arg-type]  # a Config
        await lab.said(b"a")
        await eventually(lambda: lab.console.log.offset == 1)
        await eventually(lambda: not lab.console.log.file.is_open)
        await lab.said(b"b")
        await eventually(lambda: logged(tmp_path) == b"ab")


async def test_a_server_may_go_without_a_log(tmp_path: Path) -> None:
    """`log: false` on a server: nothing of it on disk."""
    async with world(tmp_path, with_log(tmp_path), log=False) as lab:  # type: ignore[arg-type]  # a Config
        await lab.said(b"secret")
        async with await lab.attach() as ws:
            assert await received(ws, 6) == b"secret"
            await lab.service.stop()
            assert (await closed(ws))[0] == 1001
    assert list((tmp_path / "logs").glob("node*")) == []


async def test_a_console_that_never_speaks_holds_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are closed as those of one that has fallen silent are."""
    monkeypatch.setattr(beat, "IDLE", 0.2)
    async with world(tmp_path, with_log(tmp_path)) as lab:  # type: ignore[arg-type]  # a Config
        await eventually(lambda: not lab.console.log.file.is_open)
        await lab.said(b"first word")
        await lab.flushed()
        assert logged(tmp_path) == b"first word"
