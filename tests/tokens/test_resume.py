"""Resume secrets of share links, which end with the link; all else, over the websocket: tests/proxy/test_resume.py."""

from __future__ import annotations

import pytest

from consolesvc.errors import TokenRefused
from consolesvc.tokens.resume import MemoryResumeStore
from consolesvc.tokens.store import Grant
from tests.tokens.test_memory import Clock, anyone

LINK = Grant("server-1", "0123456789ab", 1060.0, "alice", may_type=False, ends=True)
TOKEN = Grant("server-1", "ba9876543210", 1060.0, "alice")


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_secret_of_a_share_link_ends_with_the_link(clock: Clock) -> None:
    """However long secrets are good: the way back is no way around the end. Another token's goes on."""
    store = MemoryResumeStore(clock, ttl=3600)
    link, token = [await store.renew(store.begin(grant)) for grant in (LINK, TOKEN)]
    clock.now += 59
    assert (await store.redeem(link, anyone)).grant == LINK
    clock.now += 1
    with pytest.raises(TokenRefused, match="expired"):
        await store.redeem(link, anyone)
    assert (await store.redeem(token, anyone)).grant == TOKEN
    store.sweep()
    with pytest.raises(TokenRefused, match="unknown"):
        await store.redeem(link, anyone)


async def test_it_ends_while_its_session_lives_too(clock: Clock) -> None:
    """The session is about to be ended; its secret brings no other in the meantime."""
    store = MemoryResumeStore(clock, ttl=3600)
    lineage = store.begin(LINK)
    secret = await store.renew(lineage)
    store.enter(lineage)
    clock.now += 60
    with pytest.raises(TokenRefused, match="expired"):
        await store.redeem(secret, anyone)


async def test_expiring_a_servers_tokens_expires_its_links(clock: Clock) -> None:
    """And nothing else: neither other secrets of the server nor links of another one."""
    store = MemoryResumeStore(clock, ttl=3600)
    grants = [LINK, TOKEN, LINK._replace(server_id="server-2")]
    link, token, other = [await store.renew(store.begin(grant)) for grant in grants]
    await store.expire("server-1")
    with pytest.raises(TokenRefused, match="expired"):
        await store.redeem(link, anyone)
    assert (await store.redeem(token, anyone)).grant == TOKEN
    assert (await store.redeem(other, anyone)).grant.server_id == "server-2"
