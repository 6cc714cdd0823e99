"""What is so where tokens and secrets are in a Redis: what is in it, and what happens while it does not answer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from consolesvc.errors import StoreUnavailable
from consolesvc.tokens import owed
from tests.tokens.hosts import Hosts, a_server, anyone, refused
from tests.tokens.redis_server import HAS_REDIS, RedisServer, redis_server


@HAS_REDIS
@pytest.mark.parametrize("known", [True, False], ids=["known to be away", "found away"])
async def test_an_end_that_redis_was_not_told_of_is_told_once_it_answers(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the host that owes it refuses what the other cannot know to be over; what is new is not ended."""
    monkeypatch.setattr(owed, "AGAIN", 0.05)
    with TemporaryDirectory(prefix="r") as folder, redis_server(Path(folder)) as server:
        hosts = Hosts(server)
        here, there = hosts.pair()
        name = a_server()
        token = await here.tokens.issue(name)
        secret = await here.resumes.renew(here.resumes.begin(await here.tokens.redeem(token, anyone)))
        server.hang()
        if known:
            with pytest.raises(StoreUnavailable):
                await here.tokens.issue("x")
        await here.end(name)
        with pytest.raises(StoreUnavailable):
            await here.tokens.issue(name)
        server.go_on()
        for attempt in (here.tokens.redeem(token, anyone), here.resumes.redeem(secret, anyone)):
            assert await refused(attempt) == "unknown"
        fresh = await here.tokens.issue(name)
        assert (await there.tokens.redeem(fresh, anyone)).server_id == name
        other = a_server()
        gone = await there.tokens.issue(other)
        server.hang()
        await here.end(other)
        server.go_on()
        async with asyncio.timeout(10):
            while f"tokens:{other}" in server.everything():  # noqa: ASYNC110 - Redis tells nobody
                await asyncio.sleep(0.02)
        assert await refused(there.tokens.redeem(gone, anyone)) == "unknown"
        assert await refused(there.tokens.redeem(token, anyone)) == "unknown"
        assert (await there.tokens.redeem(fresh, anyone)).server_id == name
        await hosts.close()


@HAS_REDIS
async def test_what_redis_is_owed_is_bounded(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The oldest is let go of, and said; so is what nobody was told of when the service ends."""
    monkeypatch.setattr(owed, "MOST", 2)
    with TemporaryDirectory(prefix="r") as folder, redis_server(Path(folder)) as server:
        hosts = Hosts(server)
        here, _there = hosts.pair()
        server.kill()
        for name in "abc":
            await here.end(name)
        await hosts.close()
    said = [record.getMessage() for record in caplog.records if record.name == "consolesvc.tokens.owed"]
    assert said == [
        "the token store will not be told of the end of server a: too many wait for it",
        "the token store was not told of the end of 2 servers' tokens",
    ]


@HAS_REDIS
async def test_no_secret_is_in_redis(server: RedisServer) -> None:
    """Hashes and grants, as in our own memory."""
    hosts = Hosts(server)
    here, _there = hosts.pair()
    token = await here.tokens.issue(a_server())
    secret = await here.resumes.renew(here.resumes.begin(await here.tokens.redeem(token, anyone)))
    known = server.everything()
    assert "token:" in known
    assert "resume:" in known
    assert token not in known
    assert secret not in known
    await hosts.close()


@HAS_REDIS
@pytest.mark.parametrize("how", ["killed", "hangs"])
async def test_a_redis_that_is_away_is_said_and_heals(how: str, caplog: pytest.LogCaptureFixture) -> None:
    """Every question is answered in time, with an error that says so; once it is back, so are we."""
    with TemporaryDirectory(prefix="r") as folder, redis_server(Path(folder)) as server:
        hosts = Hosts(server)
        here, _there = hosts.pair()
        token = await here.tokens.issue(a_server())
        lineage = here.resumes.begin(await here.tokens.redeem(token, anyone))
        server.kill() if how == "killed" else server.hang()
        begun = asyncio.get_running_loop().time()
        attempts = [here.tokens.redeem(token, anyone) for _ in range(40)]
        done = await asyncio.gather(*attempts, here.tokens.issue("x"), return_exceptions=True)
        assert {type(each) for each in done} == {StoreUnavailable}
        assert asyncio.get_running_loop().time() - begun < 5
        assert await here.resumes.renew(lineage) == "", "the session goes on, without a way back"
        here.resumes.drop(lineage)
        server.start() if how == "killed" else server.go_on()
        fresh = await here.tokens.issue("y")
        assert (await here.tokens.redeem(fresh, anyone)).server_id == "y"
        await hosts.close()
    said = [record.getMessage() for record in caplog.records if record.name == "consolesvc.tokens.shared"]
    assert sum("does not answer" in each for each in said) == 1
