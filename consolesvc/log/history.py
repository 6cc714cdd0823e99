"""What happened to a console, from the indexes beside its log, the newest first looked at."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from consolesvc.log.index import Record, record_at
from consolesvc.log.names import Segment

_BEGINNING = b'{"event":"'
"""Of each event's line, as Record writes it; time marks, of which there are a thousand times more, begin otherwise."""


def last_events(
    newest_first: Iterable[Segment], kinds: Collection[str], limit: int, *, tail: int | None = None
) -> list[Record]:
    """The last events of some kinds, in the order in which they were written. Raises OSError.

    Args:
        newest_first: The segments whose indexes are read; one that is lost tells nothing.
        kinds: The names of the events.
        limit: How many at most.
        tail: Read only so many bytes at the end of each index, and none beyond the first that has one of these events.
    """
    found: list[Record] = []
    for segment in newest_first:
        data = _end_of(segment.index, tail)
        end = len(data)
        while len(found) < limit and (at := data.rfind(_BEGINNING, 0, end)) >= 0:
            end = at
            name = data[at + len(_BEGINNING) : data.find(b'"', at + len(_BEGINNING))].decode("utf-8", "replace")
            if name in kinds and (record := record_at(data, at)) is not None:
                found.append(record)
        if len(found) >= limit or (found and tail is not None):
            break
    found.reverse()
    return found


def _end_of(index: Path, size: int | None) -> bytes:
    try:
        with index.open("rb") as file:
            if size is not None:
                file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read()
    except FileNotFoundError:
        return b""
