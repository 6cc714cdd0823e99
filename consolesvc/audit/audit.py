"""Who did what: one JSON object a line, in a file of its own (`audit:` of the configuration).

    {"time": "2026-11-24T08:01:02.345678Z", "event": "attached", "user": "alice", "console": "node3", …}

A record is made in the loop and written by the log's thread. A disk that does not take it is said once; what cannot be
written is kept, up to PENDING records, and nothing else waits for it or is lost by it. README has the events.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from consolesvc.audit.file import AuditFile
from consolesvc.audit.reads import Reads
from consolesvc.log.index import timestamp
from consolesvc.log.job import Job
from consolesvc.log.thread import LogThread

log = logging.getLogger(__name__)

PENDING = 10_000
"""Records that wait for a disk that fails; with one more, the oldest goes, and is counted."""
RETRY = 1.0
"""Seconds between two tries at a disk that fails."""
REFUSALS, EACH = 100, 1.0
"""Refusals written at once at most, and the seconds after which one more may be: who knocks without end must not push
out of the file what others did."""


class Place(NamedTuple):
    """Where to write, and how much. `path` None: nothing is written."""

    path: Path | None
    segment_size: int = 0
    keep: int = 0


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":"), default=str).encode() + b"\n"


class _Batch(Job):
    """Lines on their way to the file."""

    __slots__ = ("audit", "file", "records", "written")

    def __init__(self, audit: Audit, file: AuditFile, records: list[dict[str, Any]]) -> None:
        super().__init__()
        self.audit = audit
        self.file = file
        self.records = records
        self.written = 0

    def work(self) -> None:
        """Write, in the log's thread."""
        before = self.file.written
        try:
            self.file.append([_line(each) for each in self.records])
        finally:
            self.written = self.file.written - before

    def done(self) -> None:
        """Tell the audit, in the loop."""
        self.audit.wrote(self.records, self.written, self.error)


class Audit:
    """The audit of one service.

    Args:
        wall: Unix time.

    Attributes:
        records: How many were written.
        lost: How many never will be.
        failing: What is wrong with the disk, in a sentence; "" where nothing is.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self.records = 0
        self.lost = 0
        self.failing = ""
        self._wall = wall
        self._thread: LogThread | None = None
        self._file: AuditFile | None = None
        self._place = Place(None)
        self._pending: deque[dict[str, Any]] = deque()
        self._busy = False
        self._retry: asyncio.TimerHandle | None = None
        self._room, self._room_at = float(REFUSALS), 0.0
        self._unwritten = 0
        self._missing = 0
        self._reads = Reads(self.note)

    def __repr__(self) -> str:
        return f"<Audit {self._file!r} {self.records} written, {len(self._pending)} waiting {self.failing}>"

    @property
    def on(self) -> bool:
        """Whether anything is written."""
        return self._file is not None

    def begin(self, thread: LogThread, place: Place) -> None:
        """Write there from now on, or nowhere; what waits goes there too."""
        if place == self._place and thread is self._thread:
            return
        self._reads.close()
        self.reopen()
        self._stop_waiting()
        self._thread, self._place = thread, place
        self._file = None if place.path is None else AuditFile(place.path, place.segment_size, place.keep)
        self.failing = ""
        if self._file is None:
            self._pending.clear()
        self._submit()

    def note(self, event: str, **facts: Any) -> None:
        """Write down that something was done; the facts are JSON's."""
        if self._file is not None:
            self._pending.append({"time": timestamp(self._wall()), "event": event, **facts})
            self._submit()

    def read(self, address: str, **facts: Any) -> None:
        """Write down that somebody at an address read a console; of many reads, how many in a minute (reads.py)."""
        if self._file is not None:
            self._reads.add(address, facts)

    def refused(self, **facts: Any) -> None:
        """Write down that something was refused; of many at once, how many more there were."""
        if self._file is None:
            return
        now = time.monotonic()
        self._room = min(REFUSALS, self._room + (now - self._room_at) / EACH)
        self._room_at = now
        if self._room < 1:
            self._unwritten += 1
            return
        self._room -= 1
        more = {"unwritten": self._unwritten} if self._unwritten else {}
        self._unwritten = 0
        self.note("refused", **facts, **more)

    def reopen(self) -> None:
        """Close the file; it is opened again by name (USR2)."""
        if self._file is not None and self._thread is not None:
            self._thread.post(self._file.close)

    async def close(self) -> None:
        """Write what waits, as far as the disk takes it at once, and let go. Idempotent."""
        self._reads.close()
        self._stop_waiting()
        self._submit()
        while self._busy:  # noqa: ASYNC110 - bounded by the caller
            await asyncio.sleep(0.005)
        self._stop_waiting()
        self.reopen()
        self._file, self._place = None, Place(None)

    def wrote(self, records: list[dict[str, Any]], written: int, error: Exception | None) -> None:
        """A batch's word that it was done, or how far it got."""
        self._busy = False
        self.records += written
        if error is not None and self._file is not None:
            self._pending.extendleft(reversed(records[written:]))
            self._fail(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        elif error is None and self.failing:
            log.warning("the audit is being written again; %d records are missing", self._missing)
            self.failing = ""
            if self._missing:
                self.note("lost", records=self._missing)
            self._missing = 0
        self._submit()

    def _submit(self) -> None:
        while len(self._pending) > PENDING:
            self._pending.popleft()
            self._missing += 1
            self.lost += 1
        file, thread = self._file, self._thread
        if self._pending and not self._busy and self._retry is None and file is not None and thread is not None:
            self._busy = True
            records = list(self._pending)
            self._pending.clear()
            thread.submit(_Batch(self, file, records))

    def _fail(self, why: str) -> None:
        if not self.failing:
            log.error("the audit cannot be written to %s: %s; everything else goes on", self._place.path, why)
        self.failing = why
        self._retry = asyncio.get_running_loop().call_later(RETRY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._submit()

    def _stop_waiting(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
