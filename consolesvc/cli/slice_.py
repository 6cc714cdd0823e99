"""`consolesvc slice NAME`: output from one place to another, as text, bytes or a recording."""

from __future__ import annotations

import argparse
import sys

from consolesvc.cli.client import Client, add_endpoint
from consolesvc.cli.scripting import add_console, show
from consolesvc.client.console import Console, Place
from consolesvc.errors import BytesMissing

HELP = "print output from one place to another: text, bytes or a recording"

TEXT, RAW, CAST2, CAST3 = "text", "raw", "cast2", "cast3"
FAILED = 1
"""Exit code of DESIGN 5.1."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_console(parser)
    place = "OFFSET|-BYTES|MARK"
    parser.add_argument(
        "--from", dest="begin", metavar=place, help="where to begin (default: the oldest byte there is)"
    )
    parser.add_argument("--to", dest="end", metavar=place, help="where to end (default: now)")
    parser.add_argument(
        "--format",
        choices=(TEXT, RAW, CAST2, CAST3),
        default=TEXT,
        help="text without escape sequences, every byte, or an asciicast of version 2 or 3 (default: text)",
    )
    add_endpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Print it; bytes that are gone are told, and make it a failure: text and recordings say so in their middle."""
    console = Client(args.endpoint).console(args.name)
    if args.format == RAW:
        return _raw(console, args.begin, args.end)
    if args.format == TEXT:
        show(console.slice(args.begin, args.end))
    else:
        show(console.recording(args.begin, args.end, 2 if args.format == CAST2 else 3))
    return 0


def _raw(console: Console, begin: Place | None, end: Place | None) -> int:
    code = 0
    while True:
        try:
            data = console.slice_bytes(begin, end)
        except BytesMissing as missing:
            print(f"consolesvc: {missing}", file=sys.stderr)
            data, code = missing.data, FAILED
            begin = missing.next
            _write(data)
            continue
        _write(data)
        return code


def _write(data: bytes) -> None:
    if sys.stdout is not None:  # None: started with it closed
        sys.stdout.buffer.write(data)
