"""One clock for many: each is called upon its time after it asked, in the order of asking, many at once."""

from __future__ import annotations

import asyncio
import time

from consolesvc.rounds import AT_ONCE, BEHIND_AT_ONCE, LONGEST, STEP, Rounds
from tests.lines.devices import eventually

WAIT = 0.1


async def test_all_who_ask_are_called_in_order_a_few_at_a_time() -> None:
    """Hundreds at once, so that the loop sees to others in between."""
    calls: list[list[int]] = []
    rounds: Rounds[int] = Rounds(WAIT, calls.append)
    begun = asyncio.get_running_loop().time()
    for who in range(3 * AT_ONCE):
        rounds.soon(who)
    assert (len(rounds), repr(rounds)) == (3 * AT_ONCE, f"<Rounds {3 * AT_ONCE} due>")
    await eventually(lambda: len(rounds) == 0)
    assert [who for call in calls for who in call] == list(range(3 * AT_ONCE))
    assert max(map(len, calls)) == AT_ONCE
    assert asyncio.get_running_loop().time() - begun >= WAIT * 0.9


async def test_who_asks_later_is_called_later() -> None:
    """Each has a time of its own; and the clock goes on when somebody asks again."""
    calls: list[list[str]] = []
    rounds: Rounds[str] = Rounds(WAIT, calls.append)
    rounds.soon("first")
    await asyncio.sleep(WAIT / 2)
    rounds.soon("second")
    await eventually(lambda: calls == [["first"]])
    await eventually(lambda: calls == [["first"], ["second"]])
    rounds.soon("third")
    await eventually(lambda: calls[-1] == ["third"])


async def test_who_is_behind_is_called_soon_and_a_few_at_a_step() -> None:
    """Before those who asked as usual, in turn, and all together no more often than the steps allow."""
    calls: list[list[int]] = []
    rounds: Rounds[int] = Rounds(WAIT, calls.append)
    begun = asyncio.get_running_loop().time()
    for who in range(3 * BEHIND_AT_ONCE):
        rounds.again(who)
    rounds.soon(-1)
    await eventually(lambda: len(rounds) == 0)
    starts = range(0, 3 * BEHIND_AT_ONCE, BEHIND_AT_ONCE)
    assert calls == [*(list(range(at, at + BEHIND_AT_ONCE)) for at in starts), [-1]]
    assert asyncio.get_running_loop().time() - begun >= 3 * STEP


async def test_calls_that_take_more_than_their_share_are_spread_over_the_steps() -> None:
    """In order; and evenly, so that each step has time for others."""
    calls: list[int] = []
    begun: list[float] = []
    each, count = STEP / 20, 150

    def call(due: list[int]) -> None:
        begun.append(time.monotonic())
        time.sleep(each * len(due))  # what is called for takes the loop's own time: that is what is shared out
        calls.extend(due)

    rounds: Rounds[int] = Rounds(0.01, call, at_once=1, share=0.25)
    for who in range(count):
        rounds.soon(who)
    await eventually(lambda: len(rounds) == 0, 5)
    assert calls == list(range(count))
    # The first step does not know yet what they cost. Another has room for five, and one for the rounding.
    later = [at for at in begun if at > begun[0] + 2 * STEP]
    assert len(later) > count / 2
    assert max(sum(at <= other < at + STEP / 2 for other in later) for at in later) <= 2 * 6
    assert begun[-1] - begun[0] > 2 * count * each


async def test_nobody_waits_longer_than_the_longest() -> None:
    """All have asked at once, and whatever they cost, the last is called in time; and none the sooner for it."""
    calls: list[int] = []

    def call(due: list[int]) -> None:
        time.sleep(0.0005 * len(due))  # the loop's own time, as above
        calls.extend(due)

    rounds: Rounds[int] = Rounds(0.01, call, at_once=4, share=0.000001)
    for _ in range(2):  # the second time it is known what they cost
        calls.clear()
        begun = time.monotonic()
        for who in range(500):
            rounds.soon(who)
        await eventually(lambda: len(rounds) == 0, 5)
        assert calls == list(range(500))
        took = time.monotonic() - begun
    assert LONGEST / 2 < took < 1.5 * LONGEST


async def test_who_asks_again_and_again_is_called_once_in_the_longest() -> None:
    """No more often than is needed, where the share has no room for them."""
    calls = 0

    def call(due: list[int]) -> None:
        nonlocal calls
        time.sleep(0.0005 * len(due))  # the loop's own time, as above
        calls += len(due)
        for who in due:
            rounds.soon(who)

    rounds: Rounds[int] = Rounds(0.01, call, at_once=4, share=0.000001)
    for who in range(200):
        rounds.soon(who)
    await asyncio.sleep(LONGEST)
    calls = 0
    begun = time.monotonic()
    await asyncio.sleep(2 * LONGEST)
    rounds.close()
    assert calls / 200 < 1.5 * (time.monotonic() - begun) / LONGEST
    assert calls >= 200


async def test_a_hiccup_is_not_the_others_cost() -> None:
    """A call that stands still for once, as for the collector of garbage, makes the next ones hardly rarer."""
    calls: list[float] = []
    stall = 0.0

    def call(due: list[int]) -> None:
        nonlocal stall
        time.sleep(stall)  # the whole loop stands still, as in a collection
        stall = 0.0
        calls.append(time.monotonic())
        for who in due:
            rounds.soon(who)

    rounds: Rounds[int] = Rounds(0.01, call, share=0.5)
    rounds.soon(1)
    await eventually(lambda: len(calls) > 20)
    stall = 0.2
    await eventually(lambda: not stall)
    count = len(calls)
    await asyncio.sleep(0.3)
    rounds.close()
    assert len(calls) - count >= 5


async def test_a_closed_clock_calls_nobody() -> None:
    """Neither who has asked nor who asks then."""
    calls: list[list[int]] = []
    rounds: Rounds[int] = Rounds(0.01, calls.append)
    rounds.soon(1)
    rounds.close()
    rounds.soon(2)
    await asyncio.sleep(0.1)
    assert calls == []
