"""The files of the logs: `NAME.log` being written, `NAME-<first offset>-<time>.log` rotated (DESIGN 5.5).

Each log has its index beside it, of the same name with `.index`. A segment is contiguous: the byte at position p has
the offset `first + p`. Where the stream has a hole, a new segment begins.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LOG, INDEX = ".log", ".index"
# Greedy: of a name that looks like a rotated log itself, the last stamp is the stamp.
_ROTATED = re.compile(r"(?P<name>.+)-(?P<first>[0-9]{16})-(?P<time>[0-9]{8}T[0-9]{6}Z)\.log")


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a log.

    Attributes:
        path: The bytes; the index lies beside.
        first: Offset of its first byte.
        size: Bytes in it.
        begun: Unix time of its first byte, to the second; 0 for the one being written.
    """

    path: Path
    first: int
    size: int
    begun: float = 0.0

    @property
    def end(self) -> int:
        """Offset behind its last byte."""
        return self.first + self.size

    @property
    def index(self) -> Path:
        """Its index."""
        return self.path.with_name(self.path.name.removesuffix(LOG) + INDEX)


def current_path(directory: Path, name: str) -> Path:
    """Where a console's bytes are being written."""
    return directory / f"{name}{LOG}"


def rotated_path(directory: Path, name: str, first: int, begun: float) -> Path:
    """Where a segment goes when it is full; `begun` is the unix time of its first byte.

    Names sort in the order of the bytes, whatever the clock did: the offset comes first.
    """
    return directory / f"{name}-{first:016d}-{datetime.fromtimestamp(begun, UTC):%Y%m%dT%H%M%SZ}{LOG}"


def scan(directory: Path) -> dict[str, list[Segment]]:
    """All rotated segments by console, oldest first: one look at the folder, however many consoles there are.

    Raises:
        OSError: the folder cannot be read.
    """
    found: dict[str, list[Segment]] = {}
    with os.scandir(directory) as entries:
        for entry in entries:
            match = _ROTATED.fullmatch(entry.name)
            if match is None:
                continue
            begun = datetime.strptime(match["time"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
            with contextlib.suppress(FileNotFoundError):  # whoever only reads is not alone: it may expire meanwhile
                segment = Segment(Path(entry.path), int(match["first"]), entry.stat().st_size, begun)
                found.setdefault(match["name"], []).append(segment)
    for segments in found.values():
        segments.sort(key=lambda segment: (segment.first, segment.path.name))
    return found


def is_rotated_name(stem: str) -> bool:
    """Whether a console of this name would have a log that is taken for another console's rotated one."""
    return _ROTATED.fullmatch(stem + LOG) is not None
