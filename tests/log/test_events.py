"""Events are read back from the indexes, across rotations, crashes and whatever else lies there."""

from __future__ import annotations

from pathlib import Path

from consolesvc.log.events import read_events
from consolesvc.log.index import Record
from consolesvc.log.names import Segment
from tests.log.files import logged


def marks(found: list[Record]) -> list[tuple[object, int]]:
    return [(record.facts["name"], record.offset) for record in found]


def mark(offset: int, name: str) -> Record:
    return Record(offset, 2000.5, "mark", facts={"name": name})


def test_events_of_a_kind_over_all_segments(tmp_path: Path) -> None:
    """In the order in which they were written, with their stream and time; other kinds are passed over."""
    with logged(tmp_path) as file:
        for number in range(5):
            records = [
                mark(number * 3000, f"m{number}"),
                Record(number * 3000, 2000.0, "lost", facts={"text": '"mark"'}),
            ]
            file.append(number * 3000, bytes(3000), records, 2000.0)
        assert file.first > 0, "it has rotated"
        found = file.events("mark")
        assert marks(found) == [(f"m{number}", number * 3000) for number in range(5)]
        assert {(record.stream, record.time, record.event) for record in found} == {(file.stream, 2000.5, "mark")}
        assert len(file.events("lost")) == 5
        assert file.events("never") == []


def test_what_is_torn_or_lost_is_passed_over(tmp_path: Path) -> None:
    """A crash leaves half a line; an index that is gone has no events; text that looks like one is none."""
    index = tmp_path / "node.index"
    looks = Record(1, 1.0, "lost", facts={"text": '\n{"event":"mark","offset":3,"name":"no"}'}).line()
    index.write_bytes(Record(0, 1.0, stream="s").line() + mark(5, "yes").line() + looks + mark(9, "torn").line()[:-10])
    segments = [Segment(tmp_path / "gone.log", 0, 5), Segment(tmp_path / "node.log", 5, 9)]
    assert marks(list(read_events(segments, "mark"))) == [("yes", 5)]


def test_without_a_head_the_stream_is_unknown(tmp_path: Path) -> None:
    """The events are told all the same."""
    (tmp_path / "node.index").write_bytes(mark(5, "yes").line())
    (found,) = read_events([Segment(tmp_path / "node.log", 0, 9)], "mark")
    assert (found.stream, found.offset) == (None, 5)
