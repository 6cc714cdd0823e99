"""The flow rule of DESIGN decision 3, with a clock turned by hand."""

from __future__ import annotations

from consolesvc.console.flow import PENANCE, PROGRESS, WINDOW, Hold

HALF = 512 * 1024


def test_a_viewer_within_half_a_ring_holds_nothing() -> None:
    """Half a ring behind is near enough."""
    assert not Hold().check(0, HALF, HALF, now=1.0)


def test_a_viewer_that_makes_progress_holds_the_line() -> None:
    """64 KiB in each quarter of a second is enough, for as long as it takes."""
    hold, offset, now = Hold(), 0, 1.0
    for _ in range(100):
        assert hold.check(offset, offset + HALF + 1, HALF, now)
        offset += PROGRESS
        now += WINDOW * 0.99


def test_a_viewer_without_progress_holds_for_one_window() -> None:
    """A dead viewer costs the others a quarter of a second, once."""
    hold = Hold()
    assert hold.check(0, HALF + 1, HALF, now=1.0)
    assert hold.check(0, HALF + 1, HALF, now=1.0 + WINDOW - 0.01)
    assert not hold.check(0, HALF + 1, HALF, now=1.0 + WINDOW)
    assert not hold.check(0, 10 * HALF, HALF, now=1.1 + WINDOW)


def test_too_little_progress_is_none() -> None:
    """A byte now and then, or one less than 64 KiB in time, does not hold a machine."""
    hold = Hold()
    assert hold.check(0, 9 * HALF, HALF, now=1.0)
    assert not hold.check(PROGRESS - 1, 9 * HALF, HALF, now=1.0 + WINDOW)


def test_left_behind_ends_with_both_catching_up_and_ten_seconds() -> None:
    """Neither alone gives the right to hold back."""
    hold = Hold()
    hold.check(0, HALF + 1, HALF, now=0.5)
    hold.check(0, HALF + 1, HALF, now=1.0)
    assert not hold.check(HALF + 1, HALF + 1, HALF, now=1.1)  # caught up, too early
    assert not hold.check(0, HALF + 1, HALF, now=1.0 + PENANCE)  # late enough, behind
    assert not hold.check(HALF + 1, HALF + 1, HALF, now=1.0 + PENANCE)  # both: it may again, and need not
    assert hold.check(HALF + 1, 3 * HALF, HALF, now=1.0 + PENANCE)


def test_reading_up_in_time_leaves_no_mark() -> None:
    """Who came back below half a ring starts its next window afresh."""
    hold = Hold()
    assert hold.check(0, HALF + 1, HALF, now=1.0)
    assert not hold.check(2, HALF + 1, HALF, now=1.2)
    assert hold.check(2, 2 * HALF, HALF, now=5.0)
    assert hold.left_behind is None
