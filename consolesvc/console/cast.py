"""Output as an asciicast, version 2 or 3: what players of terminal recordings play (DESIGN 5.3 `slice`). No I/O.

Version 2 has each event's time since the start, version 3 the time since the event before. Both are UTF-8: bytes that
are none are replaced, which the log's own bytes never are.
"""

from __future__ import annotations

import codecs
import json
from typing import Literal

MICROSECONDS = 6
Version = Literal[2, 3]


class Cast:
    """Writes one recording, line by line.

    Args:
        version: 2 or 3.
        columns: The terminal's width.
        rows: Its height.
        title: What is recorded.
    """

    def __init__(self, version: Version, columns: int, rows: int, title: str) -> None:
        self._version = version
        self._size = (columns, rows)
        self._title = title
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._began = 0.0
        self._last = 0.0

    def head(self, began: float) -> bytes:
        """The first line; `began` is the unix time from which others count."""
        self._began = self._last = began
        columns, rows = self._size
        size = {"width": columns, "height": rows} if self._version == 2 else {"term": {"cols": columns, "rows": rows}}  # noqa: PLR2004 - a version's number
        return _line({"version": self._version, **size, "timestamp": int(began), "title": self._title})

    def output(self, time: float | None, data: bytes, *, last: bool = False) -> bytes:
        """Bytes that came at a time, None for that of those before; a part of a character waits for its rest."""
        text = self._decoder.decode(data, last)
        return self._event(time, "o", text) if text else b""

    def mark(self, time: float | None, label: str) -> bytes:
        """A marker, at which players can stop."""
        return self._event(time, "m", label)

    def _event(self, time: float | None, code: str, text: str) -> bytes:
        # A clock that was set back moves nothing back: times in a recording only grow.
        now = max(self._last, self._last if time is None else time)
        since = now - (self._began if self._version == 2 else self._last)  # noqa: PLR2004 - a version's number
        # The next interval counts from what was written, or thousands of rounded ones would add up.
        self._last += round(now - self._last, MICROSECONDS)
        return _line([round(since, MICROSECONDS), code, text])


def _line(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode() + b"\n"
