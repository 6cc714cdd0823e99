"""A file that is there whole, in the place of what was there before, or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, mode: int) -> None:
    """Have a file hold this, however the process or the host ends meanwhile.

    Args:
        path: The file; beside it one is made that takes its place, and is made anew where an earlier one was left.
        data: All of it.
        mode: Who may read and write it.

    Raises:
        OSError: it could not be written; what was there before is there still.
    """
    made = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)  # of the name; a power cut would bring the old one back
    finally:
        os.close(folder)
