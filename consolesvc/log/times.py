"""When a console said what, from the indexes beside its log: a byte's time is the last mark at or before it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from consolesvc.log.index import Record
from consolesvc.log.names import Segment
from consolesvc.log.reader import LogReader


@dataclass(slots=True)
class _Marks:
    """The marks of one segment, as far as its index has been read."""

    first: int
    position: int = 0
    offsets: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def read_on(self, segment: Segment) -> None:
        """Read what has come since."""
        try:
            with segment.index.open("rb") as file:
                file.seek(self.position)
                for line in file:
                    if not line.endswith(b"\n"):  # it is being written
                        break
                    self.position += len(line)
                    self._take(line)
        except FileNotFoundError:  # lost, or about to bear another name
            return

    def _take(self, line: bytes) -> None:
        try:
            record = Record.parse(line)
        except ValueError:
            return
        # Events happen when they happen; only marks say when a byte came.
        if record.event is None and record.time:
            self.offsets.append(record.offset)
            self.times.append(record.time)


class Times:
    """The times of one console's bytes.

    Args:
        reader: Its log.
    """

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._marks = _Marks(-1)
        # The offsets from one mark to the next, where the last answer holds.
        self._low = self._high = 0
        self._time: float | None = None
        self._until: int | None = None

    def of(self, offset: int) -> float | None:
        """The unix time at which the byte at `offset` came; None where no index tells."""
        if not self._low <= offset < self._high:
            self._find(offset)
        return self._time

    def stretch(self, offset: int) -> tuple[float | None, int | None]:
        """The time of the byte at `offset`, and where the next one may have another; None where nobody knows either."""
        self._find(offset)
        return self._time, self._until

    def _find(self, offset: int) -> None:
        self._low, self._high, self._time, self._until = offset, offset + 1, None, None
        segment = next((segment for segment in self._reader.segments if segment.first <= offset < segment.end), None)
        if segment is None:
            self._high = offset  # it may come yet
            return
        self._until = segment.end
        marks = self._of(segment, offset)
        place = bisect_right(marks.offsets, offset) - 1
        if place >= 0:
            self._time = marks.times[place]
        if place + 1 < len(marks.offsets):
            self._high = self._until = marks.offsets[place + 1]

    def first_since(self, time: float) -> int:
        """Where what came at or after `time` begins; the end where nothing did.

        Where the clock was set back, the first of several such places since the segment that was begun before `time`.
        """
        found = self._reader.end
        for segment in reversed(self._reader.segments):
            marks = _Marks(segment.first)
            marks.read_on(segment)
            for offset, came in zip(marks.offsets, marks.times, strict=True):
                if came >= time:
                    found = min(found, max(offset, segment.first))
                    break
            if marks.times and marks.times[0] < time:
                break
        return found

    def _of(self, segment: Segment, offset: int) -> _Marks:
        """The marks of a segment; read on where `offset` is behind the last one, as it may be in a growing index."""
        if self._marks.first != segment.first:
            self._marks = _Marks(segment.first)
        if not self._marks.offsets or offset >= self._marks.offsets[-1]:
            self._marks.read_on(segment)
        return self._marks
