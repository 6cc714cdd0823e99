"""`consolesvc url NAME`: a console URL, as any OpenStack client would get it; with `--view`, one to show to others."""

from __future__ import annotations

import argparse
import json
import sys

from consolesvc.cli.client import USAGE, Client, add_endpoint
from consolesvc.cli.down import time_of
from consolesvc.cli.views import local_time
from consolesvc.errors import ClientError

HELP = "print a fresh console URL for a server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    parser.add_argument("--view", action="store_true", help="a share link: who has it may look for a while, not type")
    parser.add_argument(
        "--ttl", type=time_of, metavar="TIME", help="with --view: for how long (default 1h, at most 720h)"
    )
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help='as {"url": ...}')


def run(args: argparse.Namespace) -> int:
    """Print the URL; of a share link also the page and its end, on stderr."""
    if args.ttl is not None and not args.view:
        raise ClientError("--ttl is for --view; how long other URLs are good is the service's tokens.ttl", USAGE)
    client = Client(args.endpoint)
    server_id = client.find(args.name)["id"]
    if not args.view:
        url = client.console_url(server_id)
        print(json.dumps({"url": url}) if args.json else url)
        return 0
    body = {} if args.ttl is None else {"ttl": args.ttl}
    link = client.call(f"/console/v1/consoles/{server_id}/share", body)["share"]
    if args.json:
        print(json.dumps(link))
        return 0
    print(link["url"], flush=True)
    print(f"To look at until {local_time(link['expires'])}; in a browser: {link['page']}", file=sys.stderr)
    return 0
