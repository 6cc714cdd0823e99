"""The `chatter` guest: numbered lines at a steady rate, so that loss, order and delay can be seen."""

from __future__ import annotations

import math
from typing import Final

from consolesvc.emulator.guests.base import PIECE, GuestOptions

LINE_SIZE: Final = 64
"""Bytes of each line with its CR LF: an offset divided by it is a line's number."""

NAME_SIZE: Final = 16
"""Characters of the server's name that fit in front of the number."""

_TEXT: Final = b"The quick brown fox jumps over the lazy dog. " * 2


class ChatterGuest:
    """`NAME 00000042 The quick brown …`, 64 bytes a line, numbered from 0 at each power on. Input is ignored.

    The first line comes one interval after power on. A line that is late (the owner was busy) is still sent:
    numbers never skip.

    Raises:
        ValueError: the rate is negative or no number.
    """

    def __init__(self, options: GuestOptions) -> None:
        if not (math.isfinite(options.rate) and options.rate >= 0):
            raise ValueError(f"rate {options.rate!r} is no rate; expected lines a second, 0 for as many as are read")
        self.rate = options.rate
        self.due: float | None = None
        self.powered = False
        self.number = 0
        self._start = 0.0
        self._name = options.name[:NAME_SIZE].encode("ascii", "replace")

    def __repr__(self) -> str:
        return f"<ChatterGuest {self._name.decode()} at {self.rate:g}/s, next line {self.number}>"

    def power_on(self, now: float) -> bytes:
        """Begin at number 0."""
        self.number, self._start, self.powered = 0, now, True
        self.due = self._time_of_next()
        return b""

    def power_off(self, now: float) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Fall silent."""
        self.due, self.powered = None, False
        return b""

    def feed(self, data: bytes, now: float) -> bytes:  # noqa: ARG002 - input is ignored, as the class says
        """Ignore the input."""
        return b""

    def advance(self, now: float) -> bytes:
        """Send the lines that are due, at most PIECE bytes of them."""
        lines = bytearray()
        while self.powered and len(lines) < PIECE and self._time_of_next() <= now:
            lines += self._line()
            self.number += 1
        if self.powered:
            self.due = self._time_of_next()
        return bytes(lines)

    def _time_of_next(self) -> float:
        # From the start and not from the line before: the rate holds however late each call comes.
        return self._start + (self.number + 1) / self.rate if self.rate else self._start

    def _line(self) -> bytes:
        head = b"%s %08d " % (self._name, self.number)
        return head + _TEXT[: LINE_SIZE - 2 - len(head)] + b"\r\n"
