"""What happened to a console, read back from the indexes beside its log (DESIGN 5.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consolesvc.log.index import Record, record_at
from consolesvc.log.names import Segment


def read_events(segments: Iterable[Segment], kind: str) -> Iterator[Record]:
    """All events of a kind in the order in which they were written, each with the stream that its offset is of.

    Nothing else is read as JSON: a month of time marks is many. What is torn is passed over, and a lost index is empty.

    Raises:
        OSError: an index cannot be read.
    """
    beginning = b'{"event":"%s"' % kind.encode()
    for segment in segments:
        try:
            data = segment.index.read_bytes()
        except FileNotFoundError:
            continue
        head = record_at(data, 0)
        stream = None if head is None else head.stream
        at = data.find(beginning)
        while at >= 0:
            if (record := record_at(data, at)) is not None:
                yield Record(record.offset, record.time, record.event, stream, record.facts)
            at = data.find(beginning, at + 1)
