"""`consolesvc who NAME`: who is attached to a console, and who of them types (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from typing import Any

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.table import format_table
from consolesvc.cli.views import local_time

HELP = "list who is attached to a console, and who types"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("name", metavar="NAME", help="a server's name, the beginning of one, or an id")
    add_endpoint(parser)
    parser.add_argument("--json", action="store_true", help="the service's answer as it is")


def run(args: argparse.Namespace) -> int:
    """Print the table; nobody is a header alone."""
    client = Client(args.endpoint)
    answer = client.call(f"/console/v1/consoles/{client.find(args.name)['id']}/sessions")
    print(json.dumps(answer, indent=2) if args.json else session_table(answer["sessions"]))
    return 0


def session_table(sessions: Iterable[Mapping[str, Any]]) -> str:
    """The table of sessions, from views as `web.sessions.session_view` makes them."""
    header = ("SESSION", "USER", "FROM", "SINCE", "INPUT", "PROTOCOL", "BEHIND", "LOST")
    return format_table(
        header,
        [
            (
                session["id"],
                session["user"] or "-",
                session["who"],
                local_time(session["since"]),
                _input(session),
                session["protocol"] or "-",
                str(session["behind"]),
                str(session["lost"]),
            )
            for session in sessions
        ],
    )


def _input(session: Mapping[str, Any]) -> str:
    """What somebody does with the input: holds it, may type, or only looks."""
    if session["holds"]:
        return "holds"
    return "types" if session["may_type"] else "looks"
