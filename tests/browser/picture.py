"""The pixels of a screenshot: PNG as Chromium writes it, eight bits a channel, not interlaced."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

_COLOUR_TYPES = {2: 3, 6: 4}
"""Channels: with an alpha channel, and without."""


def colours(png: bytes) -> Counter[str]:
    """How many pixels have each colour, as `r,g,b`."""
    width, height, depth, kind = struct.unpack("!IIBB", png[16:26])
    assert depth == 8, "eight bits a channel"
    channels = _COLOUR_TYPES[kind]
    data, size = zlib.decompress(_pixels(png)), width * channels
    above, found = bytes(size), Counter[str]()
    for row in range(height):
        start = row * (size + 1)
        line = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + size]), above, channels)
        found.update(f"{line[at]},{line[at + 1]},{line[at + 2]}" for at in range(0, size, channels))
        above = bytes(line)
    return found


def _pixels(png: bytes) -> bytes:
    """The contents of all IDAT chunks."""
    at, parts = 8, []
    while at < len(png):
        size, name = struct.unpack("!I4s", png[at : at + 8])
        if name == b"IDAT":
            parts.append(png[at + 8 : at + 8 + size])
        at += size + 12
    return b"".join(parts)


def _unfiltered(kind: int, line: bytearray, above: bytes, step: int) -> bytearray:
    """A row as it was before it was filtered (PNG section 9)."""
    for at in range(len(line)):
        left = line[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        line[at] = (
            line[at] + (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        ) & 255
    return line


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
