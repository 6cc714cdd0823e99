"""Patterns of one's own, each looked for in every line of a console's text. Bytes in, lines out; no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from consolesvc.config.patterns import line_searcher
from consolesvc.console.text import plain_text

LONGEST_LINE = 4096
"""Bytes of an unfinished line that are kept, its last ones."""


class OwnPatterns:
    """Looks for patterns in the text, without what drives a terminal, as it comes.

    Args:
        patterns: Name and pattern (RE2) of each.
    """

    def __init__(self, patterns: Sequence[tuple[str, str]]) -> None:
        self._searches = [(name, line_searcher(pattern)) for name, pattern in patterns]
        self._last = dict.fromkeys((name for name, _ in patterns), -1)
        self._next = -1
        self._unfinished = b""
        self._line = 0

    def __repr__(self) -> str:
        return f"<OwnPatterns {', '.join(self._last)}>"

    def __len__(self) -> int:
        return len(self._searches)

    def break_off(self) -> None:
        """Hear that what comes next does not go on from what came before."""
        self._next = -1

    def feed(self, offset: int, data: bytes) -> list[tuple[int, str]]:
        """Look at the next bytes; where each pattern's first new line begins, and the pattern's name.

        A line counts once for a pattern, however many pieces it comes in; of the lines in one piece, the first that
        matches does.
        """
        if offset != self._next:
            self._unfinished, self._line = b"", offset
        text, first = self._unfinished + data, self._line
        base = offset - len(self._unfinished)
        self._next = offset + len(data)
        last = text.rfind(b"\n") + 1
        self._unfinished = text[max(last, len(text) - LONGEST_LINE) :]
        self._line = base + last if last else first
        plain, found = plain_text(text), []
        for name, search in self._searches:
            at = search(plain, 0)
            while at >= 0:
                number = plain.count("\n", 0, at)
                begin = base + _line_begin(text, number) if number else first
                if begin > self._last[name]:
                    self._last[name] = begin
                    found.append((begin, name))
                    break
                end = plain.find("\n", at)
                at = search(plain, end + 1) if end >= 0 else -1
        return found


def _line_begin(text: bytes, number: int) -> int:
    """Where the line of this number, counted from 0, begins."""
    begin = 0
    for _ in range(number):
        begin = text.find(b"\n", begin) + 1
    return begin
