"""Where a machine booted, found in its log.

The index says it, where boots were recognised as they came; what was logged before that is searched for the same first
words.
"""

from __future__ import annotations

from collections.abc import Iterator

from consolesvc.log.firstwords import CARRIED, Course, Mark, marks
from consolesvc.log.history import last_events
from consolesvc.log.reader import LogReader

BLOCK = 64 * 1024


def find_boots(reader: LogReader, wanted: int) -> list[int]:
    """Offsets at which the last boots begin, at the start of a line, oldest first.

    Looks back no further than it must to be sure of the last `wanted` ones. There may be fewer, or some more. Raises
    OSError.
    """
    recorded = last_events(reversed(reader.segments), ("boot",), wanted)
    boots = sorted({record.offset for record in recorded if record.offset >= reader.oldest})
    if len(boots) >= wanted:
        return boots
    return _searched(reader, wanted - len(boots), boots[0] if boots else reader.end) + boots


def _searched(reader: LogReader, wanted: int, stop: int) -> list[int]:
    """As `find_boots`, of those that begin before `stop`, by the bytes alone."""
    found: list[tuple[int, Mark]] = []
    boots: list[int] = []
    for segment in reversed(reader.segments):
        found = [*_marks(reader, segment.first, min(stop, segment.end)), *found]
        course = Course()
        boots = [offset for offset, mark in found if course.begins(mark)]
        if len(boots) > wanted:
            break
    return [reader.line_start(offset) for offset in boots]


def _marks(reader: LogReader, start: int, end: int) -> Iterator[tuple[int, Mark]]:
    """All first words that end in `start..end`, with their offsets; they may begin before it."""
    begin, before = reader.read(start - CARRIED, CARRIED) if start > reader.oldest else (start - 1, b"\n")
    if begin + len(before) != start:
        before = b""
    while start < end:
        begin, data = reader.read(start, min(BLOCK, end - start))
        if not data:
            return
        if begin != start:
            before = b""
        text, start = before + data, begin + len(data)
        for mark in marks(text, len(before)):
            yield begin - len(before) + mark.at, mark
        before = text[-CARRIED:]
