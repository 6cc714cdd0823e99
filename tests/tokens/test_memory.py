"""Tokens in memory, with a clock turned by hand."""

from __future__ import annotations

import uuid

import pytest

from consolesvc.errors import LimitReached, TokenRefused
from consolesvc.tokens.memory import MemoryTokenStore
from consolesvc.tokens.store import Grant


class Clock:
    """Seconds, turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def anyone(_grant: Grant) -> None:
    """Admit whoever comes."""


async def test_a_token_is_a_uuid4_and_redeems_to_its_server(clock: Clock) -> None:
    """Bound to the server's id; good again and again until it expires."""
    store = MemoryTokenStore(clock)
    token = await store.issue("server-1")
    assert uuid.UUID(token).version == 4
    grants = [await store.redeem(token, anyone) for _ in range(3)]
    assert grants == [grants[0]] * 3
    assert (grants[0].server_id, grants[0].expires) == ("server-1", 1600.0)


async def test_the_token_itself_is_kept_nowhere(clock: Clock) -> None:
    """Only its sha256 is, and a short name of that."""
    store = MemoryTokenStore(clock)
    token = await store.issue("server-1")
    everything = repr(vars(store)) + repr(store)
    assert token not in everything
    assert token.encode() not in everything.encode()
    assert (await store.redeem(token, anyone)).token_id not in token


async def test_expires_to_the_second(clock: Clock) -> None:
    """Good just before, refused from then on, and then forgotten."""
    store = MemoryTokenStore(clock, ttl=600)
    token = await store.issue("s")
    clock.now += 599.9
    await store.redeem(token, anyone)
    clock.now += 0.1
    with pytest.raises(TokenRefused, match="token expired"):
        await store.redeem(token, anyone)
    assert store.sweep() == 1
    with pytest.raises(TokenRefused, match="token unknown"):
        await store.redeem(token, anyone)


async def test_expired_tokens_are_swept_by_issuing(clock: Clock) -> None:
    """A service that only ever issues does not grow."""
    store = MemoryTokenStore(clock, ttl=10)
    for _ in range(1000):
        await store.issue("s")
        clock.now += 1
    assert len(store) == 10
    assert len(store._expiries) == 10


async def test_ttl_zero_is_for_ever(clock: Clock) -> None:
    """0 switches expiry off."""
    store = MemoryTokenStore(clock, ttl=0)
    token = await store.issue("s")
    clock.now += 1e9
    assert (await store.redeem(token, anyone)).expires is None


async def test_single_use(clock: Clock) -> None:
    """The second redemption is refused and says why."""
    store = MemoryTokenStore(clock, single_use=True)
    token = await store.issue("s")
    await store.redeem(token, anyone)
    with pytest.raises(TokenRefused, match="token used"):
        await store.redeem(token, anyone)


async def test_a_refused_admission_does_not_use_the_token_up(clock: Clock) -> None:
    """The answer "try later" is true of a single-use token as well."""
    store = MemoryTokenStore(clock, single_use=True)
    token = await store.issue("s")

    def full(_grant: Grant) -> None:
        raise LimitReached("sessions", 1)

    with pytest.raises(LimitReached):
        await store.redeem(token, full)
    await store.redeem(token, anyone)


async def test_ending_a_server_ends_its_tokens_alone(clock: Clock) -> None:
    """A deleted server's tokens are gone; its neighbour's are not."""
    store = MemoryTokenStore(clock)
    gone = [await store.issue("a") for _ in range(3)]
    kept = await store.issue("b")
    assert await store.end("a") == 3
    for token in gone:
        with pytest.raises(TokenRefused, match="token unknown"):
            await store.redeem(token, anyone)
    await store.redeem(kept, anyone)


@pytest.mark.parametrize("nonsense", ["", "x", "\udcff", "\0" * 10000, "f9906a48-0000-0000-0000-000000000000"])
async def test_nonsense_is_unknown(clock: Clock, nonsense: str) -> None:
    """Whatever text is shown, the answer is the same."""
    store = MemoryTokenStore(clock)
    await store.issue("s")
    with pytest.raises(TokenRefused, match="token unknown"):
        await store.redeem(nonsense, anyone)


async def test_a_clock_set_back_makes_nothing_good_again(clock: Clock) -> None:
    """A token that was swept stays gone."""
    store = MemoryTokenStore(clock, ttl=10)
    token = await store.issue("s")
    clock.now += 11
    store.sweep()
    clock.now -= 11
    with pytest.raises(TokenRefused):
        await store.redeem(token, anyone)


async def test_looking_a_token_up_uses_nothing(clock: Clock) -> None:
    """A look is free and tells the same grant; what does not redeem is not found either."""
    store = MemoryTokenStore(clock, ttl=600, single_use=True)
    token = await store.issue("s")
    grants = [await store.look_up(token) for _ in range(3)]
    assert grants == [await store.redeem(token, anyone)] * 3
    with pytest.raises(TokenRefused, match="token used"):
        await store.look_up(token)
    other = await store.issue("s")
    clock.now += 600
    with pytest.raises(TokenRefused, match="token expired"):
        await store.look_up(other)
    with pytest.raises(TokenRefused, match="token unknown"):
        await store.look_up("nonsense")


async def test_what_a_token_is_good_for_is_kept_with_it(clock: Clock) -> None:
    """Who minted it, whether it types, whether its sessions end with it, and a time of its own; the rest is default."""
    store = MemoryTokenStore(clock, ttl=600)
    plain = await store.redeem(await store.issue("s"), anyone)
    assert (plain.user, plain.may_type, plain.ends, plain.expires) == ("", True, False, 1600.0)
    link = await store.redeem(await store.issue("s", user="alice", may_type=False, ttl=60, ends=True), anyone)
    assert (link.user, link.may_type, link.ends, link.expires) == ("alice", False, True, 1060.0)
    assert (await store.redeem(await store.issue("s", ttl=0), anyone)).expires is None


async def test_a_time_of_its_own_ends_when_it_ends(clock: Clock) -> None:
    """Shorter or longer than the store's, each to the second, and swept in its turn."""
    store = MemoryTokenStore(clock, ttl=600)
    long, short = await store.issue("s", ttl=3600), await store.issue("s", ttl=1)
    clock.now += 1
    with pytest.raises(TokenRefused, match="token expired"):
        await store.redeem(short, anyone)
    clock.now += 3598
    await store.redeem(long, anyone)
    clock.now += 1
    with pytest.raises(TokenRefused, match="token expired"):
        await store.redeem(long, anyone)
    assert store.sweep() == 2
