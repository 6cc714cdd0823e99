"""A clock that is set back, hours at a time, while a log is written: offsets know no time."""

from __future__ import annotations

from pathlib import Path

from consolesvc.log.file import LogFile
from consolesvc.log.index import read_index
from consolesvc.log.names import scan
from tests.log.files import SMALL, folder, whole

DAY = 86400.0


def test_a_clock_set_back_changes_no_order(tmp_path: Path) -> None:
    """Rotated names sort in the order of the bytes, a start goes on at the end, and reading is as ever."""
    said = [b"%04d" % number * 500 for number in range(20)]
    for life in (said[:10], said[10:]):
        directory = folder(tmp_path)
        file = LogFile(directory, "node", 1024)
        begin = file.start(10 * DAY).resume
        for number, data in enumerate(life):
            now = (10 - number % 7) * DAY  # back a day each time, and now and then forth
            file.append(file.end, data, [], now, now)
        place, data = file.read(begin, 2000)
        assert place == begin
        assert data
        assert life[0].startswith(data)
        file.stop([], DAY)
        directory.close()
    assert whole(tmp_path) == b"".join(said)
    found = [*(segment.path for segment in scan(tmp_path)["node"]), tmp_path / "node.log"]
    marks = {record.offset for path in found for record in read_index(path.with_suffix(".index")) if not record.event}
    assert {2000 * number for number in range(20)} <= marks, "each change of the clock left its mark"
    assert SMALL.segment_size < len(whole(tmp_path))
