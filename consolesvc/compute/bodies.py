"""Reading a request's body: strict JSON, or a ValueError (nova-contract 1.5)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

MAX_DEPTH = 32
"""Levels of nesting; no call needs more than three, and Python's own limit is no answer for a client."""


def parse_object(data: bytes) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        ValueError: it is not UTF-8, no JSON, no object, nested too deep, or has what JSON's readers disagree about: a
            key given twice, NaN, a byte order mark, half a surrogate pair.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None
    if not isinstance(value, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - the value is a caller's, not a programmer's
    _check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is given twice")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Made once: json.loads makes one for each call that has a hook.
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def _check(value: Any) -> None:
    """Look at every value, level by level: a walk of its own stack has no depth at which it fails."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        if not level:
            return
        below: list[Any] = []
        for each in level:
            if isinstance(each, str):
                each.encode("utf-8")  # half a surrogate pair raises UnicodeEncodeError, a ValueError
            elif isinstance(each, dict):
                below += [*each.keys(), *each.values()]
            elif isinstance(each, list):
                below += each
        level = below
    if level:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
