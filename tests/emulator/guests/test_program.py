"""What all guests that are programs have in common: any bytes, any split, bounded pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consolesvc.emulator.guests.base import PIECE
from consolesvc.emulator.guests.program import Program, ProgramGuest, key, pause, work
from tests.emulator.guests.bench import Bench

PREPARED = {
    "linux": ["login: ", "root\rconsolesvc\r"],
    "uboot": ["Hit any key", "\r"],
    "switch": ["Press RETURN", "\ren\rconsolesvc\r"],
}

KEYS = [b"\r\n", b"\x1b[A", b"\x1b[D", *(bytes((byte,)) for byte in b"\r\n\x03\x04\x7f\x1b\t?|;'q\xc3")]
LINUX = [b"ls -la /", b"yes", b"cat", b"seq 3000", b"sleep 5", b"dmesg | less", b"top", "echo é漢".encode()]
OTHERS = [b"show run", b"conf t", b"show interfaces", b"md 0", b"printenv", b"help", b"x" * 100, b"reboot", b"reload"]
FRAGMENTS = st.sampled_from([*KEYS, *LINUX, *OTHERS])
INPUT = st.one_of(st.binary(max_size=300), st.lists(FRAGMENTS, max_size=25).map(b"".join))


def prepared(guest: str) -> Bench:
    bench = Bench(guest)
    wanted, keys = PREPARED[guest]
    bench.until(wanted)
    bench.type(keys)
    bench.said = b""
    return bench


def drained(bench: Bench) -> bytes:
    """All that was said once what was due at this moment has been said; a flood has no end, so not for ever."""
    for _ in range(20):
        if bench.guest.due is None or bench.guest.due > bench.now:
            break
        bench._take(bench.guest.advance(bench.now))
    return bench.said


@pytest.mark.parametrize("guest", sorted(PREPARED))
@settings(max_examples=40, deadline=None)
@given(data=INPUT, cuts=st.lists(st.integers(0, 300), max_size=8))
def test_splitting_input_does_not_change_output(guest: str, data: bytes, cuts: list[int]) -> None:
    """However the line cuts what is typed, the machine says the same, and nothing raises."""
    whole, split = prepared(guest), prepared(guest)
    whole._take(whole.guest.feed(data, whole.now))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        split._take(split.guest.feed(data[start:end], split.now))
    shorter, longer = sorted((drained(whole), drained(split)), key=len)
    # Both may be in the middle of a flood; then one is a piece or more ahead of the other.
    assert longer.startswith(shorter)
    assert len(longer) == len(shorter) or len(shorter) > 5 * PIECE


@pytest.mark.parametrize("guest", sorted(PREPARED))
@settings(max_examples=25, deadline=None)
@given(pieces=st.lists(st.tuples(INPUT, st.floats(0, 20)), max_size=5))
def test_any_bytes_at_any_time(guest: str, pieces: list[tuple[bytes, float]]) -> None:
    """From cold, with keys at any moment, nothing raises and `due` never lies behind."""
    bench = Bench(guest)
    for data, seconds in pieces:
        bench.type(data, seconds)
        assert bench.guest.due is None or bench.guest.due >= bench.now - 1


class _Busy(ProgramGuest):
    """Waits for nothing, again and again; then takes a key; then is done."""

    def main(self) -> Program[None]:
        yield from pause(1)
        for _ in range(5000):
            yield from work()
        self.tty.write("ready\n")
        yield from key()
        self.tty.write("bye\n")


def test_waiting_for_nothing_holds_nobody() -> None:
    """A program that only says `go on` gives control back after some steps."""
    guest = _Busy()
    guest.power_on(0)
    started, calls, said = guest.due, 0, b""
    while not said:
        said = guest.advance(1)
        calls += 1
    assert started == 1
    assert 3 < calls < 40
    assert said == b"ready\r\n"
    assert guest.due is None
    assert guest.feed(b"\r\n", 2) == b"bye\r\n"
    assert guest.feed(b"x", 3) == b""


def test_much_type_ahead_is_bounded() -> None:
    """As a tty does it, what is typed beyond 4096 bytes while nobody reads is lost."""
    bench = prepared("linux")
    bench.type("sleep 3\r", 1)
    assert bench.type("x" * 10_000, 1).count("x") == 4096
    bench.type("\x15echo $?\r", 5)
    assert b"\r\n0\r\n" not in bench.said


def test_a_flood_of_input_is_bounded() -> None:
    """Input whose answers nobody takes is lost in the end, and never grows without bound."""
    bench = prepared("linux")
    for _ in range(400):
        bench.guest.feed(b"\r" * 4096, bench.now)
    assert isinstance(bench.guest, ProgramGuest)
    assert len(bench.guest._arrived) <= 1 << 18
