"""`consolesvc import conserver|ser2net FILE`: another console server's configuration as ours."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from consolesvc.cli.table import escape
from consolesvc.errors import ClientError
from consolesvc.moving.conserver.consoles import read_conserver
from consolesvc.moving.env_files import keep_secrets
from consolesvc.moving.moved import Moved, Nonsense
from consolesvc.moving.ser2net.connections import read_ser2net
from consolesvc.moving.vetted import vet
from consolesvc.moving.yaml_text import configuration_text

HELP = "print the configuration of conserver or ser2net as one of ours, and say what has no place in it"

COMPLETE, LEFT_OUT, NONSENSE = 0, 1, 2
"""Exit codes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("program", choices=("conserver", "ser2net"), help="whose configuration it is")
    parser.add_argument("file", metavar="FILE", type=Path, help="conserver.cf; ser2net.yaml, or a ser2net.conf of old")
    parser.add_argument(
        "--env-dir", type=Path, metavar="DIR", help="write passwords there, a file a server, for its line's env_file"
    )
    parser.add_argument(
        "--master",
        dest="masters",
        action="append",
        default=[],
        metavar="HOST",
        help="conserver: also the consoles of this master; may be given often",
    )


def run(args: argparse.Namespace) -> int:
    """Print the configuration, and on stderr what is to be known; nothing where the file is none."""
    readers: dict[str, Callable[[], Moved]] = {
        "conserver": lambda: read_conserver(args.file, args.masters),
        "ser2net": lambda: read_ser2net(args.file),
    }
    try:
        moved = readers[args.program]()
    except Nonsense as error:
        raise ClientError(escape(str(error)), NONSENSE) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise ClientError(f"{escape(str(args.file))}: cannot be read: {reason}", NONSENSE) from None
    vet(moved)
    try:
        keep_secrets(moved, args.env_dir)
    except OSError as error:
        raise ClientError(f"--env-dir: {error.filename}: {error.strerror}", LEFT_OUT) from None
    print(configuration_text(moved, str(args.file)), end="")
    for note in moved.notes:
        print(escape(str(note)), file=sys.stderr)
    print(_summary(moved), file=sys.stderr)
    return COMPLETE if moved.complete else LEFT_OUT


def _summary(moved: Moved) -> str:
    servers, left_out = len(moved.entries), sum(note.left_out for note in moved.notes)
    told = "nothing was left out" if not left_out else f"{left_out} left out, as said above"
    return f"{servers} server{'' if servers == 1 else 's'}; {told}"
