"""`consolesvc emulate`: fake servers alone, on PTYs that any program can open."""

from __future__ import annotations

import argparse
import asyncio
import math
import signal
import sys

from consolesvc.config.linespec import GUEST_NAMES, LineSettings
from consolesvc.emulator.guests import GuestOptions, make_guest
from consolesvc.emulator.pty import FakeServer
from consolesvc.errors import ClientError

HELP = "run fake servers alone; prints a PTY path a line, for minicom, screen or any program to open"

USAGE = 2
"""Exit code for bad usage (DESIGN 5.1)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    names = ", ".join(GUEST_NAMES)
    parser.add_argument(
        "guests", metavar="GUEST", nargs="*", type=_guest, default=["linux"], help=f"one of {names} (default: linux)"
    )
    parser.add_argument("--speed", choices=("line", "max"), default="line", help="line: at --settings' speed (default)")
    parser.add_argument("--settings", type=_settings, default=LineSettings(), help="of each line (default: 115200n8)")
    parser.add_argument(
        "--rate", type=_rate, default=10.0, help="lines a second of chatter (default: 10); 0: as many as are read"
    )
    parser.add_argument("--file", help="the recording that replay plays")


def run(args: argparse.Namespace) -> int:
    """Run until TERM or INT; exit code 0 then."""
    if args.file is not None and "replay" not in args.guests:
        raise ClientError(f"--file {args.file}: only the guest replay plays a file", USAGE)
    asyncio.run(_emulate([_fake(args, guest, number) for number, guest in enumerate(args.guests, 1)]))
    return 0


async def _emulate(fakes: list[FakeServer]) -> None:
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    try:
        for fake in fakes:
            _start(fake)
        await done.wait()
    finally:
        for fake in fakes:
            fake.stop()


def _start(fake: FakeServer) -> None:
    try:
        fake.start()
    except OSError as error:
        raise ClientError(f"no PTY for {fake.name}: {error.strerror}") from None
    print(fake.path, flush=True)
    print(f"{fake.name}: open it with, say, `screen {fake.path}`", file=sys.stderr, flush=True)


def _fake(args: argparse.Namespace, guest: str, number: int) -> FakeServer:
    name = f"{guest}{number}"
    try:
        made = make_guest(guest, GuestOptions(name=name, rate=args.rate, file=args.file))
    except ValueError as error:
        raise ClientError(str(error), USAGE) from None
    return FakeServer(name, made, baud=args.settings.baud if args.speed == "line" else None)


def _guest(text: str) -> str:
    if text not in GUEST_NAMES:
        raise argparse.ArgumentTypeError(f"{text!r} is no guest; expected one of {', '.join(GUEST_NAMES)}")
    return text


def _settings(text: str) -> LineSettings:
    try:
        return LineSettings.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate; expected lines a second, 0 or more")
    return rate
