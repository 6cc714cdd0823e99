r"""Which of the keys that somebody typed came back: only what was echoed may be written down (peers.md 5, 17).

A machine that asks for a password does not echo it, and nothing else tells a password from a command. So a line counts
as echoed only as a whole, and only where each of its characters came back in its place: directly behind the echo of
the one before, or as the first thing the machine said after it was typed. That what was typed stands somewhere in what
came is no echo: `admin`, typed as a password, is in the greeting that follows.

What is no character (an arrow, TAB, an answer of the terminal) has no echo that could be known. It is written where
it came back as `^X`, and left out where it did not; it spoils no line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_UNIT = re.compile(
    rb"""
      \x1b \[ [0-?]* [ -/]* [@-~]                   # CSI: an arrow, an answer
    | \x1b O [@-~]                                  # SS3: an arrow, F1
    | \x1b [\]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ )    # OSC, DCS: an answer
    | \x1b .?
    | .
    """,
    re.VERBOSE | re.DOTALL,
)
_ENTER = b"\r\n"
_ERASE = (b"\b \b", b"\b\x1b[K", b"\b")


@dataclass(slots=True)
class Keys:
    """What was typed, and where the output was then.

    Attributes:
        data: The bytes.
        places: Offset of the output's end, for each message: the index of its first byte in `data`, the offset.
    """

    data: bytearray = field(default_factory=bytearray)
    places: list[tuple[int, int]] = field(default_factory=list)

    def add(self, data: bytes, end: int) -> None:
        """Add a message that was typed when the output ended at `end`."""
        self.places.append((len(self.data), end))
        self.data += data

    def lines(self) -> Iterator[Sequence[tuple[int, bytes]]]:
        """The units of each line, its end included: offset of the output at the time, and bytes."""
        line: list[tuple[int, bytes]] = []
        place = 0
        for match in _UNIT.finditer(bytes(self.data)):
            while place + 1 < len(self.places) and self.places[place + 1][0] <= match.start():
                place += 1
            unit = match[0]
            line.append((self.places[place][1], unit))
            if unit in (b"\r", b"\n"):
                yield line
                line = []
        if line:
            yield line


def echoed(keys: Keys, output: bytes, start: int) -> bytes:
    """The keys that came back.

    Args:
        keys: What was typed.
        output: What the machine said from the first key on, as far as it is still there.
        start: The offset of its first byte.
    """
    seen = bytearray()
    at = 0
    for line in keys.lines():
        came: list[bytes] = []
        spoiled = False
        for offset, unit in line:
            at = max(at, offset - start)
            size = 0 if offset < start else _echo(unit, output, at)
            if size:
                came.append(unit)
                at += size
            elif len(unit) == 1 and unit >= b" " and unit != b"\x7f":
                spoiled = True
        if not spoiled:
            seen += b"".join(came)
    return bytes(seen)


def _echo(unit: bytes, output: bytes, at: int) -> int:
    """The size of a key's echo at a place in the output; 0 where it is none."""
    if unit in (b"\r", b"\n"):
        if output.startswith(_ENTER, at):
            return 2
        return int(output[at : at + 1] in (b"\r", b"\n"))
    if unit in (b"\x7f", b"\b"):
        return next((len(erase) for erase in _ERASE if output.startswith(erase, at)), 0)
    if unit[0] < ord(" "):
        shown = b"^" + bytes((unit[0] + ord("@"),)) + unit[1:]
        return len(shown) if output.startswith(shown, at) else 0
    return len(unit) if output.startswith(unit, at) else 0
