"""Where a console's stream goes on after a start (DESIGN decision 5): offsets are never used twice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from consolesvc.log.index import Record, read_ends, read_index
from consolesvc.log.names import Segment, current_path


class Recovered(NamedTuple):
    """What the files say.

    Attributes:
        stream: The stream to go on with.
        end: Offset behind the last byte on disk.
        resume: The offset of the next byte; above `end` after an unclean end, where `[end, resume)` is a gap.
        known: Whether there was a stream to go on with.
        current: The segment found as `NAME.log`; None where there is none.
        begun: Unix time of its first byte; 0 where nobody wrote it down.
    """

    stream: str
    end: int
    resume: int
    known: bool
    current: Segment | None
    begun: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether the next byte follows the last one on disk."""
        return self.known and self.resume == self.end


def recover(directory: Path, name: str, older: Sequence[Segment]) -> Recovered:
    """Read the end of a console's log; a log that is not there, or whose index is lost, begins a new stream.

    A new stream begins above all offsets that are there: they stay unique in the folder.

    Args:
        directory: The log folder.
        name: The console's.
        older: Its rotated segments, oldest first.

    Raises:
        OSError: the files cannot be read or moved.
    """
    below = older[-1].end if older else 0
    current = _current(directory, name, older, below)
    last = current or (older[-1] if older else None)
    ends = None if last is None else read_ends(last.index)
    if last is None or ends is None:
        base = below if last is None else max(below, last.end)
        return Recovered(str(uuid.uuid4()), base, base, known=False, current=current)
    in_order = ends.last.event == "stop" and ends.last.offset == last.end
    resume = last.end if in_order else max(last.end, ends.reserved)
    return Recovered(ends.stream, last.end, resume, known=True, current=current, begun=ends.begun)


def _current(directory: Path, name: str, older: Sequence[Segment], below: int) -> Segment | None:
    """The segment being written, as a crash may have left it; without a readable index it is placed at `below`."""
    found = Segment(current_path(directory, name), below, 0)
    head = next(read_index(found.index), None)
    if head is not None and head.stream is None:
        head = None
    try:
        status = found.path.stat()
    except FileNotFoundError:
        if head is not None:
            _finish_rotation(found.index, head, older)
        return None
    return Segment(found.path, below if head is None else head.offset, status.st_size)


def _finish_rotation(index: Path, head: Record, older: Sequence[Segment]) -> None:
    """A crash came between the two renames of a rotation: the log has its new name, its index has not."""
    for segment in older:
        if segment.first == head.offset and not segment.index.exists():
            index.replace(segment.index)
            return
    index.unlink()
