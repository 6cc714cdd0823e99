"""Replay that cannot type: queries go, everything else stays, however the bytes are cut."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.queries import QueryFilter

QUERIES = [
    b"\x1b[c",
    b"\x1b[0c",
    b"\x1b[>c",
    b"\x1b[>0c",
    b"\x1b[=c",
    b"\x1b[5n",
    b"\x1b[6n",
    b"\x1b[?6n",
    b"\x1b[?25n",
    b"\x1b[?2026$p",
    b"\x1b[4$p",
    b"\x1b[>q",
    b"\x1b[>0q",
    b"\x1b[x",
    b"\x1b[1x",
    b"\x1b[14t",
    b"\x1b[18t",
    b"\x1b[19;2t",
    b"\x1b[21t",
    b"\x1b[?u",
    b"\x1bZ",
    b"\x05",
    b"\x1bP$qm\x1b\\",
    b"\x1bP+q544e\x1b\\",
    b"\x1b]10;?\x07",
    b"\x1b]11;?\x1b\\",
    b"\x1b]4;1;?\x07",
    b"\x1b]52;c;?\x07",
    b"\x9b6n",
    b"\xc2\x9b6n",
    b"\x9a",
    b"\xc2\x9a",
    b"\x90$qm\x9c",
    b"\x9d11;?\x9c",
    b"\x1b[\n6n",
    b"\x1b[6\x08n",
]
HARMLESS = [
    b"plain\r\n",
    "größe 漢字 😀 Ú".encode(),
    b"\x1b[0m",
    b"\x1b[1;31mred\x1b[0m",
    b"\x1b[2J\x1b[H",
    b"\x1b[8;24;80t",
    b"\x1b[?25l",
    b"\x1b[?1049h",
    b"\x1b]0;title?\x07",
    b"\x1b]52;c;aGk=\x07",
    b"\x1b]11;#000000\x07",
    b"\x1b(B",
    b"\x1b[22;0;0t",
    b"\x1b[1$x",
    b"\x1b[u",
    b"\x1b[3q",
    b"\xff\xfe\x80",
    "Л".encode(),
    "\u009a".encode()[:1] + b"x",
    b"\x1bc",
]

anything = st.lists(st.sampled_from(QUERIES + HARMLESS) | st.binary(max_size=8), max_size=12).map(b"".join)


def shown(*pieces: bytes) -> bytes:
    """What is left of a replay that came in these pieces."""
    queries = QueryFilter()
    return b"".join(queries.feed(piece) for piece in pieces) + queries.flush()


@pytest.mark.parametrize("query", QUERIES)
def test_queries_go(query: bytes) -> None:
    """Each of decision 8's, in its 7-bit, 8-bit and UTF-8 forms."""
    assert shown(b"before" + query + b"after") == b"beforeafter"


@pytest.mark.parametrize("harmless", HARMLESS)
def test_everything_else_stays(harmless: bytes) -> None:
    """Text, colours, positions, titles, answers that set something."""
    assert shown(b"before" + harmless + b"after") == b"before" + harmless + b"after"


@given(anything, st.lists(st.integers(0, 200)))
def test_cuts_change_nothing(data: bytes, cuts: list[int]) -> None:
    """Whatever the pieces, what is shown is the same."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    assert shown(*(data[a:b] for a, b in itertools.pairwise(places))) == shown(data)


@given(st.text())
def test_text_without_controls_is_untouched(text: str) -> None:
    """No byte inside a character is taken for a control."""
    plain = "".join(c for c in text if c.isprintable())
    data = plain.encode("utf-8", "ignore")
    assert shown(data) == data


@given(st.binary(max_size=300))
def test_what_is_left_holds_no_query(data: bytes) -> None:
    """Showing it once more removes nothing, unless removing brought two halves together."""
    once = shown(data)
    assert len(once) <= len(data)
    assert set(once) <= set(data)


def test_hostile_bytes_cost_no_more_than_others() -> None:
    """A mebibyte of beginnings without an end passes in no time."""
    for beginning in (b"\x1b[", b"\x1b]52;", b"\x1bP$q", b"\x9b", b"\xc2\x9b1;", b"\x1b[1;1;1;"):
        started = time.perf_counter()
        shown(*([beginning * (65536 // len(beginning))] * 4))
        assert time.perf_counter() - started < 5
