"""`consolesvc list`: the consoles of a running service."""

from __future__ import annotations

import argparse
import json
import sys

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.views import console_table

HELP = "list the consoles of a running service, with the state of each line"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="the service's answer as it is")


def run(args: argparse.Namespace) -> int:
    """Print the table; on stderr, why the last reload was refused, if it was, and what is wrong with TLS, if it is."""
    answer = Client(args.endpoint).listing()
    if args.json:
        print(json.dumps(answer, indent=2))
        return 0
    print(console_table(answer["consoles"], events=True))
    if answer.get("configuration_error"):
        print(f"The configuration was not reloaded:\n{answer['configuration_error']}", file=sys.stderr)
    if answer.get("tls_error"):
        print(answer["tls_error"], file=sys.stderr)
    return 0
