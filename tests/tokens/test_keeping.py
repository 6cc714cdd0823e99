"""What a restart must not change: who may type, when a link ends. The file itself: tests/proxy/test_resume.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consolesvc.errors import TokenRefused
from consolesvc.tokens.keeping import FILE, keep, restore
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.tokens.resume import MemoryResumeStore
from consolesvc.tokens.store import Minter
from tests.tokens.test_memory import Clock, anyone


class Run:
    """One life of the service: its stores, on a clock of their own."""

    def __init__(self, resume: float = 3600) -> None:
        self.clock = Clock()
        self.tokens = MemoryTokenStore(self.clock, ttl=600)
        self.resumes = MemoryResumeStore(self.clock, ttl=resume)


async def test_a_restart_gives_nobody_the_right_to_type(tmp_path: Path) -> None:
    """A link's token and its secret come back as they were: view-only, with their user, who that is, and their end."""
    before, after = Run(), Run()
    minter = Minter("a", "p", "ab" * 32)
    token = await before.tokens.issue("s", user="alice", may_type=False, ttl=100, ends=True, minter=minter)
    grant = await before.tokens.redeem(token, anyone)
    secret = await before.resumes.renew(before.resumes.begin(grant))
    keep(tmp_path, before.tokens, before.resumes, lambda: 5000.0)
    after.clock.now = 7.0
    assert restore(tmp_path, after.tokens, after.resumes, lambda: 5040.0) == 2
    back = [await after.tokens.redeem(token, anyone), (await after.resumes.redeem(secret, anyone)).grant]
    assert back == [grant._replace(expires=67.0)] * 2
    after.clock.now = 67.0
    with pytest.raises(TokenRefused, match="expired"):
        await after.resumes.redeem(secret, anyone)


async def test_an_ended_link_does_not_come_back(tmp_path: Path) -> None:
    """Neither by its token nor by its secret."""
    before, after = Run(), Run()
    token = await before.tokens.issue("s", may_type=False, ttl=100, ends=True)
    await before.resumes.renew(before.resumes.begin(await before.tokens.redeem(token, anyone)))
    keep(tmp_path, before.tokens, before.resumes, lambda: 5000.0)
    assert restore(tmp_path, after.tokens, after.resumes, lambda: 5100.0) == 0


async def test_a_session_whose_token_is_long_over_keeps_its_secret(tmp_path: Path) -> None:
    """As ever: the token was for connecting."""
    before, after = Run(), Run()
    grant = await before.tokens.redeem(await before.tokens.issue("s", user="bob"), anyone)
    secret = await before.resumes.renew(before.resumes.begin(grant))
    before.clock.now += 700
    keep(tmp_path, before.tokens, before.resumes, lambda: 5000.0)
    assert restore(tmp_path, after.tokens, after.resumes, lambda: 5000.0) == 1
    back = (await after.resumes.redeem(secret, anyone)).grant
    assert (back.user, back.may_type, back.expires) == ("bob", True, 900.0)


async def test_secrets_without_an_end_stay_without_one(tmp_path: Path) -> None:
    """`tokens.resume: 0`."""
    before, after = Run(resume=0), Run(resume=0)
    grant = await before.tokens.redeem(await before.tokens.issue("s"), anyone)
    secret = await before.resumes.renew(before.resumes.begin(grant))
    keep(tmp_path, before.tokens, before.resumes, lambda: 5000.0)
    assert restore(tmp_path, after.tokens, after.resumes, lambda: 9e9) == 1
    assert (await after.resumes.redeem(secret, anyone)).grant.server_id == "s"


async def test_what_an_earlier_release_kept_is_read(tmp_path: Path) -> None:
    """Its tokens all typed, and its secrets knew their server alone."""
    after = Run()
    entry = {"sha256": "ab" * 32, "server_id": "s", "token_id": "abababababab", "left": 100.0}
    (tmp_path / FILE).write_text(json.dumps({"time": 5000.0, "tokens": [entry], "resume": [entry]}))
    assert restore(tmp_path, after.tokens, after.resumes, lambda: 5050.0) == 2
    (kept,) = after.tokens.dump()
    assert (kept["left"], kept["may_type"], kept["ends"], kept["user"]) == (50.0, True, False, "")
