"""Ends for good: nothing of what was typed goes on, and who was sent away stays away (PROTOCOL.md, How it ends)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consolesvc.config.linespec import Pace, SerialSpec
from consolesvc.proxy import codes
from tests.lines.devices import eventually
from tests.proxy.people import Person, person
from tests.proxy.world import NODE, World, closed, world
from tests.web.world import call

HERE = {"Origin": "http://127.0.0.1"}


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[World]:
    """A machine that takes 50 characters a second."""
    line = SerialSpec(str(tmp_path / "ttyUSB0"), pace=Pace(50, "c"))
    async with world(tmp_path, line=line) as made:
        yield made


async def refused(lab: World, query: str) -> tuple[int, str]:
    """How a browser is refused that comes with this."""
    return await closed(await lab.http.ws_connect(f"http://{lab.service.ports.proxy}/?{query}", headers=HERE))


async def kick(lab: World, session: str) -> dict[str, object]:
    """Send somebody away; the answer."""
    status, answer = await call(lab, "POST", f"node/sessions/{session}/kick", json={})
    assert status == 200
    return dict(answer)


@pytest.mark.parametrize("how", ["kicked", "withdrawn"])
async def test_what_waits_of_a_writer_ends_with_the_session(slow: World, how: str) -> None:
    """Not a byte of it reaches the machine behind what was on its way; it is counted as refused."""
    alice, bob = await person(slow, "alice"), await person(slow, "bob")
    await alice.type(b"a" * 250)
    assert await slow.device.heard(1) == b"a"
    (viewer,) = [each for each in slow.console.viewers if each.id == alice.id]
    if how == "kicked":
        await kick(slow, alice.id)
    else:
        slow.service.sessions.end_all(codes.WITHDRAWN, "right withdrawn", lambda grant: grant.user == "alice")
    assert viewer.typist.size == 0
    assert viewer.refused == slow.console.refused == 250 - viewer.typist.delivered > 200
    await bob.type(b"<bob>")
    arrived = await slow.device.heard(viewer.typist.delivered - 1 + 5)
    assert arrived == b"a" * (viewer.typist.delivered - 1) + b"<bob>"
    await alice.ended()
    await bob.ws.close()


async def test_what_a_client_sends_behind_its_end_is_refused(lab: World) -> None:
    """A paste that was on its way over the network, and half an answer that was held."""
    alice = await person(lab, "alice")
    (viewer,) = lab.console.viewers
    lab.console.write(viewer, b"\x1b[1")
    viewer.end(codes.WITHDRAWN, "right withdrawn")
    lab.console.write(viewer, b"reboot\r\x1b[1;1R")
    lab.console.send_break(viewer, 0.1)
    lab.console.keyboard.ask(viewer, "take")
    assert viewer.refused == lab.console.refused == 7 + len(b"\x1b[1")
    await alice.ended()
    assert lab.console.typed == 0


async def test_who_merely_leaves_has_typed_what_they_typed(slow: World) -> None:
    """`echo reboot | websocat …`: all of it arrives."""
    alice = await person(slow, "alice")
    await alice.type(b"a" * 40)
    await alice.ws.close()
    assert await slow.device.heard(40) == b"a" * 40


async def test_who_is_kicked_needs_a_new_address(lab: World) -> None:
    """Neither the URL nor a secret that came of it opens any more; what others have goes on."""
    token = await lab.service.tokens.issue(NODE, user="alice")
    url = f"http://{lab.service.ports.proxy}/?token={token}"
    first, second = [Person(await lab.http.ws_connect(url, protocols=("consolesvc.v1",))) for _ in range(2)]
    for each in (first, second):
        await each.one()
    bob = await person(lab, "bob")
    assert (await kick(lab, first.id))["token_ended"] is True
    await first.ended()
    assert await refused(lab, f"token={token}") == (1008, "token unknown")
    for each in (first, second):
        assert await refused(lab, f"resume={each.told[0]['resume']}") == (1008, "resume secret unknown")
    assert {viewer.id for viewer in lab.console.viewers} == {second.id, bob.id}, (
        "another session of it is kicked itself"
    )
    await bob.ws.close()
    async with lab.http.ws_connect(f"http://{lab.service.ports.proxy}/?resume={bob.told[0]['resume']}"):
        pass
    await second.ws.close()


async def test_a_share_link_outlives_the_kick_of_one_of_its_viewers(lab: World) -> None:
    """It is many people's; the one session ends with its secret, and the answer says what the link does."""
    token = await lab.service.tokens.issue(NODE, user="alice", may_type=False, ttl=60, ends=True)
    url = f"http://{lab.service.ports.proxy}/?token={token}"
    one, other = [Person(await lab.http.ws_connect(url, protocols=("consolesvc.v1",))) for _ in range(2)]
    for each in (one, other):
        await each.one()
    assert (await kick(lab, one.id))["token_ended"] is False
    await one.ended()
    await eventually(lambda: len(lab.console.viewers) == 1)
    assert await refused(lab, f"resume={one.told[0]['resume']}") == (1008, "resume secret unknown")
    async with lab.http.ws_connect(url):
        await eventually(lambda: len(lab.console.viewers) == 2)
    await other.ws.close()


async def test_text_that_is_nested_without_end_breaks_the_protocol(
    lab: World, caplog: pytest.LogCaptureFixture
) -> None:
    """As any TEXT that is none of v1, and nothing of it is in the log."""
    alice = await person(lab, "alice")
    await alice.ws.send_str("[" * 200_000)
    code, reason = await alice.ended()
    assert (code, reason) == (1007, "TEXT is not what consolesvc.v1 has: it is nested too deeply")
    await eventually(lambda: not lab.console.viewers)
    assert "RecursionError" not in caplog.text
