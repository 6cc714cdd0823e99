r"""What a console said, as text in which each character knows its place in the stream. No I/O.

Patterns are matched on this text, and what is told of a match are offsets of the real bytes (DESIGN 5.3).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from consolesvc.console.stripping import LINES, Stripper

BEFORE = 256
"""Bytes in front of a transcript that tell in the middle of what it begins: no sequence is longer, but for a string."""

NEAR = 4096
"""Bytes within which a text that is cut is cut at a line's start."""


class _Stretch(NamedTuple):
    """Text whose bytes stand together: one byte a byte of text, or one byte that was replaced.

    Attributes:
        place: Of its first byte in the text, counted from the first text of all.
        offset: Of its first byte in the stream.
        size: Bytes in the stream.
    """

    place: int
    offset: int
    size: int


def _place(stretch: _Stretch) -> int:
    return stretch.place


def _offset(stretch: _Stretch) -> int:
    return stretch.offset


class Text:
    r"""Text whose characters know their places.

    Attributes:
        text: The text, UTF-8. An index is always one of this.
        context: The first index that counts. What stands in front of it was forgotten but for a byte, to which `^` and
            `\b` of a pattern look back.
        end: Offset behind the last byte that was taken.
    """

    def __init__(
        self, text: bytes | bytearray, context: int, end: int, forgotten: int, stretches: list[_Stretch]
    ) -> None:
        self.text = text
        self.context = context
        self.end = end
        self._forgotten = forgotten
        self._stretches = stretches

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.start}..{self.end}>"

    @property
    def start(self) -> int:
        """Offset of the first character that counts."""
        return self.offset(self.context)

    def offset(self, index: int) -> int:
        """Offset of the character at an index; the end's, behind the last one."""
        if index >= len(self.text):
            return self.end
        place = self._forgotten + index
        found = self._stretches[bisect_right(self._stretches, place, key=_place) - 1]
        return found.offset + min(place - found.place, found.size - 1)

    def behind(self, index: int) -> int:
        """Offset behind the character that ends at an index; the first one's, at 0."""
        return self.offset(index - 1) + 1 if index else self.offset(0)

    def index(self, offset: int) -> int:
        """Index of the first character at or behind an offset."""
        number = bisect_right(self._stretches, offset, key=_offset) - 1
        if number < 0:
            return self.context
        found = self._stretches[number]
        if offset < found.offset + found.size:
            place = found.place + offset - found.offset
        elif number + 1 < len(self._stretches):
            place = self._stretches[number + 1].place
        else:
            place = self._forgotten + len(self.text)
        return max(self.context, place - self._forgotten)

    def cut(self, most: int) -> int:
        """Where its last `most` bytes begin, or its first that count: on the next line's start, if one is near."""
        cut = len(self.text) - most
        if cut <= self.context:
            return self.context
        line = self.text.find(b"\n", cut - 1, cut + min(most // 2, NEAR))
        cut = line + 1 if line >= 0 else cut
        while cut < len(self.text) and self.text[cut] & 0xC0 == 0x80:  # noqa: PLR2004 - RFC 3629: inside a character
            cut += 1
        return cut


class Transcript(Text):
    r"""A stream's text from an offset on, as far as it is kept.

    Args:
        offset: Where it begins.
        before: The bytes in front of that, BEFORE of them at least where there are as many: what is cut there, a
            sequence or a character, is known by them.
    """

    text: bytearray

    def __init__(self, offset: int, before: bytes = b"") -> None:
        super().__init__(bytearray(), 0, offset, 0, [])
        self._begin(offset)
        for _ in self._stripper.feed(offset - len(before), before):
            pass

    def add(self, offset: int, data: bytes) -> None:
        """Take bytes. Where they do not follow what came before there is a gap, and the text begins anew."""
        if offset != self.end:
            self._begin(offset)
        self.end = offset + len(data)
        for run in self._stripper.feed(offset, data):
            if self._follows(run.offset) and run.size == len(run.text):
                last = self._stretches[-1]
                self._stretches[-1] = last._replace(size=last.size + run.size)
            else:
                self._stretches.append(_Stretch(self._forgotten + len(self.text), run.offset, run.size))
            self.text += run.text

    def snapshot(self) -> Text:
        """What it is now, for as long as somebody looks at it."""
        return Text(bytes(self.text), self.context, self.end, self._forgotten, self._stretches.copy())

    def keep(self, most: int) -> None:
        """Forget the oldest text, but for about `most` bytes of it, as `cut` has it."""
        cut = self.cut(most)
        if cut <= self.context:
            return
        del self.text[: cut - 1]
        self._forgotten += cut - 1
        self.context = 1
        del self._stretches[: max(0, bisect_right(self._stretches, self._forgotten, key=_place) - 1)]

    def _begin(self, offset: int) -> None:
        self.text.clear()
        self.context, self.end = 0, offset
        self._forgotten = 0
        self._stretches = []
        self._stripper = Stripper(LINES)

    def _follows(self, offset: int) -> bool:
        """Whether a byte at `offset` prolongs the last stretch."""
        if not self._stretches:
            return False
        last = self._stretches[-1]
        plain = self._forgotten + len(self.text) - last.place == last.size
        return plain and last.offset + last.size == offset
