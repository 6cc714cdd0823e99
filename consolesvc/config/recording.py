"""Recordings of a terminal's output: bytes of a file in, timed output out. Nothing here opens a file.

Formats: asciicast v2 (a header line, then `[time, code, data]` with times from the start) and v3 (intervals from
the event before, and `#` comments), each one JSON value a line. Only output events (`"o"`) count.
"""

from __future__ import annotations

import json
import math
from typing import Any, Final, NamedTuple

VERSIONS: Final = (2, 3)
EVENT_FIELDS: Final = 3


class Output(NamedTuple):
    """What was said `at` seconds from the start of the recording."""

    at: float
    data: bytes


def parse_recording(data: bytes, name: str) -> list[Output]:
    """Read a recording: asciicast where `name` ends in `.cast`, else all the bytes at time 0.

    Raises:
        ValueError: it is no such recording: file, line, and what was expected there.
    """
    if not name.endswith(".cast"):
        return [Output(0.0, data)] if data else []
    lines = data.splitlines()
    version = _version(lines[0] if lines else b"", name)
    outputs: list[Output] = []
    clock = 0.0
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip() or line.startswith(b"#"):
            continue
        time, code, text = _event(line, f"{name}:{number}")
        clock = clock + time if version == VERSIONS[1] else max(clock, time)
        if code == "o":
            # Half of a surrogate pair is legal JSON and no character.
            outputs.append(Output(clock, text.encode("utf-8", "replace")))
    return outputs


def _version(line: bytes, name: str) -> int:
    header = _json(line, f"{name}:1", "an asciicast header, a JSON object")
    version = header.get("version") if isinstance(header, dict) else None
    if version not in VERSIONS or isinstance(version, bool):
        raise ValueError(f"{name}:1: version is {version!r}; expected an asciicast header of version 2 or 3")
    return int(version)


def _event(line: bytes, where: str) -> tuple[float, str, str]:
    expected = "an event, [seconds, code, data]"
    event = _json(line, where, expected)
    if not (isinstance(event, list) and len(event) == EVENT_FIELDS):
        raise ValueError(f"{where}: expected {expected}")
    time, code, text = event
    if isinstance(time, bool) or not isinstance(time, int | float) or not (math.isfinite(time) and time >= 0):
        raise ValueError(f"{where}: time is {time!r}; expected seconds, 0 or more")
    if not (isinstance(code, str) and isinstance(text, str)):
        raise ValueError(f"{where}: expected {expected} with code and data as strings")  # noqa: TRY004 - a bad file
    return float(time), code, text


def _json(line: bytes, where: str, expected: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: not JSON ({error}); expected {expected}") from error
