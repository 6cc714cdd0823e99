"""The keys of `attach`: ssh's, `~.` at the start of a line, and conserver's, `^Ec.` anywhere. No I/O.

    plain ──first of the sequence──> begun ──second──> command ──l──> break
      │                                └─ any other: both are the console's
      └──~ at the start of a line──> tilde ──any other: both are the console's

A first key that may begin a sequence is held until the next one shows what it was meant for, `~` as ssh does, `^E` as
conserver does; but `^E` alone is also the end of the line to every shell, so who reads the keys lets go of it with
`flush` when nothing follows. The keys that both know mean what they mean there (peers.md section 7).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from consolesvc.cli.attach.line_start import LINE_ENDS, LineStart
from consolesvc.cli.attach.notation import caret

HOLD = 1.0
"""Seconds for which the first key of a sequence is held."""

OCTAL, OCTAL_DIGITS = b"01234567", 3


class Do(enum.Enum):
    """What a key asks for."""

    LEAVE = "leave"
    HELP = "help"
    BREAK = "break"
    BREAKS = "breaks"
    WHO = "who"
    SIZE = "size"
    SUSPEND = "suspend"
    REQUEST = "request"
    TAKE = "take"
    VIEW = "view"
    GRANT = "grant"
    DENY = "deny"
    LAST_LINE = "last line"
    LINES_20 = "20 lines"
    LINES_60 = "60 lines"
    INFO = "info"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Wish:
    """Something asked for by an escape.

    Attributes:
        do: What.
        text: For CHANGED the new sequence, for UNKNOWN what was typed, as people write keys.
    """

    do: Do
    text: str = ""


TILDE = {
    b".": Do.LEAVE,
    b"?": Do.HELP,
    b"b": Do.BREAK,
    b"B": Do.BREAK,
    b"w": Do.WHO,
    b"t": Do.SIZE,
    b"\x1a": Do.SUSPEND,
}
"""After the escape at the start of a line."""
COMMANDS = {
    b".": Do.LEAVE,
    b"?": Do.HELP,
    b"a": Do.REQUEST,
    b"f": Do.TAKE,
    b"s": Do.VIEW,
    b"g": Do.GRANT,
    b"n": Do.DENY,
    b"w": Do.WHO,
    b"r": Do.LINES_20,
    b"p": Do.LINES_60,
    b"\x12": Do.LAST_LINE,
    b"i": Do.INFO,
    b"t": Do.SIZE,
    b"z": Do.SUSPEND,
    b"\x1a": Do.SUSPEND,
}
"""After the sequence."""
BREAKS = {b"0": Do.BREAK, b"?": Do.BREAKS}
"""After the sequence and `l`."""


class Keys:
    """Finds escapes in what is typed, however it is split.

    Args:
        escape: The key that begins an escape at the start of a line; None for none.
        sequence: The two keys that begin one anywhere; None for none.
    """

    def __init__(self, escape: int | None = ord("~"), sequence: bytes | None = b"\x05c") -> None:
        self.escape = escape
        self.sequence = sequence
        self._first, self._second = _pair(sequence)
        self._line = LineStart()
        self._collected = b""
        self._found: list[bytes | Wish] = []
        self._state: Callable[[int], None] = self._plain

    def __repr__(self) -> str:
        return f"<Keys {self._state.__name__.strip('_')}>"

    @property
    def holding(self) -> bool:
        """Whether the first key of the sequence is held."""
        return self._state == self._begun

    def feed(self, data: bytes) -> list[bytes | Wish]:
        """What typed bytes come to, in order: bytes for the console, and wishes. What follows LEAVE is dropped."""
        for byte in data:
            self._state(byte)
            if self._found and self._found[-1] == Wish(Do.LEAVE):
                break
        return self._taken()

    def flush(self) -> list[bytes | Wish]:
        """Let go of the first key of the sequence, where it is held."""
        if self.holding:
            self._state = self._plain
            self._send(self._first)
        return self._taken()

    def _taken(self) -> list[bytes | Wish]:
        taken, self._found = self._found, []
        return taken

    def _send(self, byte: int) -> None:
        """A byte for the console."""
        self._line.feed(byte)
        last = self._found[-1] if self._found else None
        if isinstance(last, bytes):
            self._found[-1] = last + bytes((byte,))
        else:
            self._found.append(bytes((byte,)))

    def _wish(self, do: Do, text: str = "") -> None:
        self._state = self._plain
        self._found.append(Wish(do, text))

    def _plain(self, byte: int) -> None:
        if byte == self.escape and self._line.begins:
            self._state = self._tilde
        elif byte == self._first:
            self._state = self._begun
        else:
            self._send(byte)

    def _tilde(self, byte: int) -> None:
        self._state = self._plain
        do = TILDE.get(bytes((byte,)))
        if byte == self.escape:
            self._send(byte)
        elif do is not None:
            self._wish(do)
        else:  # no escape after all: both bytes are meant for the console
            self._send(self.escape or 0)
            self._plain(byte)

    def _begun(self, byte: int) -> None:
        if byte == self._second:
            self._state = self._command
            return
        self._state = self._plain
        self._send(self._first)
        self._plain(byte)

    def _command(self, byte: int) -> None:
        do = COMMANDS.get(bytes((byte,)))
        if do is not None:
            self._wish(do)
        elif byte == ord("l"):
            self._state = self._break
        elif byte == ord("e"):
            self._state = self._change
        elif byte == ord("\\"):
            self._state = self._octal
        elif byte in LINE_ENDS:  # conserver: go on, ignore the sequence
            self._state = self._plain
        else:
            self._wish(Do.UNKNOWN, caret(bytes((byte,))))

    def _break(self, byte: int) -> None:
        do = BREAKS.get(bytes((byte,)))
        self._wish(*(do,) if do is not None else (Do.UNKNOWN, caret(b"l%c" % byte)))

    def _change(self, byte: int) -> None:
        self._collected += bytes((byte,))
        if len(self._collected) < 2:  # noqa: PLR2004 - a sequence is two keys
            return
        sequence, self._collected = self._collected, b""
        self._state = self._plain
        if sequence[0] == self.escape or sequence[0] in LINE_ENDS:
            self._wish(Do.UNKNOWN, f"e{caret(sequence)}")
        else:
            self.sequence = sequence
            self._first, self._second = _pair(sequence)
            self._wish(Do.CHANGED, caret(sequence))

    def _octal(self, byte: int) -> None:
        self._collected += bytes((byte,))
        if byte in OCTAL and len(self._collected) < OCTAL_DIGITS:
            return
        digits, self._collected = self._collected, b""
        if byte in OCTAL and digits[0] in b"0123":
            self._state = self._plain
            self._send(int(digits, 8))
        else:
            self._wish(Do.UNKNOWN, "\\" + caret(digits))


def _pair(sequence: bytes | None) -> tuple[int, int]:
    """The keys of a sequence; what no key is, where there is none."""
    return (-1, -1) if sequence is None else (sequence[0], sequence[1])
