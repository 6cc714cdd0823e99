"""`consolesvc down NAME`: lends a console's port to another program, for a while (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import getpass
import json
import socket

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.table import escape
from consolesvc.cli.views import lent
from consolesvc.config.units import parse_time

HELP = "lend a console's port to another program; the service takes it back by itself"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    parser.add_argument(
        "--for",
        dest="seconds",
        type=time_of,
        default=600.0,
        metavar="TIME",
        help="for how long, such as 90s, 10m (default) or 2h; 0: until `up`",
    )
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="the service's answer as it is")


def run(args: argparse.Namespace) -> int:
    """Lend it, and say until when and what to open."""
    client = Client(args.endpoint)
    console = client.find(args.name)
    body = {"seconds": args.seconds, "who": _who()}
    answer = client.call(f"/console/v1/consoles/{console['id']}/down", body)
    if args.json:
        print(json.dumps(answer, indent=2))
        return 0
    loan = answer["loan"]
    device = f"; open {loan['device']}" if loan["device"] else ""
    print(escape(f"{console['name']}: {lent(loan)}{device}"))
    return 0


def time_of(text: str) -> float:
    """Seconds from what a user wrote, for argparse."""
    try:
        return parse_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: expected {error}") from None


def _who() -> str:
    """This user on this host, as far as they have names."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name
        user = "somebody"
    return "".join(c for c in f"{user}@{socket.gethostname()}" if c.isprintable())[:100]
