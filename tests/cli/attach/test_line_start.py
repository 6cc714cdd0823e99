from __future__ import annotations

import pytest

from consolesvc.cli.attach.line_start import LineStart


def begins(data: bytes) -> bool:
    """Whether a line begins after these bytes."""
    line = LineStart()
    for byte in data:
        line.feed(byte)
    return line.begins


def test_lines_begin_at_the_beginning_and_after_enter() -> None:
    """By either key."""
    assert begins(b"")
    assert begins(b"ls\r")
    assert begins(b"ls\n")
    assert not begins(b"ls")


@pytest.mark.parametrize(
    "answer",
    [
        b"\x1b[24;80R",
        b"\x1b[?62;22c",
        b"\x1b[0n",
        b"\x1b[?2026;2$y",
        b"\x1b[8;24;80t",
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b[24;80R\x1b[?62c",
    ],
)
def test_what_a_terminal_answers_is_no_typing(answer: bytes) -> None:
    """A shell that asks for the cursor at each prompt does not take ~. away."""
    assert begins(b"\r" + answer)
    assert not begins(b"\rx" + answer)


@pytest.mark.parametrize("keys", [b"\x1b[A", b"\x1bOP", b"\x1bx", b"\x1b[15~", b"\x1b", b"\x1b]" + b"x" * 2000])
def test_other_keys_that_begin_with_escape_begin_a_line(keys: bytes) -> None:
    """A line that was fetched from the history is one; so is anything that has no end."""
    assert not begins(b"\r" + keys)
    assert not begins(b"\r" + keys + b"~")
    assert begins(b"\r" + keys + b"\r")
