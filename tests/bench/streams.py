"""The bytes that machines say here, and their checks: whoever reads them knows each byte in advance.

A flood is one block of printable text, said again and again: a piece of it anywhere is one comparison. Chunks of a
fixed size carry the time at which they were said, the line they were said on, and their number.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

BLOCK = 1 << 20
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;-_/+=()"
_LINE = 80
HEAD = 32
"""Bytes of a chunk's head: 16 digits of nanoseconds, 8 of the line, 8 of the number."""


def _text() -> bytes:
    letters = bytearray(random.Random("serial console").choices(_LETTERS, k=BLOCK))
    letters[_LINE - 1 :: _LINE] = b"\n" * len(letters[_LINE - 1 :: _LINE])
    return bytes(letters)


TEXT = _text()
_TWICE = TEXT * 2


def flood(offset: int, size: int) -> memoryview:
    """The `size` bytes of a flood from `offset` on, at most one block."""
    begin = offset % BLOCK
    return memoryview(_TWICE)[begin : begin + size]


def chunk(line: int, number: int, size: int) -> bytes:
    """A chunk said now."""
    return b"%016x%08x%08x" % (time.monotonic_ns(), line, number) + TEXT[: size - HEAD - 1] + b"\n"


@dataclass
class Flood:
    """Counts and compares what a reader gets of a flood."""

    got: int = 0
    wrong: int | None = None
    """The offset of the first piece that was not what was said."""

    def __call__(self, data: memoryview) -> None:
        while data:
            piece, data = data[:BLOCK], data[BLOCK:]
            if self.wrong is None and not _TWICE.startswith(piece, self.got % BLOCK):
                self.wrong = self.got
            self.got += len(piece)


@dataclass
class Count:
    """Counts, and looks at nothing."""

    got: int = 0

    def __call__(self, data: memoryview) -> None:
        self.got += len(data)


@dataclass
class Chunks:
    """Takes the chunks of one line apart: each must be of that line, and the next."""

    line: int
    size: int
    next: int = 0
    wrong: int = 0
    delays: list[int] = field(default_factory=list)
    """Nanoseconds from being said to being read."""
    _part: bytearray = field(default_factory=bytearray)

    def __call__(self, data: memoryview) -> None:
        self._part += data
        while len(self._part) >= self.size:
            head = bytes(self._part[:HEAD])
            del self._part[: self.size]
            try:
                said, line, number = int(head[:16], 16), int(head[16:24], 16), int(head[24:], 16)
            except ValueError:
                self.wrong += 1
                continue
            self.wrong += (line, number) != (self.line, self.next)
            self.next = number + 1
            self.delays.append(time.monotonic_ns() - said)
