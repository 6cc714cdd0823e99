"""A console's bytes as plain text while they come: what a person reads, and where each piece of it stands. No I/O.

The rules are those of text.py, but for one: a control string (OSC, DCS, SOS, PM, APC) ends with its line at the latest.
Of bytes that are still coming nobody knows whether the end of the string ever does, and a byte of noise must not blind
whoever waits.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from consolesvc.console.utf8 import unfinished

REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
"""In the place of a byte that is no UTF-8."""
LINES = b"\t\n"
"""The control characters that are text (text.py)."""

_MULTI = (
    rb"\xc2[\xa0-\xbf]|[\xc3-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
"""A character of several bytes, but for the controls U+0080 to U+009F."""
_CUT = rb"[\xc2-\xdf]|\xe0[\xa0-\xbf]?|\xed[\x80-\x9f]?|[\xe1-\xef][\x80-\xbf]?|\xf0(?:[\x90-\xbf][\x80-\xbf]?)?"
_UNFINISHED = re.compile(
    rb"\x1b(?:[ -/]{1,16}|\](?:P[0-9A-Fa-f]{0,6})?)?|" + _CUT + rb"|[\xf1-\xf3][\x80-\xbf]{0,2}"
    rb"|\xf4(?:[\x80-\x8f][\x80-\xbf]?)?"
)
"""What may be the beginning of something, up to the end of what is there."""
LONGEST_UNFINISHED = 17
_PARAMETERS = re.compile(rb"[ -?]*")
_IN_STRING = re.compile(rb"(?:[\x20-\x7f]++|" + _MULTI + rb"|[\xa0-\xff])*+")
_STRING_END = re.compile(rb"\x07|\x1b\\|\xc2?\x9c")


@functools.cache
def _ground(controls: bytes) -> re.Pattern[bytes]:
    """What stands between sequences, with these control characters as text."""
    return re.compile(
        rb"(?P<text>(?:[\x20-\x7f" + re.escape(controls) + rb"]++|" + _MULTI + rb")++)"
        rb"|(?P<skip>\x1b\](?:R|P[0-9A-Fa-f]{7}))"  # Linux's palette: an OSC that has no end
        rb"|(?P<csi>\x1b\[|\xc2?\x9b)"
        rb"|(?P<string>\x1b[]PX^_]|\xc2?[\x90\x98\x9d-\x9f])"
        rb"|(?:\x1b[ -/]{0,16}[0-~]|[\x00-\x1f]|\xc2?[\x80-\x9f])"
        rb"|(?P<other>(?s:.))"
    )


class Run(NamedTuple):
    """Text that stands together.

    Attributes:
        offset: Of its first byte in the stream.
        size: Bytes of the stream; as many as `text` has, or 1 for a byte that was replaced.
        text: UTF-8.
    """

    offset: int
    size: int
    text: bytes


class Stripper:
    """Takes a stream's bytes in pieces of any size, and gives its text.

    Args:
        controls: The control characters that are kept.

    What comes out does not depend on where the pieces are cut; up to LONGEST_UNFINISHED bytes are held until more come.
    """

    def __init__(self, controls: bytes = LINES) -> None:
        self._ground = _ground(controls)
        self._state = ""
        self._held = b""

    def feed(self, offset: int, data: bytes) -> Iterator[Run]:
        """The text of the next bytes, the first of which is at `offset`. To be used up: the state goes on with it."""
        offset -= len(self._held)
        data, self._held = self._held + data, b""
        place = 0
        while place < len(data):
            if self._state == "csi":
                place = self._in_csi(data, place)
                continue
            if self._state == "string":
                place = self._in_string(data, place)
                continue
            if len(data) - place <= LONGEST_UNFINISHED and _UNFINISHED.fullmatch(data, place):
                self._held = data[place:]
                return
            found = self._ground.match(data, place)
            assert found is not None  # noqa: S101 - its last alternative takes any byte
            place = found.end()
            if found.lastgroup == "text":
                yield Run(offset + found.start(), len(found[0]), found[0])
            elif found.lastgroup == "other":
                yield Run(offset + found.start(), 1, REPLACEMENT)
            elif found.lastgroup in ("csi", "string"):
                self._state = found.lastgroup

    def _in_csi(self, data: bytes, place: int) -> int:
        """Pass over a control sequence, or a piece of one; whence to go on."""
        found = _PARAMETERS.match(data, place)
        assert found is not None  # noqa: S101 - it matches nothing at least
        place = found.end()
        if place < len(data):
            self._state = ""
            place += b"@" <= data[place : place + 1] <= b"~"  # anything else breaks it off
        return place

    def _in_string(self, data: bytes, place: int) -> int:
        """Pass over a control string, or a piece of one; whence to go on."""
        cut = len(data) - unfinished(data[max(place, len(data) - 3) :])
        found = _IN_STRING.match(data, place, cut)
        assert found is not None  # noqa: S101 - it matches nothing at least
        place = found.end()
        if place == cut or data[place:] == b"\x1b":
            self._held = data[place:]
            return len(data)
        end = _STRING_END.match(data, place)
        self._state = ""
        return place if end is None else end.end()
