from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.http.patterns import searcher

NAMES = st.text("ab.-_1", max_size=12)
PIECES = st.sampled_from(
    ["a", "b", "1", "-", "_", ".", r"\.", r"\-", ".*", "[ab]", "(a|b)", "a+", "b?", r"\d", "^", "$"]
)


@given(st.lists(PIECES, max_size=8).map("".join), NAMES)
def test_matches_as_regular_expressions_do(pattern: str, name: str) -> None:
    """A pattern means what it means to `re.search`."""
    assert searcher(pattern)(name) is bool(re.search(pattern, name))


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"])))
def test_escaped_text_is_found(text: str) -> None:
    """Clients may escape what they look for; it is found wherever it stands."""
    assert searcher(re.escape(text))(f"a{text}b")


@pytest.mark.parametrize("pattern", ["[", "(a", "*", "a**", "a{2,1}", "(?=a)", r"(a)\1", "a{1001}", "\udc80.", "\\"])
def test_no_pattern(pattern: str) -> None:
    """What is no pattern, or needs more than RE2, is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - the words are RE2's
        searcher(pattern)


@given(st.text())
def test_any_pattern(pattern: str) -> None:
    """No text makes it fail otherwise than by saying so."""
    try:
        search = searcher(pattern)
    except ValueError:
        return
    search("fake1")


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a+)+$", ".*" * 2000 + "b", "(x+x+)+y"])
def test_hostile_patterns_are_quick(pattern: str) -> None:
    """What keeps Python's `re` busy for ever takes no time here."""
    started = time.perf_counter()
    assert searcher(pattern)("a" * 100 + "!") is False
    assert time.perf_counter() - started < 0.5


def test_a_literal_needs_no_library() -> None:
    """RE2 is imported for the first pattern that is more than a text."""
    code = (
        "import sys; from consolesvc.http.patterns import searcher; found = searcher('node-1')('my node-1');"
        "literal = 're2' not in sys.modules; searcher('a.b');"
        "sys.exit(not (found and literal and 're2' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
