"""The seam between a fake server and the guest it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

PIECE: Final = 4096
"""Bytes after which a guest hands over what it has and sets `due` to `now` for the rest."""


class GuestOptions(NamedTuple):
    """What a guest is made with.

    Attributes:
        name: The server's name; hostname of the guests that have one. Guests also take from it what differs
            between two machines (hardware addresses, serial numbers), so the same name gives the same machine.
        rate: Lines a second of `chatter`; 0 for as many as are read.
        file: Recording of `replay`.
        wall: Gives the time of day in seconds since 1970 for guests that show one; passed in, so that tests set it.
    """

    name: str
    rate: float = 10
    file: str | None = None
    wall: Callable[[], float] = time.time


class Guest(Protocol):
    """A program on a fake server's serial port: bytes and time in, bytes out. It does no I/O and never blocks.

    `now` is a monotonic time in seconds, the owner's; it never goes back. Output is what the machine sends on
    its serial line: raw bytes, lines ending CR LF as a real one's do. The owner calls `advance(now)` when `due` has
    come and `feed` when bytes were typed; each returns what to send, b"" for nothing. The owner paces what it
    sends to the line's speed, and calls neither while much is unsent, so a guest may hand out output in pieces of
    some kilobytes by setting `due` to `now`.
    """

    due: float | None
    """When `advance` has something to do next; None while only input can change anything."""

    powered: bool
    """Whether the machine is on. Off: `feed` returns nothing, until `power_on`."""

    def power_on(self, now: float) -> bytes:
        """Start from cold, whatever went on before."""
        ...

    def power_off(self, now: float) -> bytes:
        """Cut the power: no last words, all volatile state is gone."""
        ...

    def feed(self, data: bytes, now: float) -> bytes:
        """Take input as it arrived: any split, any bytes, any length."""
        ...

    def advance(self, now: float) -> bytes:
        """Do what is due by `now`."""
        ...
