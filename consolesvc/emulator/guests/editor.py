"""A line editor without I/O: bytes typed in, bytes to show out. Shells and command lines of all guests share it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

from consolesvc.emulator.guests import keys
from consolesvc.emulator.guests.history import History
from consolesvc.emulator.guests.keys import KeyDecoder
from consolesvc.emulator.guests.width import LONGEST_UNIT, columns, is_text, place, split_units, step, width

LONGEST_LINE: Final = 2048
"""Units a line can hold; a key beyond it rings the bell."""

BELL: Final = "\a"

Completer = Callable[[str], tuple[str, list[str]]]
"""From the text before the cursor to the word being completed and all it could become, each starting with it."""


class Event(Enum):
    """Why an edit ended."""

    LINE = auto()
    """Enter: `text` is the line."""
    INTERRUPT = auto()
    """^C."""
    END = auto()
    """^D on an empty line."""
    HELP = auto()
    """A key of `specials`, such as a switch's `?`; the line stays as it is, for `resume`."""
    LEAVE = auto()
    """A key of `specials`, such as a switch's ^Z."""
    TIMEOUT = auto()
    """Nothing was typed for too long; made by `prompt.read_line`."""


class Typed(NamedTuple):
    """What one byte did: bytes to show, and why the edit ended, if it did."""

    shown: bytes
    event: Event | None = None


class LineEditor:
    """Edits one line at a time after a prompt, on a terminal of `width.COLUMNS`.

    Args:
        history: Lines for the up and down keys; the caller adds to it.
        complete: What Tab does; None for nothing.
        specials: Keys that end the edit with an event of their own.
    """

    def __init__(
        self,
        history: History | None = None,
        complete: Completer | None = None,
        specials: Mapping[str, Event] | None = None,
    ) -> None:
        self.history = History() if history is None else history
        self.complete = complete
        self.prompt = ""
        self._specials = dict(specials or {})
        self._decoder = KeyDecoder()
        self._units: list[str] = []
        self._cursor = 0
        self._where: tuple[int, int] | None = None
        self._edits: dict[str, Callable[[], str]] = {
            "\x01": self._home, keys.HOME: self._home, "\x05": self._end, keys.END: self._end,
            "\x02": self._left, keys.LEFT: self._left, "\x06": self._right, keys.RIGHT: self._right,
            keys.WORD_LEFT: self._word_left, keys.WORD_RIGHT: self._word_right,
            "\x08": self._rubout, "\x7f": self._rubout, keys.DELETE: self._delete, "\x04": self._delete,
            "\x15": self._kill_before, "\x0b": self._kill_after, "\x17": self._kill_word,
            keys.WORD_RUBOUT: self._kill_word, "\x0c": self._clear_screen, "\t": self._tab,
            "\x10": self._older, keys.UP: self._older, "\x0e": self._newer, keys.DOWN: self._newer,
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"<LineEditor {self.text!r} at {self._cursor}>"

    @property
    def text(self) -> str:
        """The line so far."""
        return "".join(self._units)

    def start(self, prompt: str) -> bytes:
        """Begin an empty line; gives the prompt to show. The prompt is one line; colours in it take no room."""
        self.prompt, self._units, self._cursor = prompt, [], 0
        self.history.rewind()
        return self.resume()

    def resume(self) -> bytes:
        """Show prompt and line on a fresh row of the screen, after something else was shown."""
        return self._draw().encode("utf-8", "replace")

    def feed(self, byte: int) -> Typed:
        """Take one byte."""
        shown, event = "", None
        for key in self._decoder.feed(byte):
            text, event = self._press(key)
            shown += text
        return Typed(shown.encode("utf-8", "replace"), event)

    def _press(self, key: str) -> tuple[str, Event | None]:
        if key in self._specials:
            return "", self._specials[key]
        if key in ("\r", "\n"):
            return self._end() + "\r\n", Event.LINE
        if key == "\x03":
            return "^C\r\n", Event.INTERRUPT
        if key == "\x04" and not self._units:
            return "", Event.END
        if key in self._edits:
            return self._edits[key](), None
        return (self._insert(key) if is_text(key) else ""), None

    # Where things are on the screen.

    def _at(self, cursor: int) -> tuple[int, int]:
        return place(self._units[:cursor], columns(self.prompt))

    def _here(self) -> tuple[int, int]:
        """The cursor's row and column; remembered, or a long line would cost its length with each key."""
        if self._where is None:
            self._where = self._at(self._cursor)
        return self._where

    def _draw(self) -> str:
        """Prompt and line from the cursor's row 0, column 0 on, and the cursor where it belongs."""
        end = self._at(len(self._units))
        # A full row leaves the cursor on its last column until something more comes; a space and CR settle it.
        settle = " \r" if end[0] and end[1] == 0 else ""
        self._where = None
        return self.prompt + self.text + settle + _move(end, self._here())

    def _redraw(self, row: int) -> str:
        """Show everything anew; `row` is where the cursor now is."""
        return (f"\x1b[{row}A" if row else "") + "\r\x1b[J" + self._draw()

    def _go(self, cursor: int) -> str:
        before = self._here()
        self._cursor, self._where = cursor, None
        return _move(before, self._here())

    # What keys do: each gives what to show.

    def _insert(self, text: str) -> str:
        where, at_end, shown = self._here(), self._cursor == len(self._units), ""
        row = where[0]
        for char in text:
            if width(char) == 0:
                if self._cursor == 0 or len(self._units[self._cursor - 1]) >= LONGEST_UNIT:
                    continue
                self._units[self._cursor - 1] += char
            elif len(self._units) >= LONGEST_LINE:
                return BELL
            else:
                self._units.insert(self._cursor, char)
                self._cursor += 1
                where = step(where, char)
            shown += char + (" \r" if where[1] == 0 and width(char) else "")
        self._where = where
        return shown if at_end or not shown else self._redraw(row)

    def _remove(self, start: int, stop: int) -> str:
        row, column = self._here()
        removed = self._units[start:stop]
        del self._units[start:stop]
        self._cursor, self._where = start, None
        size = sum(map(width, removed))
        if not removed:
            return ""
        if start == len(self._units) and self._here() == (row, column - size):
            return "\b" * size + " " * size + "\b" * size
        return self._redraw(row)

    def _replace(self, text: str) -> str:
        row = self._here()[0]
        self._units = split_units(text)[:LONGEST_LINE]
        self._cursor = len(self._units)
        return self._redraw(row)

    def _home(self) -> str:
        return self._go(0)

    def _end(self) -> str:
        return self._go(len(self._units))

    def _left(self) -> str:
        return self._go(max(0, self._cursor - 1))

    def _right(self) -> str:
        return self._go(min(len(self._units), self._cursor + 1))

    def _word_left(self) -> str:
        return self._go(self._word_start())

    def _word_right(self) -> str:
        cursor = self._cursor
        while cursor < len(self._units) and self._units[cursor] == " ":
            cursor += 1
        while cursor < len(self._units) and self._units[cursor] != " ":
            cursor += 1
        return self._go(cursor)

    def _word_start(self) -> int:
        cursor = self._cursor
        while cursor and self._units[cursor - 1] == " ":
            cursor -= 1
        while cursor and self._units[cursor - 1] != " ":
            cursor -= 1
        return cursor

    def _rubout(self) -> str:
        return self._remove(self._cursor - 1, self._cursor) if self._cursor else BELL

    def _delete(self) -> str:
        return self._remove_ahead(self._cursor + 1)

    def _kill_after(self) -> str:
        return self._remove_ahead(len(self._units))

    def _remove_ahead(self, stop: int) -> str:
        row = self._here()[0]
        del self._units[self._cursor : stop]
        return self._redraw(row)

    def _kill_before(self) -> str:
        return self._remove(0, self._cursor)

    def _kill_word(self) -> str:
        return self._remove(self._word_start(), self._cursor)

    def _clear_screen(self) -> str:
        return "\x1b[H\x1b[2J" + self._draw()

    def _older(self) -> str:
        line = self.history.older(self.text)
        return BELL if line is None else self._replace(line)

    def _newer(self) -> str:
        line = self.history.newer()
        return BELL if line is None else self._replace(line)

    def _tab(self) -> str:
        if self.complete is None:
            return ""
        stem, words = self.complete("".join(self._units[: self._cursor]))
        more = os.path.commonprefix(words)[len(stem) :]  # noqa: RUF071 - character by character is what is wanted
        if more:
            return self._insert(more)
        if len(words) < 2:  # noqa: PLR2004 - a choice has at least two
            return BELL
        listing = "  ".join(word.strip() for word in words)
        return self._go(len(self._units)) + "\r\n" + listing + "\r\n" + self._draw()


def _move(start: tuple[int, int], goal: tuple[int, int]) -> str:
    """What takes the cursor from one row and column to another."""
    down, right = goal[0] - start[0], goal[1] - start[1]
    moves = f"\x1b[{-down}A" if down < 0 else f"\x1b[{down}B" if down else ""
    if right == -1:
        return moves + "\b"
    return moves + (f"\x1b[{-right}D" if right < 0 else f"\x1b[{right}C" if right else "")
