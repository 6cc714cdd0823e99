"""`consolesvc mark NAME LABEL`: gives a place in a console's output a name."""

from __future__ import annotations

import argparse
import dataclasses
import json

from consolesvc.cli.client import Client
from consolesvc.cli.scripting import add_common, add_console, show

HELP = "give this place in a console's output a name, for --since; prints its offset"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    parser.add_argument("label", metavar="LABEL", help="its name; of two marks of one name the last counts")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Set it."""
    mark = Client(args.endpoint).console(args.name).mark(args.label)
    show(f"{json.dumps(dataclasses.asdict(mark)) if args.json else mark.offset}\n")
    return 0
