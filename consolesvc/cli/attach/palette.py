"""The colours of a terminal that a console's output has changed (OSC 4, 10 to 19), and their way back. No I/O."""

from __future__ import annotations

ASKED = b"?"
FIRST, LAST = 10, 19
"""Numbers of the strings that set the colours of text, background, cursor and others; 100 more sets each back."""
_DIGITS = 4
"""Of the number of a colour; a longer one is none."""


class Palette:
    """Follows the strings that set colours."""

    def __init__(self) -> None:
        self._colours: set[int] = set()
        self._others: set[int] = set()

    def told(self, number: bytes, rest: bytes) -> None:
        """Take a string for the terminal: its number, and what follows that."""
        kind, parts = _number(number), rest.split(b";")
        if kind == 4:  # noqa: PLR2004 - OSC 4: pairs of a number and a colour
            pairs = zip(map(_number, parts[::2]), parts[1::2], strict=False)
            self._colours.update(each for each, colour in pairs if each is not None and colour != ASKED)
        elif kind == 104 and rest:  # noqa: PLR2004 - OSC 104: back
            self._colours.difference_update(each for each in map(_number, parts) if each is not None)
        elif kind == 104:  # noqa: PLR2004 - all of them
            self._colours.clear()
        elif kind is not None and FIRST <= kind <= LAST:  # one colour is that of the next number
            self._others.update(each for each, colour in enumerate(parts, kind) if each <= LAST and colour != ASKED)
        elif kind is not None and FIRST <= kind - 100 <= LAST:
            self._others.discard(kind - 100)

    def undo(self) -> bytes:
        """What sets the changed ones back; they are known to be so from then on."""
        undone = [b"\x1b]%d\x1b\\" % (100 + each) for each in sorted(self._others)]
        if self._colours:
            undone.insert(0, b"\x1b]104;%b\x1b\\" % b";".join(b"%d" % each for each in sorted(self._colours)))
        self._colours.clear()
        self._others.clear()
        return b"".join(undone)


def _number(text: bytes) -> int | None:
    return int(text) if text.isdigit() and len(text) <= _DIGITS else None
