"""Sizes and times as people write them."""

from __future__ import annotations

import re

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

_NUMBER = r"(?P<number>(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,9})?)"
_SIZE = re.compile(_NUMBER + r"(?: ?(?P<unit>KiB|MiB|GiB))?")
_TIME = re.compile(_NUMBER + r"(?: ?(?P<unit>s|m|h))?")
_NEAR_SIZE = re.compile(_NUMBER + r" ?(?P<unit>[kKmMgG])[iI]?[bB]?")

_BYTES = {None: 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600}

_NOT_NEGATIVE = ", 0 or more"

LARGEST_SIZE = 1024**4
"""1 TiB: more is a slip of the finger."""

LONGEST_TIME = 10 * 366 * 24 * 3600
"""Ten years, likewise."""


def parse_size(text: str) -> int:
    """Bytes from `65536`, `32 KiB`, `1.5MiB`, `8 GiB`; raises ValueError, which says what was expected."""
    match = _SIZE.fullmatch(text)
    if match is None:
        near = _NEAR_SIZE.fullmatch(text)
        cure = f"; did you mean {near['number']} {near['unit'].upper()}iB?" if near else ""
        cure = _NOT_NEGATIVE if text.startswith("-") else cure
        raise ValueError(f"bytes, or a number with KiB, MiB or GiB{cure}")
    parts, whole = _exact(match["number"])
    size, rest = divmod(parts * _BYTES[match["unit"]], whole)
    if rest:
        raise ValueError("a whole number of bytes")
    if size > LARGEST_SIZE:
        raise ValueError("at most 1024 GiB")
    return size


def parse_time(text: str) -> float:
    """Seconds from `600`, `0.5`, `90s`, `10m`, `12 h`; raises ValueError, which says what was expected."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"seconds, or a number with s, m or h{_NOT_NEGATIVE if text.startswith('-') else ''}")
    parts, whole = _exact(match["number"])
    parts *= _SECONDS[match["unit"]]
    if parts > LONGEST_TIME * whole:
        raise ValueError("at most ten years")
    return parts / whole


def _exact(number: str) -> tuple[int, int]:
    """A number with decimals as a quotient of two whole ones: 1.25 is 125 / 100."""
    before, _, decimals = number.partition(".")
    return int(before + decimals), 10 ** len(decimals)


def format_size(size: int) -> str:
    """`8 MiB`, `1.5 GiB`, `100 bytes`: the largest unit that is not below one, at most one decimal."""
    for unit in ("GiB", "MiB", "KiB"):
        if size >= _BYTES[unit]:
            return f"{round(size / _BYTES[unit], 1):g} {unit}"
    return f"{size} bytes"
