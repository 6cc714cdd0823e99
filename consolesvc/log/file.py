"""One console's log as files: appended to, rotated, read by offset. Used in the log thread alone."""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from consolesvc.log.directory import LogDirectory
from consolesvc.log.events import read_events
from consolesvc.log.index import Record, add, happened, mark_line
from consolesvc.log.names import Segment, current_path, rotated_path
from consolesvc.log.recovery import Recovered, recover
from consolesvc.whole import write_whole

MARK_EVERY = 0.1
"""Seconds between two time marks at least (DESIGN 5.5)."""
RESERVE = 16 * 1024 * 1024
"""Offsets taken ahead (DESIGN decision 5)."""
MODE = 0o640
LONGEST_LINE = 4096
"""Bytes looked through for the start of a line; a longer one is shown from its middle."""


class LogFile:
    """A console's segments.

    Args:
        directory: The folder.
        name: The console's name, or its id for a server made over the API.
        ahead: How far the console's stream may run ahead of what is on disk: its ring.
        counted_elsewhere: Whether its bytes have numbers that another service gives: then what a crash kept from the
            disk has the same ones when it comes again, and none is left out.

    Attributes:
        end: Offset behind the last byte on disk; what a failed write has left is counted.
    """

    def __init__(self, directory: LogDirectory, name: str, ahead: int, *, counted_elsewhere: bool = False) -> None:
        self.directory = directory
        self.name = name
        self.stream = ""
        self.first = 0
        self.end = 0
        self._begun = 0.0
        self.reach = max(RESERVE, 4 * ahead)
        self._counted_elsewhere = counted_elsewhere
        self._reserved = 0
        self._marked = 0.0
        self._log = self._index = -1
        self._foreign: frozenset[Path] = frozenset()

    def __repr__(self) -> str:
        return f"<LogFile {self.name} {self.first}..{self.end}>"

    @property
    def is_open(self) -> bool:
        """Whether it holds file descriptors."""
        return self._log >= 0

    @property
    def oldest(self) -> int:
        """Offset of the oldest byte on disk."""
        return self.segments()[0].first

    def start(self, now: float) -> Recovered:
        """Find where the stream goes on, and be ready to append there. Raises OSError."""
        self.directory.prepare()
        found = recover(self.directory.path, self.name, self.directory.rotated.get(self.name, ()))
        if self._counted_elsewhere:
            found = found._replace(resume=found.end)
        self.stream, self.end = found.stream, found.end
        if found.current is not None:
            self.first, self._begun = found.current.first, found.begun or now
            self.directory.written += found.current.size
        if found.current is None or not found.clean:
            gap = [Record(found.end, now, "gap", facts={"to": found.resume})] if found.resume > found.end else []
            self._begin(found.resume, now, gap)
        if found.known:
            self._write_index([Record(self.end, now, "restart")])
        self._reserve(now)
        return found

    def start_anew(self, stream: str, offset: int, now: float) -> None:
        """Begin a stream that is running already: its folder could not be used when it started. Raises OSError.

        What an earlier run left there keeps its offsets and is not read from any more.
        """
        self.directory.prepare()
        found = recover(self.directory.path, self.name, self.directory.rotated.get(self.name, ()))
        if found.current is not None:
            self.first, self.end = found.current.first, found.current.end
            self._begun = found.begun or now
            self.directory.written += found.current.size
        self.stream = stream
        self._begin(offset, now, [])
        self._foreign = frozenset(segment.path for segment in self.directory.rotated.get(self.name, ()))

    def append(
        self,
        offset: int,
        data: bytes | memoryview,
        events: Sequence[Record],
        now: float,
        arrived: float | None = None,
    ) -> None:
        """Add bytes and what happened among them.

        Args:
            offset: Of the first byte; above `end`, the bytes between are a gap, which is written as such.
            data: The bytes.
            events: What happened by then.
            now: Unix seconds.
            arrived: When the first byte came, in unix seconds; None where that is told already.

        Raises:
            OSError: the disk did not take it all; `end` says how far it got.
        """
        self.directory.check_room(now)
        if offset != self.end:
            self._begin(offset, now, [Record(self.end, now, "gap", facts={"to": offset})])
        if self._log < 0:
            self._open()
        left = memoryview(data)
        while left:
            room = self.directory.config.segment_size - (self.end - self.first)
            if room <= 0:
                self._begin(self.end, now, [])
                continue
            if arrived is not None:
                # With its byte: the bytes may reach into another segment, and a mark belongs to the one it begins in.
                self._mark(arrived)
                arrived = None
            self._write(left[:room])
            left = left[room:]
        if events:
            self._write_index(events)
        self._reserve(now)

    def read(self, offset: int, limit: int) -> tuple[int, bytes]:
        """Bytes from `offset` on, as far as one segment goes, or from the next byte there is.

        Returns:
            Where the bytes begin, and the bytes; `(end, b"")` where nothing at or behind `offset` is on disk.

        Raises:
            OSError: the segment cannot be read.
        """
        segments = self.segments()
        for segment in segments[max(0, bisect_right([each.first for each in segments], offset) - 1) :]:
            if offset < segment.end:
                begin = max(offset, segment.first)
                with segment.path.open("rb") as file:
                    file.seek(begin - segment.first)
                    return begin, file.read(min(limit, segment.end - begin))
        return self.end, b""

    def before(self, offset: int, size: int) -> int:
        """The start of the first whole line among the `size` bytes on disk that come before `offset`.

        Bytes are counted, not offsets: a hole in the stream, as an unclean end leaves it, is stepped over.

        Raises:
            OSError: a segment cannot be read.
        """
        begin = offset
        for segment in reversed(self.segments()):
            end = min(segment.end, begin)
            if end <= segment.first:
                continue
            begin = max(segment.first, end - size)
            size -= end - begin
            if size <= 0:
                return self._line_start(segment, begin)
        return begin

    def events(self, kind: str) -> list[Record]:
        """All events of a kind, in the order in which they were written, each with its stream. Raises OSError."""
        return list(read_events(self.segments(), kind))

    def _line_start(self, segment: Segment, offset: int) -> int:
        if offset == segment.first:
            return offset
        with segment.path.open("rb") as file:
            file.seek(offset - segment.first - 1)
            found = file.read(LONGEST_LINE).find(b"\n")
        return offset if found < 0 else offset + found

    def stop(self, records: Sequence[Record], now: float) -> None:
        """Say that the stream ended in order at `end`, and close. Raises OSError."""
        self._write_index([*records, Record(self.end, now, "stop")])
        self.close()

    def close(self) -> None:
        """Close the files; the next append opens them again, by name. Idempotent."""
        for fd in {self._log, self._index} - {-1}:
            os.close(fd)
        self._log = self._index = -1

    def remove(self) -> None:
        """Remove every file of this console. Raises OSError."""
        self.close()
        self.directory.forget(self.name)
        self.directory.written -= self.end - self.first
        current = self._current()
        current.path.unlink(missing_ok=True)
        current.index.unlink(missing_ok=True)

    def segments(self) -> list[Segment]:
        """All segments of the stream, oldest first."""
        older = self.directory.rotated.get(self.name, ())
        return [*(segment for segment in older if segment.path not in self._foreign), self._current()]

    def _current(self) -> Segment:
        return Segment(current_path(self.directory.path, self.name), self.first, self.end - self.first)

    def _begin(self, offset: int, now: float, last_words: Sequence[Record]) -> None:
        """Rotate what is there, and begin a segment at `offset`."""
        current = self._current()
        self.close()
        kept: list[Record] = []
        if current.path.exists():
            if current.size == 0:  # another index takes the place of its own: what that tells goes on in it
                kept = happened(current.index, self.stream)
            else:
                if last_words:
                    add(_open(current.index), last_words)
                self._rotate(current)
        self.first = self.end = offset
        self._begun = now
        self._open_new(now, [*kept, *last_words])

    def _rotate(self, current: Segment) -> None:
        self.directory.written -= current.size
        target = rotated_path(self.directory.path, self.name, current.first, self._begun)
        moved = Segment(target, current.first, current.size, self._begun)
        current.path.replace(target)  # a crash before the next line is mended by recovery
        with contextlib.suppress(FileNotFoundError):  # an index that was lost is lost: the bytes are kept
            current.index.replace(moved.index)
        self.directory.add(self.name, moved)

    def _open_new(self, now: float, records: Sequence[Record]) -> None:
        current = self._current()
        # The index first: a log whose first offset nobody wrote down could not be placed. All of it at once, its head,
        # its reserve and what is told: an end within would give offsets out twice, or lose what had been told before.
        self._reserved = self.first + self.reach
        first = [Record(self.first, now, stream=self.stream), Record(self._reserved, now, "reserve"), *records]
        lines = b"".join(record.line() for record in first)
        if current.index.exists():
            write_whole(current.index, lines, MODE)
            self._index = _open(current.index)
        else:
            self._index = _open(current.index)
            os.write(self._index, lines)
            os.fsync(self._index)
        self._log = _open(current.path)
        os.ftruncate(self._log, 0)  # bytes that somebody else has put there meanwhile have no offsets

    def _open(self) -> None:
        """Open what is being written; what somebody moved away or cut is begun anew."""
        if self.is_open:
            return
        current = self._current()
        try:
            size = current.path.stat().st_size
        except FileNotFoundError:
            size = -1
        if size == current.size and current.index.exists():
            self._log, self._index = _open(current.path), _open(current.index)
        else:
            self._begin(self.end, self._begun, [])

    def _write(self, data: memoryview) -> None:
        while data:
            sent = os.write(self._log, data)
            data = data[sent:]
            self.end += sent
            self.directory.written += sent

    def _write_index(self, records: Sequence[Record]) -> None:
        if records:
            self._open()
            os.write(self._index, b"".join(record.line() for record in records))

    def _mark(self, time: float) -> None:
        """Say when the next byte came, unless one so near it has been said."""
        if abs(time - self._marked) >= MARK_EVERY:
            self._marked = time
            os.write(self._index, mark_line(self.end, time))

    def _reserve(self, now: float) -> None:
        if self.end + self.reach // 2 > self._reserved:
            self._reserved = self.end + self.reach
            self._write_index([Record(self._reserved, now, "reserve")])
            # The one thing that must outlive a power cut: offsets below it may be in use.
            os.fsync(self._index)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
