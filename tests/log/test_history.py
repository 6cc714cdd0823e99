"""Events read back from the indexes: the last ones, over rotations, whatever a crash has left there."""

from __future__ import annotations

from pathlib import Path

from consolesvc.log.boots import find_boots
from consolesvc.log.file import LogFile
from consolesvc.log.history import last_events
from consolesvc.log.index import Record
from consolesvc.log.reader import LogReader
from tests.log.files import SMALL, logged


def write(file: LogFile, *said: tuple[str, int]) -> None:
    """Half a segment of output, and events, each with an offset."""
    file.append(
        file.end, b"x" * 2000, [Record(offset, 1000.0, kind, facts={"text": kind}) for kind, offset in said], 1000
    )


def names(records: list[Record]) -> list[tuple[str | None, int]]:
    return [(record.event, record.offset) for record in records]


def test_the_last_of_some_kinds_over_segments(tmp_path: Path) -> None:
    """In the order in which they were written, as many as are asked for."""
    with logged(tmp_path, SMALL) as file:
        for number in range(6):
            write(file, ("boot", 2000 * number), ("attach", 1), ("login", 2000 * number + 9))
        newest = file.segments()[::-1]
        assert len(newest) == 3
        everything = [(kind, 2000 * n + at) for n in range(6) for kind, at in (("boot", 0), ("login", 9))]
        assert names(last_events(newest, ("boot", "login"), 100)) == everything
        assert names(last_events(newest, ("boot", "login"), 3)) == everything[-3:]
        assert names(last_events(newest, ("boot",), 2)) == [("boot", 8000), ("boot", 10_000)]
        assert last_events(newest, ("panic",), 5) == []
        (last,) = last_events(newest, ("login",), 1)
        assert last == Record(10_009, 1000.0, "login", facts={"text": "login"})


def test_a_quick_start_reads_ends_alone(tmp_path: Path) -> None:
    """The end of the newest index, and that of the one before where it tells nothing."""
    with logged(tmp_path, SMALL) as file:

        def ends(tail: int) -> list[tuple[str | None, int]]:
            return names(last_events(file.segments()[::-1], ("boot", "login"), 9, tail=tail))

        write(file, ("boot", 0))
        write(file, ("login", 50))
        write(file)
        assert ends(64 * 1024) == [("boot", 0), ("login", 50)]
        assert ends(100) == [("login", 50)]
        write(file, ("boot", 6000))
        assert ends(64 * 1024) == [("boot", 6000)]


def test_what_is_torn_or_foreign_is_passed_over(tmp_path: Path) -> None:
    """A last line that a crash has cut, an index that is lost, and text that looks like an event."""
    with logged(tmp_path, SMALL) as file:
        write(file, ("boot", 0))
        current = file.segments()[-1].index
    with current.open("ab") as index:
        index.write(b'junk {"event":"boot","offset":7,"time":"2026-11-23T14:02:11Z"}\n{"event":"boot","offset":')
    reader = LogReader(tmp_path, "node")
    assert names(last_events(reader.segments, ("boot",), 9)) == [("boot", 0)]
    current.unlink()
    assert last_events(reader.segments, ("boot",), 9) == []


def test_boots_are_those_of_the_index_and_before_it_those_of_the_bytes(tmp_path: Path) -> None:
    """What was recognised is the truth, also where the words are not those that are known; older logs are searched."""
    with logged(tmp_path, SMALL) as file:
        file.append(0, b"old\nU-Boot 2020.01\nold\nU-Boot 2020.01\n", [], 1000)
        end = file.end
        said = b"MyLoader 1\nfoo\nU-Boot 2020.01 in a README\n"
        file.append(end, said, [Record(end, 1000.0, "boot"), Record(end, 1000.0, "kept", facts={"of": "boot"})], 1000)
        reader = LogReader(tmp_path, "node")
        assert find_boots(reader, 1) == [end]
        assert find_boots(reader, 2)[-2:] == [23, end]
        assert find_boots(reader, 9) == [4, 23, end]
