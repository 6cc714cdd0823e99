from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.attach.position import Position


def test_the_next_connection_asks_for_the_next_byte() -> None:
    """Bytes count on from the hello's offset, and a gap moves the place."""
    place = Position()
    assert not place.known
    assert place.query() == {}
    assert place.hello("s1", 100, 0, 120) is None
    assert place.take(10) == 10
    assert place.take(15) == 10
    assert place.take(5) == 0
    assert place.query() == {"since": "130", "stream": "s1"}
    assert place.gap(130, 200) == 70
    assert place.take(1) == 0
    assert (place.query()["since"], place.received, place.missing) == ("201", 31, 70)


def test_a_service_that_skips_bytes_without_a_word_is_found_out() -> None:
    """What lies between the byte that was asked for and the one that comes is missing."""
    place = Position()
    place.hello("s1", 0, 0, 0)
    place.take(10)
    assert place.hello("s1", 10, 0, 10) is None
    assert place.hello("s1", 25, 0, 25) == (10, 25)
    assert place.missing == 15


def test_another_stream_begins_where_it_says() -> None:
    """Its numbers have nothing to do with the ones before."""
    place = Position()
    place.hello("s1", 0, 0, 0)
    place.take(1000)
    assert place.hello("s2", 5, 5, 5) is None
    assert place.gap(1000, 5) == 0
    assert place.query() == {"since": "5", "stream": "s2"}


def test_bytes_without_numbers_have_no_place() -> None:
    """A plain connection is not come back to, and brings no history."""
    place = Position()
    place.hello("s1", 100, 0, 200)
    place.forget()
    assert place.take(10) == 0
    assert (place.query(), place.received) == ({}, 10)


@given(st.lists(st.integers(0, 50)), st.integers(0, 400))
def test_history_ends_at_its_byte_however_it_is_split(sizes: list[int], history: int) -> None:
    """As many bytes are history as there are before its end."""
    place = Position()
    place.hello("s1", 100, 0, 100 + history)
    assert sum(place.take(size) for size in sizes) == min(history, sum(sizes))
