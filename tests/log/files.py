"""A console's log on disk, without a service around it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from consolesvc.config.operators import Log
from consolesvc.log.directory import LogDirectory
from consolesvc.log.file import LogFile
from consolesvc.log.index import read_index
from consolesvc.log.names import scan
from consolesvc.log.thread import LogThread

SMALL = Log(segment_size=4096, keep=0, max_total=0, min_free=0)


class Idle(LogThread):
    """The thread of a test that calls the files itself."""

    def __init__(self) -> None:
        pass


def folder(path: Path, config: Log = SMALL) -> LogDirectory:
    """A prepared log folder."""
    made = LogDirectory(path, config, Idle())
    made.prepare()
    return made


@contextlib.contextmanager
def logged(path: Path, config: Log = SMALL, name: str = "node", *, start: bool = True) -> Iterator[LogFile]:
    """A log file, started unless that is the test's; not stopped: the end is, too."""
    directory = folder(path, config)
    file = LogFile(directory, name, 1024)
    if start:
        file.start(now=1000.0)
    try:
        yield file
    finally:
        file.close()
        directory.close()


def whole(path: Path, name: str = "node") -> bytes:
    """All bytes of a console's log, in the order of its file names."""
    rotated = [segment.path for segment in scan(path).get(name, [])]
    assert rotated == sorted(rotated)
    return b"".join(file.read_bytes() for file in [*rotated, path / f"{name}.log"])


def events(path: Path) -> list[tuple[str | None, int]]:
    """The events and marks of an index."""
    return [(record.event, record.offset) for record in read_index(path)]


pieces = st.lists(st.binary(min_size=1, max_size=9000), max_size=12)
