"""A stream's text, piece by piece, held against what the whole of it comes to."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.stripping import LONGEST_UNFINISHED, Run, Stripper
from consolesvc.console.text import plain_text

WHOLE = [
    *(b"\x1b[31m", b"\x1b[?2004h", b"\x1b[1;24r", b"\x1b[0 q", b"\x9b1m", b"\xc2\x9b1m"),
    *(b"\x1b]0;a title\x07", b"\x1b]0;\xc3\x9c\x1b\\", b"\x9dx\x9c", b"\xc2\x9dx\xc2\x9c", b"\x1b]0;no end\n"),
    *(b"\x1bP1$r\x1b\\", b"\x1b_x\x1b\\", b"\x90x\x9c", b"\x1b(B", b"\x1b=", b"\x1bc", b"\x1b#8", b"\x1b]R"),
    *(b"\x1b]P1a2b3c4", b"\r", b"\b", b"\a", b"\x00", b"\x85", b"\xc2\x85", b"\x7f"),
]
BROKEN = [
    *(b"\x1b[", b"\x1b[\n", b"\x9b", b"\x1b]0;", b"\x1bPno end\n", b"\x1bPbel\x07", b"\x1b", b"\x1b\x1b[m", b"\x1b]P1"),
    *(b"\x1b]", b"\x1b  ", b"\xc2", b"\xe2\x82", b"\xf0\x9f\x98", b"\xff", b"\xed\xa0\x80", b"\xc0\x80"),
]
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.encode)
WELL_FORMED = st.lists(st.sampled_from(WHOLE) | TEXT, max_size=20).map(b"".join)
STREAM = st.lists(st.sampled_from(WHOLE + BROKEN) | TEXT | st.binary(max_size=4), max_size=20).map(b"".join)


def strip(*pieces: bytes) -> list[Run]:
    stripper, offset = Stripper(), 0
    runs: list[Run] = []
    for piece in pieces:
        runs += stripper.feed(offset, piece)
        offset += len(piece)
    return runs


def text(runs: list[Run]) -> bytes:
    return b"".join(run.text for run in runs)


@given(WELL_FORMED)
def test_it_is_the_text_of_the_whole(stream: bytes) -> None:
    """What comes out is what `plain_text` makes of all of it."""
    assert text(strip(stream)).decode() == plain_text(stream)


@given(STREAM, st.lists(st.integers(0, 200), max_size=12))
def test_pieces_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    """Cut anywhere, the same text comes, each byte of it at the same place."""
    edges = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})
    pieces = [stream[begin:end] for begin, end in pairwise(edges)]
    assert places(strip(*pieces)) == places(strip(stream))


def places(runs: list[Run]) -> list[tuple[int, bytes]]:
    """Each byte of text, or replacement, with its offset."""
    single = [(run.offset, run.text) for run in runs if run.size != len(run.text)]
    whole = [(run.offset + i, bytes([b])) for run in runs if run.size == len(run.text) for i, b in enumerate(run.text)]
    return sorted(single + whole)


@given(STREAM)
def test_places_are_those_of_the_bytes(stream: bytes) -> None:
    """Whatever is not replaced stands in the stream where its run says."""
    for run in strip(stream):
        if run.size == len(run.text):
            assert stream[run.offset : run.offset + run.size] == run.text
        else:
            assert (run.size, run.text) == (1, "\ufffd".encode())


@pytest.mark.parametrize(
    ("stream", "shown"),
    [
        (b"log\x1b[0min: ", b"login: "),
        (b"\x1b]0;title\x07# ", b"# "),
        (b"\x1bPlost\nlogin: ", b"\nlogin: "),
        (b"\x90 noise, then\nlogin: ", b"\nlogin: "),
        (b"\x1b]Rlogin: \x1b]P0123456login: ", b"login: login: "),
        (b"a\xffb\xe2\x82", "a\N{REPLACEMENT CHARACTER}b".encode()),
        (b"one\r\ntwo\b\x07", b"one\ntwo"),
        (b"\x1b[" + b"1;" * 5000 + b"m# ", b"# "),
        (b"\x1b]2;" + b"x" * 5000 + b"\x07# ", b"# "),
    ],
)
def test_what_a_person_reads(stream: bytes, shown: bytes) -> None:
    """Colours, titles and noise are no text; none of them hides what follows for longer than its line."""
    assert text(strip(stream)) == shown
    assert text(strip(*(stream[i : i + 1] for i in range(len(stream))))) == shown


def test_controls_that_are_asked_for_are_kept() -> None:
    """An echo is told by them."""
    assert text(list(Stripper(b"\r\b").feed(0, b"a\rb\b\tc"))) == b"a\rb\bc"


@given(st.binary(max_size=60))
def test_what_is_held_is_bounded(noise: bytes) -> None:
    """Whatever comes, only a few bytes wait for more."""
    stripper = Stripper()
    for offset in range(len(noise)):
        list(stripper.feed(offset, noise[offset : offset + 1]))
        assert len(stripper._held) <= LONGEST_UNFINISHED


@pytest.mark.parametrize("unit", [*BROKEN, b"\xf0\x90", b"\x1bP\x1b", b"\x9d"])
def test_hostile_bytes_are_quick(unit: bytes) -> None:
    """No input makes it try a byte more than a few times."""
    begun = time.process_time()
    strip(unit * (256 * 1024 // len(unit)))
    assert time.process_time() - begun < 3
