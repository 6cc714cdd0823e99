"""The list of viewers: in order, once for many changes, and rarer where it is long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import SerialSpec
from consolesvc.console import roster
from consolesvc.console.console import Console
from consolesvc.console.events import Event
from consolesvc.console.viewer import Viewer
from consolesvc.lines.serial import SerialOpener


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    """One whose device is not there: nobody minds."""
    console = Console("node3", SerialOpener(SerialSpec(str(tmp_path / "absent"))), ring=4096, replay=0)
    yield console
    await console.close()


def informed(console: Console) -> Viewer:
    """A viewer that has had its hello."""
    viewer = Viewer(console, 0)
    viewer.inform()
    return viewer


def lists(viewer: Viewer) -> int:
    """How many lists it is given now, shown as they come."""
    count = 0
    while isinstance(item := viewer.peek(), Event):
        count += item.kind == "viewers"
        viewer.shown = viewer.console.roster.changes
    return count


async def test_a_change_is_told_once_to_those_who_have_not_seen_it(console: Console) -> None:
    """Who came last has had it in its hello."""
    first, second = informed(console), informed(console)
    await asyncio.sleep(roster.EVERY * 1.5)
    assert (lists(first), lists(second)) == (1, 0)
    second.detach()
    await asyncio.sleep(roster.EVERY * 1.5)
    assert lists(first) == 1


async def test_many_changes_are_one_list(console: Console) -> None:
    """The first at once, the others together when its time is over."""
    first = informed(console)
    for _ in range(20):
        Viewer(console, 0).detach()
        await asyncio.sleep(0.002)
    await asyncio.sleep(roster.EVERY * 1.5)
    assert 1 <= lists(first) <= 2
    assert len(console.roster.view()) == 1


async def test_nobody_who_is_informed_is_no_timer(console: Console) -> None:
    """A thousand raw clients cost nothing here."""
    viewers = [Viewer(console, 0) for _ in range(1000)]
    assert console.roster._timer is None
    assert len(console.roster.view()) == 1000
    for viewer in viewers:
        viewer.detach()


async def test_long_lists_are_rare(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many viewers, four times as long between two lists."""
    monkeypatch.setattr(roster, "MANY", 2)
    viewers = [informed(console) for _ in range(8)]
    await asyncio.sleep(roster.EVERY)
    now = asyncio.get_running_loop().time()
    lists(viewers[0])
    viewers.pop().detach()
    assert console.roster._timer is not None
    assert console.roster._timer.when() - now > 5 * roster.EVERY
    console.roster.close()
    console.roster.close()


async def test_a_viewer_is_shown_as_it_is(console: Console) -> None:
    """Its name, its right, and whether it holds the input."""
    viewer = Viewer(console, 0, who="10.0.0.3:5", user="alice", may_type=False)
    (shown,) = console.roster.view()
    assert shown.pop("since").endswith("Z")
    assert shown == {
        "session": viewer.id,
        "who": "10.0.0.3:5",
        "user": "alice",
        "may_type": False,
        "holds": False,
    }
    names = [
        viewer.name,
        Viewer(console, 0, user="bob").name,
        Viewer(console, 0, who="local").name,
        Viewer(console, 0).name,
    ]
    assert names == ["alice (10.0.0.3:5)", "bob", "local", "a viewer"]
