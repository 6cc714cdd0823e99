"""`--until REGEX`: whether a console has said it (RE2, on text without what drives a terminal). No I/O."""

from __future__ import annotations

from consolesvc.cli.client import USAGE
from consolesvc.console.text import plain_text
from consolesvc.errors import ClientError
from consolesvc.http.patterns import searcher

KEPT = 8 * 1024
"""Bytes that a match may begin before what came last."""


class Until:
    """Looks for a pattern in output that comes in pieces.

    Args:
        pattern: RE2; `^` and `$` are the ends of a line.

    Raises:
        ClientError: it is none (exit code 2).
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._found = searcher(f"(?m:{pattern})" if "^" in pattern or "$" in pattern else pattern)
        except ValueError as error:
            raise ClientError(f"--until {pattern!r}: expected a regular expression of RE2: {error}", USAGE) from None
        self._tail = b""

    def feed(self, data: bytes) -> bool:
        """Take output; whether the pattern has been said."""
        data = self._tail + data
        tail = data[-KEPT:]
        # From the start of a line, where there is one: `^` is not to match where we have cut.
        self._tail = tail[tail.find(b"\n") + 1 :] if len(tail) < len(data) else tail
        return self._found(plain_text(data))
