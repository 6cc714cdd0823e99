"""Recordings: as players read them, whatever the bytes and the clock did."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.recording import Output, parse_recording
from consolesvc.console.cast import Cast, Version


def lines(*parts: bytes) -> list[Any]:
    return [json.loads(line) for line in b"".join(parts).splitlines()]


def test_version_2() -> None:
    """Times since the start, a marker, a header that says how large and when."""
    cast = Cast(2, 80, 24, "node3")
    assert lines(
        cast.head(1000.25), cast.output(1000.25, b"a"), cast.mark(1002.0, "here"), cast.output(1003.5, b"b")
    ) == [
        {"version": 2, "width": 80, "height": 24, "timestamp": 1000, "title": "node3"},
        *([0.0, "o", "a"], [1.75, "m", "here"], [3.25, "o", "b"]),
    ]


def test_version_3() -> None:
    """Intervals."""
    cast = Cast(3, 132, 50, "node3")
    assert lines(
        cast.head(1000.25), cast.output(1000.25, b"a"), cast.mark(1002.0, "here"), cast.output(1003.5, b"b")
    ) == [
        {"version": 3, "term": {"cols": 132, "rows": 50}, "timestamp": 1000, "title": "node3"},
        *([0.0, "o", "a"], [1.75, "m", "here"], [1.5, "o", "b"]),
    ]


@pytest.mark.parametrize("version", [2, 3])
def test_time_goes_forward(version: Version) -> None:
    """A clock that was set back, and bytes of an unknown time, come at the time of those before."""
    cast = Cast(version, 80, 24, "")
    parts = (cast.head(1000), cast.output(1005, b"a"), cast.output(1001, b"b"), cast.output(None, b"c"))
    _, *events = lines(*parts, cast.output(1006, b"d"))
    expected = {2: [5, 5, 5, 6], 3: [5, 0, 0, 1]}[version]
    assert [event[0] for event in events] == expected


@given(st.lists(st.floats(0, 3), max_size=200))
def test_rounding_does_not_add_up(steps: list[float]) -> None:
    """The end of version 3 is that of the clock."""
    cast, now, told = Cast(3, 80, 24, ""), 1_000_000.0, 0.0
    cast.head(now)
    for step in steps:
        now += step
        told += json.loads(cast.output(now, b"x"))[0]
    assert told == pytest.approx(now - 1_000_000, abs=1e-5)


def test_no_character_is_cut() -> None:
    """A part waits for its rest; what is no UTF-8, or ends in the middle, is replaced."""
    cast = Cast(2, 80, 24, "")
    cast.head(0)
    assert cast.output(1, b"\xe2\x82") == b""
    assert lines(cast.output(2, b"\xac\xff"), cast.output(3, b"\xe2", last=True)) == [
        [2.0, "o", "€\ufffd"],
        [3.0, "o", "\ufffd"],
    ]


@pytest.mark.parametrize("version", [2, 3])
def test_our_own_reader_reads_it(version: Version) -> None:
    """A slice of one console is a fake server's recording."""
    cast = Cast(version, 80, 24, "node3")
    parts = (cast.head(50), cast.output(50.5, b"one\r\n"), cast.mark(51, "m"), cast.output(52, b"two"))
    assert parse_recording(b"".join(parts), "boot.cast") == [Output(0.5, b"one\r\n"), Output(2.0, b"two")]
