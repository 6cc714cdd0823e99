"""Validation at a Keystone, here the builtin one of another service: what is asked, how often, what is made of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from consolesvc.config.access import IdentityKeystone
from consolesvc.http.faults import Fault
from consolesvc.identity.caller import Caller
from consolesvc.identity.keystone import BAD_FOR, GOOD_FOR, LOGIN_AGAIN, Keystone
from consolesvc.tokens.store import Minter
from tests.identity.forwarder import Forwarder, forwarder
from tests.identity.world import ATTIC, LAB, PASSWORD, Clock, Cloud, cloud, write_users


@dataclass
class Scene:
    """A Keystone, the forwarder in front of it, and the identity that asks through it."""

    far: Cloud
    between: Forwarder
    identity: Keystone
    clock: Clock
    wall: Clock
    password_file: Path

    async def outcome(self, token: str) -> Caller | int:
        """The caller that a token is taken for, or the status that it is refused with."""
        try:
            return await self.identity.caller({"X-Auth-Token": token})
        except Fault as fault:
            return fault.status

    @property
    def asked(self) -> int:
        """How often Keystone was asked about a token."""
        return self.between.counts["GET"]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    users = write_users(tmp_path, alice={"lab": ["Member"], "attic": ["reader"]}, svc={"lab": ["admin"]})
    async with cloud(users) as far, forwarder(far.api) as between:
        password_file = tmp_path / "password"
        password_file.write_text(f"{PASSWORD}\r\nand a second line\n")
        clock, wall = Clock(), Clock(time.time())
        config = IdentityKeystone(f"{between.url}/identity/v3", "svc", str(password_file), "lab")
        identity = Keystone(config, clock=clock, wall=wall, timeout=0.5)
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(identity.close)
            yield Scene(far, between, identity, clock, wall, password_file)


async def test_callers(scene: Scene) -> None:
    """Project and roles are Keystone's; without a project there are none."""
    member = await scene.outcome(await scene.far.login("alice", "lab"))
    assert isinstance(member, Caller)
    assert member == Caller(member.user_id, LAB, frozenset({"member"}))
    assert member.known_as == "alice"
    reader = await scene.outcome(await scene.far.login("alice", "attic"))
    assert reader == Caller(member.user_id, ATTIC, frozenset({"reader"}))
    assert await scene.outcome(await scene.far.login("alice", None)) == Caller(member.user_id, "", frozenset())
    assert scene.identity.auth_url("") == f"{scene.between.url}/identity/v3"


@pytest.mark.parametrize("token", ["", "a b", "\u00e9", "\udcff", "a\nb", "x" * 9000])
async def test_what_cannot_be_a_token_is_not_asked_about(scene: Scene, token: str) -> None:
    """Nor sent anywhere."""
    assert await scene.outcome(token) == 401
    assert not scene.between.counts


async def test_an_answer_counts_for_a_minute(scene: Scene) -> None:
    """From the moment it was asked for, and not a tick longer."""
    token = await scene.far.login("alice", "lab")
    await scene.outcome(token)
    await scene.far.ask("DELETE", "/identity/v3/auth/tokens", token, headers={"X-Subject-Token": token})
    scene.clock.now += GOOD_FOR - 0.01
    assert isinstance(await scene.outcome(token), Caller)
    assert scene.asked == 1
    scene.clock.now += 0.01
    assert await scene.outcome(token) == 401
    assert scene.asked == 2


async def test_an_answer_never_counts_past_the_tokens_expiry(scene: Scene) -> None:
    """Ten seconds before it, the answer counts for ten; after it, for none, whatever Keystone says."""
    token = await scene.far.login("alice", "lab")
    known = await scene.far.ask("GET", "/identity/v3/auth/tokens", token, headers={"X-Subject-Token": token})
    scene.wall.now = datetime.fromisoformat(known.body["token"]["expires_at"]).timestamp() - 10
    await scene.outcome(token)
    scene.clock.now += 9.5
    assert isinstance(await scene.outcome(token), Caller)
    assert scene.asked == 1
    scene.clock.now += 0.6
    scene.wall.now += 10.1
    assert await scene.outcome(token) == 401
    assert scene.asked == 2


async def test_a_refusal_counts_for_a_moment(scene: Scene) -> None:
    """A client that goes on with a dead token does not ask Keystone each time."""
    for _ in range(3):
        assert await scene.outcome("made-up") == 401
    assert scene.asked == 1
    scene.clock.now += BAD_FOR
    assert await scene.outcome("made-up") == 401
    assert scene.asked == 2


async def test_a_right_is_lost_as_far_as_keystone_has_just_said(scene: Scene) -> None:
    """It can be asked about tokens alone, which are not kept: what it said last counts for as long as it does."""
    token = await scene.far.login("alice", "lab")
    caller = await scene.outcome(token)
    assert isinstance(caller, Caller)
    assert caller.minter is not None
    assert not scene.identity.lost(caller.minter, lambda now: now == caller)
    assert scene.identity.lost(caller.minter, lambda _now: False)
    scene.far.service.identity.now.revoke(token)  # type: ignore[attr-defined]  # the builtin one's
    scene.clock.now += 61
    assert not scene.identity.lost(caller.minter, lambda _now: False), "nobody has said anything"
    assert await scene.outcome(token) == 401
    assert scene.identity.lost(caller.minter, lambda _now: True)
    assert scene.identity.lost(Minter("admin", "", ""), lambda _now: True), "minted while nobody was asked"


async def test_one_question_for_many_at_once(scene: Scene) -> None:
    """Fifty requests with one token are one question, and one login of ours; some that leave take nothing away."""
    token = await scene.far.login("alice", "lab")
    scene.between.counts.clear()
    scene.between.delay = 0.05
    waiting = [asyncio.ensure_future(scene.outcome(token)) for _ in range(50)]
    await asyncio.sleep(0.02)
    for leaving in waiting[:10]:
        leaving.cancel()
    stayed = await asyncio.gather(*waiting[10:])
    assert {type(outcome) for outcome in stayed} == {Caller}
    assert scene.between.counts == {"POST": 1, "GET": 1}


async def test_many_tokens_share_one_login_of_ours(scene: Scene) -> None:
    """Also when they all find it expired at the same moment."""
    tokens = [await scene.far.login("alice", "lab") for _ in range(8)]
    await scene.outcome(tokens[0])
    scene.far.service.identity.now.revoke(scene.identity._own)  # type: ignore[attr-defined]  # the builtin one's
    scene.between.counts.clear()
    scene.between.delay = 0.02
    outcomes = await asyncio.gather(*map(scene.outcome, tokens[1:]))
    assert {type(outcome) for outcome in outcomes} == {Caller}
    assert scene.between.counts == {"POST": 1, "GET": 14}


async def test_a_login_of_ours_that_is_refused(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """503, said once and where to look, not tried again for a while; a new password in the file counts."""
    scene.password_file.write_text("wrong")
    token = await scene.far.login("alice", "lab")
    for _ in range(3):
        assert await scene.outcome(token) == 503
    assert scene.between.counts == {"POST": 1}
    (record,) = [record for record in caplog.records if record.name.startswith("consolesvc.identity.keystone")]
    assert "refuses our own user 'svc'" in record.getMessage()
    assert "wrong" not in record.getMessage()
    scene.password_file.write_text(PASSWORD)
    scene.clock.now += LOGIN_AGAIN
    assert isinstance(await scene.outcome(token), Caller)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
async def test_a_password_file_that_cannot_be_read(
    scene: Scene, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    """503, and the log names the file."""
    scene.password_file.unlink()
    if content is not None:
        scene.password_file.write_bytes(content)
    assert await scene.outcome("token") == 503
    assert f"our password cannot be read: {scene.password_file}" in caplog.text


@pytest.mark.parametrize(
    "instead",
    [
        (500, b"oops"),
        (200, b"{}"),
        (200, b"no json"),
        (200, b'{"token": {"user": {"id": "u"}}}'),
        (200, b'{"token": {"user": {"id": "u"}, "project": {}, "roles": [], "expires_at": "2999-01-01T00:00:00Z"}}'),
        (200, b'{"token": {"user": {"id": "u"}, "expires_at": "soon"}}'),
        (200, b'{"token": {"user": {"id": "u"}, "expires_at": 1e99}}'),
        (200, b"[" * 200_000),
        (200, b" " * 300_000),
        (204, b""),
        (302, b""),
        (401, b"{}"),
        (403, b"{}"),
        (429, b"{}"),
    ],
)
async def test_no_answer_that_is_not_keystones_opens_the_door(scene: Scene, instead: tuple[int, bytes]) -> None:
    """Broken, foreign, redirected, limited: 503, and nothing of it is remembered."""
    other, token = await scene.far.login("alice", "attic"), await scene.far.login("alice", "lab")
    await scene.outcome(other)
    scene.between.instead = instead
    assert await scene.outcome(token) == 503
    scene.between.instead = None
    scene.clock.now += LOGIN_AGAIN
    assert isinstance(await scene.outcome(token), Caller)


async def test_a_slow_keystone_is_503_in_time(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Said once; when it is quick again, all is well at once."""
    caplog.set_level(logging.INFO, "consolesvc")
    token = await scene.far.login("alice", "lab")
    scene.between.delay = 5
    async with asyncio.timeout(2):
        assert await scene.outcome(token) == 503
        assert await scene.outcome(token) == 503
    scene.between.delay = 0
    assert isinstance(await scene.outcome(token), Caller)
    said = [record.getMessage() for record in caplog.records if record.name == "consolesvc.identity.keystone"]
    assert len(said) == 2
    assert "no answer in 0.5 s" in said[0]
    assert "answers again" in said[1]


async def test_closing_ends_what_is_being_asked(scene: Scene) -> None:
    """No task is left, which conftest watches; and closing twice is fine."""
    scene.between.delay = 0.3
    waiting = asyncio.ensure_future(scene.outcome("token"))
    await asyncio.sleep(0.05)
    await scene.identity.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await scene.identity.close()
