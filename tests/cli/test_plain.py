from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.plain import Plain, without_sequences

HARMFUL = re.compile(rb"\x1b(?!\[[0-9;:]*m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"plain\ttext\r\n", b"plain\ttext\r\n"),
        (b"\x1b[1;31mred\x1b[0m", b"\x1b[1;31mred\x1b[0m"),
        (b"a\x1b[2J\x1b[Hb", b"ab"),
        (b"a\x1b[6nb\x1b[cd", b"abd"),
        (b"a\x1b]0;title\x07b\x1b]52;c;?\x1b\\c", b"abc"),
        (b"a\x1bP+q544e\x1b\\b", b"ab"),
        (b"a\x1b(Bb\x1b7c\x1bZd", b"abcd"),
        (b"bell\x07back\x08del\x7fnul\x00", b"bellbackdelnul"),
        (b"a\x9b6nb\xc2\x9b6nc", b"abc"),
        ("grün €😀".encode(), "grün €😀".encode()),
        (b"latin \xe9.", b"latin \xe9."),
        (b"a\x1b[6", b"a"),
        (b"a\x1b]0;" + b"x" * 9000 + b"b", b"a]0;" + b"x" * 9000 + b"b"),
    ],
)
def test_colours_stay_and_controls_go(said: bytes, shown: bytes) -> None:
    """However it is cut: nothing moves, asks or renames the terminal; text of any language is whole."""
    assert Plain().feed(said) == shown
    if len(said) < 100:
        for cut in range(len(said)):
            plain = Plain()
            assert plain.feed(said[:cut]) + plain.feed(said[cut:]) == shown


def test_a_colour_is_remembered() -> None:
    """So that the terminal is left as it was found."""
    plain = Plain()
    plain.feed(b"text\x1b[2J")
    assert not plain.coloured
    plain.feed(b"\x1b[31m")
    assert plain.coloured


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"\x1b[", b"\x1b]", b"6n", b"\x1b\\", b"\x9b", b"m"])))
def test_nothing_harmful_comes_through(pieces: list[bytes]) -> None:
    """Whatever a log holds."""
    plain = Plain()
    assert not HARMFUL.search(b"".join(map(plain.feed, pieces)))


def test_a_search_is_for_the_text() -> None:
    """Colours inside a word do not hide it."""
    assert without_sequences(b"Kernel \x1b[1;31mpa\x1b[0mnic\r\n") == b"Kernel panic\r\n"
