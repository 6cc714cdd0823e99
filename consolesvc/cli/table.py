"""Tables for terminals: aligned by what a terminal shows, safe whatever the cells hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from consolesvc.client.words import escape

__all__ = ["display_width", "escape", "format_table"]

_GAP = "  "


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines of left-aligned columns two spaces apart, the header first; no newline at the end.

    Every row has as many cells as the header. Control characters are escaped: a cell may come from a device.
    """
    table = [[escape(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(display_width, column)) for column in zip(*table, strict=True)]
    return "\n".join(_GAP.join(map(_pad, row, widths)).rstrip() for row in table)


def display_width(text: str) -> int:
    """The columns that printable text takes in a terminal."""
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me"}:  # marks stand on the character before them
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _pad(cell: str, width: int) -> str:
    return cell + " " * (width - display_width(cell))
