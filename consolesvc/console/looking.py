"""What one `wait` looks for, and how far it has looked (DESIGN 5.3 `wait`).

New text is looked through at once, but only from where a short match could begin (`glance`). A pattern that repeats
without end may match more than that: all of the text is looked through for it now and then, and before any is
forgotten (`look`), and that alone decides what matches.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from consolesvc.console.console import Console
from consolesvc.console.patterns import ALLOWANCE, Match, Pattern, is_plain, longest_match, search_first
from consolesvc.console.transcript import Text

LONGEST = 64 * 1024
"""Bytes of text that a match may have: as many are kept while more is waited for."""
GLANCE = 1024
"""Bytes of old text that are looked through again with new text, for a pattern whose matches have no bound."""
QUIET = 0.1
"""Seconds for which nothing must follow a match that ends where the text does, and might end elsewhere with more."""
QUIET_CHARACTERS, LONGEST_QUIET = 10, 2.0
"""The same in characters of a line whose speed is known, and seconds that this makes at most."""
AHEAD = 8
"""Bytes behind its end on which a match may depend: `$` and `\\b` look at the next character."""
REST = 4
"""How many times as long as a look took, the next one is put off: nobody has more than a fifth of a searcher."""

BITS_A_CHARACTER = 10


@dataclass(frozen=True, slots=True)
class Found:
    """A match.

    Attributes:
        index: Of the pattern that matched.
        text: What it matched, without escape sequences.
        start: Offset of its first byte.
        end: Offset behind its last byte.
        groups: What the pattern's groups matched; None for one that took no part.
        named: Likewise, of those that have a name.
    """

    index: int
    text: str
    start: int
    end: int
    groups: tuple[str | None, ...]
    named: dict[str, str | None]


class Wanted:
    """The patterns of one wait.

    Args:
        patterns: One at least.
        begin: Offset at which the text begins; `^` matches there.

    Attributes:
        begin: As given.
        start: Offset from which a match could still begin: whoever goes on later does so from here.
        floor: Likewise, as far as this wait knows by its own patterns; at `start` or behind.
        bounded: Whether a glance sees all.
        touching: Whether what matched last ends where the text ended: only silence makes it a match.
        ready: When the next look may be made, in the loop's time.
        looked: When the last one was made; likewise.
    """

    def __init__(self, patterns: Sequence[Pattern], begin: int) -> None:
        self.patterns = patterns
        self.begin = self.start = self.floor = begin
        reaches = [longest_match(pattern) for pattern in patterns]
        self.bounded = None not in reaches
        self.touching = False
        self.ready = self.looked = 0.0
        self._reaches = [AHEAD + (GLANCE if reach is None else reach) for reach in reaches]
        self._plain = [is_plain(pattern) for pattern in patterns]
        self._size = sum(pattern.programsize for pattern in patterns)

    def __repr__(self) -> str:
        return f"<Wanted {len(self.patterns)} patterns from {self.start}>"

    @property
    def reach(self) -> int:
        """Bytes of old text that a glance looks at again, at most."""
        return max(self._reaches)

    def glance(self, tail: bytes, new: int, begin: int) -> bool | None:
        """Whether something matches at the end of the text; None where nobody can say so quickly.

        Args:
            tail: The text's end, with a byte more than `reach` in front of what is new, where there are as many.
            new: Bytes of it that were not there at the last glance.
            begin: Where in it the wait begins; 0 or below where it began before.
        """
        if begin > 0:
            tail = tail[begin:]
        size = len(tail)
        if not ALLOWANCE.allows(self._size * min(size, new + self.reach)):
            return None
        begun = time.perf_counter()
        for pattern, reach in zip(self.patterns, self._reaches, strict=True):
            if pattern.search(tail, max(0, size - new - reach)) is not None:
                ALLOWANCE.spend(begun)
                return True
        ALLOWANCE.spend(begun)
        return False

    async def look(self, text: Text, *, last: bool) -> Found | None:
        """Look through all of the text from `floor` on.

        Args:
            text: It begins at `floor` or before.
            last: Whether a match that ends with it counts: nothing more is at hand, and nothing came for a moment.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        begin, floor = text.index(self.begin), text.index(self.floor)
        part, at = (text.text[begin:], begin) if begin > text.context else (text.text, 0)
        self.touching = False
        found = await search_first(self.patterns, bytes(part), floor - at) if floor < len(text.text) else None
        self.looked = loop.time()
        self.ready = self.looked + REST * (self.looked - begun)
        if found is None:
            self._pass(text)
            return None
        index, match = found
        if match.span()[1] == len(part) and not (last or self._plain[index]):
            self.touching = True
            return None
        return _found(index, match, text, at)

    def _pass(self, text: Text) -> None:
        """Nothing in all of this matches: remember how much of it need not be looked at again."""
        self.start = max(self.start, text.offset(text.cut(LONGEST)))
        most = min(LONGEST, self.reach) if self.bounded else LONGEST
        self.floor = max(self.floor, self.start, text.offset(max(text.context, len(text.text) - most)))


def quiet_at(console: Console) -> float:
    """When nothing will have come for a moment, if nothing does, in the loop's time; 0 where nothing has come yet."""
    if console.last_output is None:
        return 0.0
    settings = getattr(console.reconnecting.opener.spec, "settings", None)
    slow = 0.0 if settings is None else QUIET_CHARACTERS * BITS_A_CHARACTER / settings.baud
    return console.last_output + max(QUIET, min(LONGEST_QUIET, slow))


def is_quiet(console: Console) -> bool:
    """Whether nothing has come for a moment."""
    return asyncio.get_running_loop().time() >= quiet_at(console)


def _found(index: int, match: Match, text: Text, at: int) -> Found:
    begin, end = (place + at for place in match.span())
    start = text.offset(begin)
    return Found(
        index,
        bytes(text.text[begin:end]).decode("utf-8", "replace"),
        start,
        text.behind(end) if end > begin else start,
        tuple(map(_text, match.groups())),
        {name: _text(value) for name, value in match.groupdict().items()},
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
