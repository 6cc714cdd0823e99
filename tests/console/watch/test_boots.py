"""Boots put together from records: how far each came, how long it took, and the trend."""

from __future__ import annotations

from typing import Any

from consolesvc.console.watch.boots import MOST, TREND, Boots
from consolesvc.log.index import Record


def record(event: str, offset: int, **facts: Any) -> Record:
    return Record(offset, 1000.0 + offset, event, facts=facts)


def taken(*records: Record) -> Boots:
    boots = Boots()
    for each in records:
        boots.take(each)
    return boots


def test_a_boot() -> None:
    """Its first words, its stages, its first login, and its panic, before which an oops counts less."""
    boots = taken(
        record("login", 1),
        record("boot", 10, stage="firmware"),
        record("stage", 11, stage="kernel"),
        record("panic", 12, what="oops"),
        record("panic", 13, what="oops"),
        record("login", 14, seconds=4.0),
        record("login", 15, seconds=5.0),
        record("panic", 16, what="panic"),
        record("panic", 17, what="oops"),
        record("silence", 18),
    )
    assert len(boots) == 1
    boot = boots.last
    assert boot is not None
    assert (boot.start.offset, boot.start.time, boot.start.facts) == (10, 1010.0, {"stage": "firmware"})
    assert [stage.offset for stage in boot.stages] == [11]
    assert boot.login is not None
    assert boot.panic is not None
    assert (boot.login.offset, boot.seconds, boot.panic.offset, boot.reset) == (14, 4.0, 16, False)


def test_a_reset_is_a_boot_that_came_to_no_login() -> None:
    """Known when the next one begins; the last one goes on."""
    boots = taken(record("boot", 1), record("boot", 2), record("login", 3), record("boot", 4))
    assert [boot.reset for boot in boots.newest(9)] == [False, False, True]
    assert [boot.start.offset for boot in boots.newest(2)] == [4, 2]
    assert Boots().last is None


def test_the_trend_is_the_median_of_the_last_ten() -> None:
    """Of those that are known: a boot without a login has none."""
    assert Boots().trend is None
    boots = Boots()
    for number in range(TREND + 5):
        boots.take(record("boot", 10 * number))
        if number % 2:
            boots.take(record("login", 10 * number + 1, seconds=float(number)))
    assert boots.seconds == [1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0]
    assert boots.trend == 7.0
    for number in range(100, 100 + TREND):
        boots.take(record("boot", 10 * number))
        boots.take(record("login", 10 * number + 1, seconds=20.25))
    assert boots.trend == 20.2


def test_what_was_before_comes_first() -> None:
    """Older boots in front of those that are known; the last of them came to no login if it says so."""
    boots = taken(record("boot", 100), record("login", 101, seconds=1.0))
    boots.precede([record("boot", 1), record("login", 2, seconds=3.0), record("boot", 5)])
    assert [(boot.start.offset, boot.reset) for boot in boots.newest(9)] == [(100, False), (5, True), (1, False)]
    boots = Boots()
    boots.precede([record("boot", 1)])
    assert [boot.reset for boot in boots.newest(9)] == [False]


def test_memory_is_bounded() -> None:
    """The oldest are forgotten, also of those that are put in front."""
    boots = taken(*(record("boot", number) for number in range(1000, 1000 + MOST)))
    boots.precede(record("boot", number) for number in range(500))
    assert len(boots) == MOST
    assert boots.newest(MOST)[-1].start.offset == 1000
