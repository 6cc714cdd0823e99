r"""Whether a console sent back what was typed (DESIGN 5.3 `send`). No I/O.

An echo is seldom the bytes that were typed. A shell wraps a long line, some by printing the next character, a CR or a
backspace, and that character again; it may colour what it repeats. So what is compared is the characters alone, without
white space and escape sequences, and after a CR or a backspace the last of them may come once more.

It is the Shift-And search (Baeza-Yates and Gonnet): bit i of a number says that the first i + 1 characters have been
seen. It costs the same whatever is typed and whatever comes back.
"""

from __future__ import annotations

from consolesvc.console.stripping import Stripper
from consolesvc.console.transcript import Transcript

_BACK = b"\b\r"
_BLANK = frozenset(b" \t\n\x7f")


class Echo:
    """Looks for the echo of what is typed.

    Args:
        typed: What is typed. Control characters and sequences in it have no echo of their own.

    Attributes:
        seen: Offset behind the echo's last character; None before it has come.
    """

    def __init__(self, typed: bytes) -> None:
        text = Transcript(0)
        text.add(0, typed)
        wanted = [byte for byte in text.text if byte not in _BLANK]
        self._masks: dict[int, int] = {}
        for place, byte in enumerate(wanted):
            self._masks[byte] = self._masks.get(byte, 0) | 1 << place
        self._last = 1 << len(wanted) >> 1
        self._state = 0
        self._stripper = Stripper(b"\t\n" + _BACK)
        self.seen: int | None = None

    def __repr__(self) -> str:
        return f"<Echo seen {self.seen}>"

    @property
    def silent(self) -> bool:
        """Whether there is nothing to be seen: only control characters or white space were typed."""
        return not self._last

    def feed(self, offset: int, data: bytes) -> bool:
        """Look at the next bytes of output; whether the echo is there."""
        for run in self._stripper.feed(offset, data):
            if self.seen is None:
                place = self._look(run.text)
                if place is not None:
                    self.seen = run.offset + place + 1
        return self.seen is not None

    def _look(self, text: bytes) -> int | None:
        """The index at which the echo ends; None where it does not end here."""
        state, masks, last = self._state, self._masks, self._last
        for place, byte in enumerate(text):
            if byte in _BACK:
                state |= state >> 1
            elif byte not in _BLANK:
                state = (state << 1 | 1) & masks.get(byte, 0)
                if state & last:
                    return place
        self._state = state
        return None
