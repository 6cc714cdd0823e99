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
    share, each = 0.25, STEP / 20

    def call(due: list[int]) -> None:
        time.sleep(each * len(due))
        calls.extend(due)

    rounds: Rounds[int] = Rounds(0.01, call, at_once=1, share=share)
    count = int(0.4 / each)
    begun = asyncio.get_running_loop().time()
    for who in range(count):
        rounds.soon(who)
    await eventually(lambda: len(rounds) == 0, 5)
    assert calls == list(range(count))
    # A step has room for five of them, one more for the rounding, and before the first has cost anything for all.
    assert asyncio.get_running_loop().time() - begun >= 0.4


async def test_nobody_waits_much_longer_than_the_longest() -> None:
    """However much they cost, and whatever their share."""
    calls: list[int] = []

    def call(due: list[int]) -> None:
        time.sleep(0.0005 * len(due))
        calls.extend(due)

    rounds: Rounds[int] = Rounds(0.01, call, at_once=4, share=0.000001)
    begun = asyncio.get_running_loop().time()
    for who in range(500):
        rounds.soon(who)
    asked = len(rounds)
    while len(calls) < asked:
        rounds.soon(-1)  # the queue stays as long as it is
        await asyncio.sleep(LONGEST / asked)
    assert calls[:asked] == list(range(asked))
    assert LONGEST / 2 < asyncio.get_running_loop().time() - begun < 4 * LONGEST
    rounds.close()


async def test_a_closed_clock_calls_nobody() -> None:
    """Neither who has asked nor who asks then."""
    calls: list[list[int]] = []
    rounds: Rounds[int] = Rounds(0.01, calls.append)
    rounds.soon(1)
    rounds.close()
    rounds.soon(2)
    await asyncio.sleep(0.1)
    assert calls == []
