"""`consolesvc kick NAME SESSION`: ends somebody's session at a console, and tells them by whom and why (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import json
from urllib.parse import quote

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.table import escape

HELP = "end a session at a console, telling who has it why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    parser.add_argument("session", metavar="SESSION", help="a session, as `who` shows it")
    parser.add_argument("--reason", metavar="TEXT", default="", help="what they are told; at most 80 characters")
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="the service's answer as it is")


def run(args: argparse.Namespace) -> int:
    """End it, and say whose it was."""
    client = Client(args.endpoint)
    console = client.find(args.name)
    path = f"/console/v1/consoles/{console['id']}/sessions/{quote(args.session, safe='')}/kick"
    answer = client.call(path, {"reason": args.reason})
    if args.json:
        print(json.dumps(answer, indent=2))
        return 0
    kicked = answer["kicked"]
    whose = f"{kicked['user']} ({kicked['who']})" if kicked["user"] else kicked["who"]
    print(escape(f"{console['name']}: kicked {whose}"))
    if not answer["token_ended"]:
        print("the link they came by is good still: DELETE /console/v1/consoles/NAME/share ends all links")
    return 0
