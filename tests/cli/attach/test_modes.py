from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.cli.attach.modes import Modes

EDITOR = b"\x1b[?1049h\x1b[?1h\x1b=\x1b[?2004h\x1b[?1006;1000h\x1b[?25l\x1b[31mtext"


NOISE = b"\x1b)0\x0e"


def undone(*pieces: bytes) -> bytes:
    """What undoes this output."""
    modes = Modes()
    for piece in pieces:
        modes.feed(piece)
    return modes.undo()


def test_an_editor_that_was_left_in_the_middle() -> None:
    """The other screen, the keypad, the mouse, pastes, the cursor and the colour are as they were."""
    assert undone(EDITOR) == b"\x1b[?1049l\x1b[?1l\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l\x1b>\x1b[0m"


@pytest.mark.parametrize(
    "output",
    [
        b"login: \r\n\xff\x00",
        EDITOR + b"\x1b[?1049l\x1b[?1l\x1b>\x1b[?2004l\x1b[?1000;1006l\x1b[?25h\x1b[0m",
        EDITOR + b"\x1bc",
        NOISE + b"\x0f\x1b)B",
        b"\x1b[2;10r\x1b[r",
        b"\x1b[4h\x1b[4l\x1b[?5h\x1b[?6h\x1b[?5;6l",
        b"\x1b[>1u\x1b[>3u\x1b[<2u\x1b[=1u\x1b[=0u",
        b"\x1b[>4;2m\x1b[>4m\x1b[>4;1m\x1b[>4;0m",
        b"\x1b[4 q\x1b[ q\x1b[22;0t\x1b[23;0t\x1b[23t",
        b"\x1b]8;;http://a/\x07link\x1b]8;;\x07",
        b"\x1b]11;?\x07\x1b]4;1;?\x1b\\\x1b]0;a title\x07",
        b"\x1b]10;red;blue\x07\x1b]4;1;red\x07\x1b]110\x07\x1b]111\x07\x1b]104;1\x07",
        b"\x1b]4;x;red;99999;red;\x07\x1b]99999999;1\x07\x1b];\x07\x1b]4;1;red\x07\x1b]104\x07",
        b"\x1b[?2l\x1b<\x1b%@\x1b%G\x1b G\x1b F",
        b"\x1b[?1049h\x1b[?47l",
        b"\x1b[1:2u\x1b[<1:2u\x1b[m\x1b[22;2m\x1b[0;0m",
        b"\x1b[31m\x1b[m",
        b"\x1b(0lqk\x1b(B",
        b"\x1b[?9999h\x1b[2J\x1b[?h",
        b"",
    ],
)
def test_a_terminal_that_is_as_it_was_is_left_alone(output: bytes) -> None:
    """Nothing is written to who has seen plain text, or an editor that was ended."""
    assert undone(output) == b""


@pytest.mark.parametrize(
    ("output", "undo"),
    [
        (b"\x1b(0", b"\x1b(B"),
        (NOISE, b"\x1b)B\x0f"),
        (b"\x0e", b"\x0f"),
        (b"\x1bn", b"\x0f"),
        (b"\x1b-A", b"\x1b)B"),
        (b'\x1b("?', b"\x1b(B"),
        (b"\x1b%@", b"\x1b%G"),
        (b"\x1b G", b"\x1b F"),
        (b"\x1bH", b"\x1b[?5W"),
        (b"\x1b[3g", b"\x1b[?5W"),
        (b"\x1b[2;10r", b"\x1b7\x1b[r\x1b8"),
        (b"\x1b[?69h\x1b[3;9s", b"\x1b7\x1b[?69l\x1b[r\x1b8"),
        (b"\x1b[2;10r\x1b[?6h", b"\x1b[?6l\x1b[r\x1b[999;1H"),
        (b"\x1b[4h\x1b[20;2h\x1b[12l", b"\x1b[2l\x1b[4l\x1b[12h\x1b[20l"),
        (b"\x1b[?5;1016;2031;2048;9001h", b"\x1b[?5l\x1b[?1016l\x1b[?2031l\x1b[?2048l\x1b[?9001l"),
        (b"\x1b[?7l\x1b[?1007l", b"\x1b[?7h\x1b[?1007h"),
        (b"\x1b[?2026h\x1b[?25l", b"\x1b[?2026l\x1b[?25h"),
        (b"\x1b[?2l\x1b[?25l", b"\x1b<\x1b[?25h"),
        (b"\x1b[>1u\x1b[>5u\x1b[<u\x1b[>u", b"\x1b[<2u"),
        (b"\x1b[=5u", b"\x1b[=0u"),
        (b"\x1b[>1u\x1b[?1049h\x1b[>1u\x1b[>1u", b"\x1b[<2u\x1b[?1049l\x1b[<1u"),
        (b"\x1b[>4;2m\x1b[>1;1m\x1b[>4;1f", b"\x1b[>4m\x1b[>1m\x1b[>4f"),
        (b"\x1b[4 q", b"\x1b[0 q"),
        (b"\x1b[22;2t\x1b[22t\x1b[22;0;0t\x1b[23t", b"\x1b[23t\x1b[23;2t"),
        (b"\x1b]8;id=1;http://a/\x1b\\link", b"\x1b]8;;\x1b\\"),
        (b"\x1b]10;red\x07\x1b]11;red;red\x07", b"\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"),
        (b"\x1b]4;1;red;255;#fff\x07\x1b]104;7\x07", b"\x1b]104;1;255\x1b\\"),
        (EDITOR + b"\x1b[!p", b"\x1b[?1049l\x1b[?1000l\x1b[?1006l\x1b[?2004l"),
        (NOISE + b"\x1b[4h\x1b[2;9r\x1b[!p", b""),
    ],
)
def test_what_undoes_it(output: bytes, undo: bytes) -> None:
    """Line drawing, in which every small letter is a line; half a screen that scrolls; keys that type sequences."""
    assert undone(output) == undo


@pytest.mark.parametrize(
    ("output", "undo"),
    [
        (b"\x1b", b"\x18"),
        (b"\x1b[3", b"\x18"),
        (b"\x1b(", b"\x18"),
        (b"\x1b]0;a title", b"\x18\x1b\\"),
        (b"\x1b]0;" + b"x" * 5000, b"\x18\x1b\\"),
        (b"\x1b]0;" + b"x" * 5000 + b"\x07", b""),
        (b"\x1bPq#0;2;0;0;0", b"\x18\x1b\\"),
        (b"\x1bPq\x07", b"\x18\x1b\\"),
        (b"\x1bP" + b"x" * 9000 + b"\x1b\\", b""),
        (b"\x1b_G\x18", b""),
        (b"\x1b]0;a\x1b", b"\x18\x1b\\"),
    ],
)
def test_what_was_begun_is_ended(output: bytes, undo: bytes) -> None:
    """Else a terminal takes our words, and the shell's, for the rest of a title or of a picture."""
    assert undone(output) == undo
    assert undone(*(output[at : at + 1] for at in range(len(output)))) == undo


PIECES = st.sampled_from(
    (
        *(b"\x1b[%d%c" % (mode, end) for mode in (4, 20) for end in b"hl"),
        *(b"\x1b[?%d%c" % (mode, end) for mode in (5, 6, 7, 25) for end in b"hl"),
        *(
            b"\x1b[2;10r",
            b"\x1b[r",
            b"\x1b[31m",
            b"\x1b[m",
            b"\x0e",
            b"\x0f",
            b"\x1b(0",
            b"\x1b)0",
            b"\x1b(B",
            b"x\r\n",
        ),
        *(b"\x1b]0;title\x07", b"\x1b[3"),
    )
)


@given(st.lists(PIECES, max_size=12))
def test_a_terminal_is_as_it_was(pieces: list[bytes]) -> None:
    """Whatever was done to it, in whatever order: as pyte, which keeps such a state, has it."""
    fresh, screen = pyte.Screen(80, 24), pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)
    stream.use_utf8 = False  # it knows sets of characters only then
    stream.feed(b"".join(pieces) + undone(*pieces))
    assert screen.mode == fresh.mode
    assert screen.margins == fresh.margins
    assert screen.charset == 0
    assert screen.g0_charset == fresh.g0_charset
    assert screen.cursor.attrs == fresh.cursor.attrs
    stream.feed(b"\r\nwords")
    assert screen.display[screen.cursor.y].startswith("words")


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
    assert len(modes._held) < 4200
