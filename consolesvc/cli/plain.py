"""What a machine once said, fit for a terminal: colours stay, whatever else could move or question it goes.

A log may hold anything: sequences that clear the screen, set its title, or have the terminal type an answer. No I/O.
"""

from __future__ import annotations

import re

RESET = b"\x1b[0m"

_CSI = rb"(?:\x1b\[|\xc2?\x9b)"
_STRING = rb"(?:\x1b[\]P_^X]|\xc2?[\x90\x98\x9d-\x9f])[^\x07\x18\x1a\x1b\x9c]{0,4000}"
_TOKEN = re.compile(
    rb"(?P<text>[\t\n\r\x20-\x7e]+"
    rb"|\xc2[\xa0-\xbf]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
    rb"|(?P<colour>\x1b\[[0-9;:]{0,64}m)"
    rb"|(?P<drop>"
    + _STRING
    + rb"(?:\x07|\x1b\\|\xc2?\x9c|[\x18\x1a])"
    + rb"|"
    + _CSI
    + rb"[\x20-\x3f]{0,128}[\x40-\x7e]"
    rb"|\x1b[\x20-\x2f]{1,16}[\x30-\x7e]"
    rb"|\x1b[0-OQ-WYZ\\`-~]"
    rb"|\xc2?[\x80-\x8f\x91-\x97\x99\x9a\x9c]"
    rb"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"
    rb")"
    rb"|(?P<other>(?s:.))"
)
"""Something to show, a colour (ECMA-48's SGR), a control, or a byte that is none of these."""

_UNFINISHED = re.compile(
    rb"\x1b(?:[\x20-\x2f]{1,16})?|" + _CSI + rb"[\x20-\x3f]{0,128}|" + _STRING + rb"(?:\x1b|\xc2)?"
    rb"|\xc2|[\xc3-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}"
)
"""What may become something with more bytes, up to the end of what is there; bounded, and so is what is held."""
_NO_TEXT = frozenset((0x1B, *range(0x80, 0xA0)))
"""Bytes that begin a control and are none by themselves; in the middle of no character, and not shown."""


class Plain:
    """Makes output plain that comes in pieces.

    Attributes:
        coloured: Whether it has let a colour through: the terminal wants RESET in the end.
    """

    def __init__(self) -> None:
        self.coloured = False
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown of the next bytes; an unfinished sequence is held."""
        data, self._held = self._held + data, b""
        shown = []
        for token in _TOKEN.finditer(data):
            if token["other"] is not None and _UNFINISHED.fullmatch(data, token.start()):
                self._held = data[token.start() :]
                break
            if token["colour"] is not None:
                self.coloured = True
            elif token["drop"] is not None or token[0][0] in _NO_TEXT:
                continue
            shown.append(token[0])
        return b"".join(shown)


def without_sequences(data: bytes) -> bytes:
    """A whole line's text, without colours either: what a search is for."""
    return b"".join(token["text"] or token["other"] or b"" for token in _TOKEN.finditer(data))
