from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.config.units import LARGEST_SIZE, LONGEST_TIME, format_size, parse_size, parse_time


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("65536", 65536), ("1 MiB", 1024**2), ("1MiB", 1024**2), ("1.5KiB", 1536), ("8 GiB", 8 * 1024**3)],
)
def test_sizes(text: str, size: int) -> None:
    """Bytes, or binary units with or without one space."""
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("600", 600), ("0.5", 0.5), ("90s", 90), ("10 m", 600), ("1.5h", 5400)]
)
def test_times(text: str, seconds: float) -> None:
    """Seconds, or s, m and h."""
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "near"),
    [("1 MB", "1 MiB"), ("1m", "1 MiB"), ("2.5kib", "2.5 KiB"), ("4 G", "4 GiB"), ("1 mIb", "1 MiB")],
)
def test_other_units_are_told_the_right_one(text: str, near: str) -> None:
    """MB may mean two things: it is refused with the unit that means one."""
    with pytest.raises(ValueError, match=f"; did you mean {near}\\?$"):
        parse_size(text)


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "-1", "+1", "1.", ".5", "1e3", "0x10", "010", "1_000", "nan", "inf", "٣"]
)
def test_what_is_neither(text: str) -> None:
    """Spellings that mean different things to different readers are refused."""
    with pytest.raises(ValueError, match="bytes, or"):
        parse_size(text)
    with pytest.raises(ValueError, match="seconds, or"):
        parse_time(text)


@given(st.integers(0, LARGEST_SIZE), st.sampled_from([("", 1), ("KiB", 1024), (" MiB", 1024**2), ("GiB", 1024**3)]))
def test_a_size_is_its_number_times_its_unit(number: int, unit: tuple[str, int]) -> None:
    """Exactly, up to the largest size, and refused beyond it."""
    size = number * unit[1]
    if size <= LARGEST_SIZE:
        assert parse_size(f"{number}{unit[0]}") == size
    else:
        with pytest.raises(ValueError, match="at most 1024 GiB"):
            parse_size(f"{number}{unit[0]}")


@given(st.text())
def test_any_text_is_a_value_or_an_error(text: str) -> None:
    """What is read lies within bounds; nothing but ValueError is raised."""
    for parse, most in ((parse_size, LARGEST_SIZE), (parse_time, LONGEST_TIME)):
        try:
            value = parse(text)
        except ValueError:
            continue
        assert 0 <= value <= most


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (40 * 1024**2, "40 MiB"),
        (10**10, "9.3 GiB"),
    ],
)
def test_sizes_are_shown_in_one_unit(size: int, text: str) -> None:
    """The largest unit that fits, one decimal at most."""
    assert format_size(size) == text
