"""`consolesvc events [NAME…]`: what has happened to consoles, and what happens (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.scripting import show
from consolesvc.cli.views import local_time
from consolesvc.client.answers import Event
from consolesvc.client.events import GAP
from consolesvc.client.words import escape
from consolesvc.errors import ClientError

HELP = "list what has happened to consoles: boots, logins, panics and the like; with --follow what happens from now on"
_WILD = frozenset("*?[")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="a server's name, the beginning of one, an id, or a pattern: 'node*'"
    )
    parser.add_argument(
        "--event",
        metavar="KIND",
        action="append",
        default=[],
        help="such events alone: panic; may be repeated",
    )
    parser.add_argument(
        "--follow", action="store_true", help="tell what happens from now on, over restarts of the service, until ^C"
    )
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="a JSON object a line, with all that is known")


def run(args: argparse.Namespace) -> int:
    """Print a line for each event."""
    client = Client(args.endpoint)
    names = [name if _WILD & set(name) else client.find(name)["id"] for name in args.names]
    for event in client.events(*names, kinds=args.event, follow=args.follow, away=_away):
        if args.json:
            show(json.dumps(dataclasses.asdict(event)) + "\n")
        elif event.event == GAP:
            print(f"consolesvc: {event.text}", file=sys.stderr)
        else:
            show(_line(event) + "\n")
        if args.follow and sys.stdout is not None:
            sys.stdout.flush()
    return 0


def _line(event: Event) -> str:
    """The time, the console, what happened, and the sentence, without the name that most begin with."""
    text = event.text.removeprefix(f"{event.console} ")
    return escape(f"{local_time(event.time)}  {event.console:<12}  {event.event:<12}  {text}")


def _away(error: ClientError) -> None:
    print(f"consolesvc: {error}; trying again", file=sys.stderr)
