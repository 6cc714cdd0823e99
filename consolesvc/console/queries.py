"""Replay that cannot type (DESIGN decision 8): terminal queries are removed from history.

A terminal answers a query by typing. In live output one answers; in a replay every page that opens would answer what a
machine asked an hour ago, into whatever reads its line now, perhaps a boot loader. No I/O; bytes in, bytes out.

The sequences are those of ECMA-48 and of xterm's control sequence document that make a terminal send something.
"""

from __future__ import annotations

import re

# C1 controls come as ESC and a letter, as one byte, or as that code point in UTF-8.
_CSI = rb"(?:\x1b\[|\xc2?\x9b)"
_STRING = rb"(?:\x1b[\]P]|\xc2?[\x90\x9d])"
_ST = rb"(?:\x07|\x1b\\|\xc2?\x9c)"
# Within a sequence, terminals carry out C0 controls and read on: a query stays one with a newline inside.
_C0 = rb"\x00-\x17\x19\x1c-\x1f"
_IN = rb"[0-9;" + _C0 + rb"]{0,64}"

_CSI_QUERY = b"|".join(
    _IN + final
    for final in (
        rb"c",
        rb"n",
        rb"\$p",
        rb"x",
        rb"(?<![0-9])(?:1[4-9]|2[01])(?:;" + _IN + rb")?t",
        rb">" + _IN + rb"[cq]",
        rb"=" + _IN + rb"c",
        rb"\?" + _IN + rb"(?:[nu]|\$p)",
    )
)
_STRING_QUERY = rb"(?:[$+]q|(?:4|1[0-9]|52);)[^\x07\x1b\x18\x1a]{0,1024}?"
_TEXT = (
    rb"[\x00-\x04\x06-\x1a\x1c-\x7f]+"
    rb"|\xc2[\x80-\x8f\x91-\x99\x9c\x9e-\xbf]|[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_TOKEN = re.compile(
    rb"(?P<query>\x05|\x1bZ|\xc2?\x9a|" + _CSI + rb"(?:" + _CSI_QUERY + rb"))"
    rb"|(?P<string>" + _STRING + _STRING_QUERY + _ST + rb")"
    rb"|(?P<text>" + _TEXT + rb")"
    rb"|(?P<other>(?s:.))"
)
"""A query, or a piece of anything else. UTF-8 characters are pieces: a byte inside one is no C1 control."""

_BEGINNING = re.compile(
    rb"\x1b|\xc2|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}|[\xc3-\xdf]"
    rb"|" + _CSI + rb"[>=?0-9;$" + _C0 + rb"]{0,200}"
    rb"|" + _STRING + rb"[^\x07\x18\x1a\x1b]{0,1024}\x1b?"
)
"""What a query, or a character, may begin with, up to the end of what is there."""


class QueryFilter:
    """Removes terminal queries from a stream that comes in pieces."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """What may be shown of the next bytes; the beginning of a sequence is held until its end is seen."""
        data, self._held = self._held + data, b""
        shown = []
        for piece in _TOKEN.finditer(data):
            if piece["other"] is not None and _BEGINNING.fullmatch(data, piece.start()):
                self._held = data[piece.start() :]
                break
            if piece["query"] is None and not _asks(piece["string"]):
                shown.append(piece[0])
        return b"".join(shown)

    def flush(self) -> bytes:
        """What is still held, where the replay ends: it goes on in live output."""
        held, self._held = self._held, b""
        return held


def _asks(string: bytes | None) -> bool:
    """Whether a control string asks: DECRQSS and XTGETTCAP do, a colour or the clipboard with a question mark."""
    return string is not None and (b"?" in string or b"$q" in string[:5] or b"+q" in string[:5])
