"""`consolesvc send`."""

from __future__ import annotations

import json

import pytest

from consolesvc.client import Cloud
from tests.cli.conftest import Command
from tests.cli.service import Running, until


@pytest.mark.parametrize(
    ("words", "stdin", "typed"),
    [
        (("größe",), b"", "größe\r".encode()),
        (("a", "--no-enter"), b"", b"a"),
        ((r"\x1b[A\r\t\\\e", "-e", "--no-enter"), b"", b"\x1b[A\r\t\\\x1b"),
        ((r"\r",), b"", rb"\r" + b"\r"),
        (("-",), b"one\ntwo\n\xff", b"one\ntwo\n\xff"),
        (("-", "--enter"), b"one", b"one\r"),
        (("--", "-x"), b"", b"-x\r"),
        (("",), b"", b"\r"),
    ],
)
def test_what_is_typed(fakes: Running, command: Command, words: tuple[str, ...], stdin: bytes, typed: bytes) -> None:
    """Text with Enter, or without; escapes where they are asked for; stdin as it is."""
    console = Cloud(fakes.api).console("echo")
    start = console.mark("before").offset
    done = command("send", "echo", *words, stdin=stdin)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    until(lambda: len(console.slice_bytes(start)) >= len(typed))
    assert console.slice_bytes(start) == typed


def test_with_its_echo(command: Command) -> None:
    """Which is waited for; one that does not come is 124."""
    done = command("send", "echo", "one", "--echo", "--json", "--pace", "1000 c/s")
    sent = json.loads(done.stdout)
    assert (sent["size"], sent["next"] - sent["start"]) == (4, 3)
    done = command("send", "chatter", "no such words", "--echo", "--timeout", "0.3")
    assert done.returncode == 124
    assert done.stderr == b"consolesvc: chatter: not all of 14 bytes came back within 0.3 s: 14 were sent\n"


def test_what_is_no_escape(command: Command) -> None:
    """Bad usage, before anything is typed."""
    for text, shown in ((r"a\q", r"\q"), (r"a\xz1", r"\x"), ("a\\", "\\")):
        done = command("send", "echo", text, "-e")
        assert done.returncode == 2
        assert repr(shown).encode() + b" is no escape, expected \\r \\n \\t \\e \\a \\b \\0 \\\\ or \\x" in done.stderr


def test_bad_paces(command: Command) -> None:
    """In the service's words."""
    done = command("send", "echo", "x", "--pace", "fast")
    assert done.returncode == 2
    assert b"pace: found 'fast', expected a pace such as 200 c/s or 20 lines/s" in done.stderr
