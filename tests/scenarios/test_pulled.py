"""A PTY pulled and replaced fifty times while somebody watches."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.scenarios.follower import Follower, follow
from tests.scenarios.ondisk import contents, pieces
from tests.scenarios.process import Running, eventually, read_until, service
from tests.scenarios.test_device import Device, device

pytestmark = pytest.mark.timeout(180)

TIMES = 50
BACK = 1.0
"""Seconds in which a device that comes back is open (DESIGN section 4)."""
RECORD, PIECE = 16, 4096


def test_what_was_read_before_each_pull_is_logged_once(tmp_path: Path) -> None:
    """Pulled after a drain: every byte of fifty plugs is in the log once, and one session saw them all."""
    with (
        device(tmp_path / "ttyUSB0") as port,
        service(tmp_path / "run", "--config", lab(tmp_path, port)) as running,
        running.viewer("node3", "&replay=0") as viewer,
    ):
        for number in range(TIMES):
            plug(port, running)
            os.write(port.master, b"plug %03d\n" % number * 100)
            read_until(viewer, b"plug %03d\n" % number * 100, 5)
            port.unplug()
            read_until(viewer, b"waiting]\r\n", 5)
        assert running.console("node3")["viewers"] == 1
        running.stop()
        assert contents(tmp_path / "logs", "node3") == b"".join(b"plug %03d\n" % n * 100 for n in range(TIMES))
        told = [record.get("event") for piece in pieces(tmp_path / "logs", "node3") for record in piece.records]
        assert told.count("lost") == TIMES


def test_a_pull_in_a_flood_leaves_a_true_prefix_of_each_plug(tmp_path: Path) -> None:
    """The kernel discards what was not read; what was is the beginning of what that plug said, and nothing between."""
    moments = random.Random()
    with device(tmp_path / "ttyUSB0") as port:
        with service(tmp_path / "run", "--config", lab(tmp_path, port)) as running:
            follower = follow(running, "node3", "&since=0")
            written = []
            for number in range(TIMES):
                plug(port, running, hurry=True)
                written.append(flood(port, number, moments.uniform(0.005, 0.05)))
                port.unplug()
                running.wait_for_line("node3", "waiting")
            end = running.console("node3")["end"]
            eventually("all of it seen", lambda: follower.next == end)
            assert running.console("node3")["viewers"] == 1
        follower.join()
    assert follower.gaps == []
    log = contents(tmp_path / "logs", "node3")
    assert seen(follower) == log
    plugs = [log[begin:end] for begin, end in itertools.pairwise(boundaries(tmp_path / "logs"))]
    assert len(plugs) == TIMES
    for number, (plug_log, size) in enumerate(zip(plugs, written, strict=True)):
        assert len(plug_log) <= size
        assert plug_log == said(number, len(plug_log)), f"plug {number}"
    assert sum(map(len, plugs)) > sum(written) / 2, "a flood was read, not thrown away"


def plug(port: Device, running: Running, *, hurry: bool = False) -> None:
    """Plug it in; the line is open in time. `hurry`: the service is told to look now."""
    port.plug()
    if hurry:
        running.signal(signal.SIGUSR1)
    running.wait_for_line("node3", "connected", BACK)


def flood(port: Device, number: int, seconds: float) -> int:
    """Say as much as is read in so many seconds; how much that was."""
    os.set_blocking(port.master, False)
    size, deadline, left = 0, time.monotonic() + seconds, b""
    while time.monotonic() < deadline:
        left = left or said(number, PIECE, size)
        with contextlib.suppress(BlockingIOError):
            taken = os.write(port.master, left)
            size, left = size + taken, left[taken:]
    return size


def said(number: int, size: int, begin: int = 0) -> bytes:
    """So many bytes of what a plug says, from a whole record on: each tells where it belongs."""
    first = begin // RECORD
    return b"".join(b"%03d%012d\n" % (number, first + index) for index in range(size // RECORD + 1))[:size]


def seen(follower: Follower) -> bytes:
    """All that came, in order."""
    return b"".join(data for _, data, _ in follower.chunks)


def boundaries(logs: Path) -> list[int]:
    """The offsets at which the index says that the line was lost, and the stream's beginning."""
    records = [record for piece in pieces(logs, "node3") for record in piece.records]
    return [0, *(record["offset"] for record in records if record.get("event") == "lost")]


def lab(folder: Path, port: Device) -> str:
    """One console on the device, its logs beside it."""
    file = folder / "lab.yaml"
    file.write_text(
        f"log: {{directory: {folder}/logs, segment_size: 1 MiB, keep: 0, min_free: 0}}\n"
        f"servers:\n  - {{name: node3, line: {{type: serial, device: {port.path}}}}}\n"
    )
    return str(file)
