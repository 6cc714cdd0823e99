"""`consolesvc up NAME`: takes a lent port back before its time (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import json

from consolesvc.cli.client import Client, add_endpoint

HELP = "take a lent port back now"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="the service's answer as it is")


def run(args: argparse.Namespace) -> int:
    """Take it back; that it was not lent is no failure."""
    client = Client(args.endpoint)
    console = client.find(args.name)
    answer = client.call(f"/console/v1/consoles/{console['id']}/up", {})
    if args.json:
        print(json.dumps(answer, indent=2))
    else:
        print(f"{console['name']}: {'taken back' if answer['was_lent'] else 'was not lent'}")
    return 0
