"""What the commands for scripts have in common: `wait`, `send`, `run`, `screen`, `mark` (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import sys

from consolesvc.cli.client import add_endpoint
from consolesvc.config.units import parse_time

TIMED_OUT = 124
"""Exit code where something did not come in time, as `timeout` of coreutils has it."""


def add_console(parser: argparse.ArgumentParser) -> None:
    """Give a command the console's name."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")


def add_common(parser: argparse.ArgumentParser, *, timeout: str | None = None) -> None:
    """Give a command `--timeout`, where it waits, `--endpoint` and `--json`."""
    if timeout is not None:
        help_ = (
            f"for how long, such as 90s, 10m or 2h (default: {timeout}); exit code {TIMED_OUT} where it is not enough"
        )
        parser.add_argument("--timeout", type=seconds, default=seconds(timeout), metavar="TIME", help=help_)
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="all that the service answers")


def seconds(text: str) -> float:
    """A time as people say it, for argparse."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {error}") from None


def show(text: str) -> None:
    """Write text to stdout, in whatever encoding that has."""
    if sys.stdout is not None:  # None: started with it closed
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
