"""How `consolesvc log` shows what it reads: bytes as they are, or line by line."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consolesvc.cli.plain import RESET, Plain, without_sequences
from consolesvc.log.index import timestamp

LONGEST_LINE = 64 * 1024
"""Bytes of a line that are shown as one."""
NO_TIME = "-"
_CONTROL = re.compile(rb"[^\t\n\r\x20-\x7e]")


class Output(Protocol):
    """Takes the bytes of one console, in order."""

    def feed(self, offset: int, data: bytes) -> None:
        """Take bytes; where they do not follow the last ones, a line that was not finished is."""
        ...

    def finish(self) -> None:
        """What there was so far is all for now: show what was held for the sake of its order."""
        ...


class Screen:
    """Where everything goes: stdout, made plain where it is a terminal.

    Args:
        raw: Leave control sequences in, terminal or not.
    """

    def __init__(self, *, raw: bool) -> None:
        self._out = None if sys.stdout is None else sys.stdout.buffer  # None: started with it closed
        self._plain = Plain() if self._out is not None and sys.stdout.isatty() and not raw else None

    def write(self, data: bytes) -> None:
        """Show bytes. Raises OSError."""
        if self._out is not None:
            self._out.write(data if self._plain is None else self._plain.feed(data))

    def flush(self) -> None:
        """Have them seen. Raises OSError."""
        if self._out is not None:
            self._out.flush()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        if self._out is not None and self._plain is not None and self._plain.coloured:
            self._out.write(RESET)
        self.flush()


class Bytes:
    """Shows bytes as they are."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def feed(self, offset: int, data: bytes) -> None:  # noqa: ARG002 - a line's matter
        """Show them."""
        self._screen.write(data)

    def finish(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Style:
    """How lines are shown.

    Attributes:
        prefix: Written before each.
        timestamps: Whether each has its time.
        grep: Text that it must have; None for any line.
        json: Each as a JSON object.
        tail: How many of the lines before `finish` are shown, the last ones; None for all.
    """

    prefix: str = ""
    timestamps: bool = False
    grep: str | None = None
    json: bool = False
    tail: int | None = None


class Lines:
    """Shows whole lines.

    Args:
        screen: Where.
        name: The console's, for JSON.
        style: How.
        time_of: The unix time of the byte at an offset, None where nobody knows.
    """

    def __init__(self, screen: Screen, name: str, style: Style, time_of: Callable[[int], float | None]) -> None:
        self._screen = screen
        self._name = name
        self._style = style
        self._time_of = time_of
        self._wanted = None if style.grep is None else os.fsencode(style.grep)
        self._offset = 0
        self._begun = bytearray()
        self._last: deque[bytes] | None = None if style.tail is None else deque(maxlen=style.tail)

    def feed(self, offset: int, data: bytes) -> None:
        """Show the lines that end in `data`."""
        if offset != self._offset + len(self._begun):
            self._end_line()
        if not self._begun:
            self._offset = offset
        *ended, rest = data.split(b"\n")
        for line in ended:
            self._begun += line + b"\n"
            self._end_line()
        self._begun += rest
        if len(self._begun) > LONGEST_LINE:
            self._end_line()

    def finish(self) -> None:
        """Show a line that is not finished too, and the last ones of all."""
        self._end_line()
        if self._last is not None:
            for line in self._last:
                self._screen.write(line)
            self._last = None

    def _end_line(self) -> None:
        line, offset = bytes(self._begun), self._offset
        self._offset += len(line)
        self._begun.clear()
        if not line or (self._wanted is not None and not self._has(line, self._wanted)):
            return
        shown = self._json(line, offset) if self._style.json else self._text(line, offset)
        if self._last is None:
            self._screen.write(shown)
        else:
            self._last.append(shown)

    def _has(self, line: bytes, wanted: bytes) -> bool:
        # Most lines are text and nothing else: looking closer takes ten times as long.
        return wanted in line or (_CONTROL.search(line) is not None and wanted in without_sequences(line))

    def _text(self, line: bytes, offset: int) -> bytes:
        head = self._style.prefix
        if self._style.timestamps:
            head += _local(self._time_of(offset)) + " "
        return os.fsencode(head) + line + (b"" if line.endswith(b"\n") else b"\n")

    def _json(self, line: bytes, offset: int) -> bytes:
        time = self._time_of(offset)
        document = {
            "name": self._name,
            "offset": offset,
            "time": None if time is None else timestamp(time),
            "text": line.rstrip(b"\r\n").decode("utf-8", "replace"),
        }
        return json.dumps(document).encode() + b"\n"


@functools.lru_cache(16)
def _local(time: float | None) -> str:
    """A unix time in this host's zone, to the millisecond."""
    return NO_TIME if time is None else datetime.fromtimestamp(time).astimezone().isoformat(timespec="milliseconds")
