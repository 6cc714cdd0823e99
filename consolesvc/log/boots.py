"""Where a machine booted, found in what it said.

A machine says the same few words at each start, and they are told apart by what comes before what in one boot:
firmware, boot loader, kernel. Somebody who types `dmesg` on it, or `version` in U-Boot, makes a boot that was none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from consolesvc.log.reader import LogReader

FIRMWARE, LOADER, ENTRY, KERNEL = range(4)
PATTERNS = (
    (b"SeaBIOS (version ", FIRMWARE),
    (b"UEFI firmware (version ", FIRMWARE),
    (b" bootblock starting", FIRMWARE),  # coreboot
    (b"U-Boot SPL 20", FIRMWARE),
    (b"FakeBIOS ", FIRMWARE),  # our own fakes
    (b"U-Boot 20", LOADER),
    (b"barebox 20", LOADER),
    (b"[    0.000000] Booting Linux on physical CPU", ENTRY),
    (b"[    0.000000] Linux version ", KERNEL),
)
"""First words, each with its place in a boot. A boot has each place at most once."""

BLOCK = 1024 * 1024
_OVERLAP = max(len(pattern) for pattern, _ in PATTERNS) - 1


def find_boots(reader: LogReader, wanted: int) -> list[int]:
    """Offsets at which the last boots begin, at the start of a line, oldest first.

    Looks back no further than it must to be sure of the last `wanted` ones. There may be fewer, or some more. Raises
    OSError.
    """
    marks: list[tuple[int, int]] = []
    boots: list[int] = []
    for segment in reversed(reader.segments):
        marks = sorted(_marks(reader, segment.first, segment.end)) + marks
        boots = _begin(marks)
        if len(boots) > wanted:
            break
    return [reader.line_start(offset) for offset in boots]


def _begin(marks: list[tuple[int, int]]) -> list[int]:
    """The marks with which a boot begins: those that do not follow the one before in the order of a boot."""
    if not marks:
        return []
    return [marks[0][0], *(offset for (_, before), (offset, place) in pairwise(marks) if place <= before)]


def _marks(reader: LogReader, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Offset and place of all first words that begin in `start..end`; they may end behind it."""
    while start < end:
        begin, data = reader.read(start, min(BLOCK, end - start))
        if not data:
            return
        start = begin + len(data)
        behind, more = reader.read(start, _OVERLAP)
        text = data + more if behind == start else data
        for pattern, place in PATTERNS:
            at = text.find(pattern)
            while 0 <= at < len(data):
                yield begin + at, place
                at = text.find(pattern, at + 1)
