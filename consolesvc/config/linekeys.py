"""Parsers for what only a line's keys hold: ports, paces, programs with their arguments, recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from consolesvc.config import scalars
from consolesvc.config.linespec import LineSettings, Pace
from consolesvc.config.reading import Value, items
from consolesvc.config.recording import parse_recording

_LARGEST_PORT: Final = 65535
_ARGV: Final = "a program and its arguments, such as [ipmitool, -H, bmc8, sol, activate]"
_BEFORE: Final = "a list of commands, such as [[ipmitool, -H, bmc8, sol, deactivate]]"


def settings(value: Value) -> LineSettings:
    """`115200n8`, `115200n81` or `"9600,8n1"`."""
    written = scalars.plain(value, "line settings such as 115200n8")
    try:
        return LineSettings.parse(written)
    except ValueError as error:
        bare = written.isascii() and written.isdigit() and 2 <= len(written) <= 8 and written[0] != "0"  # noqa: PLR2004 - as many digits as a speed has
        raise value.wrong(f"{error}; did you mean {written}n8?" if bare else str(error)) from None


def port(value: Value) -> int:
    """A TCP port, 1 to 65535."""
    number = scalars.whole(value)
    if not 1 <= number <= _LARGEST_PORT:
        raise value.unexpected(f"a port, 1 to {_LARGEST_PORT}")
    return number


def pace(value: Value) -> Pace | None:
    """`200 c/s` or `20 lines/s`; None for 0, which is as fast as the line takes it."""
    written = scalars.plain(value, "a pace such as 200 c/s or 20 lines/s")
    if written == "0":
        return None
    try:
        return Pace.parse(written)
    except ValueError as error:
        raise value.unexpected(str(error)) from None


def argv(value: Value) -> tuple[str, ...]:
    """A program and its arguments as they are written: `623` needs no quotes here."""
    words = tuple(scalars.plain(item, "a word of a command") for item in items(value, _ARGV))
    if not words or not words[0]:
        raise value.unexpected(_ARGV)
    return words


def commands(value: Value) -> tuple[tuple[str, ...], ...]:
    """A list of programs with their arguments."""
    return tuple(argv(item) for item in items(value, _BEFORE))


def shell(value: Value) -> str:
    """A text for the shell; `false`, the default, cannot be asked for beside it."""
    written = scalars.text(value, "a command line for /bin/sh")
    if not written.strip():
        raise value.unexpected("a command line for /bin/sh")
    return written


def recording(value: Value) -> str:
    """The absolute path of a recording that can be played."""
    found = scalars.existing_file(value)
    try:
        parse_recording(Path(found).read_bytes(), found)
    except OSError as error:
        raise value.wrong(f"{found} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise value.wrong(str(error)) from None
    return found


def service_url(value: Value) -> str:
    """The API of another consolesvc: `http://` or `https://`, a host, maybe a port and a path."""
    expected = "the API's URL of another consolesvc, such as http://host1:8774"
    written = scalars.text(value, expected)
    try:
        url = urlsplit(written)
        host, _port = url.hostname, url.port
    except ValueError:
        raise value.unexpected(expected) from None
    if "@" in url.netloc:
        raise value.wrong(f"expected {expected}, without user and password: see token_file")
    if url.scheme not in ("http", "https") or not host or url.query or url.fragment:
        raise value.unexpected(expected)
    return written.rstrip("/").removesuffix("/v2.1")


def remote_name(value: Value) -> str:
    """A server's name there, or its id."""
    return scalars.text(value, "the server's name there")
