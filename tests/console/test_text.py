from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consolesvc.console.text import last_lines, plain_text

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x80-\x9f]")
PLAIN = st.text(st.characters(exclude_categories=["Cs"]).filter(lambda c: not CONTROLS.match(c)))
PARAMETERS = st.text("0123456789;:<=>?", max_size=8)
PAYLOAD = st.text("abc;?/=~ äß€", max_size=12).map(str.encode)
BEL, ST = b"\x07", b"\x1b\\"

CSI = st.builds(
    lambda start, p, final: start + f"{p}{final}".encode(),
    st.just(b"\x1b["),
    PARAMETERS,
    st.sampled_from("mHJKhlcnRt@~"),
)
OSC = st.builds(lambda text, end: b"\x1b]" + text + end, PAYLOAD, st.sampled_from([BEL, ST, b"\x9c"]))
STRINGS = st.builds(
    lambda start, text, end: start + text + end,
    st.sampled_from([b"\x1bP", b"\x1bX", b"\x1b^", b"\x1b_"]),
    PAYLOAD,
    st.sampled_from([ST, b"\x9c"]),
)
ESCAPES = st.sampled_from([b"\x1b7", b"\x1b8", b"\x1bc", b"\x1b=", b"\x1b(B", b"\x1b#8", b"\x1b%G", b"\x1bM", b"\x1bN"])
EIGHT_BIT = st.sampled_from([b"\x9b31m", b"\x9b?25h", b"\x9d0;t\x07", b"\x9d0;t\x9c", b"\x90q#1\x9c", b"\x84", b"\x8d"])
SEQUENCES = CSI | OSC | STRINGS | ESCAPES | EIGHT_BIT


@given(PLAIN)
def test_text_stays(text: str) -> None:
    """Text without controls comes through as it is, in every language."""
    assert plain_text(text.encode()) == text


@given(st.lists(st.tuples(PLAIN, SEQUENCES)))
def test_sequences_go_whole(pieces: list[tuple[str, bytes]]) -> None:
    """Of text with sequences between its parts, the text is left."""
    data = b"".join(text.encode() + sequence for text, sequence in pieces)
    assert plain_text(data) == "".join(text for text, _ in pieces)


@given(st.binary() | st.lists(SEQUENCES | st.binary(max_size=3)).map(b"".join))
@example(b"\xc2\x1b[m\x9b31m")
@example(b"\xe2\x1b7\x9b\x1b7\xac")
def test_nothing_drives_a_terminal(data: bytes) -> None:
    """Whatever a machine says, no control character is left but TAB and LF, and filtering again changes nothing."""
    text = plain_text(data)
    assert not CONTROLS.search(text)
    assert plain_text(text.encode()) == text


@given(st.binary().map(lambda data: bytes(b for b in data if not (b < 0x20 or 0x80 <= b < 0xA0))))
def test_what_is_no_text_is_marked(data: bytes) -> None:
    """Bytes that are no UTF-8 are U+FFFD, as Python's `replace` has it; an unfinished end is left out."""
    decoded = data.decode("utf-8", "replace")
    assert plain_text(data) in (decoded, decoded.removesuffix("�"))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\x1b[31m", "a\nb"),
        (b"a\tb\x0cc\x7f", "a\tbc\x7f"),
        ("é ț €".encode(), "é ț €"),
        (b"\xff\xfe", "��"),
        (b"caf\xc3", "caf"),
        (b"a\xe2\x82", "a"),
        (b"\xe2\x82x", "�x"),
        ("a\x9b31mb\x85c".encode(), "abc"),
        (b"a\x9b31mb", "ab"),
        (b"\x9d no end", " no end"),
        (b"\x1b]0;no end\nnext", "\nnext"),
        (b"\x1bPno end\nnext", "\nnext"),
        (b"\x1bP1;2q#1\n#2\n\x1b\\sixel", "sixel"),
        (b"\x1b]P0aabbccx\x1b]Ry", "xy"),
        (b"\x1b]0;a\x1b[1mb", "b"),
        (b"\x1b[1;31", ""),
        (b"\x1b[1\x1b[2mx", "x"),
        (b"x\x1b", "x"),
        (b"\x1b\x1b[mx", "x"),
        (b"\x1b[38;2;1;2;3mx\x1b[?2004h\x1b[>4;1m\x1b[!p\x1b[0 q", "x"),
        (b"\x1b]8;;http://a\x1b\\link\x1b]8;;\x07", "link"),
    ],
)
def test_cases(data: bytes, text: str) -> None:
    """What machines really send, and sequences that are cut, wrong or without an end."""
    assert plain_text(data) == text


@pytest.mark.parametrize(
    "piece", [b"\x1b", b"\x1bP", b"\x1b]", b"\x90", b"\x9da", b"\x1bX\x9b", b"\x1b[", b"\x1bPaaa\n", b"\xff"]
)
def test_takes_time_in_proportion(piece: bytes) -> None:
    """No input makes it go over the same bytes again and again: 256 KiB take a moment."""
    started = time.perf_counter()
    plain_text(piece * ((256 << 10) // len(piece)))
    assert time.perf_counter() - started < 1.5


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("a\nb\nc\n", 2, "b\nc"),
        ("a\nb\nc", 2, "b\nc"),
        ("a\nb\n", 5, "a\nb"),
        ("a\nb\n", 0, ""),
        ("", 3, ""),
        ("\n\n\n", 2, "\n"),
        ("a\n\n", 1, ""),
    ],
)
def test_last_lines(text: str, count: int, expected: str) -> None:
    """An LF at the end begins no line."""
    assert last_lines(text, count) == expected


@given(st.lists(st.text("ab", max_size=3), min_size=1).map("\n".join), st.integers(1, 5), st.booleans())
def test_as_many_elements_as_asked_for(text: str, count: int, ended: bool) -> None:
    """What tempest counts: the elements of a split by LF are `count`, where there are as many."""
    found = last_lines(text + "\n" * ended, count)
    whole = text.split("\n") if ended else text.removesuffix("\n").split("\n")
    assert found.split("\n") == whole[-count:]
