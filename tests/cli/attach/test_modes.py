from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.attach.modes import Modes

EDITOR = b"\x1b[?1049h\x1b[?1h\x1b=\x1b[?2004h\x1b[?1006;1000h\x1b[?25l\x1b[31mtext"


def undone(*pieces: bytes) -> bytes:
    """What undoes this output."""
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    return modes.undo()


def test_an_editor_that_was_left_in_the_middle() -> None:
    """The other screen, the keypad, the mouse, pastes, the cursor and the colour are as they were."""
    assert undone(EDITOR) == (b"\x1b[?1l\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?1049l\x1b[?2004l\x1b>\x1b[0m")


@pytest.mark.parametrize(
    "output",
    [
        b"login: \r\n\xff\x00",
        EDITOR + b"\x1b[?1049l\x1b[?1l\x1b>\x1b[?2004l\x1b[?1000;1006l\x1b[?25h\x1b[0m",
        EDITOR + b"\x1bc",
        EDITOR + b"\x1b[!p",
        b"\x1b[31m\x1b[m",
        b"\x1b(0lqk\x1b(B",
        b"\x1b[?9999h\x1b[2J\x1b[?h",
        b"",
    ],
)
def test_a_terminal_that_is_as_it_was_is_left_alone(output: bytes) -> None:
    """Nothing is written to who has seen plain text, or an editor that was ended."""
    assert undone(output) == b""


def test_line_drawing_is_switched_off() -> None:
    """Else every small letter is a line."""
    assert undone(b"\x1b(0") == b"\x1b(B"


def test_it_is_undone_once() -> None:
    """From then on the terminal is as it was, until more comes."""
    modes = Modes()
    modes.feed(b"\x1b[?25l")
    assert modes.undo() == b"\x1b[?25h"
    assert modes.undo() == b""


@given(st.integers(0, len(EDITOR)), st.integers(0, len(EDITOR)))
def test_the_split_makes_no_difference(first: int, second: int) -> None:
    """Sequences are found across pieces."""
    a, b = sorted((first, second))
    assert undone(EDITOR[:a], EDITOR[a:b], EDITOR[b:]) == undone(EDITOR)


@given(st.lists(st.binary()))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    """And no beginning of a sequence is held that is none."""
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    assert len(modes._held) < 100
