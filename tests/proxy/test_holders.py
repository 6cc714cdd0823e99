"""A holder who was cut, and comes back: by the secret, as the holder; and what is no coming back (PROTOCOL.md)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.console import sharing
from tests.lines.devices import eventually
from tests.proxy.people import Person, person
from tests.proxy.world import World, world


@pytest.fixture(params=["exclusive", "lease"])
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, input=request.param) as made:
        yield made


async def back(lab: World, someone: Person) -> Person:
    """They come by their secret, over another connection."""
    url = f"http://{lab.service.ports.proxy}/?resume={someone.told[0]['resume']}"
    made = Person(await lab.http.ws_connect(url, protocols=("consolesvc.v1",)))
    await made.one()
    return made


async def holder(lab: World) -> Person:
    """Somebody who has typed."""
    alice = await person(lab, "alice")
    await alice.type(b"a")
    assert await lab.device.heard(1) == b"a"
    return alice


def cut(someone: Person) -> None:
    """As a network does, whose routers say so."""
    someone.ws._response.connection.transport.abort()  # type: ignore[union-attr]  # connected


async def test_a_ghost_of_the_holder_makes_room(lab: World) -> None:
    """Its network went without a word: nobody reads its pings. Who comes by its secret has its place in two seconds."""
    alice, bob = await holder(lab), await person(lab, "bob")
    ghost = alice.ws._response.connection.transport  # type: ignore[union-attr]  # connected
    ghost.pause_reading()  # type: ignore[union-attr]  # connected
    again = await back(lab, alice)
    assert again.input["holder"] == again.id
    assert again.input["may_type"] is True
    await again.type(b"b")
    assert await lab.device.heard(1) == b"b"
    await bob.sees(holder=again.id)
    await eventually(lambda: {viewer.id for viewer in lab.console.viewers} == {again.id, bob.id})
    ghost.resume_reading()  # type: ignore[union-attr]  # connected
    assert await alice.ended() == (1012, "its client came back by another connection")
    for each in (again, bob):
        await each.ws.close()


async def test_a_second_tab_is_a_session_of_its_own(lab: World) -> None:
    """A duplicated tab copies the secret: both live, the first keeps what it holds, and both come back again."""
    first = await holder(lab)
    reading = asyncio.create_task(first.hears("never said"))
    second = await back(lab, first)
    assert second.input["holder"] == first.id
    assert {viewer.id for viewer in lab.console.viewers} == {first.id, second.id}
    reading.cancel()
    for _ in range(3):
        for each in (first, second):
            cut(each)
        await eventually(lambda: not lab.console.viewers)
        first, second = [await back(lab, each) for each in (first, second)]
    assert first.input["holder"] == first.id
    for each in (first, second):
        await each.ws.close()


async def test_the_input_is_kept_for_a_holder_who_was_cut(lab: World) -> None:
    """Others are refused meanwhile and told who holds it; who comes back by the secret types on."""
    alice, bob = await holder(lab), await person(lab, "bob")
    cut(alice)
    await eventually(lambda: len(lab.console.viewers) == 1)
    await bob.type(b"rm")
    await bob.hears("input refused (2 bytes): alice", "holds the input of node")
    again = await back(lab, alice)
    assert again.input["holder"] == again.id
    await again.type(b"b")
    assert await lab.device.heard(1) == b"b"
    await bob.sees(holder=again.id, may_type=False)
    for each in (again, bob):
        await each.ws.close()


async def test_it_is_kept_for_so_long_and_goes_to_nobody(lab: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is free; who comes later comes as anybody."""
    monkeypatch.setattr(sharing, "GRACE", 0.3)
    alice, bob = await holder(lab), await person(lab, "bob")
    cut(alice)
    await eventually(lambda: len(lab.console.viewers) == 1)
    await bob.type(b"b")
    await bob.hears("input refused")
    await bob.hears("the input of node is free")
    assert bob.input["holder"] is None
    await bob.type(b"b")
    assert await lab.device.heard(1) == b"b"
    again = await back(lab, alice)
    assert again.input["holder"] == bob.id
    for each in (again, bob):
        await each.ws.close()


@pytest.mark.parametrize("how", ["goodbye", "release", "raw"])
async def test_who_means_to_leave_frees_it_at_once(lab: World, how: str) -> None:
    """A close of its own, a release before it, and a raw client, which has no secret to come back by."""
    bob = await person(lab, "bob")
    alice = await (person(lab, "alice", "binary") if how == "raw" else holder(lab))
    if how == "raw":
        await alice.type(b"a")
    elif how == "release":
        await alice.ask("release")
    await eventually(lambda: (lab.console.keyboard.sharing.holder is None) is (how == "release"))
    if how == "goodbye":
        await alice.ws.close()
    else:
        cut(alice)
    await eventually(lambda: len(lab.console.viewers) == 1)
    assert lab.console.keyboard.sharing.holder is None
    await bob.ws.close()


async def test_a_lease_can_be_taken_from_who_was_cut(tmp_path: Path) -> None:
    """At once, as from who is there; what had not reached the machine of theirs does not come behind."""
    async with world(tmp_path, input="lease") as lab:
        alice, bob = await holder(lab), await person(lab, "bob")
        await alice.type(b"a" * 200_000)
        await eventually(lambda: lab.console.typed == 200_001)
        cut(alice)
        await eventually(lambda: len(lab.console.viewers) == 1)
        await bob.ask("request")
        await bob.hears("alice", "was asked for the input of node")
        await bob.ask("take")
        await bob.hears("bob", "took the input of node from alice")
        await bob.type(b"<bob>")
        arrived = await lab.device.heard(200_000 - lab.console.refused + 5)
        assert arrived.endswith(b"a<bob>")
        again = await back(lab, alice)
        assert again.input["holder"] == bob.id
        for each in (again, bob):
            await each.ws.close()
