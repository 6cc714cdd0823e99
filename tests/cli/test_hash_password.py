"""`consolesvc hash-password`, as it is run."""

from __future__ import annotations

import pytest

from consolesvc.config.passwords import PasswordHash
from tests.cli.screen import screen
from tests.cli.service import consolesvc


@pytest.mark.parametrize("line", ["pässword", "pässword\n", "pässword\r\n", "pässword\nmore\n"])
def test_a_line_from_stdin(line: str) -> None:
    """Its ending is no part of the password; the hash is all that is printed."""
    done = consolesvc("hash-password", stdin=line.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    assert PasswordHash.parse(done.stdout.decode().removesuffix("\n")).matches("pässword")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"\xff\n", "not UTF-8"),
        (b"x" * 1025, "at most 1024"),
        (b"x" * 9999, "at most"),
    ],
)
def test_a_line_that_is_no_password(line: bytes, why: str) -> None:
    """Exit code 2, a sentence, and nothing on stdout."""
    done = consolesvc("hash-password", stdin=line)
    assert (done.returncode, done.stdout) == (2, b"")
    assert why in done.stderr.decode()
    assert len(done.stderr.splitlines()) == 1


def typed(first: str, second: str) -> tuple[int, str]:
    """The exit code, and all that a terminal shows, when somebody types these two lines."""
    with screen("hash-password") as shown:
        seen = b""
        for prompt, line in (("Password: ", first), ("Again: ", second)):
            seen += shown.expect(prompt)
            shown.type(f"{line}\n".encode())
        code = shown.code()
        shown.type(b"the end\n")  # echoed again, so that all before it has been seen
        return code, (seen + shown.expect("the end")).decode()


def test_typed_twice_without_echo() -> None:
    """On a terminal it asks twice and shows neither."""
    code, shown = typed("hunter2", "hunter2")
    assert code == 0
    assert "hunter2" not in shown
    assert PasswordHash.parse(shown.strip()).matches("hunter2")


def test_typed_differently() -> None:
    """Nothing is hashed."""
    code, shown = typed("hunter2", "hunter3")
    assert code == 2
    assert "the two differ" in shown
    assert "scrypt" not in shown


def test_no_password_is_taken_from_the_arguments() -> None:
    """Everybody on the host could read it there."""
    assert consolesvc("hash-password", "hunter2").returncode == 2
