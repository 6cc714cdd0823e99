"""How much room text takes on a terminal: units that the cursor steps over, and the columns of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

COLUMNS: Final = 80
ROWS: Final = 24
"""The terminal a guest assumes: a serial line cannot say what is at its other end."""

LONGEST_UNIT: Final = 16
"""Characters in one unit: enough for any writing, and no more for a flood of marks."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def width(unit: str) -> int:
    """Columns of one unit: 2 for wide characters, 0 for marks without room of their own, else 1."""
    first = unit[:1]
    if not first or unicodedata.category(first) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(first) in ("W", "F") else 1


def columns(text: str) -> int:
    """Columns of a text on one line; colour sequences take none."""
    return sum(width(char) for char in _COLOUR.sub("", text))


def is_text(char: str) -> bool:
    """Whether a character belongs in a line: no control character, nor one that breaks lines."""
    return unicodedata.category(char[:1] or "\0") not in ("Cc", "Cs", "Zl", "Zp")


def split_units(text: str) -> list[str]:
    """The units of a text: a mark joins the character before it, so that both are edited as one.

    A mark with nothing to join, or beyond LONGEST_UNIT, is left out.
    """
    units: list[str] = []
    for char in text:
        if width(char):
            units.append(char)
        elif units and len(units[-1]) < LONGEST_UNIT:
            units[-1] += char
    return units


def step(where: tuple[int, int], unit: str) -> tuple[int, int]:
    """Row and column of the cursor after one more unit.

    A wide character that does not fit in a row goes to the next, as terminals do it; a full row ends at column 0
    of the next.
    """
    row, column = where
    size = width(unit)
    if column + size > COLUMNS:
        row, column = row + 1, 0
    column += size
    return (row + 1, 0) if column == COLUMNS else (row, column)


def place(units: Iterable[str], start: int = 0) -> tuple[int, int]:
    """Row and column of the cursor after `units`, begun at column `start` of row 0."""
    where = divmod(start, COLUMNS)
    for unit in units:
        where = step(where, unit)
    return where
