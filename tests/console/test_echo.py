"""Whether what was typed came back, in the ways in which real consoles send it back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolesvc.console.echo import Echo


def seen(typed: bytes, output: bytes, size: int = 1000) -> int | None:
    """The offset behind the echo in output that begins at offset 500; in pieces of a size."""
    echo = Echo(typed)
    for begin in range(0, len(output), size):
        if echo.feed(500 + begin, output[begin : begin + size]):
            break
    return echo.seen


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("typed", "output"),
    [
        (b"uname -a\r", b"uname -a"),
        (b"uname -a\r", b"~ # uname -a"),
        (b"uname -a\r", b"\x1b[32muna\x1b[0mme -a"),
        (b"uname -a\r", b"uname -\r\na"),  # wrapped by a newline
        (b"uname -a\r", b"unam \re -a"),  # readline: a space and CR at the edge
        (b"uname -a\r", b"uname\re -a"),  # readline: the next character, CR, and that character again
        (b"uname -a\r", b"uname\be -a"),  # busybox: likewise, with a backspace
        (b"aab\r", b"aa\bab"),
        ("größe\r".encode(), "gr\x1b[1möße".encode()),
        (b"abc\x7fd", b"abc\b \bd"),
        (b"ls\r", b"l: 3\r\n# ls"),
        (b"\x1b[Als\r", b"ls"),
        (b"reset\r", b"reset"),
    ],
)
def test_echoes(typed: bytes, output: bytes, size: int) -> None:
    """Found, in any pieces; the echo ends with its last character."""
    assert seen(typed, output + b"\r\nmore", size) == 500 + len(output)


@pytest.mark.parametrize(
    ("typed", "output"),
    [
        (b"uname -a\r", b"uname -"),
        (b"uname -a\r", b"unme -a"),
        (b"secret\r", b"\r\nLogin incorrect\r\n"),
        (b"uname -a\r", b"una\r\n[ 1.0] usb\r\nme -a"),
        (b"aaab\r", b"aa\b\b\b\bb"),
    ],
)
def test_what_is_no_echo(typed: bytes, output: bytes) -> None:
    """A character that is missing, or a word of the kernel's between, is for the caller to know."""
    assert seen(typed, output) is None


@pytest.mark.parametrize("typed", [b"\r", b"", b"\x03", b" \t\r", b"\x1b[A", b"\x7f\x7f"])
def test_what_has_no_echo(typed: bytes) -> None:
    """Control characters alone are waited for in vain."""
    assert Echo(typed).silent


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40), st.binary(max_size=20))
def test_what_comes_back_is_found_behind_anything(typed: str, before: bytes) -> None:
    """Whatever was said before it, on lines of its own."""
    echo = Echo(typed.encode())
    if not echo.silent:
        echo.feed(0, before + b"\x18\x1b\\\r\n")
        assert echo.feed(len(before) + 5, typed.encode())


def test_it_costs_the_same_whatever_comes() -> None:
    """Not even what looks like the echo at every byte, again and again, makes it slow."""
    begun = time.process_time()
    assert seen(b"a" * 255 + b"b", b"a\ba" * 50_000) is None
    assert time.process_time() - begun < 1
