"""`consolesvc wait NAME PATTERN`: waits until a console has said something."""

from __future__ import annotations

import argparse
import dataclasses
import json

from consolesvc.cli.client import Client
from consolesvc.cli.scripting import add_common, add_console, show
from consolesvc.errors import ClientError, TimedOut

HELP = "wait until a console has said something; prints what matched"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    parser.add_argument("pattern", metavar="PATTERN", help="a regular expression in RE2's syntax, such as 'login: $'")
    parser.add_argument(
        "--since", metavar="OFFSET|-BYTES|MARK", help="where to begin (default: with what comes from now on)"
    )
    add_common(parser, timeout="30s")


def run(args: argparse.Namespace) -> int:
    """Print the match."""
    console = Client(args.endpoint).console(args.name)
    try:
        match = console.wait(args.pattern, since=args.since, timeout=args.timeout)
    except TimedOut as late:
        raise ClientError(f"{late}; --since {late.next} goes on from here", late.exit_code) from None
    show(f"{json.dumps(dataclasses.asdict(match)) if args.json else match.text}\n")
    return 0
