"""When a log's bytes came: cut where the time changes, over segments and while more is written."""

from __future__ import annotations

from pathlib import Path

from consolesvc.log.timeline import Timeline
from tests.log.files import logged


def test_bytes_are_cut_where_their_time_changes(tmp_path: Path) -> None:
    """Each part has the time of its mark, in whatever pieces they are asked for; a new segment has its own."""
    with logged(tmp_path) as file:
        timeline = Timeline(tmp_path, "node")
        file.append(0, b"a" * 10, [], 2000.0, 2000.0)
        file.append(10, b"b" * 5000, [], 2001.0, 2001.0)
        file.append(5010, b"c" * 10, [], 2002.0, 2002.0)
        assert file.first == 4096, "it has rotated"
        whole = [(time, len(data)) for time, data in timeline.cut(0, b"a" * 10 + b"b" * 5000 + b"c" * 10)]
        assert whole == [(2000.0, 10), (2001.0, 4086), (2001.0, 914), (2002.0, 10)]
        assert timeline.cut(8, b"aabb") == [(2000.0, b"aa"), (2001.0, b"bb")]
        assert timeline.cut(5015, b"cc") == [(2002.0, b"cc")]


def test_what_no_index_tells_has_no_time(tmp_path: Path) -> None:
    """Bytes that are not on disk, and all of a log without an index."""
    with logged(tmp_path) as file:
        file.append(0, b"a" * 10, [], 2000.0, 2000.0)
        timeline = Timeline(tmp_path, "node")
        assert timeline.cut(10, b"later") == [(None, b"later")]
        assert timeline.cut(8, b"aalater") == [(2000.0, b"aa"), (None, b"later")]
        file.append(10, b"later", [], 2003.0, 2003.0)
        assert timeline.cut(8, b"aalater") == [(2000.0, b"aa"), (2003.0, b"later")]
    (tmp_path / "node.index").unlink()
    assert Timeline(tmp_path, "node").cut(0, b"a" * 15) == [(None, b"a" * 15)]
