"""What a terminal answers by itself, told apart from what somebody types (DESIGN decision 8). No I/O.

A machine asks a terminal by a sequence in its output (queries.py), and the terminal types its answer. With several
terminals on one console each would: so answers have to be known, and all but one terminal's are dropped.

An answer is a whole sequence of one of these forms, in ECMA-48's and xterm's words:

    CSI    cursor position (R), status (n), device attributes (?c >c =c), modes ($y), parameters (x), sizes (t), extents
           ("w), keyboard flags (?u), graphics (?S)
    OSC    a number and text: colours, the clipboard; and titles (l, L)
    DCS    anything: settings, capabilities, versions; APC G: kitty's graphics

and beside answers there are reports, which a terminal sends unasked once a program has switched them on: focus (CSI I,
CSI O), size (CSI 48 t) and theme (CSI ?997 n). All other sequences are keys, pastes and mice: somebody types them.
`CSI 1;2R` is Shift+F3 on some terminals and a position on all: it is taken for an answer.

Answers come in one piece, hardly ever in two. So the beginning of one at the end of a message is held until the next
message comes, or for HELD seconds: then it was typed. A lone ESC is a key, and is never held.
"""

from __future__ import annotations

import re
from typing import NamedTuple

HELD = 0.1
"""Seconds for which what may be the beginning of an answer is held."""
LONGEST = 4096
"""Bytes that are held at most; a longer string that is split, such as a clipboard's, is taken for typed."""
LARGEST = 16 * 1024
"""Bytes of a message that answers are looked for in; a larger one is a paste or a file, and typed as it is."""

# Controls come as ESC and a letter, as one byte, or as that code point in UTF-8 (as in queries.py).
_CSI = rb"(?:\x1b\[|\xc2?\x9b)"
_OSC = rb"(?:\x1b\]|\xc2?\x9d)"
_DCS = rb"(?:\x1bP|\xc2?\x90)"
_APC = rb"(?:\x1b_|\xc2?\x9f)"
_ST = rb"(?:\x1b\\|\xc2?\x9c)"
_NUMBERS = rb"[0-9;:]{1,64}"
_CHARACTER = rb"\xc2[\xa0-\xbf]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
_WITHIN = rb"(?:[\x20-\x7e]|" + _CHARACTER + rb")*+"
"""What a control string holds."""

_CSI_ANSWER = b"|".join(
    (
        rb"\??[0-9]{1,5}(?:;[0-9]{1,5}){1,2}R",
        rb"\??" + _NUMBERS + rb"n",
        rb"[?>=][0-9;]{0,64}c",
        rb"\??[0-9]{1,5};[0-9]\$y",
        rb"[23];" + _NUMBERS + rb"x",
        rb"(?:[12]|[3-689];[0-9]{1,6};[0-9]{1,6})t",
        rb"[0-9;]{1,32}\"w",
        rb"\?[0-9]{1,5}u",
        rb"\?" + _NUMBERS + rb"S",
    )
)
_TEXT = (
    rb"(?:[\x00-\x1a\x1c-\x7f]|" + _CHARACTER + rb"|[\x80-\x8f\x91-\x9a\x9c\x9e\xa0-\xc1\xc3-\xff]"
    rb"|\xc2(?![\x90\x9b\x9d\x9f])|\x1b(?![\[\]P_])|" + _CSI + rb"(?![0-9:;?>=IO]|\Z))++"
)
"""All but the introducers; and of those the ones that can be seen to introduce no answer. UTF-8 characters are whole: a
byte inside one is no 8-bit control."""
_TOKEN = re.compile(
    rb"(?P<text>" + _TEXT + rb")"
    rb"|(?P<report>" + _CSI + rb"(?:[IO]|48;" + _NUMBERS + rb"t|\?997;[12]n))"
    rb"|" + _CSI + rb"(?P<csi>" + _CSI_ANSWER + rb")"
    rb"|" + _OSC + rb"(?P<osc>(?:[0-9]{1,4};|[lL])" + _WITHIN + rb")(?:\x07|" + _ST + rb")"
    rb"|" + _DCS + rb"(?P<dcs>" + _WITHIN + rb")" + _ST + rb"|" + _APC + rb"(?P<apc>G" + _WITHIN + rb")" + _ST + rb""
    rb"|(?P<other>(?s:.))"
)
"""A stretch of text, a report, an answer without its introducer, or one byte of what is none of these."""

_BEGINNING = re.compile(
    _CSI + rb"[?>=]?[0-9;:]{0,64}[$\"]?"
    rb"|(?:" + _OSC + rb"|" + _DCS + rb"|" + _APC + rb")" + _WITHIN + rb"(?:\x1b|[\xc2-\xf4][\x80-\xbf]{0,2})?"
)
"""What an answer may begin with, up to the end of what is there."""


_STRING_KIND = re.compile(rb"(?:[45]|1[0-9]|21|52)(?=;)|[01]?(?:[$+]r|>\||!\|)")
"""The control strings that programs ask for; all others count as of one kind, or a client could make up any number."""


class Typed(NamedTuple):
    """Bytes that somebody typed."""

    data: bytes


class Answer(NamedTuple):
    """One answer or report of a terminal.

    Attributes:
        kind: The same for all answers to one kind of question, whatever they say; empty for a report.
    """

    data: bytes
    kind: bytes


class Answers:
    """Finds the answers in what one viewer sends, message by message."""

    def __init__(self) -> None:
        self._held = b""

    @property
    def holds(self) -> bool:
        """Whether something is held that may be the beginning of an answer."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Typed | Answer]:
        """A message's pieces, in order; together, over all messages, they are all that was sent."""
        keys = data.isascii() and b"\x1b" not in data  # all that most messages ever are
        data, held, self._held = self._held + data, self._held, b""
        if (keys and not held) or len(data) > LARGEST:
            return [Typed(data)]
        pieces: list[Typed | Answer] = []
        typed: list[bytes] = []
        for found in _TOKEN.finditer(data):
            if found.lastgroup in ("text", "other"):
                if found.lastgroup == "other" and self._hold(data, found.start()):
                    break
                typed.append(found[0])
                continue
            if typed:
                pieces.append(Typed(b"".join(typed)))
                typed.clear()
            pieces.append(Answer(found[0], _kind(found)))
        return [*pieces, Typed(b"".join(typed))] if typed else pieces

    def flush(self) -> list[Typed | Answer]:
        """What is held, where no more has come in time: it was typed."""
        held, self._held = self._held, b""
        return [Typed(held)] if held else []

    def _hold(self, data: bytes, start: int) -> bool:
        if len(data) - start > LONGEST or not _BEGINNING.fullmatch(data, start):
            return False
        self._held = data[start:]
        return True


def _kind(found: re.Match[bytes]) -> bytes:
    """What distinguishes the answers to one question from those to others, and not terminals from each other."""
    if (csi := found["csi"]) is not None:
        # A size's first number says of what it is; any other answer's is a value.
        return b"[" + (csi[:1] if csi[-1:] == b"t" else csi[:1].strip(b"0123456789")) + csi[-1:]
    if (string := found["osc"] or found["dcs"]) is not None:
        known = _STRING_KIND.match(string)
        return found.lastgroup.encode() + (known[0] if known else b"")  # type: ignore[union-attr]  # a group has matched
    return b"apc" if found["apc"] is not None else b""
