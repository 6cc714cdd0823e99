"""The ring: any sequence of appends and reads equals a plain list of bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.ring import Ring

CAPACITY = 16

pieces = st.lists(st.binary(max_size=2 * CAPACITY), max_size=30)


@given(pieces, st.integers(0, 1 << 60))
def test_holds_the_tail_of_all_that_was_appended(appended: list[bytes], base: int) -> None:
    """After any appends, every offset still held reads what a plain string of all bytes has there."""
    ring = Ring(CAPACITY, base)
    plain = b""
    for piece in appended:
        ring.append(piece)
        plain += piece
        assert ring.end == base + len(plain)
        assert ring.start == base + max(0, len(plain) - CAPACITY)
        for offset in range(ring.start, ring.end + 1):
            assert ring.read(offset, CAPACITY) == plain[offset - base :]


@given(st.binary(max_size=64), st.lists(st.integers(0, 9)))
def test_a_reader_that_keeps_up_gets_every_byte_once(data: bytes, limits: list[int]) -> None:
    """Reading on from where the last read ended gives the stream, whatever the sizes."""
    ring = Ring(64)
    ring.append(memoryview(data))
    got, offset = b"", 0
    for limit in [*limits, 64]:
        chunk = ring.read(offset, limit)
        assert len(chunk) <= limit
        got += chunk
        offset += len(chunk)
    assert got == data


def test_a_copy_is_returned_so_that_the_next_append_is_free() -> None:
    """A chunk that a reader keeps neither changes nor stands in the way."""
    ring = Ring(4)
    ring.append(b"abcd")
    kept = ring.read(0, 4)
    ring.append(b"efgh")
    assert kept == b"abcd"
    assert ring.read(4, 4) == b"efgh"


@pytest.mark.parametrize("offset", [3, 9])
def test_an_offset_outside_is_an_error_not_a_guess(offset: int) -> None:
    """A reader that did not look for its gap is told, and gets no wrong bytes."""
    ring = Ring(4)
    ring.append(b"01234567")
    with pytest.raises(ValueError, match=f"offset {offset} is outside 4..8"):
        ring.read(offset, 1)


def test_nothing_is_allocated_before_the_first_byte() -> None:
    """A thousand silent consoles cost a thousand empty rings."""
    assert len(Ring(1 << 30)._data) == 0


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (0, 0),  # the stream's first byte starts a line
        (1, 4),
        (4, 4),
        (5, 8),
        (9, 9),  # no line starts behind it
    ],
)
def test_line_start(offset: int, expected: int) -> None:
    """The next byte behind LF, or the offset itself where none follows."""
    ring = Ring(64)
    ring.append(b"abc\ndef\nghi")
    assert ring.line_start(offset) == expected


def test_a_trailing_lf_starts_no_line_worth_skipping_to() -> None:
    """One long line that just ended is shown, not skipped for the nothing behind it."""
    ring = Ring(8)
    ring.append(b"0123456789abcdef\n")
    assert ring.line_start(ring.start) == ring.start


@given(
    st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=2 * CAPACITY)), max_size=30), st.integers(0, 99)
)
def test_bytes_put_in_place_are_bytes_appended(pieces: list[tuple[bool, bytes]], base: int) -> None:
    """Whether a line appends or fills the space of a full ring, the ring holds the same tail."""
    ring = Ring(CAPACITY, base)
    plain = b""
    for in_place, piece in pieces:
        if in_place and ring.full:
            space = ring.space(len(piece))
            assert 1 <= len(space) <= len(piece)
            size = len(space)
            space[:] = piece[:size]
            assert ring.commit(size) == piece[:size]
            plain += piece[:size]
        else:
            ring.append(piece)
            plain += piece
        assert ring.end == base + len(plain)
        assert ring.read(ring.start, CAPACITY) == plain[-CAPACITY:]


@given(st.binary(min_size=1, max_size=CAPACITY), st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=40))))
def test_what_is_lent_stays_as_it_is(begin: bytes, pieces: list[tuple[bool, bytes]]) -> None:
    """However many bytes come meanwhile, by either way, and whether or not the ring was full."""
    ring = Ring(CAPACITY)
    ring.append(begin)
    lent = ring.lend(ring.start, CAPACITY)
    held = b"".join(lent)
    assert held == begin[-CAPACITY:]
    plain = begin
    for in_place, piece in pieces:
        if in_place and ring.full:
            space = ring.space(len(piece))
            space[:] = piece[: len(space)]
            ring.commit(len(space))
            plain += piece[: len(space)]
        else:
            ring.append(piece)
            plain += piece
        assert b"".join(lent) == held
        assert ring.read(ring.start, CAPACITY) == plain[-CAPACITY:]
    ring.give_back()


def test_lending_copies_nothing_of_a_full_ring() -> None:
    """The memory itself is lent, in two parts where it goes over the ring's end; moved only when it must be."""
    ring = Ring(8)
    ring.append(b"0123456789")
    before = ring._data
    first, second = ring.lend(4, 8)
    assert (bytes(first), bytes(second)) == (b"4567", b"89")
    assert isinstance(first, memoryview)
    assert first.obj is before
    ring.append(b"ab")
    assert ring._data is before, "the places of offsets 2 and 3 were not lent"
    ring.append(b"c")
    assert ring._data is not before
    assert (bytes(first), bytes(second)) == (b"4567", b"89")
    assert ring.read(ring.start, 8) == b"56789abc"
