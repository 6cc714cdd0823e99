"""`consolesvc log NAME…`: what consoles said, from their files alone: the service may be dead (DESIGN 5.1)."""

from __future__ import annotations

import argparse
import fnmatch
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from consolesvc.cli.client import NAMES, NOT_FOUND, USAGE
from consolesvc.cli.log_output import Bytes, Lines, Output, Screen, Style
from consolesvc.cli.since import parse_since
from consolesvc.cli.table import escape
from consolesvc.config.load import load
from consolesvc.errors import ClientError
from consolesvc.log.boots import find_boots
from consolesvc.log.reader import BLOCK, LogReader, log_names
from consolesvc.log.times import Times
from consolesvc.state import default_log_path, default_path

HELP = "what consoles said, from their log files; works with the service dead"

ROOTS = Path("/var/log/consoles")
"""Where a service of root's logs; looked at where the user has no logs of their own."""
LOOK = 0.2
"""Seconds between two looks at a log that is followed."""
FOLLOWED = 10
"""Lines shown first of a log that is followed, where nothing else is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "names", metavar="NAME", nargs="+", help="a server's name, the beginning of one, or a pattern such as 'node*'"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on with what is said from now on")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--since", metavar="OFFSET|TIME|-1h", help="from an offset, 02:10, 2026-11-23T02:10, or -1h on")
    begin.add_argument("--boot", type=int, metavar="N", help="one boot of the machine: 0 the last, -1 the one before")
    parser.add_argument("--tail", type=_count, metavar="N", help="the last N lines of that")
    parser.add_argument("--grep", metavar="TEXT", help="only lines that have this text in them")
    parser.add_argument("-t", "--timestamps", action="store_true", help="each line with the time at which it came")
    parser.add_argument("--json", action="store_true", help="each line as a JSON object with name, offset, time, text")
    parser.add_argument("--raw", action="store_true", help="leave control sequences in, also on a terminal")
    folder = parser.add_mutually_exclusive_group()
    folder.add_argument("--directory", type=Path, metavar="DIR", help="the log folder")
    folder.add_argument("--config", type=Path, metavar="FILE", help="the service's configuration, which may name it")


def run(args: argparse.Namespace) -> int:
    """Show the logs, one after the other; then, with --follow, all together as they grow."""
    if args.boot is not None and (args.boot > 0 or (args.boot < 0 and args.follow)):
        expected = (
            "0 with --follow, whose end is still to come" if args.follow else "0 for the last, or -1, -2 and so on"
        )
        raise ClientError(f"--boot {args.boot}: expected {expected}", USAGE)
    directory = _directory(args)
    screen = Screen(raw=args.raw)
    try:
        names = _chosen(args.names, log_names(directory), directory)
        shown = [_Shown.make(args, directory, name, screen, several=len(names) > 1) for name in names]
        for each in shown:
            each.show_first(args)
        screen.flush()
        while args.follow:
            time.sleep(LOOK)
            for each in shown:
                each.show_more()
            screen.flush()
        screen.close()
    except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
        cure = "say where the logs are with --directory or --config"
        if isinstance(error, PermissionError):
            cure = "logs are readable for the service's own user and group, and for root"
        raise ClientError(f"{error.filename or directory}: {error.strerror}; {cure}") from None
    return 0


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > len(str(10**9)):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number of lines")
    return int(text)


def _directory(args: argparse.Namespace) -> Path:
    """The log folder, found as `serve` finds it."""
    if args.directory is not None:
        return Path(args.directory)
    if args.config is not None and (configured := load(args.config).log.directory) is not None:
        return configured
    state = default_path()
    found = ROOTS if state is None else default_log_path(state)
    return ROOTS if not found.is_dir() and ROOTS.is_dir() else found


def _chosen(wanted: list[str], there: list[str], directory: Path) -> list[str]:
    """The consoles that are meant, each once; raises ClientError (exit code 3) for a name that is none."""
    chosen: dict[str, None] = {}
    for name in wanted:
        found = [name] if name in there else fnmatch.filter(there, name)
        if not found:
            found = [each for each in there if name and each.startswith(name)]
            if len(found) != 1:
                what = "is the beginning of several names" if found else "has no log here; there are"
                names = found or there
                more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
                listed = escape(", ".join(names[:NAMES]) or "none") + more
                raise ClientError(f"{escape(str(directory))}: {name!r} {what}: {listed}", NOT_FOUND)
        chosen.update(dict.fromkeys(found))
    return list(chosen)


@dataclass(slots=True)
class _Shown:
    """One console's log on its way to the screen; `offset` is the next byte."""

    reader: LogReader
    times: Times
    output: Output
    lagging: bool
    offset: int = 0

    @classmethod
    def make(cls, args: argparse.Namespace, directory: Path, name: str, screen: Screen, *, several: bool) -> _Shown:
        reader = LogReader(directory, name)
        times = Times(reader)
        by_line = several or args.timestamps or args.json or args.grep is not None
        tail = args.tail if args.grep is not None else None
        style = Style(f"{name}: " if several else "", args.timestamps, args.grep, args.json, tail)
        output = Lines(screen, name, style, times.of) if by_line else Bytes(screen)
        # A byte's mark is written right after the byte: who wants its time must not be quicker than that.
        return cls(reader, times, output, lagging=args.timestamps or args.json)

    def show_first(self, args: argparse.Namespace) -> None:
        """Show what is asked for of what there is."""
        start, stop = self._range(args)
        # Of lines that are searched, the last ones are known in the end.
        if args.tail is not None and args.grep is None:
            start = self.reader.tail_start(start, stop, args.tail)
        self.offset = start
        self._show(stop)
        self.output.finish()

    def show_more(self) -> None:
        """Show what has come since."""
        end = self.reader.end
        self.reader.grown()
        self._show(end if self.lagging else self.reader.end)

    def _range(self, args: argparse.Namespace) -> tuple[int, int]:
        reader = self.reader
        if args.boot is not None:
            return self._boot(args.boot)
        if args.since is not None:
            return self._since(args.since), reader.end
        if args.follow and args.tail is None:
            return reader.tail_start(reader.oldest, reader.end, FOLLOWED), reader.end
        return reader.oldest, reader.end

    def _since(self, text: str) -> int:
        reader = self.reader
        try:
            since = parse_since(text, datetime.now().astimezone())
        except ValueError as error:
            raise ClientError(f"--since: {error}", USAGE) from None
        if since.time is not None:
            return reader.line_start(self.times.first_since(since.time))
        offset = since.offset or 0
        if offset > reader.end:
            _tell(f"{reader.name}: {offset} is beyond the end, which is {reader.end}")
        return max(reader.oldest, reader.end + offset) if offset < 0 else min(offset, reader.end)

    def _boot(self, number: int) -> tuple[int, int]:
        boots = find_boots(self.reader, 1 - number)
        if len(boots) < 1 - number:
            there = f"there {'is' if len(boots) == 1 else 'are'} {len(boots)}"
            raise ClientError(f"{self.reader.name}: no boot {number} in its log: {there}", NOT_FOUND)
        return boots[number - 1], self.reader.end if number == 0 else boots[number]

    def _show(self, stop: int) -> None:
        while self.offset < stop:
            begin, data = self._read(min(BLOCK, stop - self.offset))
            if begin > self.offset:
                _tell(f"{self.reader.name}: bytes {self.offset}..{begin} are missing")
                self.offset = begin
                continue
            if not data:
                break
            self.output.feed(begin, data)
            self.offset += len(data)

    def _read(self, limit: int) -> tuple[int, bytes]:
        try:
            return self.reader.read(self.offset, limit)
        except OSError as error:
            raise ClientError(f"{self.reader.name}: its log cannot be read: {error.strerror}") from None


def _tell(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.flush()  # in its place among the lines, where both are one terminal
    print(f"consolesvc: {text}", file=sys.stderr)
