"""What `attach` is told on its command line."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from consolesvc.cli.attach.notation import caret, parse_keys
from consolesvc.cli.client import USAGE, add_endpoint
from consolesvc.config.units import parse_size, parse_time
from consolesvc.errors import ClientError

NONE = "none"
LINGER = 1.0
"""Seconds for which output is still shown after the end of input."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, read.

    Attributes:
        target: A name or a URL.
        endpoint: Where the service is; None for wherever it is found.
        view: Never type.
        start: Where to begin, as members of a URL's query: `{"since": "-4096"}`; empty for the service's default.
        wait: Whether a service, or a server, that is not there is waited for.
        log: The file that gets a copy of the output; None for none.
        quiet: Whether to say only what is lost and why it ended.
        reconnect: Whether to come back after a cut.
        escape: The key that begins an escape at the start of a line; None for none.
        sequence: The two keys that begin one anywhere; None for none.
        until: What to wait for; None for nothing.
        timeout: Seconds for that, or for the service to come; None for as long as it takes.
        linger: Seconds of output after the end of input.
    """

    target: str
    endpoint: str | None
    view: bool
    start: dict[str, str]
    wait: bool
    log: Path | None
    quiet: bool
    reconnect: bool
    escape: int | None
    sequence: bytes | None
    until: str | None
    timeout: float | None
    linger: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "target",
        metavar="NAME|URL",
        help="a server's name, the beginning of one, or its id; or a console URL (ws://... or http://...)",
    )
    add_endpoint(parser)
    parser.add_argument("--view", action="store_true", help="only look: nothing that is typed here leaves here")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument(
        "--since", type=_offset, metavar="OFFSET|-BYTES", help="from this byte on; -4096: the last 4 KiB"
    )
    begin.add_argument(
        "--replay",
        type=_replay,
        metavar="SIZE|all",
        help="what was said before, such as 64KiB; 0 for nothing, as where input is no terminal",
    )
    parser.add_argument("--wait", action="store_true", help="wait for a service or a server that is not there yet")
    parser.add_argument("--no-reconnect", action="store_true", help="end with the first connection")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append the output to FILE, each byte once")
    parser.add_argument("--quiet", action="store_true", help="say only what is lost, and why it ended")
    parser.add_argument(
        "--escape",
        type=_escape,
        default="~",
        metavar="CHAR|none",
        help="in place of ~, at the start of a line; ^X is one",
    )
    parser.add_argument(
        "--escape-seq", type=_sequence, default="^Ec", metavar="SEQ|none", help="in place of ^Ec, two keys, anywhere"
    )
    parser.add_argument(
        "--until", metavar="REGEX", help="end with exit code 0 as soon as this is said (RE2; ^ and $ are a line's ends)"
    )
    parser.add_argument("--timeout", type=_time, metavar="TIME", help="for --until and --wait: then exit code 124")
    parser.add_argument(
        "--linger",
        type=_time,
        default=LINGER,
        metavar="TIME",
        help="how long output is still shown after the end of input that is no terminal (default: 1s)",
    )


def read_options(args: argparse.Namespace, *, typed: bool) -> Options:
    """The options.

    Args:
        args: As parsed.
        typed: Whether input is a terminal. What is not typed is a program's: it wants no history.

    Raises:
        ClientError: they do not go together (exit code 2).
    """
    if args.timeout is not None and args.until is None and not args.wait:
        raise ClientError("--timeout: expected with --until or with --wait", USAGE)
    if args.escape is not None and args.escape_seq is not None and args.escape == args.escape_seq[0]:
        key = caret(args.escape_seq[:1])
        raise ClientError(f"--escape {key}: expected another key than the first of --escape-seq", USAGE)
    start = {} if typed else {"replay": "0"}
    if args.since is not None:
        start = {"since": args.since}
    elif args.replay is not None:
        start = {"replay": args.replay}
    return Options(
        target=args.target,
        endpoint=args.endpoint,
        view=args.view,
        start=start,
        wait=args.wait,
        log=args.log,
        quiet=args.quiet,
        reconnect=not args.no_reconnect,
        escape=args.escape,
        sequence=args.escape_seq,
        until=args.until,
        timeout=args.timeout,
        linger=args.linger,
    )


def _offset(text: str) -> str:
    if re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII) is None:
        raise argparse.ArgumentTypeError(
            f"{text!r}: expected an offset in bytes, such as 4096 or -4096; by time: `consolesvc log --since`"
        )
    return text


def _replay(text: str) -> str:
    if text == "all":
        return text
    try:
        return str(parse_size(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected all, {error}") from None


def _time(text: str) -> float:
    try:
        return parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {error}") from None


def _escape(text: str) -> int | None:
    keys = _keys(text, 1, "one key, such as ~ or ^], or none")
    return keys[0] if keys else None


def _sequence(text: str) -> bytes | None:
    return _keys(text, 2, "two keys, such as ^Ec or ^A., or none")


def _keys(text: str, count: int, expected: str) -> bytes | None:
    if text == NONE:
        return None
    try:
        keys = parse_keys(text)
    except ValueError:
        keys = b""
    if len(keys) != count or keys[0] in b"\r\n":
        raise argparse.ArgumentTypeError(f"{text!r}: expected {expected}")
    return keys
