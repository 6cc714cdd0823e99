"""Whose terminal answers what a machine asks, of several at one console (DESIGN decision 8)."""

from __future__ import annotations

import asyncio

from tests.proxy.people import person
from tests.proxy.sharing import ASK, leave, nothing_heard
from tests.proxy.world import World


async def test_one_terminal_answers(lab: World) -> None:
    """Two raw clients and one of v1 answer each question; of who typed last, one answer reaches the machine."""
    people = [
        await person(lab, "alice", "binary", answers=b"\x1b[1;1R"),
        await person(lab, "bob", "", answers=b"\x1b[2;2R"),
        await person(lab, "carol", answers=b"\x1b[3;3R"),
    ]
    for typist in (None, 2, 0, 0, 1, 2):
        if typist is not None:
            await people[typist].type(b"\r")
            assert await lab.device.heard(1) == b"\r"
        await lab.device.say(b"~ # " + ASK)
        for each in people:
            await each.reads(ASK)
            each.data = b""
        assert await lab.device.heard(6) == people[typist or 0].answers
        await nothing_heard(lab)
    assert people[2].input["refused"] == 0
    assert [each.notices for each in people] == [[], [], []]
    await leave(*people)


async def test_quick_typists_have_one_answer_to_each_question(lab: World) -> None:
    """Everybody types as soon as they see the prompt, one after the other, while answers are on their way."""
    people = [await person(lab, user, answers=b"\x1b[%d;1R" % row) for row, user in enumerate(("a", "b", "c"), 1)]
    for turn in range(60):
        await lab.device.say(b"$ " + ASK)
        typist = people[turn % 3]
        await typist.reads(ASK)
        typist.data = b""
        await typist.type(b"\r")
        others = [each for each in people if each is not typist]
        await asyncio.gather(*(each.reads(ASK) for each in others))
        for each in others:
            each.data = b""
    heard = await lab.device.heard(60 * 7)
    assert heard.count(b"\r") == 60
    assert heard.count(b"R") == 60
    await nothing_heard(lab)
    await leave(*people)


async def test_an_answer_takes_no_input(exclusive: World) -> None:
    """Nobody holds it for what their terminal said; the holder's terminal answers, and no other."""
    alice = await person(exclusive, "alice", answers=b"\x1b[1;1R")
    bob = await person(exclusive, "bob", answers=b"\x1b[2;2R")
    await exclusive.device.say(ASK)
    for each in (alice, bob):
        await each.reads(ASK)
    assert await exclusive.device.heard(6) == b"\x1b[1;1R"
    assert exclusive.console.keyboard.sharing.holder is None
    await bob.ask("request")
    await bob.sees(holder=bob.id)
    await exclusive.device.say(b"\r" + ASK)
    for each in (alice, bob):
        await each.reads(b"\r" + ASK)
    assert await exclusive.device.heard(6) == b"\x1b[2;2R"
    await nothing_heard(exclusive)
    assert alice.input["refused"] == 0
    await leave(alice, bob)


async def test_an_answer_in_two_messages_is_one(lab: World) -> None:
    """Its beginning is held for its end; what turns out to be a key arrives a little later, from who leaves as well."""
    alice, bob = await person(lab, "alice"), await person(lab, "bob", "binary")
    await bob.type(b"\x1b[24;")
    await bob.type(b"80R")
    await nothing_heard(lab)
    await bob.type(b"x\x1b[1;5")
    await bob.type(b"C")
    assert await lab.device.heard(7) == b"x\x1b[1;5C"
    await bob.type(b"\x1b[")
    assert await lab.device.heard(2) == b"\x1b["
    await bob.type(b"\x1b]")
    await bob.ws.close()
    assert await lab.device.heard(2) == b"\x1b]"
    await leave(alice)


async def test_one_viewer_alone_is_not_looked_at(lab: World) -> None:
    """A script that sends a terminal's own words sends them all."""
    alone = await person(lab, "", "")
    sent = b"\x1b[1;1R\x1b]11;rgb:0/0/0\x07\x1b[?1;2c\x1b[I" * 100
    await alone.type(sent)
    assert await lab.device.heard(len(sent)) == sent
    await leave(alone)
