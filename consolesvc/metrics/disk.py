"""The disk under the logs, looked at in the log's thread: a disk that hangs must not hold a scrape, nor the loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Final, NamedTuple

from consolesvc.log.directory import LogDirectory
from consolesvc.log.job import Job

PATIENCE: Final = 0.1
"""Seconds that a scrape waits for the look; one that takes longer is in the next scrape."""


class Disk(NamedTuple):
    """Bytes: of all logs, free to us, in all."""

    logs: int
    free: int
    size: int


class _Look(Job):
    __slots__ = ("_directory", "_over", "found")

    def __init__(self, directory: LogDirectory, over: asyncio.Event) -> None:
        super().__init__()
        self._directory = directory
        self._over = over
        self.found: Disk | None = None

    def work(self) -> None:
        """Look, in the thread; a folder that is gone is no news: its logs say so."""
        try:
            disk = os.statvfs(self._directory.path)
        except OSError:
            return
        self.found = Disk(self._directory.total, disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)

    def done(self) -> None:
        """Tell who waits, in the loop."""
        self._over.set()


class DiskWatch:
    """Looks at the disk, one look at a time."""

    def __init__(self) -> None:
        self._look: _Look | None = None
        self._over = asyncio.Event()
        self._last: Disk | None = None

    def __repr__(self) -> str:
        return f"<DiskWatch {self._last}>"

    async def look(self, directory: LogDirectory) -> Disk | None:
        """The disk as it is, or as it last was where it does not answer; None where that is not known."""
        self._take()
        if self._look is None:
            self._over.clear()
            self._look = _Look(directory, self._over)
            directory.thread.submit(self._look)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._over.wait()
        self._take()
        return self._last

    def _take(self) -> None:
        """Keep what was seen, once it is."""
        if self._look is not None and self._over.is_set():
            self._last, self._look = self._look.found, None
