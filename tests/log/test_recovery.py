"""A log after any end: found again, with no offset twice, and nothing that was told lost."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.config.operators import Log
from consolesvc.log.file import RESERVE, LogFile
from consolesvc.log.index import Record, read_index
from consolesvc.log.names import scan
from tests.log.files import events, folder, logged, whole


def test_an_ordered_end_is_gone_on_from(tmp_path: Path) -> None:
    """The next start appends to the same file: same stream, next offset, no gap."""
    with logged(tmp_path) as file:
        file.append(0, b"before", [], 1000.0)
        file.stop([], 1001.0)
        stream = file.stream
    with logged(tmp_path) as file:
        assert (file.stream, file.end) == (stream, 6)
        file.append(6, b" after", [], 1002.0)
    assert whole(tmp_path) == b"before after"
    assert ("restart", 6) in events(tmp_path / "node.index")


def test_an_unclean_end_jumps_over_what_may_have_been_seen(tmp_path: Path) -> None:
    """Without `stop`, a viewer may hold any offset up to the reserve: it goes on there, and the hole is told."""
    with logged(tmp_path) as file:
        file.append(0, b"seen", [], 1000.0)
        stream = file.stream
    directory = folder(tmp_path)
    file = LogFile(directory, "node", 1024)
    found = file.start(1001.0)
    assert (found.stream, found.end, found.resume) == (stream, 4, RESERVE)
    file.append(RESERVE, b"new", [], 1001.0)
    assert file.read(0, 100) == (0, b"seen")
    assert file.read(4, 100) == (RESERVE, b"new")
    file.close()
    directory.close()
    gaps = [record for record in read_index(tmp_path / "node.index") if record.event == "gap"]
    assert [(record.offset, record.facts["to"]) for record in gaps] == [(4, RESERVE)]


def test_the_reserve_is_renewed_before_the_end_reaches_it(tmp_path: Path) -> None:
    """However much is written, an unclean end never leads back to a used offset."""
    with logged(tmp_path, Log(segment_size=64 * 1024 * 1024, min_free=0)) as file:
        for _ in range(40):
            file.append(file.end, bytes(1024 * 1024), [], 1000.0)
            reserved = max(r.offset for r in read_index(tmp_path / "node.index") if r.event == "reserve")
            assert reserved >= file.end + RESERVE // 2


@pytest.mark.parametrize("lost", ["log", "index", "both renamed but the index"])
def test_a_crash_in_the_middle_of_a_rotation_is_mended(tmp_path: Path, lost: str) -> None:
    """Whichever file of the pair is missing, no byte on disk changes its offset or is written over."""
    with logged(tmp_path) as file:
        file.append(0, b"x" * 5000, [], 1000.0)
        file.append(5000, b"tail", [], 1000.0)
    if lost == "log":
        (tmp_path / "node.log").unlink()
    elif lost == "index":
        (tmp_path / "node.index").unlink()
    else:
        (tmp_path / "node.log").unlink()
        (tmp_path / "node-0000000000000000-19700101T001640Z.index").replace(tmp_path / "node.index")
    before = whole_of_logs(tmp_path)
    with logged(tmp_path) as file:
        assert file.end >= 4096
        file.append(file.end, b"new", [], 1000.0)
        assert file.read(file.end - 3, 10) == (file.end - 3, b"new")
        assert file.read(0, 10) == (0, b"x" * 10)
    assert before <= whole_of_logs(tmp_path)


def whole_of_logs(path: Path) -> set[bytes]:
    """The contents of all logs, whatever they are called; what is being written aside."""
    return {entry.read_bytes() for entry in path.glob("*.log") if entry.name != "node.log"}


def test_a_torn_index_line_is_passed_over(tmp_path: Path) -> None:
    """As a crash leaves it; with it goes the word that the end was in order."""
    with logged(tmp_path) as file:
        file.append(0, b"abc", [], 1000.0)
        file.stop([], 1000.0)
    with (tmp_path / "node.index").open("ab") as index:
        index.write(b'{"event":"res')
    with logged(tmp_path) as file:
        assert file.end == 3


def test_what_a_crash_has_cost_is_told_behind_a_torn_line(tmp_path: Path) -> None:
    """A kill ends a write at the edge of a page: what is said next stands on a line of its own."""
    with logged(tmp_path) as file:
        file.append(0, b"abc", [], 1000.0)
    with (tmp_path / "node.index").open("ab") as index:
        index.write(b'{"offset":3,"ti')
    with logged(tmp_path) as file:
        file.append(RESERVE, b"def", [], 1000.0)
    (rotated,) = scan(tmp_path)["node"]
    gaps = [record for record in read_index(rotated.index) if record.event == "gap"]
    assert [(record.offset, record.facts["to"]) for record in gaps] == [(3, RESERVE)]


def test_a_life_without_a_byte_loses_nothing_that_was_told(tmp_path: Path) -> None:
    """Killed before its first byte, it leaves no segment: the next tells of its gap, and of what happened meanwhile."""
    with logged(tmp_path) as file:
        file.append(0, b"abc", [], 1000.0)
    with logged(tmp_path) as file:
        file.append(file.end, b"", [Record(file.end, 1000.5, "attach", facts={"who": "alice"})], 1000.5)
    with logged(tmp_path) as file:
        file.append(file.end, b"def", [], 1001.0)
        told = [record for record in read_index(tmp_path / "node.index") if record.event in ("gap", "attach")]
    assert [(record.event, record.offset, record.facts) for record in told] == [
        ("gap", 3, {"to": RESERVE}),
        ("attach", RESERVE, {"who": "alice"}),
        ("gap", RESERVE, {"to": 2 * RESERVE}),
    ]


def test_what_is_told_of_one_stream_is_not_told_of_another(tmp_path: Path) -> None:
    """Offsets are of a stream: an event that another one's life without a byte has left is not taken over."""
    with logged(tmp_path) as file:
        file.append(0, b"", [Record(0, 1000.0, "panic")], 1000.0)
    with logged(tmp_path, start=False) as file:
        file.start_anew("0b0a5f1e-5f5c-4c43-9df5-0d4d8f3ec001", 0, 1001.0)
        assert file.events("panic") == []


def test_a_disk_that_fails_when_a_life_begins_keeps_what_was_told(tmp_path: Path) -> None:
    """The next index takes the place of the one before whole, or not at all."""
    with logged(tmp_path) as file:
        file.append(0, b"", [Record(0, 1000.0, "attach", facts={"who": "alice"})], 1000.0)
    told = (tmp_path / "node.index").read_bytes()
    with logged(tmp_path, start=False) as file:
        with files_of_at_most(64), pytest.raises(OSError, match="File too large"):
            file.start(1001.0)
        assert (tmp_path / "node.index").read_bytes() == told
        file.start(1002.0)
        assert [(record.event, record.facts) for record in file.events("attach")] == [("attach", {"who": "alice"})]


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A process that can write no file beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_head_never_stands_without_its_reserve(tmp_path: Path) -> None:
    """Killed right after a segment began, the next start must not give its offsets out again."""
    with logged(tmp_path) as file:
        file.append(0, b"x" * 5000, [], 1000.0)
    lines = (tmp_path / "node.index").read_bytes().splitlines(keepends=True)
    (tmp_path / "node.index").write_bytes(b"".join(lines[:2]))
    with logged(tmp_path) as file:
        assert file.first >= 4096 + RESERVE
