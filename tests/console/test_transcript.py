"""Text that knows its place: offsets of the real bytes, whatever stood between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.transcript import Transcript
from tests.console.test_stripping import STREAM


def test_offsets_are_of_the_real_bytes() -> None:
    """A sequence in the middle of a word is no part of the text, and counts in its offsets."""
    transcript = Transcript(100)
    transcript.add(100, b"log\x1b[0min: ")
    assert bytes(transcript.text) == b"login: "
    assert [transcript.offset(index) for index in range(8)] == [100, 101, 102, 107, 108, 109, 110, 111]
    assert [transcript.behind(index) for index in (0, 3, 4, 7)] == [100, 103, 108, 111]
    assert [transcript.index(offset) for offset in (100, 103, 104, 107, 111, 999)] == [0, 3, 3, 3, 7, 7]


def test_a_byte_that_was_replaced_has_one_place() -> None:
    """Three bytes of text stand for it."""
    transcript = Transcript(0)
    transcript.add(0, b"a\xffb")
    assert [transcript.offset(index) for index in range(6)] == [0, 1, 1, 1, 2, 3]
    assert transcript.behind(4) == 2
    assert transcript.index(2) == 4


@given(STREAM, st.integers(1, 50))
def test_places_there_and_back(stream: bytes, size: int) -> None:
    """The index of a character's offset is the character's, in whatever pieces it came and was kept."""
    transcript = Transcript(7)
    for begin in range(0, len(stream), size):
        transcript.add(7 + begin, stream[begin : begin + size])
        transcript.keep(30)
    assert transcript.end == 7 + len(stream)
    text = transcript.text
    starts = [i for i in range(transcript.context, len(text)) if text[i] & 0xC0 != 0x80]
    assert [transcript.index(transcript.offset(index)) for index in starts] == starts
    offsets = [transcript.offset(index) for index in starts]
    assert offsets == sorted(set(offsets))
    assert all(7 <= offset < transcript.end for offset in offsets)
    assert all(transcript.offset(index) < transcript.behind(index + 1) <= transcript.end for index in starts)


def test_what_is_forgotten_leaves_whole_lines_and_a_byte_before() -> None:
    """The text begins behind a line's end, where one is near; else somewhere, between two characters."""
    transcript = Transcript(0)
    transcript.add(0, b"".join(b"line %02d\n" % number for number in range(20)))
    transcript.keep(45)
    assert bytes(transcript.text[transcript.context :]).startswith(b"line 15\n")
    assert (transcript.text[0], transcript.start, transcript.offset(len(transcript.text))) == (ord("\n"), 120, 160)
    transcript = Transcript(0)
    transcript.add(0, "ü".encode() * 100)
    transcript.keep(51)
    assert transcript.text[transcript.context :].decode() == "ü" * 25
    assert (transcript.start, transcript.offset(transcript.context + 2)) == (150, 152)


def test_keeping_more_than_there_is_forgets_nothing() -> None:
    """Nor does it twice."""
    transcript = Transcript(0)
    transcript.add(0, b"abc")
    transcript.keep(3)
    assert (bytes(transcript.text), transcript.context) == (b"abc", 0)


@pytest.mark.parametrize(
    ("before", "data", "text"),
    [
        (b"\x1b[3", b"1mred", b"red"),
        (b"\x1b]0;a ti", b"tle\x07# ", b"# "),
        (b"\xe2\x82", b"\xac!", b"\xe2\x82\xac!"),
        (b"whole", b"new", b"new"),
    ],
)
def test_it_may_begin_in_the_middle_of_something(before: bytes, data: bytes, text: bytes) -> None:
    """What stands before tells what the first bytes are; it is no text itself."""
    transcript = Transcript(1000, before)
    assert (transcript.start, transcript.end) == (1000, 1000)
    transcript.add(1000, data)
    assert bytes(transcript.text) == text
    assert transcript.end == 1000 + len(data)


def test_nothing_joins_over_a_gap() -> None:
    """Bytes that do not follow begin the text anew, and no sequence that was open goes on in them."""
    transcript = Transcript(0)
    transcript.add(0, b"log\x1b[")
    transcript.add(50, b"in: ")
    assert (bytes(transcript.text), transcript.start) == (b"in: ", 50)
