from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.since import Since, parse_since

NOW = datetime(2026, 11, 23, 15, 30, 0).astimezone()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15:30", NOW),
        ("02:10", datetime(2026, 11, 23, 2, 10).astimezone()),
        ("02:10:05", datetime(2026, 11, 23, 2, 10, 5).astimezone()),
        ("15:31", datetime(2026, 11, 22, 15, 31).astimezone()),
        ("2026-11-20", datetime(2026, 11, 20).astimezone()),
        ("2026-11-20 02:10", datetime(2026, 11, 20, 2, 10).astimezone()),
        ("2026-11-20T02:10:11.5Z", datetime(2026, 11, 20, 2, 10, 11, 500_000, UTC)),
        ("2026-11-20T02:10+02:00", datetime(2026, 11, 20, 2, 10, tzinfo=timezone(timedelta(hours=2)))),
        ("-1h", NOW - timedelta(hours=1)),
        ("-90m", NOW - timedelta(minutes=90)),
        ("-30s", NOW - timedelta(seconds=30)),
        ("-2d", NOW - timedelta(2)),
        ("-1h30m", NOW - timedelta(minutes=90)),
    ],
)
def test_times(text: str, expected: datetime) -> None:
    """A time of day is the last one that was; what names no zone is of this host's."""
    assert parse_since(text, NOW) == Since(time=expected.timestamp())


@pytest.mark.parametrize(("text", "offset"), [("0", 0), ("123456", 123456), ("-500", -500), ("20261123", 20261123)])
def test_offsets(text: str, offset: int) -> None:
    """Digits alone are an offset, negative ones from the end."""
    assert parse_since(text, NOW) == Since(offset=offset)


@pytest.mark.parametrize("text", ["", "-", "1h", "yesterday", "25:00", "12:60", "-1w", "2026-13-01", "٣", "-h", "1e5"])
def test_what_is_no_beginning(text: str) -> None:
    """The value and what was expected are said."""
    with pytest.raises(ValueError, match=r"is no beginning, expected an offset, a time such as 02:10"):
        parse_since(text, NOW)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else comes of it."""
    try:
        parse_since(text, NOW)
    except ValueError as error:
        assert "expected" in str(error)  # noqa: PT017 - most texts raise nothing else
