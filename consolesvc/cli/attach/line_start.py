"""Whether a line begins with the next key, which is where `~` is an escape. No I/O.

A terminal types, too: what a machine asks of it. An answer is no typing, and a line that begins with one has not begun:
a shell that asks for the cursor at each prompt, as busybox's does, would else make `~.` a text for ever.
"""

from __future__ import annotations

import re

LINE_ENDS = b"\r\n"
ESCAPE = 0x1B
_ANSWER = re.compile(rb"\x1b\[[?>=]?[0-9;]{0,64}(?:[Rcntu]|\$y)|\x1b[\]P][^\x07\x1b]{0,1024}(?:\x07|\x1b\\)")
"""Reports of cursor, kind, state, window, keyboard and modes; colours and other strings (xterm's control sequences)."""
_ANSWER_BEGUN = re.compile(rb"\x1b(?:\[[?>=]?[0-9;]{0,64}\$?|[\]P][^\x07\x1b]{0,1024}\x1b?)?")


class LineStart:
    """Follows what is sent, byte for byte.

    Attributes:
        begins: Whether a line begins with the next byte.
    """

    def __init__(self) -> None:
        self.begins = True
        self._answer = b""

    def feed(self, byte: int) -> None:
        """A byte is sent."""
        if self._answer or (self.begins and byte == ESCAPE):
            self._answer += bytes((byte,))
            self.begins = _ANSWER.fullmatch(self._answer) is not None
            if not self.begins and _ANSWER_BEGUN.fullmatch(self._answer):
                return
            self._answer = b""
            if self.begins:
                return
        self.begins = byte in LINE_ENDS
