"""One suite over every store: what a token and a resume secret are good for, in memory and in a Redis that hosts share.

Two of each stand for two hosts; in memory both are the one.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import pytest

from consolesvc.errors import LimitReached, TokenRefused
from consolesvc.tokens.store import Grant, Lineage, Minter, is_link
from tests.tokens.hosts import TTL, Hosts, a_server, anyone, full, refused


async def test_a_token_is_good_at_either_host_with_all_that_it_says(hosts: Hosts) -> None:
    """Minted at one, redeemed at the other, again and again: server, user, right, and when it ends."""
    here, there = hosts.pair()
    server = a_server()
    token = await here.tokens.issue(server, user="alice", may_type=False, ttl=30, ends=True)
    assert uuid.UUID(token).version == 4
    for _ in range(2):
        grant = await there.tokens.redeem(token, anyone)
        assert (grant.server_id, grant.user, grant.may_type, grant.ends) == (server, "alice", False, True)
        assert grant.expires is not None
        assert 29 < grant.expires - there.resumes.clock() <= 30
        assert await there.tokens.look_up(token) == pytest.approx(grant)
    assert grant.token_id not in token
    endless = await here.tokens.issue(server, ttl=0)
    assert (await there.tokens.redeem(endless, anyone)).expires is None


async def test_tokens_that_are_none(hosts: Hosts) -> None:
    """Unknown, with any character in it; and one whose time is over."""
    here, there = hosts.pair(replace(TTL, ttl=0.2))
    assert await refused(here.tokens.redeem("\ud800 nonsense", anyone)) == "unknown"
    token = await here.tokens.issue(a_server())
    await asyncio.sleep(0.25)
    assert await refused(there.tokens.redeem(token, anyone)) in ("expired", "unknown")


async def test_single_use_is_once_at_all_hosts(hosts: Hosts) -> None:
    """Of many who come at a time one gets in; who is not admitted uses nothing up; a look uses nothing up."""
    here, there = hosts.pair(replace(TTL, single_use=True))
    token = await here.tokens.issue(a_server())
    with pytest.raises(LimitReached):
        await there.tokens.redeem(token, full)
    await there.tokens.look_up(token)
    tries = [stores.tokens.redeem(token, anyone) for stores in (here, there) * 5]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, Grant) for each in done) == 1
    assert {each.why for each in done if isinstance(each, TokenRefused)} == {"used"}
    assert await refused(here.tokens.look_up(token)) == "used"


async def test_a_servers_tokens_end_everywhere(hosts: Hosts) -> None:
    """By time, told as expired; by their server's end, forgotten; share links alone where they alone are meant."""
    here, there = hosts.pair()
    server, other = a_server(), a_server()
    tokens = [await here.tokens.issue(server) for _ in range(3)]
    link, safe = await here.tokens.issue(server, ends=True), await here.tokens.issue(other)
    assert await there.tokens.end(server, is_link) == 1
    assert await refused(here.tokens.redeem(link, anyone)) == "unknown"
    assert await there.tokens.expire(server) == 3
    assert await there.tokens.expire(server) == 0
    assert {await refused(here.tokens.redeem(token, anyone)) for token in tokens} == {"expired"}
    fresh = await here.tokens.issue(server)
    assert await there.tokens.end(server) >= 1
    assert await refused(here.tokens.redeem(fresh, anyone)) == "unknown"
    assert (await there.tokens.redeem(safe, anyone)).server_id == other


async def test_a_secret_opens_its_lineage_at_either_host_and_is_replaced(hosts: Hosts) -> None:
    """The one before stays good until the new one is used; then it is gone; a third is none."""
    here, there = hosts.pair()
    grant = await here.tokens.redeem(await here.tokens.issue(a_server(), user="bob"), anyone)
    lineage = here.resumes.begin(grant)
    here.resumes.enter(lineage)
    first = await here.resumes.renew(lineage)
    here.resumes.leave(lineage)
    with pytest.raises(LimitReached):
        await there.resumes.redeem(first, full)
    back = await there.resumes.redeem(first, anyone)
    assert (back.grant.server_id, back.grant.user, back.grant.may_type) == (grant.server_id, "bob", True)
    there.resumes.enter(back)
    second = await there.resumes.renew(back)
    assert (await here.resumes.redeem(first, anyone)).grant.user == "bob", "its answer may have been lost on the way"
    there.resumes.leave(back)
    third = await there.resumes.redeem(second, anyone)
    assert await refused(here.resumes.redeem(first, anyone)) == "unknown", "the one after it was used"
    assert (await here.resumes.redeem(await there.resumes.renew(third), anyone)).grant.user == "bob"
    assert await refused(there.resumes.redeem("nonsense", anyone)) == "unknown"


async def test_each_session_has_a_chain_of_its_own(hosts: Hosts) -> None:
    """Two tabs with copies of one secret: whichever comes back, and however often, ends none of the other's."""
    here, _ = hosts.pair()
    first = here.resumes.begin(await here.tokens.redeem(await here.tokens.issue(a_server()), anyone))
    here.resumes.enter(first)
    one = await here.resumes.renew(first)

    async def lives(_lineage: Lineage) -> bool:
        return True

    second = await here.resumes.redeem(one, anyone, lives)
    here.resumes.enter(second)
    other = await here.resumes.renew(second)
    for lineage in (first, second):
        here.resumes.leave(lineage)
    for _ in range(3):
        back = await here.resumes.redeem(one, anyone), await here.resumes.redeem(other, anyone)
        one, other = [await here.resumes.renew(each) for each in back]


async def test_a_secret_shown_twice_at_a_time_is_two_chains(hosts: Hosts) -> None:
    """Both are on the way in before either is there: both can come back."""
    here, _ = hosts.pair()
    lineage = here.resumes.begin(await here.tokens.redeem(await here.tokens.issue(a_server()), anyone))
    secret = await here.resumes.renew(lineage)
    both = [await here.resumes.redeem(secret, anyone) for _ in range(2)]
    for again in [await here.resumes.renew(each) for each in both]:
        await here.resumes.redeem(again, anyone)


async def test_a_ghosts_place_is_taken(hosts: Hosts) -> None:
    """A session that is there and gives no sign: who comes goes on in its place, and knows which that was."""
    here, _ = hosts.pair()
    lineage = here.resumes.begin(await here.tokens.redeem(await here.tokens.issue(a_server()), anyone))
    lineage.session = "a1b2c3d4"
    here.resumes.enter(lineage)
    secret = await here.resumes.renew(lineage)
    asked = []

    async def lives(living: Lineage) -> bool:
        asked.append(living)
        return False

    back = await here.resumes.redeem(secret, anyone, lives)
    assert asked == [lineage]
    assert back.session == "a1b2c3d4"
    await here.resumes.renew(back)
    here.resumes.leave(lineage)
    assert (await here.resumes.redeem(secret, anyone)).session == "a1b2c3d4", "its hello may have been lost on the way"


async def test_who_minted_it_is_kept_and_theirs_alone_are_ended(hosts: Hosts) -> None:
    """With the token and with its secret, at either host; and by that they are found."""
    here, there = hosts.pair()
    server, minters = a_server(), [Minter("alice", "p", "aa" * 32), Minter("bob", "p", "bb" * 32), None]
    tokens = [await here.tokens.issue(server, minter=minter) for minter in minters]
    grants = [await there.tokens.redeem(token, anyone) for token in tokens]
    assert [grant.minter for grant in grants] == minters
    secrets = [await here.resumes.renew(here.resumes.begin(grant)) for grant in grants]
    assert [(await there.resumes.look_up(secret))[0].minter for secret in secrets] == minters

    def alices(grant: Grant) -> bool:
        return grant.minter is not None and grant.minter.user_id == "alice"

    assert await there.tokens.end(server, alices) == 1
    await there.resumes.end(server, alices)
    assert await refused(here.tokens.look_up(tokens[0])) == "unknown"
    assert await refused(here.resumes.look_up(secrets[0])) == "unknown"
    for token, secret in zip(tokens[1:], secrets[1:], strict=True):
        await here.tokens.look_up(token)
        await here.resumes.look_up(secret)


async def test_a_secret_lives_with_its_session_and_for_its_time_after(hosts: Hosts) -> None:
    """However long the session; then, after a cut, no longer than `tokens.resume`."""
    here, there = hosts.pair(replace(TTL, resume=0.8))
    grant = await here.tokens.redeem(await here.tokens.issue(a_server()), anyone)
    lineage = here.resumes.begin(grant)
    here.resumes.enter(lineage)
    secret = await here.resumes.renew(lineage)
    await asyncio.sleep(1.2)
    back = await there.resumes.redeem(secret, anyone)
    here.resumes.leave(lineage)
    await asyncio.sleep(0.1)
    assert (await there.resumes.redeem(secret, anyone)).grant == pytest.approx(back.grant)
    await asyncio.sleep(1.0)
    assert await refused(there.resumes.redeem(secret, anyone)) in ("expired", "unknown")


async def test_a_secret_is_looked_up_and_stays_good(hosts: Hosts) -> None:
    """With whether its session lives, as far as this host can know; refused as it would be to redeem it."""
    here, there = hosts.pair()
    server = a_server()
    lineage = here.resumes.begin(await here.tokens.redeem(await here.tokens.issue(server, ends=True), anyone))
    here.resumes.enter(lineage)
    secret = await here.resumes.renew(lineage)
    for _ in range(2):
        grant, lives = await here.resumes.look_up(secret)
        assert (grant.server_id, lives) == (server, True)
    assert (await there.resumes.look_up(secret))[1] is (True if here is there else None)
    here.resumes.leave(lineage)
    assert not (await here.resumes.look_up(secret))[1]
    assert await refused(here.resumes.look_up("nonsense")) == "unknown"
    await here.resumes.expire(server)
    assert await refused(there.resumes.look_up(secret)) in ("expired", "unknown")


async def test_secrets_end_with_a_kick_and_with_their_server(hosts: Hosts) -> None:
    """For good, at every host; those of share links alone, where they alone are meant."""
    here, there = hosts.pair()
    server = a_server()
    token, link = [
        here.resumes.begin(await here.tokens.redeem(await here.tokens.issue(server, ends=ends), anyone))
        for ends in (False, True)
    ]
    secrets = [await here.resumes.renew(lineage) for lineage in (token, link)]
    await there.resumes.end(server, is_link)
    assert await refused(here.resumes.redeem(secrets[1], anyone)) == "unknown"
    back = await there.resumes.redeem(secrets[0], anyone)
    assert back.grant.server_id == server
    there.resumes.drop(back)
    await asyncio.sleep(0.1)
    assert await refused(there.resumes.redeem(secrets[0], anyone)) == "unknown"
    third = await here.resumes.renew(here.resumes.begin(token.grant))
    await there.resumes.end(server)
    assert await refused(here.resumes.redeem(third, anyone)) == "unknown"


async def test_all_of_a_server_ends_at_every_host(hosts: Hosts) -> None:
    """Its tokens and its secrets together; what it is given next is good."""
    here, there = hosts.pair()
    server = a_server()
    token = await here.tokens.issue(server)
    secret = await here.resumes.renew(here.resumes.begin(await here.tokens.redeem(token, anyone)))
    await here.end(server)
    assert await refused(there.tokens.redeem(token, anyone)) == "unknown"
    assert await refused(there.resumes.redeem(secret, anyone)) == "unknown"
    assert (await there.tokens.redeem(await here.tokens.issue(server), anyone)).server_id == server
