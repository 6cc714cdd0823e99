"""The audit's file: whole lines, appended; rotated files beside it. Used in the log's thread alone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Sequence
from pathlib import Path

MODE = 0o640
DIGITS = 6


class AuditFile:
    """`audit.log`, and `audit.log.000001` and on, the newest of which has the greatest number.

    Args:
        path: What is being written.
        segment_size: Bytes from which on it is rotated; 0 for never.
        keep: Rotated files that are kept; 0 for all.

    Attributes:
        written: Lines written.
    """

    def __init__(self, path: Path, segment_size: int, keep: int) -> None:
        self.path = path
        self.segment_size = segment_size
        self.keep = keep
        self.written = 0
        self._fd = -1
        self._size = 0

    def __repr__(self) -> str:
        return f"<AuditFile {self.path}>"

    def append(self, lines: Sequence[bytes]) -> None:
        """Add whole lines; `written` says how many of them are on the disk where it fails.

        Raises:
            OSError: the disk does not take them, or another process writes there.
        """
        for line in lines:
            if self.segment_size and self._size and self._size + len(line) > self.segment_size:
                self._rotate()
            if self._fd < 0:
                self._open()
            self._write(line)
            self.written += 1

    def close(self) -> None:
        """Close the file; the next line opens it again, by name. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _open(self) -> None:
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            # Two processes that rotate one file would lose what the other writes.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._size = os.fstat(fd).st_size
        except BlockingIOError:
            os.close(fd)
            raise OSError(0, "another process writes it") from None
        except OSError:
            os.close(fd)
            raise
        self._fd = fd

    def _write(self, line: bytes) -> None:
        """A line, whole or not at all: half of one, as a full disk leaves it, would make the next one unreadable."""
        begin, left = self._size, memoryview(line)
        try:
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            os.ftruncate(self._fd, begin)
            raise
        self._size = begin + len(line)

    def _rotate(self) -> None:
        self.close()
        older = self._older()
        number = older[-1][0] + 1 if older else 1
        target = self.path.with_name(f"{self.path.name}.{number:0{DIGITS}d}")
        with contextlib.suppress(FileNotFoundError):  # somebody has moved it away: that is as good
            self.path.replace(target)
            older.append((number, target))
        self._size = 0
        for _, path in older[: len(older) - self.keep] if self.keep else ():
            path.unlink(missing_ok=True)

    def _older(self) -> list[tuple[int, Path]]:
        """The rotated files by number, the oldest first; nothing else that lies there is touched."""
        pattern = re.compile(rf"{re.escape(self.path.name)}\.([0-9]{{{DIGITS},}})")
        with os.scandir(self.path.parent) as entries:
            matches = ((pattern.fullmatch(entry.name), entry.path) for entry in entries)
            return sorted((int(match[1]), Path(path)) for match, path in matches if match is not None)
