"""What a console's output has switched on in the terminal that shows it, and what switches it off again. No I/O.

Who leaves a console in the middle of an editor wants a terminal without its second screen, with a cursor, and one in
which the mouse and a paste type no sequences. Only what was changed is undone; a terminal that saw plain text is left
alone.
"""

from __future__ import annotations

import re

_PRIVATE = {
    1: False,  # cursor keys of applications
    7: True,  # lines wrap
    9: False,  # the mouse, in its dialects
    25: True,  # the cursor is shown
    47: False,  # the other screen, in its dialects
    1000: False,
    1002: False,
    1003: False,
    1004: False,  # reports of the focus
    1005: False,
    1006: False,
    1015: False,
    1047: False,
    1049: False,
    2004: False,  # bracketed paste
}
"""DEC private modes of xterm's, and what each is where nobody has touched it."""
_KEYPAD, _COLOUR, _CHARSET = "keypad", "colour", "charset"

_SEQUENCE = re.compile(
    rb"\x1b\[\?(?P<modes>[0-9;]{1,64})(?P<set>[hl])"
    rb"|\x1b\[(?P<colour>[0-9;:]{0,64})m"
    rb"|\x1b(?P<keypad>[=>])"
    rb"|\x1b\((?P<charset>[0B])"
    rb"|(?P<reset>\x1bc|\x1b\[!p)"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[?!]?[0-9;:]{0,64}|\()?\Z")


class Modes:
    """Watches output, however it is split."""

    def __init__(self) -> None:
        self._changed: set[int | str] = set()
        self._held = b""

    def feed(self, data: bytes) -> None:
        """Take output."""
        if b"\x1b" not in data and not self._held:
            return
        data, self._held = self._held + data, b""
        for found in _SEQUENCE.finditer(data):
            self._take(found)
        unfinished = _UNFINISHED.search(data, max(0, len(data) - 80))
        self._held = unfinished[0] if unfinished else b""

    def _take(self, found: re.Match[bytes]) -> None:
        if found["reset"] is not None:
            self._changed.clear()
        elif found["modes"] is not None:
            for part in found["modes"].split(b";"):
                mode = int(part or 0)
                if mode in _PRIVATE:
                    self._mark(mode, changed=_PRIVATE[mode] is not (found["set"] == b"h"))
        elif found["keypad"] is not None:
            self._mark(_KEYPAD, changed=found["keypad"] == b"=")
        elif found["charset"] is not None:
            self._mark(_CHARSET, changed=found["charset"] == b"0")
        else:
            self._mark(_COLOUR, changed=found["colour"].strip(b"0;") != b"")

    def _mark(self, what: int | str, *, changed: bool) -> None:
        if changed:
            self._changed.add(what)
        else:
            self._changed.discard(what)

    def undo(self) -> bytes:
        """What brings the terminal back to how it was, to be written to it; it is known to be so from then on."""
        changed, self._changed = self._changed, set()
        sequences = {_KEYPAD: b"\x1b>", _CHARSET: b"\x1b(B", _COLOUR: b"\x1b[0m"}
        modes = sorted(mode for mode in changed if isinstance(mode, int))
        undone = [b"\x1b[?%d%c" % (mode, ord("h" if _PRIVATE[mode] else "l")) for mode in modes]
        return b"".join(undone + [sequence for what, sequence in sequences.items() if what in changed])
