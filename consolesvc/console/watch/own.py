"""Patterns of one's own, each looked for in every line of a console's text. Bytes and time in, lines out; no I/O.

Every line that matches is told: five disks that want a check are five. A machine that says it without end is bounded:
BURST lines at once and RATE a second of each pattern; how many more there were is said with one that is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from consolesvc.config.patterns import line_searcher
from consolesvc.console.text import plain_text

LONGEST_LINE = 4096
"""Bytes of an unfinished line that are kept, its last ones."""
BURST = 20
"""Lines of a pattern that are told at once."""
RATE = 5.0
"""Lines of a pattern that are told a second, beyond."""
COUNTED = 100
"""Further lines of a pattern that are counted in one piece, at most: to look for all of them would take long."""


class Line(NamedTuple):
    """A line that a pattern matches.

    Attributes:
        offset: Where it begins.
        name: The pattern's name.
        more: Lines that matched as well and are not told: behind it in its piece, or before it; at least so many.
    """

    offset: int
    name: str
    more: int = 0


class _Pattern:
    """One pattern, and how much may be told of it."""

    def __init__(self, name: str, pattern: str, *, once: bool) -> None:
        self.name = name
        self._search = line_searcher(pattern)
        self._once = once
        self._last = -1
        self._left = float(BURST)
        self._more = 0

    def lines(self, text: bytes, plain: str, base: int, first: int, gained: float) -> list[Line]:
        """The new lines in a text that begins at the offset `base`, in a line that begins at `first`."""
        self._left = min(float(BURST), self._left + gained)
        most, found = 1 if self._once else int(self._left), list[Line]()
        for count, begin in enumerate(self._matches(text, plain, base, first)):
            if count < most:
                found.append(Line(begin, self.name))
            elif self._once or count == most + COUNTED:
                break
            else:
                self._more += 1
            self._last = begin
        self._left -= len(found)
        if found and self._more:
            found[-1] = found[-1]._replace(more=self._more)
            self._more = 0
        return found

    def _matches(self, text: bytes, plain: str, base: int, first: int) -> Iterator[int]:
        """Where each matching line begins that was not met before."""
        at, seen, begin = self._search(plain, 0), 0, 0
        while at >= 0:
            for _ in range(plain.count("\n", seen, at)):
                begin = text.find(b"\n", begin) + 1
            seen = at
            offset = base + begin if begin else first
            if offset > self._last:
                yield offset
            end = plain.find("\n", at)
            at = self._search(plain, end + 1) if end >= 0 else -1


class OwnPatterns:
    """Looks for patterns in the text, without what drives a terminal, as it comes.

    Args:
        patterns: Name and pattern (RE2) of each.
        once: Names of patterns of which the first line in each piece is told, and others are not counted.
    """

    def __init__(self, patterns: Sequence[tuple[str, str]], once: Collection[str] = ()) -> None:
        self._patterns = [_Pattern(name, pattern, once=name in once) for name, pattern in patterns]
        self._fed: float | None = None
        self._next = -1
        self._unfinished = b""
        self._line = 0

    def __repr__(self) -> str:
        return f"<OwnPatterns {', '.join(pattern.name for pattern in self._patterns)}>"

    def __len__(self) -> int:
        return len(self._patterns)

    def break_off(self) -> None:
        """Hear that what comes next does not go on from what came before."""
        self._next = -1

    def feed(self, offset: int, data: bytes, now: float) -> list[Line]:
        """Look at the next bytes; the new lines in them that are to be told, pattern by pattern.

        A line counts once for a pattern, however many pieces it comes in.

        Args:
            offset: Of the first byte.
            data: The bytes.
            now: Seconds, monotonic.
        """
        if offset != self._next:
            self._unfinished, self._line = b"", offset
        text, first = self._unfinished + data, self._line
        base = offset - len(self._unfinished)
        self._next = offset + len(data)
        last = text.rfind(b"\n") + 1
        self._unfinished = text[max(last, len(text) - LONGEST_LINE) :]
        self._line = base + last if last else first
        gained, self._fed = 0.0 if self._fed is None else RATE * (now - self._fed), now
        plain = plain_text(text)
        return [line for each in self._patterns for line in each.lines(text, plain, base, first, gained)]
