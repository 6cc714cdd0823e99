"""Only what was echoed is written: what a person would not have seen on the screen is in no record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.audit.echo import Keys, echoed


def typed(*messages: bytes | tuple[bytes, int]) -> Keys:
    """Keys; a message's place is 0 where it is not said."""
    keys = Keys()
    for message in messages:
        data, place = message if isinstance(message, tuple) else (message, 0)
        keys.add(data, place)
    return keys


@pytest.mark.parametrize(
    ("keys", "output", "seen"),
    [
        ([b"ls\r"], b"ls\r\nbin  dev\r\n$ ", b"ls\r"),
        ([b"ls\n"], b"ls\nbin", b"ls\n"),
        ([b"l", (b"s", 1), (b"\r", 2)], b"ls\r\n", b"ls\r"),
        # The echo is slow: three keys before the first comes back.
        ([b"l", (b"s", 0), (b"\r", 0)], b"ls\r\n", b"ls\r"),
        # A redrawn prompt between two keys.
        ([b"l", (b"s\r", 13)], b"l\x1b[K\r$ l\x1b[K  s\r\n", b"ls\r"),
        ("a\u00e9\U0001f600\r".encode(), "a\u00e9\U0001f600\r\n".encode(), "a\u00e9\U0001f600\r".encode()),
        ([b"ab\x7fc\r"], b"ab\b \bc\r\n", b"ab\x7fc\r"),
        ([b"ab\x08c\r"], b"ab\b\x1b[Kc\r\n", b"ab\x08c\r"),
        ([b"\x03"], b"^C\r\n$ ", b"\x03"),
        ([b"\x1b[A\r"], b"^[[A\r\n", b"\x1b[A\r"),
    ],
)
def test_what_came_back_is_written(keys: list[bytes] | bytes, output: bytes, seen: bytes) -> None:
    """Characters, the line's end, what erases, and what a terminal shows as ^X."""
    assert echoed(typed(*([keys] if isinstance(keys, bytes) else keys)), output, 0) == seen


@pytest.mark.parametrize(
    ("keys", "output"),
    [
        ([b"hunter2\r"], b"\r\nLast login: today\r\n$ "),
        ([b"admin\r"], b"\r\nWelcome, admin\r\n$ "),
        ([b"hunter2\r"], b"*******\r\n"),
        ([b"hunter2\r"], b"hunter*\r\n"),
        ([b"hunter2"], b""),
        ([b"hunter2\r"], b"hunter"),
        # The machine speaks in the middle of the echo, or before it.
        ([b"hunter2\r"], b"hun[  1.0] usb: new\r\nter2\r\n"),
        ([b"hunter2\r"], b"\r\nhunter2"),
        # It was said before it was typed: that is no echo.
        ([(b"hunter2\r", 9)], b"hunter2\r\n\r\n"),
    ],
)
def test_a_line_that_did_not_come_back_whole_is_not_written(keys: list[bytes], output: bytes) -> None:
    """Not a character of it."""
    assert echoed(typed(*keys), output, 0) == b""


def test_a_password_after_its_user() -> None:
    """Each line by itself: what was asked for in the open is written, the answer to `Password:` is not."""
    output = b"root\r\nPassword: \r\nLast login: today\r\n# id\r\n"
    keys = typed((b"root\r", 0), (b"hunter2\r", 16), (b"id\r", output.index(b"id")))
    assert echoed(keys, output, 0) == b"root\rid\r"


def test_both_pasted_at_once() -> None:
    """The machine echoes the first, asks, and hides the second."""
    assert echoed(typed(b"root\rhunter2\r"), b"root\r\nPassword: \r\nWelcome\r\n", 0) == b"root\r"


def test_what_has_no_echo_of_its_own_spoils_no_line() -> None:
    """An arrow, TAB, and a terminal's answer are left out; the line around them stays."""
    keys = typed(b"l", (b"s /e\t", 1), (b"\x1b[D", 8), (b"\x1b[24;80R", 9), (b"\r", 10))
    assert echoed(keys, b"ls /etc/" + b"\x1b[D" + b"\r\n", 0)[:5] == b"ls /e"


def test_output_that_is_gone_echoes_nothing() -> None:
    """The ring has moved on: what was typed before its start is not known to have come back."""
    keys = typed((b"old\r", 10), (b"new\r", 100))
    assert echoed(keys, b"new\r\n", 100) == b"new\r"


@given(st.binary(max_size=200), st.binary(max_size=200), st.integers(0, 50))
def test_any_bytes_pass(data: bytes, output: bytes, place: int) -> None:
    """Nothing is written that was not typed, in order, and nothing fails."""
    seen = echoed(typed((data, place)), output, 0)
    left = iter(data)
    assert all(byte in left for byte in seen)


@given(st.text(st.characters(min_codepoint=32, blacklist_characters="\x7f", blacklist_categories=("Cs", "Cc"))))
def test_a_silent_machine_echoes_nothing(text: str) -> None:
    """Whatever is typed."""
    assert echoed(typed(text.encode() + b"\r"), b"\r\n", 0) in (b"", b"\r")


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1))
def test_a_machine_that_echoes_everything(lines: list[str]) -> None:
    """Everything is written."""
    data = "".join(f"{line}\r" for line in lines).encode()
    assert echoed(typed(data), data.replace(b"\r", b"\r\n"), 0) == data
