"""A file is replaced whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from consolesvc.whole import write_whole


def test_it_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    """With its own mode, and with nothing beside it."""
    file = tmp_path / "tokens.json"
    file.write_bytes(b"before, and longer")
    write_whole(file, b"now", 0o600)
    assert (file.read_bytes(), file.stat().st_mode & 0o777, [*tmp_path.iterdir()]) == (b"now", 0o600, [file])


def test_what_was_left_by_an_earlier_end_is_no_hindrance(tmp_path: Path) -> None:
    """It is made anew."""
    (tmp_path / ".tokens.json.new").write_bytes(b"half of somethi")
    write_whole(tmp_path / "tokens.json", b"now", 0o600)
    assert (tmp_path / "tokens.json").read_bytes() == b"now"
    assert [*tmp_path.iterdir()] == [tmp_path / "tokens.json"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    """A full disk, here."""
    file = tmp_path / "tokens.json"
    write_whole(file, b"before", 0o600)
    (tmp_path / ".tokens.json.new").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"now", 0o600)
    assert file.read_bytes() == b"before"
