"""`consolesvc url NAME`: a console URL, as any OpenStack client would get it."""

from __future__ import annotations

import argparse
import json

from consolesvc.cli.client import Client, add_endpoint

HELP = "print a fresh console URL for a server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help='as {"url": ...}')


def run(args: argparse.Namespace) -> int:
    """Print the URL."""
    client = Client(args.endpoint)
    url = client.console_url(client.find(args.name)["id"])
    print(json.dumps({"url": url}) if args.json else url)
    return 0
