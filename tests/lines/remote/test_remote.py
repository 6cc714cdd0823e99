"""A console followed from another consolesvc: real services, cut apart, restarted, renumbered.

`host` has the machine, `hub` shows it. The way between them is a relay of the test's own, so that it can be cut.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from consolesvc.console.viewer import Chunk, Viewer
from consolesvc.lines.remotewords import AHEAD
from tests.lines.devices import eventually
from tests.lines.remote.lab import Lab, everything


async def test_the_same_bytes_under_the_same_numbers_both_ways(lab: Lab) -> None:
    """What was said before the hub came, what is said now, what is typed at the hub, and a break."""
    await lab.start_host()
    await lab.said(b"booting\r\n")
    await lab.start_hub()
    await lab.followed()
    await lab.said(b"login: ")
    await lab.followed()
    assert await everything(lab.here, 0) == b"booting\r\nlogin: "
    await eventually(lambda: lab.here.connected)
    viewer = Viewer(lab.here, lab.here.ring.end)
    lab.here.write(viewer, b"root\r")
    assert await lab.device.heard(5) == b"root\r"
    viewer.detach()


async def test_a_cut_loses_nothing(lab: Lab) -> None:
    """While the way is gone the host goes on; then the hub has every byte, at its number, and no gap."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"before|")
    await lab.followed()
    for relay in (lab.api, lab.proxy):
        relay.cut()
    await eventually(lambda: not lab.here.connected)
    assert "cut" in lab.here.reconnecting.why or "reach" in lab.here.reconnecting.why
    said = bytes(range(256)) * 4000
    await lab.said(said)
    for relay in (lab.api, lab.proxy):
        relay.mend()
    lab.here.reconnecting.retry()
    await lab.followed()
    assert await everything(lab.here, 0) == b"before|" + said
    assert lab.here.gaps == 0


async def test_a_restart_of_either_loses_nothing(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    """The hub goes on where its log ends, the host where its own does; offsets are the same throughout."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"one|")
    await lab.followed()
    await lab.stop_hub()
    await lab.said(b"two|")
    await lab.start_hub()
    await lab.followed()
    await lab.stop_host()
    await eventually(lambda: not lab.here.connected)
    assert "has ended it: consolesvc is stopping" in caplog.text
    await lab.start_host()
    await lab.said(b"three|")
    await lab.followed()
    assert await everything(lab.here, 0) == b"one|two|three|"
    await eventually(lambda: (lab.folder / "hub/copy.log").read_bytes() == b"one|two|three|")


async def test_what_a_crash_kept_from_the_hubs_disk_comes_again(lab: Lab) -> None:
    """Its numbers are the host's: nothing is skipped for safety, and what was not written is asked for again."""
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"written|unwritten|")
    await lab.followed()
    await lab.stop_hub()
    log, index = lab.folder / "hub/copy.log", lab.folder / "hub/copy.index"
    log.write_bytes(log.read_bytes()[:8])
    index.write_bytes(b"".join(line for line in index.read_bytes().splitlines(keepends=True) if b"stop" not in line))
    await lab.start_hub()
    await lab.followed()
    assert await everything(lab.here, 0) == b"written|unwritten|"


async def test_a_pulled_cable_there_is_told_here(lab: Lab) -> None:
    """The line here is lost and back with the one there; the session in between goes on."""
    await lab.start_host()
    await lab.start_hub()
    await eventually(lambda: lab.here.connected)
    session = lab.here.reconnecting.opener._session
    lab.device.pull()
    await eventually(lambda: "device unplugged (at http" in lab.here.reconnecting.why)
    lab.device.plug()
    await eventually(lambda: lab.here.connected, 5)
    assert lab.here.reconnecting.opener._session is session
    await lab.said(b"still here")
    await lab.followed()


async def test_a_host_that_numbers_anew_makes_no_number_mean_two_bytes(lab: Lab) -> None:
    """Without a log there, its restart begins a new stream: here it goes on above all that was counted, with a gap."""
    lab.logged = False
    await lab.start_host()
    await lab.start_hub()
    await lab.said(b"first life")
    await lab.followed()
    stream = lab.here.stream
    await lab.stop_host()
    await eventually(lambda: not lab.here.connected)
    await lab.start_host()
    await lab.said(b"second life")
    await eventually(lambda: lab.here.ring.end == 10 + AHEAD + 11, 10)
    assert lab.here.stream == stream
    assert await everything(lab.here, 0) == b"first lifesecond life"
    assert lab.here.gaps == 1


async def test_who_looked_before_there_was_anything_comes_back_to_the_new_numbers(lab: Lab) -> None:
    """The hub is up first: a viewer of its empty console is sent away to come back."""
    await lab.start_hub()
    early = Viewer(lab.here, 0)
    await lab.start_host()
    await lab.said(b"hello")
    lab.here.reconnecting.retry()
    end = await asyncio.wait_for(early.ended, 10)
    assert (end.code, end.reason) == (1012, "the console has begun: come back")
    await lab.followed()


async def test_a_flood_reaches_the_hub_whole(lab: Lab) -> None:
    """More than its ring holds, with a viewer that reads and one that does not, by the hub's own log."""
    await lab.start_host()
    await lab.start_hub()
    await eventually(lambda: lab.here.connected)
    said = bytes(range(256)) * 16384
    stalled = Viewer(lab.here, 0)
    reading = asyncio.create_task(_read(lab.here, len(said)))
    await lab.said(said)
    assert await asyncio.wait_for(reading, 30) == said
    await eventually(lambda: (lab.folder / "hub/copy.log").stat().st_size == len(said), 10)
    stalled.detach()


async def _read(console: Any, size: int) -> bytes:
    viewer, got = Viewer(console, 0), b""
    while len(got) < size:
        item = await viewer.next()
        assert isinstance(item, Chunk), item
        got += item.data
    viewer.detach()
    return got
