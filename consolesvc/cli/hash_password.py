"""`consolesvc hash-password`: a hash for the builtin users file (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import IO

from consolesvc.config.passwords import LONGEST_PASSWORD, hash_password
from consolesvc.errors import ClientError

HELP = "print a password's hash, for password_hash in the users file of `identity: {type: builtin}`"

_USAGE = 2
"""Exit code for bad usage (DESIGN 5.1)."""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none: a password in the arguments can be read by everybody on this host."""


def run(_args: argparse.Namespace) -> int:
    """Print the hash of a password: asked for twice without echo, or, where stdin is no terminal, its first line."""
    password = _ask() if sys.stdin.isatty() else _line(sys.stdin.buffer)
    if not password:
        raise ClientError("the password is empty; type one, or pipe a line: printf '%s\\n' PASSWORD", _USAGE)
    if len(password) > LONGEST_PASSWORD:
        raise ClientError(f"the password is {len(password)} characters long, at most {LONGEST_PASSWORD}", _USAGE)
    print(hash_password(password))
    return 0


def _ask() -> str:
    try:
        password = getpass.getpass("Password: ")
        again = getpass.getpass("Again: ")
    except EOFError:
        raise ClientError("no password was typed", _USAGE) from None
    except UnicodeDecodeError:
        raise ClientError("the password is not UTF-8", _USAGE) from None
    if password != again:
        raise ClientError("the two differ; nothing was hashed", _USAGE)
    return password


def _line(stdin: IO[bytes]) -> str:
    line = stdin.readline(4 * LONGEST_PASSWORD + 2)
    try:
        return line.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ClientError("the password is not UTF-8", _USAGE) from None
