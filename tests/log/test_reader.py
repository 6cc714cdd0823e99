"""A console's log read by somebody else than its writer: contiguous, whatever is rotated or removed meanwhile."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consolesvc.config.operators import Log
from consolesvc.log.boots import find_boots
from consolesvc.log.reader import LogReader, log_names
from consolesvc.log.times import Times
from tests.log.files import logged, pieces

SEGMENT = 4096
KEEP = Log(segment_size=SEGMENT, keep=0, max_total=0, min_free=0)


def read_all(reader: LogReader, start: int = 0, limit: int = 1000) -> bytes:
    """All bytes from an offset on, which are there without a gap."""
    got = b""
    while True:
        begin, data = reader.read(start + len(got), limit)
        assert begin == start + len(got)
        if not data:
            return got
        got += data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(appended=pieces, start=st.integers(0, 50_000))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, appended: list[bytes], start: int) -> None:
    """From any offset, over any number of segments, forwards and backwards."""
    path = tmp_path_factory.mktemp("log")
    with logged(path, KEEP) as file:
        for data in appended:
            file.append(file.end, data, [], 1000.0)
        reader = LogReader(path, "node")
        whole = b"".join(appended)
        assert (reader.oldest, reader.end) == (0, len(whole))
        start = min(start, len(whole))
        assert read_all(reader, start) == whole[start:]
        back = [data for _, data in reader.back(start, reader.end)]
        assert b"".join(reversed(back)) == whole[start:]


def test_reading_while_it_is_written_rotated_and_removed(tmp_path: Path) -> None:
    """A reader beside a writer that rotates every four kilobytes: bytes in order, and what is skipped was removed."""
    said = b"".join(b"%07d\n" % number for number in range(50_000))
    done = threading.Event()

    def write() -> None:
        with logged(tmp_path, Log(segment_size=SEGMENT, keep=5, max_total=0, min_free=0)) as file:
            for at in range(0, len(said), 700):
                file.append(file.end, said[at : at + 700], [], 1000.0)
            done.set()

    (tmp_path / "node.log").touch()
    reader, offset, read = LogReader(tmp_path, "node"), 0, 0
    writer = threading.Thread(target=write)
    writer.start()
    try:
        while not done.is_set() or reader.grown() or offset < reader.end:
            reader.grown()
            begin, data = reader.read(offset, 3000)
            assert begin >= offset
            assert data == said[begin : begin + len(data)]
            offset, read = begin + len(data), read + len(data)
    finally:
        writer.join()
    assert offset == len(said)
    assert read > 5 * SEGMENT


def test_a_hole_is_stepped_over_and_seen(tmp_path: Path) -> None:
    """The next byte there is, with its own offset."""
    with logged(tmp_path, KEEP) as file:
        file.append(0, b"before", [], 1000.0)
        file.append(100, b"after", [], 1000.0)
        reader = LogReader(tmp_path, "node")
        assert reader.read(3, 50) == (3, b"ore")
        assert reader.read(6, 50) == (100, b"after")
        assert reader.read(105, 50) == (105, b"")


def test_a_log_without_its_index_is_read(tmp_path: Path) -> None:
    """The bytes are there; when they came, nobody knows."""
    with logged(tmp_path, KEEP) as file:
        file.append(0, b"x" * 5000, [], 1000.0)
    for index in tmp_path.glob("*.index"):
        index.unlink()
    reader = LogReader(tmp_path, "node")
    assert read_all(reader) == b"x" * 5000
    assert Times(reader).of(4999) is None


def test_there_need_be_no_log(tmp_path: Path) -> None:
    """Nor a segment that is being written."""
    reader = LogReader(tmp_path, "node")
    assert (reader.oldest, reader.end, reader.read(0, 10), reader.grown()) == (0, 0, (0, b""), False)
    with logged(tmp_path, KEEP) as file:
        file.append(0, b"hello", [], 1000.0)
        assert reader.grown()
        assert read_all(reader) == b"hello"
        assert not reader.grown()


def test_names_are_those_of_consoles(tmp_path: Path) -> None:
    """One console each, however many segments; a name that looks like a stamp is not taken for one."""
    for name in ("node", "node-1"):
        with logged(tmp_path, KEEP, name) as file:
            file.append(0, b"x" * 9000, [], 1000.0)
    (tmp_path / "node.log").unlink()
    assert log_names(tmp_path) == ["node", "node-1"]


@pytest.mark.parametrize(
    ("text", "lines", "tail"),
    [
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"a\nb\nc\n", 3, b"a\nb\nc\n"),
        (b"a\nb\nc\n", 99, b"a\nb\nc\n"),
        (b"a\nb\n", 0, b""),
        (b"\n\n\n", 1, b"\n"),
        (b"", 5, b""),
        (b"x" * 10_000 + b"\n" + b"y" * 10_000, 1, b"y" * 10_000),
    ],
)
def test_the_last_lines(tmp_path: Path, text: bytes, lines: int, tail: bytes) -> None:
    """As `tail` counts them, over segments."""
    with logged(tmp_path, KEEP) as file:
        file.append(0, text, [], 1000.0)
        reader = LogReader(tmp_path, "node")
        assert read_all(reader, reader.tail_start(0, reader.end, lines)) == tail


def test_the_start_of_a_line(tmp_path: Path) -> None:
    """Over segments, at the oldest byte, and not for ever back."""
    with logged(tmp_path, KEEP) as file:
        file.append(0, b"first\n" + b"y" * 4094 + b"z\n" + b"x" * 9000, [], 1000.0)
        reader = LogReader(tmp_path, "node")
        assert [reader.line_start(at) for at in (0, 3, 5, 6, 4095, 4100, 4103, 14_000)] == [
            0,
            0,
            0,
            6,
            6,
            6,
            4102,
            14_000,
        ]


def write_timed(file: Callable[..., None], said: list[tuple[float, bytes]]) -> None:
    """Append pieces, each with a mark."""
    end = 0
    for time, data in said:
        file(end, data, [], time, time)
        end += len(data)


def test_times_are_those_of_the_last_mark_before(tmp_path: Path) -> None:
    """Over segments; and the first place of a time, which is where a reader begins."""
    said = [(1000.0 + 10 * n, b"%04d " % n * 300) for n in range(10)]  # 1500 bytes each
    with logged(tmp_path, KEEP) as file:
        write_timed(file.append, said)
        reader = LogReader(tmp_path, "node")
        assert len(reader.segments) == 4
        times = Times(reader)
        assert [times.of(at) for at in (0, 1499, 1500, 14_999)] == [1000.0, 1000.0, 1010.0, 1090.0]
        assert times.of(15_000) is None
        assert [times.first_since(t) for t in (0, 1000, 1000.5, 1010, 1089, 1090, 1091)] == [
            0,
            0,
            1500,
            1500,
            13_500,
            13_500,
            15_000,
        ]
        file.append(15_000, b"more", [], 1100.0, 1100.0)
        reader.grown()
        assert times.of(15_002) == 1100.0


def test_times_when_the_clock_was_set_back(tmp_path: Path) -> None:
    """Nothing that may be meant is left out."""
    said = [(float(time), b"%d" % time) for time in (1000, 1100, 1050, 1150)]
    with logged(tmp_path, KEEP) as file:
        write_timed(file.append, said)
        assert Times(LogReader(tmp_path, "node")).first_since(1060) == 4


KERNEL = b"[    0.000000] Linux version 6.1\r\n[    0.1] more\r\nlogin: "
UBOOT = b"\r\nU-Boot SPL 2024.01\r\nTrying MMC1\r\n\r\nU-Boot 2024.01\r\nHit any key\r\n"
ARM = b"[    0.000000] Booting Linux on physical CPU 0x0\r\n" + KERNEL


@pytest.mark.parametrize(
    ("said", "boots"),
    [
        ([b"hello\r\n"], 0),
        ([KERNEL], 1),
        ([KERNEL, KERNEL], 2),
        ([b"\r\nSeaBIOS (version 1.16)\r\nBooting\r\n" + KERNEL], 1),
        ([UBOOT + ARM, UBOOT + ARM, UBOOT], 3),
        ([UBOOT, UBOOT], 2),
        ([b"x" * 4090 + b"\r\n" + UBOOT + ARM, b"y" * 8000 + b"\r\n" + ARM], 2),
        ([b"x" * 4085 + b"\r\n" + KERNEL, b"z\r\n" * 5000 + KERNEL], 2),
    ],
)
def test_boots_are_found_by_first_words(tmp_path: Path, said: list[bytes], boots: int) -> None:
    """Firmware, loader and kernel are one boot; the next begins where that order begins anew, in any segment."""
    with logged(tmp_path, KEEP) as file:
        for data in said:
            file.append(file.end, data, [], 1000.0)
        reader = LogReader(tmp_path, "node")
        found = find_boots(reader, 99)
        assert len(found) == boots
        words = (b"U-Boot SPL", b"[    0.000000]", b"SeaBIOS")
        lines = [read_all(reader, at).removeprefix(b"login: ") for at in found]
        assert all(line.startswith(words) for line in lines)
        for wanted in range(1, boots + 1):
            assert find_boots(reader, wanted)[-wanted:] == found[-wanted:]


def test_first_words_over_the_edge_of_a_segment(tmp_path: Path) -> None:
    """Wherever the cut is: every boot is found once."""
    for cut in range(1, 40, 3):
        path = tmp_path / str(cut)
        path.mkdir()
        with logged(path, KEEP) as file:
            text = b"x" * (SEGMENT - cut - 2) + b"\r\n" + KERNEL
            file.append(0, text, [], 1000.0)
            reader = LogReader(path, "node")
            assert len(reader.segments) == 2
            assert find_boots(reader, 5) == [SEGMENT - cut]


def test_a_reader_leaves_nothing_open(tmp_path: Path) -> None:
    """However many logs are followed: no descriptor is held between looks."""
    with logged(tmp_path, KEEP) as file:
        file.append(0, b"x" * 9000, [], 1000.0)
        before = len(list(Path("/proc/self/fd").iterdir()))
        readers = [LogReader(tmp_path, "node") for _ in range(20)]
        for reader in itertools.chain(readers, readers):
            reader.grown()
            reader.read(5000, 10)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
