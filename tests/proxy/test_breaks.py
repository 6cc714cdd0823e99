"""Breaks that several ask for: one at a time on a line, and nobody's without end (PROTOCOL.md, `break`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.lines.tty import Tty
from tests.lines.devices import eventually
from tests.proxy.people import person
from tests.proxy.world import World, world

Switched = list[bool]


@pytest.fixture
async def switched(monkeypatch: pytest.MonkeyPatch) -> Switched:
    """What the device was told, as if it were a UART: a PTY has no break."""
    told: Switched = []
    monkeypatch.setattr(Tty, "set_break", lambda _self, *, on: told.append(on))
    return told


@pytest.fixture
async def lab(tmp_path: Path, switched: Switched) -> AsyncIterator[World]:
    assert not switched
    async with world(tmp_path) as made:
        made.console.reconnecting.line.lacks = frozenset()
        yield made


async def test_breaks_do_not_cut_each_other_short(lab: World, switched: Switched) -> None:
    """Two viewers and a call over HTTP: on, off, on, off, on, off."""
    alice, bob = await person(lab, "alice"), await person(lab, "bob")
    await alice.ask("break", ms=200)
    await bob.ask("break", ms=200)
    await alice.hears("break of 200 ms sent by alice")
    async with lab.http.post(f"{lab.api}/console/v1/consoles/node/break", json={"ms": 100}) as answer:
        assert answer.status == 200, await answer.text()
    await alice.hears("break of 200 ms sent by bob")
    await alice.hears("break of 100 ms sent by admin")
    assert switched == [True, False] * 3
    for each in (alice, bob):
        await each.ws.close()


async def test_of_each_viewer_one_waits(lab: World, switched: Switched) -> None:
    """Whoever sends a thousand is told, and the machine gets two."""
    alice = await person(lab, "alice")
    for _ in range(1000):
        await alice.ask("break", ms=200)
    await alice.hears("no break sent: another one of yours waits for its turn")
    await eventually(lambda: switched == [True, False] * 2)
    await alice.ws.close()
    await eventually(lambda: not lab.console.viewers)
    assert len(switched) == 4


async def test_who_leaves_breaks_no_more(lab: World, switched: Switched) -> None:
    """What is under way ends as it should; what waits is not sent, nor is that of who has lost the input."""
    alice, bob = await person(lab, "alice"), await person(lab, "bob")
    await alice.ask("break", ms=500)
    await eventually(lambda: switched == [True])
    await bob.ask("break", ms=500)
    await eventually(lambda: "1 waiting" in repr(lab.console.breaks))
    await bob.ws.close()
    await eventually(lambda: "0 waiting" in repr(lab.console.breaks))
    await alice.hears("break of 500 ms sent by alice")
    assert switched == [True, False]
    await alice.ws.close()
