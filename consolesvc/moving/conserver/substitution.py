"""Substitutions in names of devices and in commands (conserver.cf(5), devicesubst): `.=P02d,&=cs`.

Each is a character, `=`, what takes its place, a width, and a format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_ONE = re.compile(r"(?P<of>[!-+\--~])=(?P<by>.)(?P<width>[0-9]*)(?P<format>[dxXaAs])")
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASES: Final = {"d": 10, "x": 16, "X": 16, "a": 36, "A": 36}
_WIDEST: Final = 3
"""Digits of a width."""


def substitute(text: str, specification: str, values: Mapping[str, str | int]) -> str:
    """`text` with the substitutions made.

    Args:
        text: What they are made in.
        specification: As it stands in the configuration.
        values: What can be put in, by its letter: text by the format `s`, numbers by the others.

    Raises:
        ValueError: the specification is none; says why.
    """
    by: dict[str, str] = {}
    for part in _parts(specification):
        match = _ONE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no substitution, expected one such as .=P02d")
        if match["of"] in by:
            raise ValueError(f"{match['of']!r} is substituted twice")
        by[match["of"]] = _formatted(match, values)
    return "".join(by.get(c, c) for c in text)


def _parts(specification: str) -> list[str]:
    return re.split(r",(?=.=)", specification)


def _formatted(match: re.Match[str], values: Mapping[str, str | int]) -> str:
    value, form, width = values.get(match["by"]), match["format"], match["width"]
    if value is None or isinstance(value, str) != (form == "s"):
        raise ValueError(f"{match['by']}{form} in {match[0]!r} is no value and format that conserver has")
    if len(width) > _WIDEST:
        raise ValueError(f"{match[0]!r} is too wide")
    size = int(width or 0)
    if isinstance(value, str):
        return value.rjust(size)
    digits = _number(value, _BASES[form])
    digits = digits.upper() if form in "XA" else digits
    return digits.rjust(size, "0" if width.startswith("0") else " ")


def _number(value: int, base: int) -> str:
    digits = ""
    while value >= base:
        value, rest = divmod(value, base)
        digits = _DIGITS[rest] + digits
    return _DIGITS[value] + digits
