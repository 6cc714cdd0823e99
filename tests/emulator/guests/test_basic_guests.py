"""The guests for tests and demonstrations: echo, chatter, replay; and the table of all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.recording import parse_recording
from consolesvc.emulator.guests import GUESTS, make_guest
from consolesvc.emulator.guests.base import PIECE
from tests.emulator.guests.bench import Bench, options


@given(st.lists(st.binary(max_size=9000), max_size=5))
def test_echo_sends_back_what_it_got(pieces: list[bytes]) -> None:
    """Every byte comes back, once, in order, and never more than a piece at a time."""
    bench = Bench("echo")
    for piece in pieces:
        bench.type(piece)
    assert bench.said == b"".join(pieces)
    assert bench.guest.due is None


def test_chatter_keeps_its_rate() -> None:
    """Ten lines a second are ten lines a second, each of 64 bytes, numbered without a hole, whatever is typed."""
    bench = Bench("chatter")
    bench.run(2.0)
    bench.type("noise\r")
    bench.run(1.0)
    lines = bench.said.splitlines(keepends=True)
    assert [len(line) for line in lines] == [64] * 30
    assert [f"fake1 {number:08}".encode() for number in range(30)] == [line[:14] for line in lines]
    bench.said = b""
    bench.power_on()
    bench.run(0.1)
    assert bench.said.startswith(b"fake1 00000000 The quick brown fox")
    assert bench.said.endswith(b"\r\n")


def test_chatter_without_a_rate_gives_whole_pieces() -> None:
    """Rate 0 is as many as are read: each call gives a piece and more is due at once."""
    bench = Bench("chatter", made_with=options(rate=0))
    for _ in range(3):
        assert len(bench.guest.advance(bench.now)) == PIECE
        assert bench.guest.due is not None
        assert bench.guest.due <= bench.now


def test_a_late_chatter_catches_up() -> None:
    """Lines that came due while the owner was busy are sent, in pieces."""
    bench = Bench("chatter", made_with=options(rate=100))
    assert len(bench.guest.advance(bench.now + 10)) == PIECE
    bench.run(10)
    assert b" 00000999 " in bench.said or b" 00000998 " in bench.said


@pytest.mark.parametrize("guest", ["linux", "uboot", "switch", "chatter", "echo"])
def test_no_power_no_words(guest: str) -> None:
    """A machine that is off takes input and says nothing; on again, it starts from cold."""
    bench = Bench(guest)
    bench.run(3)
    assert bench.guest.power_off(bench.now) == b""
    assert not bench.powered()
    assert bench.guest.due is None
    assert bench.guest.feed(b"hello\r\x03", bench.now) == b""
    assert bench.guest.advance(bench.now + 100) == b""
    bench.power_on()
    assert bench.powered()
    assert repr(bench.guest)


def test_the_table_names_every_guest() -> None:
    """An unknown guest is refused with the names there are."""
    with pytest.raises(ValueError, match=r"'amiga' is no guest; expected one of linux, uboot, switch, replay, chatter"):
        make_guest("amiga", options())
    with pytest.raises(ValueError, match="rate nan is no rate"):
        make_guest("chatter", options(rate=float("nan")))
    assert {"linux", "uboot", "switch", "replay", "chatter", "echo"} == set(GUESTS)


def _cast(version: int, *events: object) -> bytes:
    return "\n".join(json.dumps(line) for line in ({"version": version}, *events)).encode()


def _replay(path: Path, data: bytes) -> Bench:
    path.write_bytes(data)
    return Bench("replay", made_with=options(file=str(path)))


@pytest.mark.parametrize(("version", "last"), [(2, 3.0), (3, 1.0)])
def test_replay_keeps_the_recording_s_time(tmp_path: Path, version: int, last: float) -> None:
    """Version 2 has times from the start, 3 has intervals; input events take time and say nothing."""
    middle = 2.0 if version == 2 else 1.5
    data = _cast(version, [0.5, "o", "a"], [middle, "i", "typed"], [last, "o", "é\r\n"])
    bench = _replay(tmp_path / "a.cast", data)
    assert bench.run(0.4) == ""
    assert bench.run(0.2) == "a"
    assert bench.type("x\r", 2.3) == ""
    assert bench.run(0.2) == "é\r\n"
    assert bench.guest.due is None
    bench.power_on()
    assert bench.run(10) == "aé\r\n"


def test_replay_plays_other_files_as_they_are(tmp_path: Path) -> None:
    """A file that is no asciicast is its bytes, in pieces."""
    data = bytes(range(256)) * 40
    bench = _replay(tmp_path / "boot.log", data)
    bench.run(0)
    assert data == bench.said


def test_version_3_may_have_comments() -> None:
    """Lines that begin with # and blank ones are skipped."""
    data = b'{"version": 3}\n# a comment\n\n[0.25, "o", "a"]\n[0.25, "m", ""]\n[0.25, "o", "b"]\n'
    assert [(said.at, said.data) for said in parse_recording(data, "x.cast")] == [(0.25, b"a"), (0.75, b"b")]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", r"x\.cast:1: not JSON .*; expected an asciicast header"),
        (b"[]", r"x\.cast:1: version is None; expected an asciicast header of version 2 or 3"),
        (b'{"version": 1}', r"x\.cast:1: version is 1"),
        (b'{"version": 2}\n{"a": 1}', r"x\.cast:2: expected an event, \[seconds, code, data\]"),
        (b'{"version": 2}\n[1, "o"]', r"x\.cast:2: expected an event"),
        (b'{"version": 2}\n\n["1", "o", "x"]', r"x\.cast:3: time is '1'; expected seconds, 0 or more"),
        (b'{"version": 2}\n[-1, "o", "x"]', r"x\.cast:2: time is -1"),
        (b'{"version": 2}\n[1, "o", 5]', r"x\.cast:2: expected an event"),
        (b'{"version": 2}\n\xff\xfe', r"x\.cast:2: not JSON"),
        (b'{"version": 2}\n' + b"[" * 100_000, r"x\.cast:2: not JSON"),
    ],
)
def test_a_bad_recording_is_said_with_its_line(data: bytes, says: str) -> None:
    """File, line and what was expected there."""
    with pytest.raises(ValueError, match=says):
        parse_recording(data, "x.cast")


def test_a_missing_recording_is_said(tmp_path: Path) -> None:
    """No `file`, or one that is not there."""
    with pytest.raises(ValueError, match="guest replay needs `file`"):
        make_guest("replay", options())
    with pytest.raises(ValueError, match=r"nothing\.cast: No such file or directory"):
        make_guest("replay", options(file=str(tmp_path / "nothing.cast")))


@given(st.binary(max_size=300))
def test_any_file_is_a_recording_or_a_value_error(data: bytes) -> None:
    """Nothing else comes out of the parser."""
    for text in (data, b'{"version": 2}\n' + data):
        error = None
        try:
            parse_recording(text, "x.cast")
        except ValueError as raised:
            error = str(raised)
        assert error is None or error.startswith("x.cast:")
