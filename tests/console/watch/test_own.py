"""Patterns of one's own: a line counts once, however it comes, and is found where it is."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.watch.own import LONGEST_LINE, OwnPatterns


def fed(patterns: OwnPatterns, *pieces: bytes) -> list[tuple[int, str]]:
    """What is found in pieces that follow one another from offset 100 on."""
    found, offset = [], 100
    for piece in pieces:
        found += patterns.feed(offset, piece)
        offset += len(piece)
    return found


def test_lines_are_found_where_they_begin() -> None:
    """`^` and `$` are a line's, CR or not; colours do not hide a word, nor move what is behind them."""
    text = b"one\r\n\x1b[31mtw\x1b[0mo\r\nthree\r\n"
    patterns = OwnPatterns([("two", "^two$"), ("e", "e$"), ("none", "four")])
    assert fed(patterns, text) == [(105, "two"), (100, "e")]
    assert len(patterns) == 3


def test_a_line_counts_once() -> None:
    """Also where it is not finished yet: a prompt is found as soon as it is there, and not again with its answer."""
    patterns = OwnPatterns([("ask", "Continue")])
    assert fed(patterns, b"x\nCont", b"inue? ", b"y", b"\r\nContinue? ") == [(102, "ask"), (115, "ask")]


def test_behind_a_hole_nothing_goes_on() -> None:
    """What was left out may have had the rest of the line, and another one's beginning."""
    patterns = OwnPatterns([("ask", "Continue")])
    assert patterns.feed(0, b"Cont") == []
    assert patterns.feed(1000, b"inue") == []
    assert patterns.feed(1004, b"d\nContinue") == [(1006, "ask")]


def test_of_many_lines_in_one_piece_the_first_is_told() -> None:
    """A machine that says it a thousand times says nothing new; the next piece may."""
    patterns = OwnPatterns([("error", "error")])
    assert fed(patterns, b"error\n" * 1000, b"ok\n", b"error\n") == [(100, "error"), (6103, "error")]


def test_a_line_without_end_is_searched_at_its_end() -> None:
    """As much of it as is kept."""
    patterns = OwnPatterns([("end", "end$")])
    assert fed(patterns, b"x" * (3 * LONGEST_LINE), b"y" * LONGEST_LINE, b"end") == [(100, "end")]


@given(st.binary(max_size=300), st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_any_bytes_in_any_pieces(data: bytes, sizes: list[int]) -> None:
    """Nothing fails, and what is found lies in the data."""
    patterns = OwnPatterns([("a", "a"), ("start", "^."), ("empty", "^$")])
    at = 0
    while at < len(data):
        for offset, _ in patterns.feed(at, data[at : at + sizes[0]]):
            assert 0 <= offset <= at + sizes[0]
        at += sizes[0]
        sizes = [*sizes[1:], sizes[0]]


def test_a_flood_is_soon_looked_through() -> None:
    """64 KiB of lines that match, and of nothing but line breaks."""
    for unit in (b"a\n", b"\n", b"\x1b[0ma\n"):
        text = unit * (64 * 1024 // len(unit))
        patterns = OwnPatterns([("a", "a"), ("no", "b+$"), ("empty", "^$")])
        begun = time.process_time()
        patterns.feed(0, text)
        assert time.process_time() - begun < 1
