r"""A console's bytes as plain text: what a person would have read, without what drives a terminal. No I/O.

Bytes are UTF-8, with U+FFFD for what is not. Escape sequences go whole, not only their ESC (nova-contract 1.3 and 6):
CSI, the strings OSC, DCS, SOS, PM and APC with their end (BEL for OSC, or ST), and every other ESC with its one final
byte. The 8-bit controls 80..9F are the same sequences in one byte; they count only where UTF-8 does not make them part
of a character. Control characters go too, but for TAB and LF. Nothing that is left moves a cursor or answers a query.
"""

from __future__ import annotations

import re

from consolesvc.console.utf8 import unfinished

_C1 = "\x80-\x9f\udc80-\udc9f"
"""The controls 80..9F, as characters and as the surrogates that stand for bytes which are no UTF-8."""
_CSI, _OSC, _ST = ("[\x9b\udc9b]", "[\x9d\udc9d]", "[\x9c\udc9c]")
_STRING = "[\x90\x98\x9e\x9f\udc90\udc98\udc9e\udc9f]"
_PARAMETERS = "[0-?]*+ [ -/]*+"
_IN_LINE = rf"[^\x00-\x1f{_C1}]*+"
_IN_STRING = rf"[^\x18\x1a\x1b{_C1}]*+"

# A class of characters stands in front, and the rest looks back at it: so the search for the next control runs in one
# tight loop, eight times as fast as by alternatives. Every repetition is possessive and ends at the next introducer:
# no input makes it try a byte more than a few times.
_UNREADABLE = re.compile(
    rf"""
    [\x00-\x08\x0b-\x1f{_C1}]
    (?: (?<= \x1b)
        (?: \[ {_PARAMETERS} [@-~]?                             # CSI; where the bytes end, a part of one
          | \] (?: P[0-9A-Fa-f]{{7}} | R )                      # Linux's palette: an OSC that has no end
          | \] {_IN_LINE} (?: \x07 | \x1b\\ | {_ST} )
          | [PX^_] {_IN_STRING} (?: \x1b\\ | {_ST} )
          | [\]PX^_] {_IN_LINE}                                 # no end in sight: to the end of its line
          | [ -/]*+ [0-~]?
        )
      | (?<= {_CSI} ) {_PARAMETERS} [@-~]
      | (?<= {_OSC} ) {_IN_LINE} (?: \x07 | \x1b\\ | {_ST} )
      | (?<= {_STRING} ) {_IN_STRING} (?: \x1b\\ | {_ST} )
    )?
    """,
    re.VERBOSE,
)


def plain_text(data: bytes) -> str:
    """The text in a console's bytes; a character still unfinished at their end is left out.

    Takes time in proportion to the bytes, whatever they are: 8 ms a MiB of plain text, 22 ms of coloured.
    """
    whole = data[: len(data) - unfinished(data)]
    # Bytes that are no UTF-8 pass as surrogates, so that an 8-bit control is told from a character's second byte.
    text = _UNREADABLE.sub("", whole.decode("utf-8", "surrogateescape"))
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def last_lines(text: str, count: int) -> str:
    r"""The last `count` lines; an LF at the end ends the last line and begins none.

    The answer's `split("\n")` has `count` elements, where there are as many (nova-contract 1.3).
    """
    lines = text.removesuffix("\n").rsplit("\n", count)
    return "\n".join(lines[-count:]) if count else ""
