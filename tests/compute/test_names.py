from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.compute.names import NamePattern

NAMES = st.text("ab.-_1", max_size=12)
PIECES = st.sampled_from(["a", "b", "1", "-", "_", ".", r"\.", r"\-", ".*"])
PATTERNS = st.builds(
    lambda start, pieces, end: start + "".join(pieces) + end,
    st.sampled_from(["", "^"]),
    st.lists(PIECES, max_size=8),
    st.sampled_from(["", "$"]),
)


@given(PATTERNS, NAMES)
def test_matches_as_regular_expressions_do(pattern: str, name: str) -> None:
    """What is understood means what it means to `re.search`."""
    assert NamePattern.parse(pattern).matches(name) is bool(re.search(pattern, name))


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True))
def test_escaped_name_matches_itself(name: str) -> None:
    """Clients may escape what they look for, or not."""
    assert NamePattern.parse(re.escape(name)).matches(name)
    assert NamePattern.parse(name).matches(name)
    assert NamePattern.parse(f"^{re.escape(name)}$").matches(name)


@pytest.mark.parametrize(
    "pattern", ["[", "a+", "a*", "*", "a?", "(a", "a|b", "a{2}", "]", "a^", "$a", "^^", r"\d", "a\\", ".**"]
)
def test_not_understood(pattern: str) -> None:
    """What is no expression, and what could be slow, is refused in nova's words and with what is understood."""
    with pytest.raises(ValueError, match=r"' is not a 'regex' of those understood here: literal text"):
        NamePattern.parse(pattern)


@given(st.text())
def test_any_pattern(pattern: str) -> None:
    """No text makes it fail otherwise than by saying so."""
    try:
        found = NamePattern.parse(pattern)
    except ValueError:
        return
    found.matches("fake1")


def test_worst_pattern_is_quick() -> None:
    """A pattern as long as a request line may be, against the longest name."""
    pattern = NamePattern.parse(".*a" * 2000 + "b")
    hard = NamePattern.parse(".*" + "a" * 4000 + "b")
    started = time.perf_counter()
    assert not pattern.matches("a" * 100)
    assert not hard.matches("a" * 100)
    assert time.perf_counter() - started < 0.5
