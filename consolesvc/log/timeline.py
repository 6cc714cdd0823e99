"""When the bytes of a stream came, for whoever reads them in order. Used in the log thread alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from consolesvc.log.reader import LogReader
from consolesvc.log.times import Times


class Timeline:
    """The times of one console's bytes, from the indexes beside its log, while it is being written.

    Args:
        directory: The log folder.
        name: The console's name there.

    Raises:
        OSError: the folder cannot be read.
    """

    def __init__(self, directory: Path, name: str) -> None:
        self._reader = LogReader(directory, name)
        self._times = Times(self._reader)

    def cut(self, begin: int, data: bytes) -> list[tuple[float | None, bytes]]:
        """Bytes from offset `begin` on, cut where a new time begins; None for bytes whose time nobody knows.

        Raises:
            OSError: an index cannot be read.
        """
        self._reader.grown()
        return list(self._cut(begin, data))

    def _cut(self, begin: int, data: bytes) -> Iterator[tuple[float | None, bytes]]:
        place = 0
        while place < len(data):
            time, until = self._times.stretch(begin + place)
            size = len(data) - place if until is None else min(until - begin, len(data)) - place
            yield time, data[place : place + size]
            place += size
