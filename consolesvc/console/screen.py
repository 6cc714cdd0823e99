"""What a console's screen shows now, as data (DESIGN 5.3 `screen`).

It is drawn anew from the last bytes each time, by a terminal of any size. A program that fills the screen must have
done so within WINDOW bytes; most do it many times over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consolesvc.console.terminal import Terminal

WINDOW = 64 * 1024
"""Bytes of output that a screen is drawn from, at most."""

_MOVES = re.compile(
    rb"\x1b(?:[78DEMHc#]"
    rb"|\[(?![0-9;:]*[mKnc]|[0-9 ]*q|\?[0-9;]*(?:[nc]|\$p)|[>=][0-9;]*[ -/]*[a-z]|\?(?:1|7|25|1004|2004|2026)[hl]))"
)
"""What makes the place of later text depend on more than the lines before it."""
_TITLE = re.compile(rb"\x1b\][02];[^\x00-\x1f]*(?:\x07|\x1b\\)")


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look. Colours are pyte's: `default`, a name such as `brightred`, or six hex digits."""

    fg: str = "default"
    bg: str = "default"
    bold: bool = False
    italics: bool = False
    underscore: bool = False
    strikethrough: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Text of one style."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Screen:
    """What is shown.

    Attributes:
        columns: Its width.
        rows: Its height.
        lines: One for each row, from the top; without the blanks at their ends.
        x: The cursor's column, from 0; `columns` where the next character begins a new line.
        y: Its row, from 0.
        visible: Whether the cursor is shown.
        title: What the machine last called the window; "" for nothing.
    """

    columns: int
    rows: int
    lines: tuple[tuple[Span, ...], ...]
    x: int
    y: int
    visible: bool
    title: str

    @property
    def text(self) -> list[str]:
        """The rows as text, without the blanks at their ends."""
        return ["".join(span.text for span in line).rstrip() for line in self.lines]


def draw(data: bytes, columns: int, rows: int) -> Screen:
    """Draw output that begins on a line on an empty screen. Takes up to 4 us a byte: not for the loop."""
    from consolesvc.console.terminal import Terminal  # noqa: PLC0415 - memory is a feature: see there

    terminal = Terminal(columns, rows)
    start = clean_start(data, rows)
    for title in _TITLE.findall(data, 0, start)[-1:]:
        terminal.feed(title.decode("utf-8", "replace"))
    terminal.feed(data[start:].decode("utf-8", "replace"))
    shown = terminal.screen
    lines = tuple(tuple(_spans(terminal, row)) for row in range(rows))
    visible = not shown.cursor.hidden
    shown.buffer.clear()  # a pyte screen refers to itself: until the collector comes, it would keep every character
    return Screen(columns, rows, lines, min(shown.cursor.x, columns), shown.cursor.y, visible, terminal.title)


def clean_start(data: bytes, rows: int) -> int:
    """From where output must be drawn to have the screen right.

    Where nothing moves the cursor about, the last lines are all that can still be seen.
    """
    start, left = len(data), rows + 1
    if _MOVES.search(data):
        return 0
    while left and start >= 0:
        start, left = data.rfind(b"\n", 0, start), left - 1
    return start + 1


def _spans(terminal: Terminal, row: int) -> Iterator[Span]:
    """A row's text by style; blanks at its end that look like nothing are left out."""
    line, width = terminal.screen.buffer[row], terminal.screen.columns
    cells = [line[column] for column in range(width)]
    while cells and cells[-1].data == " " and cells[-1].bg == "default" and not cells[-1].reverse:
        cells.pop()
    for look, group in groupby(cells, key=lambda cell: cell[1:8]):
        yield Span("".join(cell.data for cell in group), _style(*look))


@lru_cache(maxsize=256)
def _style(*look: Any) -> Style:
    """The same style for all that looks the same: a screen has many spans, and few styles."""
    return Style(*look)
