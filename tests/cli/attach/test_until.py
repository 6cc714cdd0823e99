from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.attach.until import KEPT, Until
from consolesvc.errors import ClientError


def test_what_was_said_is_found() -> None:
    """Once it is whole, whatever drives the terminal in between."""
    until = Until("login: $")
    assert not until.feed(b"\r\nfake1 \x1b[1mlog")
    assert until.feed(b"in\x1b[0m: ")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("^# $", True), ("^b", True), ("a$", True), ("^c", False), (r"b\d+", True), ("B", False), ("(?i)B", True)],
)
def test_lines_have_ends(pattern: str, found: bool) -> None:
    """^ and $ are a line's, as grep has them; CR is no part of it."""
    assert Until(pattern).feed(b"a\r\nb12\r\n# ") is found


def test_the_past_is_cut_at_a_line() -> None:
    """Megabytes are not kept; where they are cut is no start of a line."""
    until = Until("^y")
    for _ in range(20):
        assert not until.feed(b"xy" * (KEPT // 8) + b"\n")
    assert len(until._tail) <= KEPT
    assert until.feed(b"y")


@pytest.mark.parametrize("pattern", ["(", "(?=x)", r"(a)\1", "[z-a]"])
def test_what_is_no_pattern(pattern: str) -> None:
    """Bad usage, with the pattern, what was expected and why."""
    with pytest.raises(ClientError, match="expected a regular expression of RE2: ") as caught:
        Until(pattern)
    assert caught.value.exit_code == 2


@given(st.lists(st.binary(max_size=8)), st.lists(st.binary(max_size=8)), st.integers(0, 6))
def test_the_split_makes_no_difference(before: list[bytes], after: list[bytes], at: int) -> None:
    """A text is found however it comes, as long as it comes."""
    until = Until("needle")
    text = b"\nneedle"
    pieces = [*before, b"\x18" + text[: at + 1], text[at + 1 :], *after]
    found = [until.feed(piece) for piece in pieces]
    assert any(found)
