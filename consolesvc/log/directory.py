"""The log folder: its lock, and how much may lie in it (DESIGN 5.2 `log`)."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from consolesvc.config.operators import Log
from consolesvc.log.names import Segment, scan
from consolesvc.log.thread import LogThread
from consolesvc.state import LockedFolder


class LogDirectory:
    """The rotated segments of all consoles, and their bounds. Used in the log thread alone, once it runs.

    Args:
        path: The folder; made if it is not there.
        config: `log:` of the configuration.
        thread: Does all work in it.
    """

    def __init__(self, path: Path, config: Log, thread: LogThread) -> None:
        self.path = path
        self.config = config
        self.thread = thread
        self.rotated: dict[str, list[Segment]] = {}
        self._folder: LockedFolder | None = None
        self._looked = 0.0
        self.written = 0
        """Bytes in the segments being written."""

    def __repr__(self) -> str:
        return f"<LogDirectory {self.path}: {self.total} bytes>"

    def prepare(self) -> None:
        """Make the folder, lock it, and see what lies in it. Once it is done, nothing.

        Raises:
            StartError: another process writes there.
            OSError: it cannot be made or read; to be tried again.
        """
        if self._folder is None:
            folder = LockedFolder("log folder", self.path, "set another log.directory", 0o750)
            try:
                self.rotated = scan(self.path)
            except OSError:
                folder.close()
                raise
            self._folder = folder

    def rebound(self, config: Log) -> None:
        """Go by other bounds, from now on and for what is there."""
        self.config = config
        for name in self.rotated:
            self._trim(name)
        if self._folder is not None:
            with contextlib.suppress(OSError):  # who writes there next says so
                self.make_room()

    def close(self) -> None:
        """Unlock the folder. Idempotent."""
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    @property
    def total(self) -> int:
        """Bytes in all segments."""
        return self.written + sum(segment.size for segments in self.rotated.values() for segment in segments)

    def check_room(self, now: float) -> None:
        """Raise OSError where the disk must be left to others; looks at most once a second. `now`: unix seconds."""
        if abs(now - self._looked) >= 1:
            self._looked = now
            if not self.make_room():
                self._looked = 0.0
                raise OSError(errno.ENOSPC, "less than log.min_free is left on the disk")

    def add(self, name: str, segment: Segment) -> None:
        """Take in a segment that was just rotated, and remove what that makes too much."""
        self.rotated.setdefault(name, []).append(segment)
        self._trim(name)
        self.make_room()

    def make_room(self) -> bool:
        """Remove the oldest segments, of whichever console, until total and free space are within bounds.

        Returns:
            Whether they are. If not, nothing that may go is left.
        """
        total = self.total
        while self._too_much(total):
            oldest = min(
                ((segments[0].begun, name) for name, segments in self.rotated.items() if segments), default=None
            )
            if oldest is None:
                return not self._disk_is_full()
            segment = self.rotated[oldest[1]][0]
            total -= segment.size
            self._remove(oldest[1], segment)
        return True

    def forget(self, name: str) -> None:
        """Remove all rotated segments of a console."""
        for segment in list(self.rotated.get(name, ())):
            self._remove(name, segment)

    def _trim(self, name: str) -> None:
        segments, keep = self.rotated[name], self.config.keep
        while keep and len(segments) > keep:
            self._remove(name, segments[0])

    def _too_much(self, total: int) -> bool:
        bound = self.config.max_total
        return bool(bound and total > bound) or self._disk_is_full()

    def _disk_is_full(self) -> bool:
        if not self.config.min_free:
            return False
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize < self.config.min_free

    def _remove(self, name: str, segment: Segment) -> None:
        self.rotated[name].remove(segment)
        for path in (segment.path, segment.index):
            with contextlib.suppress(FileNotFoundError):  # somebody was quicker: it is gone all the same
                path.unlink()
