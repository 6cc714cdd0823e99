"""The telnet codec: any bytes at any split, options that come to an end, and peers that mean no good."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consolesvc.lines.telnet import (
    BINARY,
    BRK,
    COM_PORT,
    DO,
    DONT,
    ECHO,
    IAC,
    MOST,
    NOP,
    SB,
    SE,
    SGA,
    WILL,
    WONT,
    Telnet,
    subnegotiation,
)

TELNETTY = st.lists(
    st.sampled_from([b"\xff", b"\r", b"\n", b"\0", b"\xf0", b"\xfa", b"\xfb", b"\xfd", b"\x2c", b"a"]), max_size=30
).map(b"".join)
"""Bytes with a liking for those that mean something."""
ANY = st.binary(max_size=60) | TELNETTY
CUTS = st.lists(st.integers(0, 200), max_size=6)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[a:b] for a, b in pairwise(places)]


def agreed(*, binary: bool) -> tuple[Telnet, Telnet]:
    """A client of ours, and another as its server, after their talk about options."""
    client, server = Telnet(), Telnet()
    if binary:
        client.start()
        for ours in (BINARY, SGA):
            client.feed(bytes((IAC, DO, ours, IAC, WILL, ours)))
            server.feed(bytes((IAC, DO, ours, IAC, WILL, ours)))
        client.take()
        server.take()
    return client, server


@given(ANY, CUTS, st.booleans())
@example(b"\r\0\xff\xff\r\n\r", [1, 2, 3], False)
def test_what_is_encoded_is_decoded(data: bytes, cuts: list[int], binary: bool) -> None:
    """Every byte string passes, whatever the split on the wire, in BINARY and without."""
    client, server = agreed(binary=binary)
    wire = client.encode(data)
    assert b"".join(server.feed(piece) for piece in pieces(wire, cuts)) == data
    assert server.take() == b""


@given(st.lists(ANY, max_size=5), CUTS)
def test_a_split_changes_nothing(parts: list[bytes], cuts: list[int]) -> None:
    """Whatever a peer sends, sensible or not, one read and many give the same bytes, answers and subnegotiations."""
    wire = b"".join(parts)
    heard: list[list[tuple[int, bytes]]] = [[], []]
    whole = Telnet(subnegotiated=lambda option, content: heard[0].append((option, content)))
    split = Telnet(subnegotiated=lambda option, content: heard[1].append((option, content)))
    output = whole.feed(wire)
    assert b"".join(split.feed(memoryview(piece)) for piece in pieces(wire, cuts)) == output
    assert split.take() == whole.take()
    assert heard[0] == heard[1]


@given(ANY)
def test_two_of_these_fall_silent(noise: bytes) -> None:
    """Negotiation cannot loop: whatever was said before, two codecs have nothing more to say after a few turns."""
    one, other = Telnet(ours=frozenset({COM_PORT})), Telnet(ours=frozenset({COM_PORT}))
    one.feed(noise)
    sent = one.start() + one.take()
    other.feed(b"\xff\xf0")  # end what noise may have left open
    for _ in range(6):
        other.feed(sent)
        back = other.take()
        one.feed(back)
        sent = one.take()
        if not back and not sent:
            return
    pytest.fail(f"still talking: {sent!r}")


@given(ANY)
def test_an_answer_is_never_longer_than_the_question(wire: bytes) -> None:
    """A peer cannot make us say more than it does."""
    codec = Telnet()
    codec.feed(wire)
    assert len(codec.take()) <= len(wire)


def test_what_is_asked_and_what_is_refused() -> None:
    """BINARY and SGA are agreed to, the peer may echo, and all else is refused, each once."""
    codec = Telnet()
    assert codec.start() == bytes((IAC, WILL, BINARY, IAC, DO, BINARY, IAC, DO, SGA))
    codec.feed(bytes((IAC, DO, BINARY, IAC, WILL, BINARY, IAC, WILL, SGA)))
    assert codec.take() == b""
    assert codec.ours(BINARY) is codec.theirs(BINARY) is codec.theirs(SGA) is True
    codec.feed(bytes((IAC, WILL, ECHO, IAC, DO, SGA)))
    assert codec.take() == bytes((IAC, DO, ECHO, IAC, WILL, SGA))
    codec.feed(bytes((IAC, DO, ECHO, IAC, WILL, 34, IAC, DO, 24, IAC, DO, COM_PORT)))
    assert codec.take() == bytes((IAC, WONT, ECHO, IAC, DONT, 34, IAC, WONT, 24, IAC, WONT, COM_PORT))
    codec.feed(bytes((IAC, WILL, ECHO, IAC, DO, SGA, IAC, WONT, 34, IAC, DONT, 24)))
    assert codec.take() == b""


def test_an_option_that_is_taken_back_is_let_go() -> None:
    """DONT and WONT are always granted."""
    codec = Telnet()
    codec.start()
    codec.feed(bytes((IAC, DO, BINARY, IAC, DONT, BINARY, IAC, WONT, BINARY)))
    assert codec.take() == bytes((IAC, WONT, BINARY))
    assert codec.ours(BINARY) is codec.theirs(BINARY) is False


def test_enter_without_binary() -> None:
    """A CR alone travels with a NUL, and comes back without it, also when they arrive apart."""
    codec = Telnet()
    assert codec.encode(b"ls\r") == b"ls\r\0"
    assert codec.encode(b"a\r\nb") == b"a\r\nb"
    assert codec.feed(b"x\r") + codec.feed(b"\0y\r\nz") == b"x\ry\r\nz"


def test_commands_within_data_leave_no_trace() -> None:
    """NOP, BREAK and their like are no output."""
    assert Telnet().feed(b"a" + bytes((IAC, NOP)) + b"b" + bytes((IAC, BRK, IAC, IAC)) + b"c") == b"ab\xffc"


def test_subnegotiations_are_bounded() -> None:
    """One that never ends costs no memory, is dropped whole, and what follows it is understood."""
    heard: list[tuple[int, bytes]] = []
    codec = Telnet(subnegotiated=lambda option, content: heard.append((option, content)))
    assert codec.feed(bytes((IAC, SB, COM_PORT))) == b""
    for _ in range(1000):
        assert codec.feed(b"x" * 1000) == b""
    assert len(codec._sub) <= MOST + 1
    assert codec.feed(bytes((IAC, SE)) + b"out" + subnegotiation(COM_PORT, b"\x01\xff\x02")) == b"out"
    assert heard == [(COM_PORT, b"\x01\xff\x02")]
    codec.feed(bytes((IAC, SB, IAC, SE, IAC, SB, COM_PORT, 9, IAC, NOP)) + b"data")
    assert heard == [(COM_PORT, b"\x01\xff\x02")]
