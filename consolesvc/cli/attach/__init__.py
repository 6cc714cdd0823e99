"""`consolesvc attach NAME|URL`: a console in this terminal (DESIGN 5.1).

Only the console's bytes go to stdout, and whatever comes in on stdin goes to the console; what we say ourselves goes to
stderr. Escapes are for people: input that comes from a pipe or a file is passed on as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os

from consolesvc.cli.attach.options import add_arguments, read_options
from consolesvc.cli.attach.terminal import STDIN, plug
from consolesvc.errors import ClientError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "attach this terminal to a console; Enter ~. leaves"


def run(args: argparse.Namespace) -> int:
    """Attach until `~.`, the end of input, or the end of the session, which is a failure unless it is a normal one."""
    try:
        plug()
    except OSError as error:
        raise ClientError(f"cannot write the output: {error.strerror}") from None
    options = read_options(args, typed=os.isatty(STDIN))
    from consolesvc.cli.attach.attachment import attach  # noqa: PLC0415 - aiohttp takes long, and is not for --help

    return asyncio.run(attach(options))
