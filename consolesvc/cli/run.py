"""`consolesvc run NAME COMMAND`: runs a command on a machine, and prints what it says."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from consolesvc.cli.client import Client
from consolesvc.cli.scripting import add_common, add_console, show
from consolesvc.errors import TimedOut

HELP = "type a command at a machine's prompt; prints what it says"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    parser.add_argument("command_line", metavar="COMMAND", help="one line")
    parser.add_argument(
        "--prompt",
        metavar="PATTERN",
        help="the prompt behind its output, in RE2's syntax (default: the line on which it is typed, or one like it)",
    )
    add_common(parser, timeout="30s")


def run(args: argparse.Namespace) -> int:
    """Print its output; where no prompt comes in time, what there is of it."""
    console = Client(args.endpoint).console(args.name)
    try:
        ran = console.run(args.command_line, prompt=args.prompt, timeout=args.timeout)
    except TimedOut as late:
        show(late.output)
        raise
    show(f"{json.dumps(dataclasses.asdict(ran))}\n" if args.json else ran.output)
    if ran.truncated:
        told = f"only the end of it; all of it is {ran.start}..{ran.next}"
        print(f"consolesvc: {console.name}: {told}", file=sys.stderr)
    return 0
