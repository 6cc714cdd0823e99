"""Patterns from outside: RE2's syntax, bounded, and never in the loop's way."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.patterns import AT_ONCE, LARGEST_PROGRAM, LONGEST_PATTERN, compile_bounded, search


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "it is empty"),
        ("(", "missing )"),
        (r"(a)\1", "invalid escape"),
        ("(?=a)", "invalid perl operator"),
        ("x" * (LONGEST_PATTERN + 1), "it has 1001 characters, 1000 at most are taken"),
        (".{0,1000}", "it is too large: repeat less"),
        ("a\ud800", "it has half a character in it"),
    ],
)
def test_what_is_refused(pattern: str, said: str) -> None:
    """With what is wrong, as RE2 says it or we do."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(").replace(")", r"\)")):
        compile_bounded(pattern)


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    """Nothing else happens."""
    try:
        pattern = compile_bounded(text)
    except ValueError:
        return
    assert pattern.programsize <= LARGEST_PROGRAM
    pattern.search(b"fake1 login: ")


async def test_a_search_looks_back() -> None:
    """`^` and `\\b` know what stands before the place where the search begins."""
    for pattern, text, position, found in (
        (r"^b", b"ab", 1, None),
        (r"(?m)^b", b"\nb", 1, (1, 2)),
        (r"\bb", b"ab b", 1, (3, 4)),
        (r"a", b"aba", 1, (2, 3)),
    ):
        match = await search(compile_bounded(pattern), text, position)
        assert (match and match.span()) == found


async def test_a_search_that_takes_long_is_not_done_in_the_loop() -> None:
    """What costs RE2 a tenth of a second or more leaves the loop free meanwhile."""
    pattern, text = compile_bounded("(?:.?){300}y"), b"a " * 32768
    assert pattern.programsize * len(text) > AT_ONCE
    searching = asyncio.create_task(search(pattern, text, 0))
    turns, begun = 0, time.perf_counter()
    while not searching.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert await searching is None
    assert turns > 10 * (time.perf_counter() - begun)
