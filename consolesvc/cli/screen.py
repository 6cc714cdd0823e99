"""`consolesvc screen NAME`: what a console's screen shows now."""

from __future__ import annotations

import argparse
import dataclasses
import json

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.scripting import add_console, show

HELP = "what a console's screen shows now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--html", action="store_true", help="as a page of HTML, with its colours")
    kind.add_argument("--json", action="store_true", help="with the cursor's place and the title")
    parser.add_argument("--cols", type=int, default=80, metavar="N", help="its width (default: 80)")
    parser.add_argument("--rows", type=int, default=24, metavar="N", help="its height (default: 24)")
    add_endpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Print it, without the blank rows at its end."""
    console = Client(args.endpoint).console(args.name)
    if args.html:
        show(console.screen_html(args.cols, args.rows))
        return 0
    screen = console.screen(args.cols, args.rows)
    text = str(screen).rstrip("\n")
    show(f"{json.dumps(dataclasses.asdict(screen))}\n" if args.json else f"{text}\n" if text else "")
    return 0
