"""`consolesvc send NAME TEXT|-`: types at a machine."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import sys

from consolesvc.cli.client import USAGE, Client
from consolesvc.cli.scripting import add_common, add_console, show
from consolesvc.errors import ClientError

HELP = "type text at a machine, and Enter behind it"

STDIN = "-"
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.)|$)", re.DOTALL)
_ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"e": b"\x1b", b"a": b"\a", b"b": b"\b", b"0": b"\0", b"\\": b"\\"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    parser.add_argument("text", metavar="TEXT|-", help="what to type; - reads it from stdin, without Enter behind it")
    parser.add_argument("--enter", action=argparse.BooleanOptionalAction, help="type Enter behind it, or do not")
    parser.add_argument(
        "-e", "--escapes", action="store_true", help=r"read \r \n \t \e \a \b \0 \\ and \x1b in the text"
    )
    parser.add_argument("--echo", action="store_true", help="wait for its echo, line by line")
    parser.add_argument("--pace", metavar="PACE", help="how fast at most, such as '200 c/s' or '20 lines/s'")
    add_common(parser, timeout="30s")


def run(args: argparse.Namespace) -> int:
    """Type it."""
    console = Client(args.endpoint).console(args.name)
    data = _stdin() if args.text == STDIN else os.fsencode(args.text)
    enter = args.text != STDIN if args.enter is None else args.enter
    if args.escapes:
        data = _ESCAPE.sub(_escaped, data)
    sent = console.send(data, enter=enter, echo=args.echo, pace=args.pace, timeout=args.timeout)
    if args.json:
        show(f"{json.dumps(dataclasses.asdict(sent))}\n")
    return 0


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ClientError("there is no stdin to read from", USAGE)
    return sys.stdin.buffer.read()


def _escaped(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes.fromhex(found[1].decode("ascii"))
    if found[2] not in _ESCAPES:
        known = " ".join(f"\\{key.decode()}" for key in _ESCAPES)
        raise ClientError(f"{os.fsdecode(found[0])!r} is no escape, expected {known} or \\x and two hex digits", USAGE)
    return _ESCAPES[found[2]]
