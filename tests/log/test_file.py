"""Segments on disk: contiguous, rotated without loss, bounded."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from consolesvc.config.operators import Log
from consolesvc.log.file import RESERVE, LogFile
from consolesvc.log.index import Record, read_ends, read_index
from consolesvc.log.job import Job
from consolesvc.log.names import is_rotated_name, scan
from consolesvc.log.thread import LogThread
from tests.log.files import events, folder, logged, pieces, whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(appended=pieces)
def test_rotation_loses_nothing(appended: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the pieces: the files together are the bytes, none is larger than a segment, each reads by offset."""
    path = tmp_path_factory.mktemp("log")
    plain = b"".join(appended)
    with logged(path) as file:
        for piece in appended:
            file.append(file.end, piece, [], 1000.0)
        assert whole(path) == plain
        assert all(entry.stat().st_size <= 4096 for entry in path.glob("*.log"))
        got = b""
        while len(got) < len(plain):
            begin, data = file.read(len(got), 5000)
            assert begin == len(got)
            assert data
            got += data
        assert got == plain
        assert file.read(len(plain), 10) == (len(plain), b"")


def test_files_are_as_promised(tmp_path: Path) -> None:
    """Names, modes, the head of the index, and nothing but bytes in the log (DESIGN 5.5)."""
    with logged(tmp_path) as file:
        file.append(0, b"a" * 5000, [], 1700000000.25, 1700000000.25)
        stream = file.stream
    names = sorted(entry.name for entry in tmp_path.iterdir())
    assert names == [
        ".lock",
        "node-0000000000000000-19700101T001640Z.index",
        "node-0000000000000000-19700101T001640Z.log",
        "node.index",
        "node.log",
    ]
    assert {entry.stat().st_mode & 0o777 for entry in tmp_path.glob("node*")} == {0o640}
    head, *rest = [json.loads(line) for line in (tmp_path / names[1]).read_text().splitlines()]
    assert head == {"stream": stream, "offset": 0, "time": "1970-01-01T00:16:40.000000Z"}
    assert rest == [
        {"event": "reserve", "offset": RESERVE, "time": "1970-01-01T00:16:40.000000Z"},
        {"offset": 0, "time": "2023-11-14T22:13:20.250000Z"},
    ]
    second = [json.loads(line) for line in (tmp_path / "node.index").read_text().splitlines()]
    assert (second[0]["stream"], second[0]["offset"]) == (stream, 4096)


def test_time_marks_are_at_most_ten_a_second(tmp_path: Path) -> None:
    """One per batch, but not thirty times the relay's cost."""
    with logged(tmp_path, Log(min_free=0)) as file:
        for number in range(100):
            now = 1000.0 + number * 0.01
            file.append(file.end, b"line\n", [], now, now)
    records = list(read_index(tmp_path / "node.index"))
    assert 9 <= sum(record.event is None and record.stream is None for record in records) <= 11


def test_a_gap_begins_a_segment(tmp_path: Path) -> None:
    """Bytes that never came are between two files, and in the index."""
    with logged(tmp_path) as file:
        file.append(0, b"abc", [], 1000.0)
        file.append(10, b"xyz", [], 1000.0)
        assert file.read(2, 10) == (2, b"c")
        assert file.read(3, 10) == (10, b"xyz")
    assert ("gap", 3) in events(tmp_path / "node.index")


def test_reopened_by_name(tmp_path: Path) -> None:
    """After USR2 a log that logrotate moved away is begun anew, at the right offset; one that was cut as well."""
    with logged(tmp_path) as file:
        file.append(0, b"one", [], 1000.0)
        file.close()
        (tmp_path / "node.log").rename(tmp_path / "taken.log")
        (tmp_path / "node.index").unlink()
        file.append(3, b"two", [], 1000.0)
        assert (tmp_path / "node.log").read_bytes() == b"two"
        assert next(read_index(tmp_path / "node.index")).offset == 3
        file.close()
        os.truncate(tmp_path / "node.log", 0)
        file.append(6, b"three", [], 1000.0)
        assert file.read(6, 10) == (6, b"three")


def test_removing_takes_every_file_of_this_console_alone(tmp_path: Path) -> None:
    """`node` is not `node-1`, and not `node.log`."""
    for name in ("node", "node-1", "node.log"):
        with logged(tmp_path, name=name) as file:
            file.append(0, bytes(10000), [], 1000.0)
    with logged(tmp_path) as file:
        file.remove()
    names = {entry.name for entry in tmp_path.glob("n*")}
    assert not {name for name in names if name in ("node.log", "node.index") or name.startswith("node-0000")}
    assert {"node-1.log", "node-1.index", "node.log.log", "node.log.index"} <= names
    assert len(names) == 12


def test_names_that_look_rotated() -> None:
    """A console must not be called what another's rotated log is called."""
    assert is_rotated_name("node-0000000000000000-20260101T000000Z")
    assert not is_rotated_name("node-1")


def test_keep_max_total_and_min_free(tmp_path: Path) -> None:
    """By count per console; in all by age, whichever console's; and never the file being written."""
    config = Log(segment_size=1000, keep=3, max_total=0, min_free=0)
    with logged(tmp_path / "a", config) as file:
        for number in range(10):
            file.append(file.end, bytes(1000), [], 2000.0 + number)
        assert len(file.directory.rotated["node"]) == 3
        assert file.oldest == 6000

    directory = folder(tmp_path / "b", Log(segment_size=1000, keep=0, max_total=5000, min_free=0))
    files = [LogFile(directory, name, 0) for name in ("one", "two")]
    for number in range(12):
        for file in files:
            if number == 0:
                file.start(1000.0)
            file.append(file.end, bytes(1000), [], 2000.0 + number)
        assert directory.total <= 5000 + 1000
    for file in files:
        assert file.oldest > 0
        file.close()
    directory.close()


def test_a_disk_that_must_be_left_to_others(tmp_path: Path) -> None:
    """With less than min_free there is no room: old segments go, then writing stops with the reason."""
    with logged(tmp_path, Log(segment_size=1000, keep=0, max_total=0, min_free=0)) as file:
        for _ in range(5):
            file.append(file.end, bytes(1000), [], 1000.0)
        object.__setattr__(file.directory, "config", Log(segment_size=1000, min_free=1 << 60))
        with pytest.raises(OSError, match=r"less than log\.min_free is left"):
            file.append(file.end, b"x", [], 2000.0)
        assert file.directory.rotated["node"] == []
        assert (tmp_path / "node.log").exists()


@pytest.fixture
async def thread() -> AsyncIterator[LogThread]:
    made = LogThread()
    yield made
    assert await made.close(5)


async def test_the_thread_keeps_the_order_and_reports_errors(thread: LogThread) -> None:
    """Work is done as it was given; what it raises reaches who gave it, and stops nothing."""
    done: list[Any] = []

    def fail() -> None:
        raise OSError(28, "No space left on device")

    class Numbered(Job):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = -number

        def work(self) -> None:
            self.number = -self.number

        def done(self) -> None:
            done.append(self.number)

    for number in range(0, 600, 2):
        thread.submit(Numbered(number), Numbered(number + 1))
    with pytest.raises(OSError, match="No space left"):
        await thread.call(fail)
    assert done == list(range(600))
    assert await asyncio.wait_for(thread.call(lambda: 42), 5) == 42


def test_the_bytes_before_an_offset_are_counted_over_holes(tmp_path: Path) -> None:
    """A replay after a crash shows what was said before it, from the start of a line."""
    with logged(tmp_path) as file:
        file.append(0, b"one\ntwo\nthree\n", [], 1000.0)
        file.append(1000, b"four\n", [], 1000.0)
        assert file.before(1005, 5) == 1000
        assert file.before(1005, 11) == 8
        assert file.before(1005, 12) == 8
        assert file.before(1005, 14) == 8
        assert file.before(1005, 15) == 4
        assert file.before(1005, 10**9) == 0
        assert file.before(10, 3) == 8


def test_the_ends_of_an_index_are_found_among_many_marks(tmp_path: Path) -> None:
    """A month of marks is not read as JSON to find where a stream goes on."""
    index = tmp_path / "node.index"
    marks = b"".join(Record(n, 1000.0 + n).line() for n in range(50000))
    head, reserve = Record(7, 999.0, stream="s"), Record(1 << 40, 999.0, "reserve")
    index.write_bytes(head.line() + reserve.line() + marks + b'{"event":"reserve","off')
    ends = read_ends(index)
    assert ends is not None
    assert (ends.stream, ends.begun, ends.last.offset, ends.reserved) == ("s", 999.0, 49999, 1 << 40)
    index.write_bytes(marks)
    assert read_ends(index) is None
    assert read_ends(tmp_path / "none") is None


def test_a_mark_lies_in_the_segment_of_its_byte(tmp_path: Path) -> None:
    """A batch that goes over into another segment is timed where it begins."""
    with logged(tmp_path) as file:
        for now in (1000.0, 1001.0, 1002.0):
            file.append(file.end, bytes(2000), [], now, now)
    (rotated,) = scan(tmp_path)["node"]
    marks = [(r.offset, r.time) for r in read_index(rotated.index) if r.event is None and r.stream is None]
    assert marks == [(0, 1000.0), (2000, 1001.0), (4000, 1002.0)]
