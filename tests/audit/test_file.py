from __future__ import annotations

import os
import resource
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from consolesvc.audit.file import AuditFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


@pytest.fixture
def file(path: Path) -> Iterator[AuditFile]:
    made = AuditFile(path, segment_size=100, keep=2)
    yield made
    made.close()


def rotated(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each != path)


def test_lines_are_appended(file: AuditFile, path: Path) -> None:
    """To what is there, and only its owner and its group read them."""
    path.write_bytes(b"before\n")
    path.unlink()
    file.append([b"one\n", b"two\n"])
    file.close()
    file.append([b"three\n"])
    assert path.read_bytes() == b"one\ntwo\nthree\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert file.written == 3


def test_it_is_rotated_before_it_grows_too_large(file: AuditFile, path: Path) -> None:
    """No line is cut, none is lost but with a whole file, and the oldest files go."""
    lines = [b"%059d\n" % number for number in range(8)]
    file.append(lines)
    assert rotated(path) == ["audit.log.000006", "audit.log.000007"]
    kept = [path.with_name(name).read_bytes() for name in rotated(path)]
    assert [*kept, path.read_bytes()] == lines[5:]


def test_a_line_larger_than_a_file_is_written(file: AuditFile, path: Path) -> None:
    """On its own."""
    file.append([b"a\n", b"b" * 1000 + b"\n", b"c\n"])
    assert path.read_bytes() == b"c\n"
    assert len(rotated(path)) == 2


def test_nothing_else_that_lies_there_is_touched(file: AuditFile, path: Path) -> None:
    """Another's file of nearly the same name is another's."""
    others = ["audit.log.1", "audit.log.000001.gz", "audit.log.old", "other.log.000001", "xaudit.log.000001"]
    for name in others:
        path.with_name(name).write_text("mine")
    file.append([b"%059d\n" % number for number in range(8)])
    assert set(others) <= set(rotated(path))


def test_zero_switches_a_bound_off(path: Path) -> None:
    """Never rotated; all kept."""
    file = AuditFile(path, segment_size=0, keep=0)
    file.append([b"%059d\n" % number for number in range(20)])
    assert rotated(path) == []
    file.segment_size = 100
    file.append([b"%059d\n" % number for number in range(20)])
    assert len(rotated(path)) == 20
    file.close()


def test_a_file_that_was_moved_away_is_begun_anew(file: AuditFile, path: Path) -> None:
    """By USR2's close; until then its lines go where it went."""
    file.append([b"one\n"])
    path.rename(path.with_name("elsewhere"))
    file.append([b"two\n"])
    file.close()
    file.append([b"three\n"])
    assert path.with_name("elsewhere").read_bytes() == b"one\ntwo\n"
    assert path.read_bytes() == b"three\n"


def test_rotation_of_a_file_that_was_moved_away(file: AuditFile, path: Path) -> None:
    """There is nothing to rename: it goes on with a new one."""
    file.append([b"%059d\n" % 1])
    path.rename(path.with_name("elsewhere"))
    file.append([b"%059d\n" % 2])
    assert path.read_bytes() == b"%059d\n" % 2
    assert rotated(path) == ["elsewhere"]


def test_two_processes_do_not_write_one_file(file: AuditFile, path: Path) -> None:
    """The second is told, and nothing of the first's is harmed."""
    file.append([b"one\n"])
    second = AuditFile(path, 100, 2)
    with pytest.raises(OSError, match="another process writes it"):
        second.append([b"two\n"])
    assert second.written == 0
    file.close()
    second.append([b"two\n"])
    second.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_a_disk_that_takes_half_a_line_has_none_of_it(file: AuditFile, path: Path) -> None:
    """So that the next line is a line; what came before counts. A limit on the file's size stands for the disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (25, before[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(27)):
            file.append([b"0123456789\n", b"0123456789\n", b"0123456789\n"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert file.written == 2
    file.append([b"more\n"])
    assert path.read_bytes() == b"0123456789\n0123456789\nmore\n"
