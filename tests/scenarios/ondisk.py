"""A console's log as anybody may read it with the service dead: by DESIGN 5.5 alone, without the code that wrote it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROTATED = re.compile(r".+-([0-9]{16})-[0-9]{8}T[0-9]{6}Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a log.

    Attributes:
        stream: Whose bytes these are; "" where a kill came between the renaming of a file and of its index.
        first: Offset of its first byte.
    """

    path: Path
    stream: str
    first: int

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes()

    @property
    def end(self) -> int:
        """Offset behind its last byte."""
        return self.first + self.path.stat().st_size

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its index, without a last line that a crash has torn."""
        return list(_records(self.path))


def pieces(folder: Path, name: str) -> list[Piece]:
    """A console's files in the order of their bytes; a kill may have come before a file, or its index, was there."""
    found = []
    for path in [*folder.glob(f"{name}-*.log"), folder / f"{name}.log"]:
        head = next(_records(path), None)
        if path.exists() and head is not None:
            found.append(Piece(path, head["stream"], head["offset"]))
        elif path.exists() and (digits := _ROTATED.fullmatch(path.stem)):
            found.append(Piece(path, "", int(digits[1])))
    return sorted(found, key=lambda piece: piece.first)


def contents(folder: Path, name: str) -> bytes:
    """All bytes in a console's log; its offsets have no hole."""
    found = pieces(folder, name)
    for before, after in itertools.pairwise(found):
        assert before.end == after.first, f"a hole of {after.first - before.end} bytes before {after.path.name}"
    return b"".join(piece.data for piece in found)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    index = path.with_suffix(".index")
    for line in index.read_bytes().split(b"\n") if index.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue
