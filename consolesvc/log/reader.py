"""One console's log as anybody may read it: from its files alone, while a service may be writing and rotating them.

What is being written is known by its inode: its name may mean another file a moment later.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from consolesvc.config.operators import AUDIT_FILE
from consolesvc.log.index import Record, read_index
from consolesvc.log.names import INDEX, LOG, Segment, current_path, is_rotated_name, scan

AUDIT = AUDIT_FILE.removesuffix(LOG)
TRIES = 10
"""Looks at files that are being renamed: a rotation takes microseconds."""
BLOCK = 64 * 1024
LONGEST_LINE = 4096
"""Bytes looked back through for the start of a line; a longer one is shown from its middle."""


def log_names(directory: Path) -> list[str]:
    """The names of all consoles that have a log in a folder, sorted; raises OSError."""
    found = set(scan(directory))
    with os.scandir(directory) as entries:
        stems = {entry.name.removesuffix(LOG) for entry in entries if entry.name.endswith(LOG)}
    # The audit may lie beside the logs; a console of that name has an index.
    if not current_path(directory, AUDIT).with_suffix(INDEX).exists():
        stems.discard(AUDIT)
    return sorted(found | {stem for stem in stems if not is_rotated_name(stem)})


class LogReader:
    """The segments of one console, as they were at the last look.

    Args:
        directory: The log folder.
        name: The console's.

    Raises:
        OSError: the folder cannot be read.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self.name = name
        self._rotated: list[Segment] = []
        self._current: Segment | None = None
        self._inode = 0
        self.look()

    def __repr__(self) -> str:
        return f"<LogReader {self.name} {self.oldest}..{self.end}>"

    @property
    def segments(self) -> list[Segment]:
        """All segments, oldest first."""
        return [*self._rotated, *([] if self._current is None else [self._current])]

    @property
    def oldest(self) -> int:
        """Offset of the oldest byte; 0 where there is no log."""
        return next((segment.first for segment in self.segments), 0)

    @property
    def end(self) -> int:
        """Offset behind the last byte."""
        return next((segment.end for segment in reversed(self.segments)), 0)

    def look(self) -> None:
        """See what there is; raises OSError."""
        # In this order: what is rotated in between is then seen twice, and not missed.
        current, self._inode = self._find_current()
        self._rotated = scan(self.directory).get(self.name, [])
        below = self._rotated[-1].end if self._rotated else 0
        if current is not None and current.first < 0:
            current = replace(current, first=below)  # where recovery places it as well
        if current is not None and any(segment.first == current.first for segment in self._rotated):
            current, self._inode = None, 0
        self._current = current

    def grown(self) -> bool:
        """Whether there is more than at the last look; takes one look at one file where there is not."""
        before = self.end
        try:
            status = current_path(self.directory, self.name).stat()
        except FileNotFoundError:
            if self._current is None:
                return False
            self.look()
            return self.end > before
        if self._current is None or status.st_ino != self._inode:
            self.look()
        else:
            self._current = replace(self._current, size=status.st_size)
        return self.end > before

    def read(self, offset: int, limit: int) -> tuple[int, bytes]:
        """Bytes from `offset` on, as far as one segment goes, or from the next byte there is.

        Returns:
            Where the bytes begin, and the bytes; `(end, b"")` where there is nothing at or behind `offset`.

        Raises:
            OSError: a segment cannot be read.
        """
        for _ in range(TRIES):
            segment = next((segment for segment in self.segments if offset < segment.end), None)
            if segment is None:
                break
            begin = max(offset, segment.first)
            data = self._read_segment(segment, begin - segment.first, min(limit, segment.end - begin))
            if data:
                return begin, data
            self.look()  # rotated meanwhile, or removed
        return self.end, b""

    def back(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """All bytes of `start..stop` in blocks, the last one first; each is contiguous, with its offset."""
        for segment in reversed(self.segments):
            low, high = max(start, segment.first), min(stop, segment.end)
            while high > low:
                begin = max(low, high - BLOCK)
                found, data = self.read(begin, high - begin)
                if found == begin:
                    yield begin, data
                high = begin

    def line_start(self, offset: int) -> int:
        """Where the line begins that holds the byte at `offset`."""
        begin = offset
        for begin, data in self.back(offset - LONGEST_LINE, offset):
            found = data.rfind(b"\n")
            if found >= 0:
                return begin + found + 1
        return begin if begin == self.oldest else offset

    def tail_start(self, start: int, stop: int, lines: int) -> int:
        """Where the last `lines` lines of `start..stop` begin; one that is not finished counts."""
        for begin, data in self.back(start, stop):
            # The last byte of all ends the last line, it does not begin another.
            at = len(data) - (begin + len(data) == stop)
            while lines and (at := data.rfind(b"\n", 0, at)) >= 0:
                lines -= 1
                if not lines:
                    return begin + at + 1
        return start if lines else stop

    def _find_current(self) -> tuple[Segment | None, int]:
        """What is being written and its inode; a first offset below 0 where no index tells it."""
        path = current_path(self.directory, self.name)
        segment = Segment(path, -1, 0)
        for _ in range(TRIES):
            head = _head(segment.index)
            try:
                status = path.stat()
            except FileNotFoundError:
                return None, 0
            # The index of a new segment is there before its log: the same head twice is the head of what was seen.
            if _head(segment.index) == head:
                return replace(segment, first=-1 if head is None else head.offset, size=status.st_size), status.st_ino
        return None, 0

    def _read_segment(self, segment: Segment, position: int, size: int) -> bytes:
        """Bytes at a position; none where the file has gone, or its name means another one now."""
        try:
            with segment.path.open("rb") as file:
                if segment is self._current and os.fstat(file.fileno()).st_ino != self._inode:
                    return b""
                file.seek(position)
                return file.read(size)
        except FileNotFoundError:
            return b""


def _head(path: Path) -> Record | None:
    head = next(read_index(path), None)
    return None if head is None or head.stream is None else head
