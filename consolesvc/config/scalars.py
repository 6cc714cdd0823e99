"""Parsers for single values: text, switches, numbers, sizes, times, choices, ids, paths."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import yaml

from consolesvc.config.nearest import nearest
from consolesvc.config.reading import Parser, Value
from consolesvc.config.units import LARGEST_SIZE, format_size, parse_size, parse_time
from consolesvc.config.yaml_nodes import BOOLEAN, FLOAT, LONGEST_PATH, TEXT, WHOLE, describe, is_null, shown

N = TypeVar("N", int, float)

# What YAML makes of an unquoted word, and what people meant to be a name.
_READ_AS: Final = {BOOLEAN: "true or false", WHOLE: "a number", FLOAT: "a number"}
_TRUE = ("true", "yes", "on")
_LARGEST_WHOLE = 10**9
_UUID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})")


def plain(value: Value, expected: str) -> str:
    """A scalar's text as it was written, whatever YAML takes it for."""
    if not isinstance(value.node, yaml.ScalarNode) or is_null(value.node):
        raise value.unexpected(expected)
    return _characters(value)


def text(value: Value, expected: str = "text") -> str:
    """Text, and only text: what YAML takes for a number or a truth value has to be quoted."""
    if not isinstance(value.node, yaml.ScalarNode) or is_null(value.node):
        raise value.unexpected(expected)
    if value.node.tag != TEXT:
        written = _characters(value)
        what = _READ_AS.get(value.node.tag, "no text")
        raise value.wrong(f'{describe(value.node)} is {what} to YAML, expected {expected}; quote it: "{written}"')
    return _characters(value)


def _characters(value: Value) -> str:
    written: str = value.node.value
    # JSON writes a character beyond the BMP as two \u escapes; YAML reads them as two halves.
    whole = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\ufffd" in whole or not whole.isprintable():
        raise value.wrong(f"{shown(written)} holds a control character")
    return whole


def switch(value: Value) -> bool:
    """True or false, in any of YAML's spellings."""
    written = plain(value, "true or false")
    if value.node.tag != BOOLEAN:
        raise value.unexpected("true or false")
    return written.lower() in _TRUE


def whole(value: Value) -> int:
    """A whole number, 0 or more; 0 switches a limit off."""
    expected = "a whole number, 0 or more"
    written = plain(value, expected)
    _refuse_off(value, expected)
    if not re.fullmatch(r"0|[1-9][0-9]*", written) or value.node.tag != WHOLE:
        octal = "; a leading zero makes it octal to YAML" if re.fullmatch(r"0[0-9]+", written) else ""
        raise value.unexpected(expected + octal)
    if len(written) > len(str(_LARGEST_WHOLE)) or int(written) > _LARGEST_WHOLE:
        raise value.unexpected(f"at most {_LARGEST_WHOLE}")
    return int(written)


def number(value: Value) -> float:
    """A number, 0 or more, with or without a fraction."""
    expected = "a number, 0 or more"
    written = plain(value, expected)
    _refuse_off(value, expected)
    if not re.fullmatch(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", written) or math.isinf(float(written)):
        raise value.unexpected(expected)
    return float(written)


def size(least: int = 0, most: int = LARGEST_SIZE) -> Parser[int]:
    """A parser for bytes: a bare number, or one with KiB, MiB or GiB."""

    def parse(value: Value) -> int:
        read = _measured(value, parse_size, "a size such as 65536, 32 KiB or 1 MiB")
        if not least <= read <= most:
            raise value.unexpected(f"{format_size(least)} to {format_size(most)}")
        return read

    return parse


def duration(value: Value) -> float:
    """Seconds: a bare number, or one with s, m or h."""
    return _measured(value, parse_time, "a time such as 30, 10m or 12h")


def _measured(value: Value, parse: Callable[[str], N], expected: str) -> N:
    written = plain(value, expected)
    _refuse_off(value, expected)
    try:
        return parse(written)
    except ValueError as error:
        raise value.unexpected(str(error)) from None


def _refuse_off(value: Value, expected: str) -> None:
    if value.node.tag == BOOLEAN:
        raise value.unexpected(expected if value.node.value.lower() in _TRUE else f"{expected}; 0 switches it off")


def one_of(*choices: str) -> Parser[str]:
    """A parser for one of some words."""

    def parse(value: Value) -> str:
        return choice(value, choices)

    return parse


def choice(value: Value, choices: Sequence[str]) -> str:
    """One of `choices`; the nearest is named where it is none of them."""
    expected = choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    written = plain(value, expected)
    if written not in choices:
        guess = value.node.tag == TEXT and len(choices) > 1
        near = nearest(written.lower(), choices) if guess else ""
        raise value.unexpected(f"{expected}; did you mean {near}?" if near else expected)
    return written


def flow(value: Value) -> str:
    """Flow control; `off`, which YAML takes for false, is none."""
    if value.node.tag == BOOLEAN and value.node.value.lower() not in _TRUE:
        return "none"
    return choice(value, ("none", "rtscts", "xonxoff"))


def uuid(value: Value) -> str:
    """A uuid, with dashes and in lower case however it was written."""
    expected = "a uuid: 32 hex digits, with or without dashes"
    match = _UUID.fullmatch(text(value, expected).lower())
    if match is None:
        raise value.unexpected(expected)
    return "-".join(match.groups())


def project_id(value: Value) -> str:
    """A project's id as nova shows it: 32 hex digits, no dashes."""
    return uuid(value).replace("-", "")


def path(value: Value) -> str:
    """A path, absolute; a relative one starts at the main file's folder."""
    written = text(value, "a path")
    if not written:
        raise value.unexpected("a path")
    return str(value.reading.folder / written)


def existing_file(value: Value) -> str:
    """The absolute path of a file that is there."""
    found = path(value)
    if not os.path.isfile(found):  # noqa: PTH113 - the value is text, and stays text
        raise value.wrong(f"{shown(found, LONGEST_PATH)} is no file")
    return found
