"""The audit's file, read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Records = list[dict[str, Any]]


def read(path: Path) -> Records:
    """Its records; fails for a line that is none."""
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def text(path: Path) -> str:
    """All of it, as somebody who looks for a secret reads it."""
    return path.read_text()


def events(path: Path, *names: str) -> Records:
    """The records of these events."""
    return [record for record in read(path) if record["event"] in names]
