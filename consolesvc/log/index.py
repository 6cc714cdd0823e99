"""The index beside a log: one JSON object a line (DESIGN 5.5).

    {"stream": "<uuid>", "offset": 0, "time": "2026-11-23T14:02:11.123456Z"}     the head: what the segment's bytes are
    {"offset": 8123, "time": "…"}                                              a mark: this byte came at this time
    {"event": "lost", "offset": 9000, "time": "…", "text": "…"}                an event, between two bytes
    {"event": "panic", "offset": 8800, "time": "…", "text": "…", "line": "…"}  recognised in the bytes, a moment later
    {"event": "reserve", "offset": 16777216, "time": "…"}                      offsets below may be in use

A line's time is that of the last mark at or before its first byte. A torn last line, as a crash leaves it, is passed
over.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Record:
    """One line of an index.

    Attributes:
        offset: Of the byte it stands before.
        time: Unix seconds.
        event: What happened; None for a time mark.
        stream: In the head alone.
        facts: What an event says besides, such as `text` or `to`.
    """

    offset: int
    time: float
    event: str | None = None
    stream: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def line(self) -> bytes:
        """The record as a line of the index."""
        if self.event is None and self.stream is None:
            return mark_line(self.offset, self.time)
        document: dict[str, Any] = {}
        if self.stream is not None:
            document["stream"] = self.stream
        if self.event is not None:
            document["event"] = self.event
        document |= {"offset": self.offset, "time": timestamp(self.time), **self.facts}
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Record:
        """Read a line; raises ValueError for one that is torn or is no record."""
        document = json.loads(line)
        if not isinstance(document, dict) or not isinstance(document.get("offset"), int):
            raise ValueError("no record")  # noqa: TRY004 - one kind of error for a line that is none
        time = datetime.fromisoformat(str(document.pop("time"))).timestamp() if "time" in document else 0.0
        event, stream = document.pop("event", None), document.pop("stream", None)
        return cls(document.pop("offset"), time, event, stream, document)


def mark_line(offset: int, time: float) -> bytes:
    """A mark's line, without the record: there are ten a second for each console that speaks."""
    return b'{"offset":%d,"time":"%s"}\n' % (offset, timestamp(time).encode("ascii"))


class Ends(NamedTuple):
    """What an index says of its segment's beginning and end.

    Attributes:
        stream: Of its bytes.
        begun: Unix time of its first byte.
        last: The last record that is whole.
        reserved: Offsets below may be in use.
    """

    stream: str
    begun: float
    last: Record
    reserved: int


def read_ends(path: Path) -> Ends | None:
    """The ends of an index, without reading what lies between as JSON: a month of marks is many. None: it has no head.

    Raises:
        OSError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    head = record_at(data, 0)
    if head is None or head.stream is None:
        return None
    reserve = _last(data, b'{"event":"reserve"')
    return Ends(head.stream, head.time, _last(data, b"{") or head, head.offset if reserve is None else reserve.offset)


def add(descriptor: int, records: Sequence[Record]) -> None:
    """Add lines to an index that a crash may have left with its last one torn, and close it. Raises OSError."""
    with os.fdopen(descriptor, "rb+") as file:
        size = file.seek(0, os.SEEK_END)
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        file.write(b"\n" * torn + b"".join(record.line() for record in records))


def happened(path: Path, stream: str) -> list[Record]:
    """The events of a stream's index that are none of its own making: what happened to the console. Raises OSError."""
    head, *records = [*read_index(path)] or [Record(0, 0.0)]
    own = (None, "reserve", "stop", "restart")
    return [record for record in records if record.event not in own] if head.stream == stream else []


def _last(data: bytes, beginning: bytes) -> Record | None:
    """The last whole record that begins so."""
    end = len(data)
    while (begin := data.rfind(beginning, 0, end)) >= 0:
        end = begin
        if (record := record_at(data, begin)) is not None:
            return record
    return None


def record_at(data: bytes, at: int) -> Record | None:
    """The record whose line begins there, in an index's bytes; None where none does, or it is torn or foreign."""
    begins_line = at == 0 or data[at - 1] == ord("\n")
    return _parsed(data[at : data.find(b"\n", at) + 1]) if begins_line else None


def _parsed(line: bytes) -> Record | None:
    try:
        return Record.parse(line)
    except ValueError:
        return None


def timestamp(time: float) -> str:
    """A unix time as ISO 8601 in UTC, to the microsecond."""
    second, micros = divmod(round(time * 1_000_000), 1_000_000)
    return f"{_second(second)}.{micros:06d}Z"


@functools.lru_cache(maxsize=8)
def _second(second: int) -> str:
    """What all times of a second begin with: to make it is most of the work."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def read_index(path: Path) -> Iterator[Record]:
    """The records of an index in order; what is torn or foreign is passed over, a missing file is empty."""
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    yield Record.parse(line)
                except ValueError:
                    continue
    except FileNotFoundError:
        return
