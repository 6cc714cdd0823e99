"""From bytes to keys: UTF-8 and the escape sequences that terminals send for cursor keys."""

from __future__ import annotations

import codecs
from typing import Final

LEFT: Final = "<left>"
RIGHT: Final = "<right>"
UP: Final = "<up>"
DOWN: Final = "<down>"
HOME: Final = "<home>"
END: Final = "<end>"
DELETE: Final = "<delete>"
WORD_LEFT: Final = "<word left>"
WORD_RIGHT: Final = "<word right>"
WORD_RUBOUT: Final = "<word rubout>"

_ESC: Final = "\x1b"
_LONGEST: Final = 32

_SEQUENCES: Final = {
    "[D": LEFT, "OD": LEFT, "[C": RIGHT, "OC": RIGHT, "[A": UP, "OA": UP, "[B": DOWN, "OB": DOWN,
    "[H": HOME, "OH": HOME, "[1~": HOME, "[7~": HOME, "[F": END, "OF": END, "[4~": END, "[8~": END,
    "[3~": DELETE, "b": WORD_LEFT, "[1;5D": WORD_LEFT, "f": WORD_RIGHT, "[1;5C": WORD_RIGHT, "\x7f": WORD_RUBOUT,
}  # fmt: skip


class KeyDecoder:
    """Takes bytes, gives keys: a printable character, a control character, or one of this module's names.

    Bytes that are no UTF-8 become U+FFFD; sequences it does not know (a terminal's answers, function keys) vanish.
    """

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequence: str | None = None

    def __repr__(self) -> str:
        return f"<KeyDecoder within {self._sequence!r}>"

    def feed(self, byte: int) -> list[str]:
        """The keys that `byte` completes: none, one, or two where it also ends an unfinished character."""
        keys = (self._key(char) for char in self._utf8.decode(bytes((byte,))))
        return [key for key in keys if key is not None]

    def _key(self, char: str) -> str | None:
        if char == _ESC:
            self._sequence = ""
            return None
        if self._sequence is None:
            return char
        if char < " " or len(self._sequence) > _LONGEST:
            self._sequence = None
            return char
        self._sequence += char
        if self._sequence in ("[", "O") or (self._sequence[0] == "[" and not "@" <= char <= "~"):
            return None
        sequence, self._sequence = self._sequence, None
        return _SEQUENCES.get(sequence)
