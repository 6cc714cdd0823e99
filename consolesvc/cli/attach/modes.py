"""What a console's output has switched on in the terminal that shows it, and what switches it off again. No I/O.

Who leaves a console in the middle of an editor, or after noise at a wrong speed, wants a terminal without its second
screen, with a cursor, and one that writes letters as letters, scrolls as a whole, and in which keys, the mouse and a
paste type what they did. Only what was changed is undone; a terminal that saw plain text is left alone.

What cannot be known is left: the title, which shells set anew, and what a terminal is set up to do by its user.
"""

from __future__ import annotations

import re

from consolesvc.cli.attach.palette import Palette

_PRIVATE = {
    1: False,  # cursor keys of applications
    2: True,  # ANSI, and no VT52
    4: False,  # smooth scrolling
    5: False,  # the screen in reverse
    6: False,  # lines count from the scroll region's first
    7: True,  # lines wrap
    8: True,  # keys repeat
    9: False,  # the mouse, in its dialects
    12: False,  # the cursor blinks
    25: True,  # the cursor is shown
    45: False,  # lines wrap backwards, too
    47: False,  # the other screen, in its dialects
    66: False,  # keypad of applications
    69: False,  # margins left and right
    1000: False,
    1001: False,
    1002: False,
    1003: False,
    1004: False,  # reports of the focus
    1005: False,
    1006: False,
    1007: True,  # the wheel scrolls a pager; where it is off without us, it does no harm
    1015: False,
    1016: False,
    1045: False,
    1047: False,
    1049: False,
    2004: False,  # bracketed paste
    2026: False,  # what is written is held back
    2031: False,  # reports of the theme
    2048: False,  # reports of the size
    9001: False,  # keys as Windows has them
}
"""DEC private modes of xterm's and others', and what each is where nobody has touched it."""
_ANSI = {2: False, 4: False, 12: True, 20: False}
"""Modes of ECMA-48: the keyboard is locked, insert, keys are not echoed by the terminal, Enter is CR LF."""
_ANSI_ONLY, _ORIGIN, _MARGINS, _HELD_BACK = 2, 6, 69, 2026
_SCREENS = frozenset((47, 1047, 1049))
_SOFT = frozenset((1, 6, 25, 66, 69))
"""What a soft reset sets back of _PRIVATE; terminals differ about the wrapping of lines."""
_G = {b"(": b"(", b")": b")", b"*": b"*", b"+": b"+", b"-": b")", b".": b"*", b"/": b"+"}
"""What says which set of characters a slot has, and what does so for ASCII."""
_ONCE = {b"=": ("keypad", b"\x1b>"), b"n": ("shift", b"\x0f"), b"o": ("shift", b"\x0f"), b"H": ("tabs", b"\x1b[?5W")}
_PAIRS = {b"%@": ("utf-8", b"\x1b%G"), b" G": ("c1", b"\x1b F")}
_VALUES = {b"m": ("colour", b"\x1b[0m", b"0;"), b"r": ("region", b"", b"1;"), b" q": ("cursor", b"\x1b[0 q", b"0")}
"""Sequences whose numbers say what to change: its name, what undoes it, and the digits of those that change nothing."""
_BACK = {b">": "keypad", b"%G": "utf-8", b" F": "c1"}
_DEEPEST = 99
"""Entries of a terminal's stack, of keyboards or of titles, that are counted."""
_LONGEST = 4096
"""Bytes of a string for the terminal that are looked at."""

_SEQUENCE = re.compile(
    rb"\x1b\[(?P<lead>[<=>?]?)(?P<numbers>[0-9;:]{0,64})(?P<kind>[ !]?[A-Za-z])"
    rb"|\x1b\](?P<string>[^\x07\x18\x1a\x1b]{0,%d})(?:\x07|\x1b\\)"
    rb"|\x1b(?P<slot>[()*+./-])[\"%%&]?(?P<charset>[0-~])"
    rb"|\x1b(?P<plain>[=><cnoH]|%%[@G]| [FG])"
    rb"|(?P<shift>[\x0e\x0f])" % _LONGEST
)
_UNFINISHED = re.compile(
    rb"\x1b(?:\[[<=>?]?[0-9;:]{0,64}[ !]?|[()*+./-][\"%%&]?|[%% ]|\][^\x07\x18\x1a\x1b]{0,%d}\x1b?)?\Z" % _LONGEST
)
_STRING = re.compile(rb"\x1b(?:\][^\x07\x18\x1a\x1b]*|[PX^_][^\x18\x1a\x1b]*)\Z")
_STRING_END = {b"]": re.compile(rb"[\x07\x18\x1a\x1b]"), b"P": re.compile(rb"[\x18\x1a\x1b]")}


class Modes:
    """Watches output, however it is split."""

    def __init__(self) -> None:
        self._held = b""
        self._string = b""
        """What began a string that has not ended yet and is not looked at; b"" outside of one."""
        self._reset()
        self._palette = Palette()
        self._titles: list[bytes] = []

    def _reset(self) -> None:
        self._private: set[int] = set()
        self._ansi: set[int] = set()
        self._marks: dict[str, bytes] = {}
        self._keyboards = {False: 0, True: 0}
        """How many keyboard modes were pushed (kitty's), on the first screen and on the other one."""

    def feed(self, data: bytes) -> None:
        """Take output."""
        if self._string:
            end = _STRING_END[self._string].search(data)
            if end is None:
                return
            data, self._string = data[end.start() :], b""
        if not self._held and b"\x1b" not in data and b"\x0e" not in data and b"\x0f" not in data:
            return
        data, self._held = self._held + data, b""
        for found in _SEQUENCE.finditer(data):
            self._take(found)
        begun = max(0, data.rfind(b"\x1b"))
        if (unfinished := _UNFINISHED.search(data, max(0, data.rfind(b"\x1b", 0, begun)))) is not None:
            self._held = unfinished[0]
        elif (string := _STRING.match(data, begun)) is not None:
            self._string = b"]" if string[0][1:2] == b"]" else b"P"

    def _take(self, found: re.Match[bytes]) -> None:
        if found["kind"] is not None:
            self._control(found["lead"] + found["kind"], found["numbers"])
        elif found["string"] is not None:
            number, _, rest = found["string"].partition(b";")
            if number == b"8":
                self._mark("link", b"\x1b]8;;\x1b\\", changed=rest.partition(b";")[2] != b"")
            else:
                self._palette.told(number, rest)
        elif found["slot"] is not None:
            slot = _G[found["slot"]]
            self._mark(f"charset {slot!r}", b"\x1b" + slot + b"B", changed=found["charset"] != b"B")
        elif found["shift"] is not None:
            self._mark("shift", b"\x0f", changed=found["shift"] == b"\x0e")
        else:
            self._escape(found["plain"])

    def _escape(self, what: bytes) -> None:
        if what == b"c":
            self._reset()
        elif what == b"<":
            self._private.discard(_ANSI_ONLY)
        elif what in _BACK:
            self._marks.pop(_BACK[what], None)
        else:
            name, undo = (_ONCE | _PAIRS)[what]
            self._mark(name, undo, changed=True)

    def _control(self, kind: bytes, numbers: bytes) -> None:
        first, _, rest = numbers.partition(b";")
        match kind:
            case b"?h" | b"?l":
                self._set(self._private, _PRIVATE, numbers, on=kind == b"?h")
            case b"h" | b"l":
                self._set(self._ansi, _ANSI, numbers, on=kind == b"h")
            case b"m" | b"r" | b" q":
                name, undo, unchanged = _VALUES[kind]
                self._mark(name, undo, changed=numbers.strip(unchanged) != b"")
            case b"g":
                self._mark("tabs", b"\x1b[?5W", changed=True)
            case b">m" | b">f":  # how keys with modifiers are sent: 4 is off where nobody has touched it
                off = not rest or (first == b"4" and rest == b"0")
                self._mark(f"{kind!r} {first!r}", b"\x1b[>%b%b" % (first, kind[1:]), changed=not off)
            case b">u" | b"<u" | b"=u":
                self._keyboard(kind, first)
            case b"t":
                self._title(first, rest)
            case b"!p":
                self._soft_reset()

    def _title(self, first: bytes, rest: bytes) -> None:
        if first == b"22" and len(self._titles) < _DEEPEST:
            self._titles.append(b"\x1b[23%bt" % (b";" + rest if rest else b""))
        elif first == b"23" and self._titles:
            self._titles.pop()

    def _keyboard(self, kind: bytes, number: bytes) -> None:
        other = self._other_screen
        if kind == b">u":
            self._keyboards[other] = min(_DEEPEST, self._keyboards[other] + 1)
        elif kind == b"<u":
            self._keyboards[other] = max(0, self._keyboards[other] - (int(number) if number.isdigit() else 1))
        elif not self._keyboards[other]:
            self._mark(f"keyboard {other}", b"\x1b[=0u", changed=number.strip(b"0") != b"")

    def _set(self, changed: set[int], known: dict[int, bool], numbers: bytes, *, on: bool) -> None:
        for part in numbers.split(b";"):
            mode = int(part) if part.isdigit() else 0
            if mode in known and known[mode] is not on:
                changed.add(mode)
            else:
                changed.difference_update(_SCREENS if mode in _SCREENS else (mode,))

    def _mark(self, what: str, undo: bytes, *, changed: bool) -> None:
        if changed:
            self._marks[what] = undo
        else:
            self._marks.pop(what, None)

    def _soft_reset(self) -> None:
        self._private -= _SOFT
        self._ansi.discard(4)
        for what in [
            each for each in self._marks if each.startswith(("colour", "keypad", "region", "shift", "charset"))
        ]:
            del self._marks[what]

    @property
    def _other_screen(self) -> bool:
        return not self._private.isdisjoint(_SCREENS)

    def undo(self) -> bytes:
        """What brings the terminal back to how it was, to be written to it; it is known to be so from then on."""
        undone = b"".join((self._end(), self._screens(), self._area(), *self._switches(), self._palette.undo()))
        undone += b"".join(reversed(self._titles))
        self._titles.clear()
        self._reset()
        return undone

    def _end(self) -> bytes:
        """End what was begun and not ended: else it takes what is written next for its own."""
        string = self._string or self._held.startswith(b"\x1b]")
        cancel = b"\x18" * bool(string or self._held) + b"\x1b\\" * bool(string)
        self._held = self._string = b""
        return cancel

    def _screens(self) -> bytes:
        """Go back to the first screen; each has a keyboard of its own."""
        vt52 = b"\x1b<" if _ANSI_ONLY in self._private else b""
        held_back = b"\x1b[?2026l" if _HELD_BACK in self._private else b""
        other = self._keys(other=True) if self._other_screen else b""
        left = b"".join(b"\x1b[?%dl" % mode for mode in sorted(self._private & _SCREENS))
        self._private -= {_ANSI_ONLY, _HELD_BACK, *_SCREENS}
        return vt52 + held_back + other + left + self._keys(other=False)

    def _keys(self, *, other: bool) -> bytes:
        pushed = self._keyboards[other]
        return (b"\x1b[<%du" % pushed if pushed else b"") + self._marks.pop(f"keyboard {other}", b"")

    def _area(self) -> bytes:
        """Write everywhere again, from where the cursor is; where lines are counted anew it goes home, so: below."""
        origin, margins = (mode in self._private for mode in (_ORIGIN, _MARGINS))
        if not (origin or margins or "region" in self._marks):
            return b""
        self._private -= {_ORIGIN, _MARGINS}
        area = b"\x1b[?69l" * margins + b"\x1b[r"
        return b"\x1b[?6l" + area + b"\x1b[999;1H" if origin else b"\x1b7" + area + b"\x1b8"

    def _switches(self) -> list[bytes]:
        private = [b"\x1b[?%d%c" % (mode, ord("h" if _PRIVATE[mode] else "l")) for mode in sorted(self._private)]
        ansi = [b"\x1b[%d%c" % (mode, ord("h" if _ANSI[mode] else "l")) for mode in sorted(self._ansi)]
        return private + ansi + list(self._marks.values())
