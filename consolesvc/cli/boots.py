"""`consolesvc boots NAME`: when a machine booted, how far it came, and how long it took (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.table import format_table
from consolesvc.cli.views import local_time
from consolesvc.client.transport import query

HELP = "list a machine's last boots: how far each came, and how long it took to the login"
_LINE = 60
"""Characters of a line that the table shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    parser.add_argument("--limit", metavar="N", type=int, default=20, help="how many, 1 to 100 (default: 20)")
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="the service's answer as it is")


def run(args: argparse.Namespace) -> int:
    """Print the table, the newest boot first, and the median."""
    client = Client(args.endpoint)
    answer = client.call(f"/console/v1/consoles/{client.find(args.name)['id']}/boots{query(limit=args.limit)}")
    if args.json:
        print(json.dumps(answer, indent=2))
        return 0
    rows = [(local_time(boot["time"]), _login(boot), _stage(boot), _what(boot)) for boot in answer["boots"]]
    print(format_table(("BEGAN", "LOGIN", "CAME TO", "LINE"), rows))
    if (trend := answer["trend"])["median"] is not None:
        print(f"median of the last {trend['of']} to a login: {trend['median']:g} s")
    return 0


def _login(boot: Mapping[str, Any]) -> str:
    """How long it took to the login, or why it came to none."""
    if boot["login"] is not None:
        return f"{boot['login']['seconds']:g} s"
    return "reset" if boot["reset"] else "-"


def _stage(boot: Mapping[str, Any]) -> str:
    """How far it came."""
    if boot["panic"] is not None:
        return str(boot["panic"]["what"])
    return "login" if boot["login"] is not None else str(boot["stages"][-1]["stage"]) if boot["stages"] else "-"


def _what(boot: Mapping[str, Any]) -> str:
    """What it said first, or as it crashed."""
    return str(boot["line"] if boot["panic"] is None else boot["panic"]["line"] or "")[:_LINE]
