"""Reading another program's files: text of any encoding, and files that include others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from consolesvc.moving.moved import Nonsense

MOST_FILES: Final = 1000
"""Files read for one: one that includes itself ten times over ten levels would be read for ever."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file; a configuration of ten thousand consoles is a hundredth of it."""


def read(path: Path) -> str:
    """A file's text, in UTF-8 or else Latin-1, its lines ended by newlines; raises Nonsense, and OSError."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Nonsense(f"{path}: is larger than any configuration")
    if b"\0" in data:
        raise Nonsense(f"{path}:{data.count(10, 0, data.index(0)) + 1}: holds a NUL byte, which no configuration does")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n")


def beside(name: str, file: str) -> Path:
    """An included file: beside the one that names it where there is such a one, else as the name says."""
    near = Path(file).parent / name
    return near if near.is_file() else Path(name)
