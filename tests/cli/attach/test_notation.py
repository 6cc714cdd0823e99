from __future__ import annotations

import pytest

from consolesvc.cli.attach.notation import caret, parse_keys


@pytest.mark.parametrize(
    ("keys", "text"),
    [(b"\x05c", "^Ec"), (b"~", "~"), (b"\x1d", "^]"), (b"\x7f", "^?"), (b"\x00", "^@"), (b"\x1e", "^^"), (b"^", "^")],
)
def test_keys_as_people_write_them(keys: bytes, text: str) -> None:
    """The one way and back, as `cat -v` has it."""
    assert caret(keys) == text
    assert parse_keys(text) == keys


def test_other_ways_to_write_keys() -> None:
    """Small letters are as good; bytes that are no ASCII have a way to be shown."""
    assert parse_keys("^ec") == b"\x05c"
    assert caret(b"\xff\x80") == r"\xff\x80"


@pytest.mark.parametrize("text", ["é", "^é", "^ ", "^1"])
def test_what_is_no_key(text: str) -> None:
    """A key is ASCII, or ^ and what the keyboard has with control."""
    with pytest.raises(ValueError, match="has a key that is neither"):
        parse_keys(text)
