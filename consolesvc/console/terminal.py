"""A terminal without a person: pyte, and what it takes to bear whatever a machine may print.

Pyte is a VT102 with colours. Here it also has another screen for full-screen programs, saves the cursor the SCO way,
and scrolls when it is told to; what it does not know leaves no rubbish on it, and no sequence ends it.

Imported only when somebody asks for a screen: pyte costs as much memory as a few consoles.
"""

from __future__ import annotations

import contextlib
import copy
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pyte
from wcwidth import wcwidth

MOST_MARKS = 8
"""Marks on one character; more is noise, and pyte takes time by their square."""
LONGEST_TITLE = 200
OTHER_SCREEN = frozenset({47, 1047, 1049})
"""Private modes that show another screen, and on their end the one before (xterm)."""
WIDE = 3
"""The private mode for 132 columns: whoever asks for a screen says how wide it is."""

_STRING = re.compile(
    r"(?:\x1b\]|\x9d)(?:R|P[0-9A-Fa-f]{7}|(?P<code>[0-9]*);?(?P<text>[^\x00-\x1f\x9c]*)(?:\x07|\x1b\\|\x9c)?)"
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x00-\x1f\x9c]*(?:\x1b\\|\x9c)?"
)
"""Control strings, which end with their line at the latest: noise must not hide all that follows."""
_UNKNOWN = re.compile(
    r"(?:\x1b\[|\x9b)(?:[<=>][0-?]*+[ -/]*+[@-~]|[0-?]*+[ -/]++[@-~]|[0-?]*+[ -/]*+(?![\x00-\x1f@-~]))"
)
"""Control sequences with a private sign or an intermediate, which pyte takes for other ones; and such as break off."""
_SUBPARAMETERS = re.compile(r"(?:\x1b\[|\x9b)[0-9;]*:[0-9;:]*m")
_LINES = re.compile(r"[^\n]*\n?")


class _Screen(pyte.Screen):
    """The screen itself. Its methods are called with what the machine sent."""

    def __init__(self, columns: int, rows: int) -> None:
        self._main: tuple[Any, Any] | None = None
        super().__init__(columns, rows)

    def draw(self, data: str) -> None:
        """Show text; what takes no room goes, since pyte would drop all that follows it."""
        super().draw(data if data.isascii() else _drawable(data))

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Switch modes on."""
        if kwargs.get("private"):
            if OTHER_SCREEN.intersection(modes) and self._main is None:
                self._main = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
                self.buffer.clear()
            modes = tuple(mode for mode in modes if mode != WIDE)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Switch modes off."""
        if kwargs.get("private"):
            if OTHER_SCREEN.intersection(modes) and self._main is not None:
                self.buffer, self.cursor = self._main
                self._main = None
            modes = tuple(mode for mode in modes if mode != WIDE)
        super().reset_mode(*modes, **kwargs)

    def insert_lines(self, count: int | None = None) -> None:
        """Insert blank lines at the cursor."""
        self._make_rows()
        super().insert_lines(count)

    def delete_lines(self, count: int | None = None) -> None:
        """Delete lines from the cursor on."""
        self._make_rows()
        super().delete_lines(count)

    def _make_rows(self) -> None:
        """Have a line in each row: pyte moves only those that are there, and leaves what they should have covered."""
        for row in range(self.lines):
            self.buffer[row]

    def scroll_up(self, count: int = 1) -> None:
        """Move what is shown up, without the cursor."""
        self._scrolled(count, self.delete_lines)

    def scroll_down(self, count: int = 1) -> None:
        """Move it down."""
        self._scrolled(count, self.insert_lines)

    def _scrolled(self, count: int, scroll: Callable[[int], None]) -> None:
        where = copy.copy(self.cursor)
        self.cursor.y = self.margins.top if self.margins else 0
        scroll(min(count or 1, self.lines))
        self.cursor = where

    def keep_cursor(self, *_: int) -> None:
        """Remember where the cursor is; as `save_cursor`, which takes no parameters."""
        self.save_cursor()

    def return_cursor(self, *_: int) -> None:
        """Put it back there."""
        self.restore_cursor()


class _Stream(pyte.Stream):
    """Pyte's parser, with a few sequences more."""

    csi = {**pyte.Stream.csi, "S": "scroll_up", "T": "scroll_down", "s": "keep_cursor", "u": "return_cursor"}  # noqa: RUF012 - as in pyte


class _Bearing:
    """Passes on what the parser found; what its screen cannot do is passed over."""

    def __init__(self, screen: _Screen) -> None:
        self._screen = screen

    def __getattr__(self, name: str) -> Callable[..., None]:
        method = getattr(self._screen, name)

        def call(*args: Any, **kwargs: Any) -> None:
            # A sequence that makes no sense: a real terminal says nothing either.
            with contextlib.suppress(Exception):
                method(*args, **kwargs)

        return call


class Terminal:
    """Shows text as a terminal would.

    Attributes:
        screen: What it shows.
        title: Its window's title.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = _Screen(columns, rows)
        self.title = ""
        self._stream = _Stream(_Bearing(self.screen), strict=False)  # type: ignore[arg-type]  # it has what a screen has

    def feed(self, text: str) -> None:
        """Take all of a text."""
        text = _STRING.sub(self._string, text)
        text = _SUBPARAMETERS.sub(lambda found: found[0].replace(":", ";"), _UNKNOWN.sub("", text))
        for line in _LINES.findall(text):
            try:
                self._stream.feed(line)
            except Exception:  # noqa: BLE001, S112 - the parser itself: digits that are none, and the like
                continue

    def _string(self, found: re.Match[str]) -> str:
        if found["code"] in ("0", "2"):
            self.title = "".join(c for c in found["text"] if c.isprintable())[:LONGEST_TITLE]
        return ""


def _drawable(data: str) -> str:
    """Text without what takes no room and is no mark, nor marks beyond a few."""
    kept, marks = [], 0
    for char in data:
        if unicodedata.combining(char):
            marks += 1
        elif wcwidth(char) > 0:
            marks = 0
        else:
            continue
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)
