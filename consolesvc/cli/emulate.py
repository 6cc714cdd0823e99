"""`consolesvc emulate`: fake servers alone, on PTYs that any program can open."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from consolesvc.config.linespec import GUEST_NAMES, LineSettings
from consolesvc.emulator.guests import GuestOptions, make_guest
from consolesvc.emulator.pty import FakeServer
from consolesvc.errors import ClientError

HELP = "run fake servers alone; prints a PTY path a line, for minicom, screen or any program to open"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "guests", metavar="GUEST", nargs="*", default=["linux"], help=f"{', '.join(GUEST_NAMES)} (default: linux)"
    )
    parser.add_argument("--speed", choices=("line", "max"), default="line", help="line: at --settings' speed")
    parser.add_argument("--settings", type=LineSettings.parse, default=LineSettings(), help="default: 115200n8")
    parser.add_argument("--rate", type=float, default=10, help="lines a second of chatter; 0: as many as are read")
    parser.add_argument("--file", help="recording that replay plays")


def run(args: argparse.Namespace) -> int:
    """Run until TERM or INT."""
    unknown = [guest for guest in args.guests if guest not in GUEST_NAMES]
    if unknown:
        raise ClientError(f"unknown guest {unknown[0]!r}; expected one of {', '.join(GUEST_NAMES)}", 2)
    asyncio.run(_emulate(args))
    return 0


async def _emulate(args: argparse.Namespace) -> None:
    fakes = [_fake(args, guest, number) for number, guest in enumerate(args.guests, 1)]
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    try:
        for fake in fakes:
            fake.start()
            print(fake.path, flush=True)
            print(f"{fake.name}: open it with, say, `screen {fake.path}`", file=sys.stderr, flush=True)
        await done.wait()
    finally:
        for fake in fakes:
            fake.stop()


def _fake(args: argparse.Namespace, guest: str, number: int) -> FakeServer:
    name = f"fake{number}"
    try:
        made = make_guest(guest, GuestOptions(name=name, rate=args.rate, file=args.file))
    except ValueError as error:
        raise ClientError(str(error), 2) from None
    return FakeServer(name, made, baud=args.settings.baud if args.speed == "line" else None)
