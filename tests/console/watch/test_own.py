"""Patterns of one's own: a line counts once, however it comes, and is found where it is."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.watch.own import BURST, COUNTED, LONGEST_LINE, RATE, Line, OwnPatterns


def fed(patterns: OwnPatterns, *pieces: bytes) -> list[tuple[int, str]]:
    """What is found in pieces that follow one another from offset 100 on."""
    found, offset = list[Line](), 100
    for piece in pieces:
        found += patterns.feed(offset, piece, 0.0)
        offset += len(piece)
    return [(line.offset, line.name) for line in found]


def test_lines_are_found_where_they_begin() -> None:
    """`^` and `$` are a line's, CR or not; colours do not hide a word, nor move what is behind them."""
    text = b"one\r\n\x1b[31mtw\x1b[0mo\r\nthree\r\n"
    patterns = OwnPatterns([("two", "^two$"), ("e", "e$"), ("none", "four")])
    assert fed(patterns, text) == [(105, "two"), (100, "e"), (119, "e")]
    assert len(patterns) == 3


def test_a_line_counts_once() -> None:
    """Also where it is not finished yet: a prompt is found as soon as it is there, and not again with its answer."""
    patterns = OwnPatterns([("ask", "Continue")])
    assert fed(patterns, b"x\nCont", b"inue? ", b"y", b"\r\nContinue? ") == [(102, "ask"), (115, "ask")]


def test_behind_a_hole_nothing_goes_on() -> None:
    """What was left out may have had the rest of the line, and another one's beginning."""
    patterns = OwnPatterns([("ask", "Continue")])
    assert patterns.feed(0, b"Cont", 0.0) == []
    assert patterns.feed(1000, b"inue", 0.1) == []
    assert patterns.feed(1004, b"d\nContinue", 0.2) == [(1006, "ask", 0)]


def test_every_line_is_told() -> None:
    """Five disks that want a check are five, also in one piece; what is beside them is not told for them."""
    patterns = OwnPatterns([("fsck", "INCONSISTENCY")])
    disks = [b"/dev/sd%c: UNEXPECTED INCONSISTENCY\r\nok\r\n" % letter for letter in b"abcde"]
    assert fed(patterns, b"".join(disks)) == [(100 + number * len(disks[0]), "fsck") for number in range(5)]


def test_a_flood_of_lines_is_bounded_and_counted() -> None:
    """So many at once, a few a second beyond, and with them how many more there were."""
    patterns = OwnPatterns([("error", "error"), ("ok", "ok")])
    found = patterns.feed(0, b"error\n" * (BURST + 7), 0.0)
    assert [line.offset for line in found] == [6 * number for number in range(BURST)]
    assert [line.more for line in found] == [0] * (BURST - 1) + [7]
    offset = 6 * (BURST + 7)
    assert patterns.feed(offset, b"error\n" * 3, 0.01) == []
    assert patterns.feed(offset + 18, b"error\nok\n", 0.01 + 1 / RATE) == [
        (offset + 18, "error", 3),
        (offset + 24, "ok", 0),
    ]
    (last,) = patterns.feed(offset + 27, b"error\n" * 1000, 0.02 + 2 / RATE)
    assert last.more == COUNTED
    assert len(patterns.feed(offset + 6027, b"error\n" * 1000, 100.0)) == BURST


def test_a_pattern_for_a_kind_is_told_once_a_piece() -> None:
    """Of a boot's first words the first line is one, and those behind it are not another."""
    patterns = OwnPatterns([("boot", "Loader")], once=("boot",))
    assert fed(patterns, b"Loader\n" * 200, b"ok\nLoader\n") == [(100, "boot"), (1503, "boot")]


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
        for line in patterns.feed(at, data[at : at + sizes[0]], float(at)):
            assert 0 <= line.offset <= at + sizes[0]
        at += sizes[0]
        sizes = [*sizes[1:], sizes[0]]


def test_a_flood_is_soon_looked_through() -> None:
    """64 KiB of lines that match, and of nothing but line breaks."""
    for unit in (b"a\n", b"\n", b"\x1b[0ma\n"):
        text = unit * (64 * 1024 // len(unit))
        patterns = OwnPatterns([("a", "a"), ("no", "b+$"), ("empty", "^$")])
        begun = time.process_time()
        patterns.feed(0, text, 0.0)
        assert time.process_time() - begun < 1
