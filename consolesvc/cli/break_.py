"""`consolesvc break NAME`: sends a break, as for SysRq or a boot loader that listens for one."""

from __future__ import annotations

import argparse

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.scripting import add_console

HELP = "send a break to a machine, as SysRq and some boot loaders want it"

DEFAULT_MS = 250


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    parser.add_argument(
        "--ms", type=int, default=DEFAULT_MS, metavar="N", help=f"milliseconds it lasts (default: {DEFAULT_MS})"
    )
    add_endpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Send it."""
    Client(args.endpoint).console(args.name).send_break(args.ms)
    return 0
