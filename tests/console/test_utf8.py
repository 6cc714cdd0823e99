"""The UTF-8 cutter: messages end between characters, and nothing but time is ever held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.utf8 import unfinished


@given(st.text(), st.integers(0))
def test_text_cut_anywhere_ends_between_characters(text: str, cut: int) -> None:
    """What is left of a cut through UTF-8 decodes, and what is held is less than a character."""
    data = text.encode("utf-8", "ignore")
    data = data[: cut % (len(data) + 1)]
    held = unfinished(data)
    data[: len(data) - held].decode()
    assert held <= 3


@given(st.binary())
def test_what_is_held_could_become_a_character(data: bytes) -> None:
    """Of any bytes at all, only such are held that some continuation makes valid; and all such are."""
    held = unfinished(data)
    for size in range(1, min(3, len(data)) + 1):
        assert (held == size) == is_prefix(data[-size:]), data[-size:]


def is_prefix(tail: bytes) -> bool:
    """Whether some bytes behind `tail` make one character of it, by the standard library's decoder."""
    if not tail[0] & 0x80:
        return False
    try:
        tail.decode()
    except UnicodeDecodeError as error:
        return error.start == 0 and error.end == len(tail) and error.reason == "unexpected end of data"
    return False


@pytest.mark.parametrize(
    ("data", "held"),
    [
        (b"", 0),
        (b"abc", 0),
        ("é".encode()[:1], 1),
        ("漢".encode()[:1], 1),
        ("漢".encode()[:2], 2),
        ("😀".encode()[:3], 3),
        ("😀".encode(), 0),
        (b"\x80\x80\x80", 0),  # continuation bytes of nothing
        (b"\xff", 0),
        (b"\xc0", 0),  # would be overlong
        (b"\xe0\x80", 0),  # overlong in its second byte
        (b"\xed\xa0", 0),  # a surrogate
        (b"\xf4\x90", 0),  # beyond U+10FFFF
        (b"\xf5", 0),
    ],
)
def test_by_example(data: bytes, held: int) -> None:
    """RFC 3629 section 4, by its corners."""
    assert unfinished(data) == held
