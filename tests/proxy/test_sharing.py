"""Several people at one console: who types, who is told what, and whose terminal answers; over real websockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from consolesvc.console import keyboard, sharing
from tests.lines.devices import eventually
from tests.proxy.people import Person, person
from tests.proxy.sharing import leave, nothing_heard
from tests.proxy.world import World, world


async def test_shared_is_everybodys(lab: World) -> None:
    """As ever, and who asks for the input is told so."""
    alice, bob = await person(lab, "alice"), await person(lab, "bob", "binary")
    await alice.type(b"a")
    await bob.type(b"b")
    assert sorted(await lab.device.heard(2)) == sorted(b"ab")
    for verb in ("request", "take", "release"):
        await alice.ask(verb)
    await alice.hears("everybody may type into node")
    assert alice.input["mode"] == "shared"
    assert (alice.input["holder"], alice.input["may_type"]) == (None, True)
    await leave(alice, bob)


async def test_a_session_that_only_looks_types_nothing(lab: World) -> None:
    """It is told so, raw or v1, and its bytes are counted; what its terminal answers is dropped without a word."""
    looker, raw = await person(lab, "alice", may_type=False), await person(lab, "bob", "", may_type=False)
    assert looker.told[0]["may_type"] is looker.told[0]["input"]["may_type"] is False
    for each in (looker, raw):
        await each.type(b"\x1b[1;1R")
        await each.type(b"reboot\r\x1b[1;1R")
        assert await each.hears("input refused") == "input refused (7 bytes): this session may only look"
    assert looker.input["refused"] == 7
    assert lab.console.refused == 14
    await looker.ask("take")
    await looker.hears("this session may only look")
    await looker.ask("break")
    await looker.hears("no break sent: this session may only look")
    await nothing_heard(lab)
    await leave(looker, raw)


async def test_exclusive_has_one_holder(exclusive: World) -> None:
    """The first who types; the others are refused and told who it is, and when it is free again."""
    alice, bob = await person(exclusive, "alice"), await person(exclusive, "bob")
    raw = await person(exclusive, "carol", "binary")
    await alice.type(b"ls\r")
    assert await exclusive.device.heard(3) == b"ls\r"
    await bob.sees(holder=alice.id, may_type=False)
    await bob.type(b"rm")
    refused = await bob.hears("input refused")
    assert refused == f"input refused (2 bytes): {named(alice)} holds the input of node"
    assert bob.input["refused"] == 2
    await raw.type(b"rm -rf /\r")
    assert await raw.hears("input refused (9 bytes)", "alice")
    for verb in ("take", "request"):
        await bob.ask(verb)
        await bob.hears("alice", "holds the input of node, until they leave or release it")
    await bob.ask("break")
    await bob.hears("no break sent: ", "alice")
    await nothing_heard(exclusive)
    await alice.ask("release")
    for each in (bob, raw):
        await each.hears("the input of node is free")
    await raw.type(b"x")
    assert await exclusive.device.heard(1) == b"x"
    await bob.sees(holder=next(viewer.id for viewer in exclusive.console.viewers if viewer.user == "carol"))
    await leave(alice, bob, raw)


def named(someone: Person) -> str:
    """What others know somebody by."""
    return next(
        f"{each['user']} ({each['who']})" for each in someone.told[0]["viewers"] if each["session"] == someone.id
    )


async def test_who_leaves_leaves_the_input_free(exclusive: World) -> None:
    """And nobody has it for having waited: a viewer stays a viewer."""
    alice, bob = await person(exclusive, "alice"), await person(exclusive, "bob")
    await alice.ask("request")
    await bob.sees(holder=alice.id)
    await bob.type(b"b")
    await bob.hears("input refused")
    await alice.ws.close()
    await bob.hears("the input of node is free")
    await bob.sees(holder=None, may_type=True)
    await leave(bob)


async def test_a_lease_is_asked_for(lease: World) -> None:
    """The holder sees who asks, and denies or grants; each is told."""
    alice, bob, carol = [await person(lease, user) for user in ("alice", "bob", "carol")]
    await alice.ask("request")
    await alice.sees(holder=alice.id, may_type=True)
    await bob.ask("request")
    await alice.hears("bob", "asks for the input of node; it is theirs once you have typed nothing for 30 s")
    assert alice.input["requests"] == [bob.id]
    await bob.hears("alice", "was asked for the input of node")
    await bob.ask("request")
    await bob.hears("alice", "holds the input of node, and was asked")
    await alice.ask("deny", session=bob.id)
    await bob.hears("alice", "keeps the input of node")
    await alice.sees(requests=[])
    await bob.ask("request")
    await carol.ask("request")
    await alice.sees(requests=[bob.id, carol.id])
    await alice.ask("grant", session=bob.id)
    await bob.hears("the input of node is yours")
    await bob.sees(holder=bob.id, may_type=True, requests=[carol.id])
    await alice.hears("bob", "has the input of node now")
    await alice.sees(may_type=False, requests=[])
    await bob.type(b"b")
    assert await lease.device.heard(1) == b"b"
    await leave(alice, bob, carol)


async def test_answers_to_requests_that_cannot_be(lease: World) -> None:
    """Of who does not hold the input, to who has not asked; and a message without a session breaks the protocol."""
    alice, bob = await person(lease, "alice"), await person(lease, "bob")
    for verb in ("grant", "deny"):
        await bob.ask(verb, session=alice.id)
    await bob.ask("release")
    await bob.hears("you do not hold the input of node")
    await alice.ask("take")
    await alice.ask("grant", session=bob.id)
    await alice.hears("bob", "has not asked for the input")
    await alice.ask("deny", session="\x1b[2J" + "x" * 1000)
    await alice.hears("?[2Jxxxxxxxxxxxxxxxx has not asked for the input")
    await alice.ask("take")
    await alice.hears("the input of node is yours")
    await bob.ask("grant", session=5)
    code, reason = await bob.ended()
    assert (code, reason) == (1007, "TEXT is not what consolesvc.v1 has: grant: expected session, the id of one")
    await leave(alice)


async def test_a_lease_is_taken_at_once_and_everybody_is_told(lease: World) -> None:
    """Loser and others, raw or v1; the loser's next key is refused."""
    alice, bob = await person(lease, "alice"), await person(lease, "bob")
    raw = await person(lease, "carol", "binary")
    await alice.type(b"a")
    assert await lease.device.heard(1) == b"a"
    await bob.ask("take")
    for each in (alice, bob, raw):
        assert await each.hears("took the input") == f"{named(bob)} took the input of node from {named(alice)}"
    await alice.sees(holder=bob.id, may_type=False)
    await alice.type(b"a")
    await alice.hears("input refused (1 byte): bob")
    await leave(alice, bob, raw)


async def test_a_raw_client_holds_and_loses_it_too(lease: World) -> None:
    """It has no way to ask, and types; it reads who took the input, and by whom its keys are refused."""
    raw, bob = await person(lease, "alice", ""), await person(lease, "bob")
    await raw.type(b"a")
    await bob.ask("request")
    await raw.hears("bob", "asks for the input of node")
    await bob.ask("take")
    await raw.hears("bob", "took the input of node from alice")
    await raw.type(b"aa")
    await raw.hears("input refused (2 bytes): bob", "holds the input of node")
    await leave(raw, bob)


async def test_a_paste_that_is_on_its_way_ends_with_the_lease(lease: World) -> None:
    """What had not reached the machine is dropped, counted and told; not a byte of it comes behind the new holder's."""
    alice, bob = await person(lease, "alice"), await person(lease, "bob")
    await alice.type(b"a" * 200_000)
    await eventually(lambda: lease.console.typed == 200_000)
    await bob.ask("take")
    told = await alice.hears("input refused")
    assert int(told.split("(")[1].split()[0]) == alice.input["refused"] > 0
    await bob.type(b"<bob>")
    arrived = await lease.device.heard(200_000 - alice.input["refused"] + 5)
    assert arrived.endswith(b"a<bob>")
    await nothing_heard(lease)
    await leave(alice, bob)


async def test_silence_grants_and_ends_a_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, each told in words; a paste that is still on its way is no silence."""
    monkeypatch.setattr(sharing, "GRANTED_AFTER", 0.3)
    async with world(tmp_path, input="lease", lease_idle=0.9) as lab:
        alice, bob = await person(lab, "alice"), await person(lab, "bob")
        await alice.type(b"a" * 100_000)
        await bob.ask("request")
        await alice.sees(requests=[bob.id])
        await asyncio.sleep(0.5)
        assert alice.input["holder"] == alice.id, "nobody has read her paste yet"
        await lab.device.heard(100_000)
        await bob.hears("the input of node is yours")
        await alice.hears("you typed nothing for 0.3 s: bob", "has the input of node now")
        await bob.hears("you typed nothing for 0.9 s: the input of node is free")
        await alice.sees(holder=None, may_type=True)
        await leave(alice, bob)


async def test_a_short_lease_goes_to_who_asked(tmp_path: Path) -> None:
    """By the limit that comes first, which both are told; a third who is quick to type does not get in between."""
    async with world(tmp_path, input="lease", lease_idle=2) as lab:
        alice, bob, carol = [await person(lab, user) for user in ("alice", "bob", "carol")]
        await alice.type(b"a")
        await bob.ask("request")
        await alice.hears("bob", "asks for the input of node; it is theirs once you have typed nothing for 2 s")
        assert alice.input["grants_after"] == 2
        await alice.hears("you typed nothing for 2 s: bob", "has the input of node now")
        await bob.hears("the input of node is yours")
        await carol.sees(holder=bob.id, may_type=False)
        await leave(alice, bob, carol)


async def test_who_goes_on_typing_in_vain_is_told_again(exclusive: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each key, and not only once: the first words have scrolled away."""
    alice, bob = await person(exclusive, "alice"), await person(exclusive, "bob", "binary")
    await alice.type(b"a")
    await exclusive.device.heard(1)
    for _ in range(5):
        await bob.type(b"b")
    await eventually(lambda: exclusive.console.refused == 5)
    monkeypatch.setattr(keyboard, "AGAIN", 0.0)
    await bob.type(b"b")
    await bob.hears("input refused (1 byte)")
    while len(bob.notices) < 2:
        await bob.one()
    await leave(alice, bob)


async def test_a_lost_line_is_said_before_who_holds_it(lease: World) -> None:
    """Nobody's keys count while there is no machine: they make no holder."""
    alice = await person(lease, "alice")
    lease.device.pull()
    await eventually(lambda: not lease.console.connected)
    await alice.type(b"x")
    await alice.hears("input refused (1 byte): node line is not open")
    assert alice.input["holder"] is None
    await alice.ask("break")
    await alice.hears("no break sent: node line is not open")
    await leave(alice)


async def test_viewers_are_shown_as_they_come_and_go(lab: World) -> None:
    """In the order they came, with who may type; a raw client is told nothing of it."""
    alice, raw = await person(lab, "alice"), await person(lab, "", "binary")
    bob = await person(lab, "bob", may_type=False)
    while len(alice.last("viewers")["viewers"] if len(alice.told) > 1 else []) != 3:
        await alice.one()
    shown = alice.last("viewers")["viewers"]
    assert [(each["user"], each["may_type"]) for each in shown] == [("alice", True), ("", True), ("bob", False)]
    assert shown == bob.told[0]["viewers"]
    assert shown[2]["session"] == bob.id
    await bob.ws.close()
    while len(alice.last("viewers")["viewers"]) != 2:
        await alice.one()
    await lab.device.say(b"x")
    await raw.reads(b"x")
    assert raw.notices == []
    await leave(alice, raw)


async def test_many_who_come_at_once_are_one_list(lab: World) -> None:
    """At most ten lists a second: thirty people in a moment are a few messages."""
    alice = await person(lab, "alice")
    begun = asyncio.get_running_loop().time()
    crowd = [await person(lab, f"p{number}", "binary") for number in range(30)]
    took = asyncio.get_running_loop().time() - begun
    while len(alice.told) == 1 or len(alice.last("viewers")["viewers"]) != 31:
        await alice.one()
    assert len(alice.told) - 1 <= 2 + took / 0.1
    await leave(alice, *crowd)
